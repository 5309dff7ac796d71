// Sums over the rows of a word, and gradients back to them. Included by kernels.cc alone.
#pragma once

#include "bfloat16.h"
#include "simd.h"

namespace textspace::TEXTSPACE_ISA {

constexpr int kMeanVecs = 8;       // vectors of sums held in registers at a time
constexpr int64_t kRowsAhead = 6;  // rows asked for before they are needed, across lists

struct RowMatrix {
  const float* values;
  int64_t stride;
  int dim;
};

// The rows of one list; the rows of the next lists follow them in memory.
struct RowList {
  const int32_t* rows;
  int64_t n, n_with_next_lists;
};

inline void prefetch_row(const RowMatrix& matrix, const RowList& list, int64_t j) {
  if (j >= list.n_with_next_lists || list.rows[j] < 0) return;
  const float* row = matrix.values + list.rows[j] * matrix.stride;
  for (int d = 0; d < matrix.dim; d += 16) __builtin_prefetch(row + d);
}

// Vectors of columns from `column` on. The last may overlap the one before it, so that no column is left for a scalar
// loop and none beyond `dim` is touched.
template <int n_vecs>
void mean_columns(const RowMatrix& matrix, const RowList& list, int column, float* out) {
  int columns[n_vecs];
  for (int v = 0; v < n_vecs; ++v) {
    columns[v] = column + v * kLanes;
    if (columns[v] > matrix.dim - kLanes) columns[v] = matrix.dim - kLanes;
  }
  Vec sums[n_vecs] = {};
  for (int64_t j = 0; j < list.n; ++j) {
    if (column == 0) prefetch_row(matrix, list, j + kRowsAhead);
    if (list.rows[j] < 0) continue;
    const float* row = matrix.values + list.rows[j] * matrix.stride;
#pragma GCC unroll 8
    for (int v = 0; v < n_vecs; ++v) sums[v] += load_unaligned(row + columns[v]);
  }
  const float scale = list.n > 0 ? 1.0f / static_cast<float>(list.n) : 0.0f;
#pragma GCC unroll 8
  for (int v = 0; v < n_vecs; ++v) store_unaligned(out + columns[v], sums[v] * scale);
}

// For matrices narrower than a vector.
inline void mean_narrow(const RowMatrix& matrix, const RowList& list, int, float* out) {
  const float scale = list.n > 0 ? 1.0f / static_cast<float>(list.n) : 0.0f;
  for (int d = 0; d < matrix.dim; ++d) {
    float sum = 0;
    for (int64_t j = 0; j < list.n; ++j)
      if (list.rows[j] >= 0) sum += load_unaligned_float(matrix.values + list.rows[j] * matrix.stride + d);
    out[d] = sum * scale;
  }
}

using MeanFunction = void (*)(const RowMatrix&, const RowList&, int column, float* out);

// What sums the columns that are left beside whole groups of kMeanVecs vectors; null where none are.
inline MeanFunction mean_of_rest(int dim) {
  static constexpr MeanFunction means[kMeanVecs] = {nullptr,         mean_columns<1>, mean_columns<2>, mean_columns<3>,
                                                    mean_columns<4>, mean_columns<5>, mean_columns<6>, mean_columns<7>};
  return dim < kLanes ? mean_narrow : means[(dim + kLanes - 1) / kLanes % kMeanVecs];
}

// out[i] = mean of rows: see Kernels::mean_rows. Rows need not be aligned or padded.
inline void mean_rows(const float* values, int64_t stride, int dim, const int64_t* indptr, const int32_t* rows,
                      int64_t n, float* out, int64_t out_stride) {
  const RowMatrix matrix = {values, stride, dim};
  const int n_whole = (dim + kLanes - 1) / kLanes / kMeanVecs * kMeanVecs;
  const MeanFunction mean_rest = mean_of_rest(dim);
  for (int64_t i = 0; i < n; ++i) {
    const RowList list = {rows + indptr[i], indptr[i + 1] - indptr[i], indptr[n] - indptr[i]};
    float* mean = out + i * out_stride;
    for (int v = 0; v < n_whole; v += kMeanVecs) mean_columns<kMeanVecs>(matrix, list, v * kLanes, mean);
    if (mean_rest) mean_rest(matrix, list, n_whole * kLanes, mean);
  }
}

// Training rows are aligned and padded. They are walked in panels of this many vectors, held in registers.
constexpr int kPanel = 7;

template <int N, typename Element>
inline void sum_panel(const Element* matrix, int64_t stride, const int32_t* rows, int64_t n, float scale, float* out) {
  Vec total[N];
  for (int v = 0; v < N; ++v) total[v] = Vec{};
  for (int64_t j = 0; j < n; ++j) {
    const Element* row = matrix + rows[j] * stride;
    for (int v = 0; v < N; ++v) total[v] += load(row + v * kLanes);
  }
  for (int v = 0; v < N; ++v) store(out + v * kLanes, total[v] * scale);
}

template <int N, typename Element>
inline void add_panel(Element* matrix, int64_t stride, const int32_t* rows, int64_t n, const float* delta,
                      Noise& noise) {
  Vec step[N];
  for (int v = 0; v < N; ++v) step[v] = load(delta + v * kLanes);
  for (int64_t j = 0; j < n; ++j) {
    Element* row = matrix + rows[j] * stride;
    for (int v = 0; v < N; ++v) store(row + v * kLanes, load(row + v * kLanes) + step[v], noise);
  }
}

// out = scale * sum of the rows.
template <typename Element>
inline void sum_rows(const Element* matrix, int64_t stride, const int32_t* rows, int64_t n, float scale, float* out) {
  int64_t d = 0;
  for (; d + kPanel * kLanes <= stride; d += kPanel * kLanes)
    sum_panel<kPanel>(matrix + d, stride, rows, n, scale, out + d);
  for (; d < stride; d += kLanes) sum_panel<1>(matrix + d, stride, rows, n, scale, out + d);
}

// Every row += delta; a row named twice gets it twice.
template <typename Element>
inline void add_to_rows(Element* matrix, int64_t stride, const int32_t* rows, int64_t n, const float* delta,
                        Noise& noise) {
  int64_t d = 0;
  for (; d + kPanel * kLanes <= stride; d += kPanel * kLanes)
    add_panel<kPanel>(matrix + d, stride, rows, n, delta + d, noise);
  for (; d < stride; d += kLanes) add_panel<1>(matrix + d, stride, rows, n, delta + d, noise);
}

template <typename Element>
inline void prefetch_rows(const Element* matrix, int64_t stride, const int32_t* rows, int64_t n) {
  for (int64_t j = 0; j < n; ++j) prefetch_row(matrix + rows[j] * stride, stride);
}

}  // namespace textspace::TEXTSPACE_ISA
