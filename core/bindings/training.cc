#include "bindings.h"

namespace textspace {

void bind_training(nb::module_&) {}

}  // namespace textspace
