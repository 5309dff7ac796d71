// A small matrix turned over.
#pragma once

#include <cstdint>

namespace textspace {

// out (n_columns, out_stride) = the transpose of values (n_rows, stride); zeros in the columns beyond n_rows.
inline void transpose(const float* values, int64_t n_rows, int64_t n_columns, int64_t stride, float* out,
                      int64_t out_stride) {
  for (int64_t j = 0; j < n_columns; ++j) {
    for (int64_t i = 0; i < n_rows; ++i) out[j * out_stride + i] = values[i * stride + j];
    for (int64_t i = n_rows; i < out_stride; ++i) out[j * out_stride + i] = 0;
  }
}

}  // namespace textspace
