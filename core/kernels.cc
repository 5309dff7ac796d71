// Compiled once for each instruction set: see kernels.h.
#include "kernels.h"

#include "rows.h"

#define TEXTSPACE_STRING(x) TEXTSPACE_STRING_(x)
#define TEXTSPACE_STRING_(x) #x

namespace textspace::TEXTSPACE_ISA {

const Kernels* kernel_table() {
  static const Kernels table = {
      .isa = TEXTSPACE_STRING(TEXTSPACE_ISA),
      .mean_rows = mean_rows,
  };
  return &table;
}

}  // namespace textspace::TEXTSPACE_ISA
