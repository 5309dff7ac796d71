// Which instruction set the kernels run with: chosen once, at import.
#pragma once

#include <string>
#include <vector>

#include "kernels.h"

namespace textspace {

// The instruction sets built into this module that this processor can run, slowest first.
std::vector<std::string> available_isas();

// The kernels in use: the best available set, or the one named by the environment variable TEXTSPACE_ISA.
const Kernels& kernels();

// Chooses by name; throws std::invalid_argument when `name` is not available here.
void use_isa(const std::string& name);

}  // namespace textspace
