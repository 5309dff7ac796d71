// Sums over the rows of a word, and gradients back to them. Included by kernels.cc alone.
#pragma once

#include "simd.h"

namespace textspace::TEXTSPACE_ISA {

// out[i] = mean of rows: see Kernels::mean_rows. Rows need not be aligned or padded.
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

// Training rows are aligned and padded. They are walked in panels of this many vectors, held in registers.
constexpr int kPanel = 7;

template <int N>
inline void sum_panel(const float* matrix, int64_t stride, const int32_t* rows, int64_t n, float scale, float* out) {
  Vec total[N];
  for (int v = 0; v < N; ++v) total[v] = Vec{};
  for (int64_t j = 0; j < n; ++j) {
    const float* row = matrix + rows[j] * stride;
    for (int v = 0; v < N; ++v) total[v] += load(row + v * kLanes);
  }
  for (int v = 0; v < N; ++v) store(out + v * kLanes, total[v] * scale);
}

template <int N>
inline void add_panel(float* matrix, int64_t stride, const int32_t* rows, int64_t n, const float* delta) {
  Vec step[N];
  for (int v = 0; v < N; ++v) step[v] = load(delta + v * kLanes);
  for (int64_t j = 0; j < n; ++j) {
    float* row = matrix + rows[j] * stride;
    for (int v = 0; v < N; ++v) store(row + v * kLanes, load(row + v * kLanes) + step[v]);
  }
}

// out = scale * sum of the rows.
inline void sum_rows(const float* matrix, int64_t stride, const int32_t* rows, int64_t n, float scale, float* out) {
  int64_t d = 0;
  for (; d + kPanel * kLanes <= stride; d += kPanel * kLanes)
    sum_panel<kPanel>(matrix + d, stride, rows, n, scale, out + d);
  for (; d < stride; d += kLanes) sum_panel<1>(matrix + d, stride, rows, n, scale, out + d);
}

// Every row += delta; a row named twice gets it twice.
inline void add_to_rows(float* matrix, int64_t stride, const int32_t* rows, int64_t n, const float* delta) {
  int64_t d = 0;
  for (; d + kPanel * kLanes <= stride; d += kPanel * kLanes)
    add_panel<kPanel>(matrix + d, stride, rows, n, delta + d);
  for (; d < stride; d += kLanes) add_panel<1>(matrix + d, stride, rows, n, delta + d);
}

inline void prefetch_rows(const float* matrix, int64_t stride, const int32_t* rows, int64_t n) {
  for (int64_t j = 0; j < n; ++j) prefetch_row(matrix + rows[j] * stride, stride);
}

}  // namespace textspace::TEXTSPACE_ISA
