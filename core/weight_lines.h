// The weights of a few tags for the columns of sparse texts, as far as there are any.
#pragma once

#include <cstdint>

namespace textspace {

constexpr int kTagBlock = 16;  // tags; a weight of each is one cache line

struct WeightLines {
  float* lines;            // (., kTagBlock), 64-byte aligned; line 0 stays 0
  const int32_t* line_of;  // of each column; 0 where it has no weight yet
};

// The columns that a text has, and its values there.
struct SparseText {
  const int32_t* columns;
  const float* values;
  int64_t n;
};

}  // namespace textspace
