// What the kernels of the classifier's prediction share with the code that calls them.
#pragma once

#include <cstdint>

#include "selection.h"

namespace textspace {

// scores[q, row] = queries[q] . packed row, for all rows.
struct LinearTask {
  const float* panels;   // as PackedRows has them
  const float* queries;  // (n_query_tiles, dim, kQueryTile)
  float* scores;         // (n_query_tiles * kQueryTile, n_padded_rows)
  int64_t n_query_tiles, n_padded_rows;
  int dim;
};

}  // namespace textspace
