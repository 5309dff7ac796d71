// Means of matrix rows: how a word or a text becomes a vector. Included by kernels.cc alone.
#pragma once

#include "simd.h"

namespace textspace::TEXTSPACE_ISA {

inline void mean_rows(const float* matrix, int64_t stride, int dim, const int64_t* indptr, const int32_t* rows,
                      int64_t n, float* out, int64_t out_stride) {
  for (int64_t i = 0; i < n; ++i) {
    float* mean = out + i * out_stride;
    const int64_t begin = indptr[i], end = indptr[i + 1];
    for (int d = 0; d < dim; ++d) mean[d] = 0;
    for (int64_t j = begin; j < end; ++j) {
      if (rows[j] < 0) continue;
      const float* row = matrix + rows[j] * stride;
      int d = 0;
      for (; d + kLanes <= dim; d += kLanes)
        store_unaligned(mean + d, load_unaligned(mean + d) + load_unaligned(row + d));
      for (; d < dim; ++d) mean[d] += load_unaligned_float(row + d);
    }
    if (end > begin) {
      const float scale = 1.0f / static_cast<float>(end - begin);
      for (int d = 0; d < dim; ++d) mean[d] *= scale;
    }
  }
}

}  // namespace textspace::TEXTSPACE_ISA
