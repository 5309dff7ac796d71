#include "bindings.h"

namespace textspace {

void bind_formats(nb::module_&) {}

}  // namespace textspace
