#include "bindings.h"

namespace textspace {

void bind_text(nb::module_&) {}

}  // namespace textspace
