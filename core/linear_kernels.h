// The classifier's prediction: sums of rows, scores of all labels, and what makes probabilities of scores. Included by
// kernels.cc alone.
#pragma once

#include "linear_task.h"
#include "rows.h"
#include "scores.h"

namespace textspace::TEXTSPACE_ISA {

constexpr int64_t kShortRowsAhead = 24;

typedef float Pair __attribute__((vector_size(8), aligned(4), may_alias));
typedef float Quad __attribute__((vector_size(16), aligned(4), may_alias));

// sums += all rows, which are no longer than a V; eight chains of additions, so that none waits for another.
template <typename V>
inline void add_short_rows(const float* matrix, int64_t stride, const int32_t* rows, int64_t n, float* sums) {
  V total[8] = {};
  int64_t j = 0;
  for (; j + 8 <= n; j += 8)
#pragma GCC unroll 8
    for (int v = 0; v < 8; ++v) total[v] += *reinterpret_cast<const V*>(matrix + rows[j + v] * stride);
  for (; j < n; ++j) total[0] += *reinterpret_cast<const V*>(matrix + rows[j] * stride);
  *reinterpret_cast<V*>(sums) += ((total[0] + total[1]) + (total[2] + total[3])) +
                                 ((total[4] + total[5]) + (total[6] + total[7]));
}

template <int n_vecs>
void add_columns(const RowMatrix& matrix, const RowList& list, int column, float* sums) {
  int columns[n_vecs];
  for (int v = 0; v < n_vecs; ++v) columns[v] = column + v * kLanes;
  Vec total[n_vecs] = {};  // added to the sums in the end: a text's chunks are summed apart, which rounds less
  for (int64_t j = 0; j < list.n; ++j) {
    if (column == 0) prefetch_row(matrix, list, j + (n_vecs <= 2 ? kShortRowsAhead : kRowsAhead));
    const float* row = matrix.values + list.rows[j] * matrix.stride;
#pragma GCC unroll 8
    for (int v = 0; v < n_vecs; ++v) total[v] += load_unaligned(row + columns[v]);
  }
  for (int v = 0; v < n_vecs; ++v) store_unaligned(sums + columns[v], load_unaligned(sums + columns[v]) + total[v]);
}

inline void add_narrow(const RowMatrix& matrix, const RowList& list, int column, float* sums) {
  for (int64_t j = 0; j < list.n; ++j) {
    const float* row = matrix.values + list.rows[j] * matrix.stride;
    for (int d = column; d < matrix.dim; ++d) sums[d] += load_unaligned_float(row + d);
  }
}

// See Kernels::add_rows.
inline void add_rows(const float* values, int64_t stride, int dim, const int32_t* rows, int64_t n, float* sums) {
  const RowMatrix matrix = {values, stride, dim};
  const RowList list = {rows, n, n};
  if (dim == 2) return add_short_rows<Pair>(values, stride, rows, n, sums);
  if (dim == 4) return add_short_rows<Quad>(values, stride, rows, n, sums);
  int column = 0;
  for (; column + kMeanVecs * kLanes <= dim; column += kMeanVecs * kLanes)
    add_columns<kMeanVecs>(matrix, list, column, sums);
  for (; column + 4 * kLanes <= dim; column += 4 * kLanes) add_columns<4>(matrix, list, column, sums);
  for (; column + kLanes <= dim; column += kLanes) add_columns<1>(matrix, list, column, sums);
  if (column < dim) add_narrow(matrix, list, column, sums);
}

inline void linear_scores(const LinearTask& task) {
  for (int64_t row = 0; row < task.n_padded_rows; row += kTileRows)
    for (int64_t t = 0; t < task.n_query_tiles; ++t) {
      ScoreTile tile;
      score_tile(task.queries + t * kQueryTile * task.dim, task.panels, task.dim, row,
                 t + 1 == task.n_query_tiles ? kTileRows * task.dim : 0, tile);
      for (int q = 0; q < kQueryTile; ++q)
        for (int v = 0; v < kTileVecs; ++v)
          store_unaligned(task.scores + (t * kQueryTile + q) * task.n_padded_rows + row + v * kLanes, tile[q][v]);
    }
}

// A term below exp(-87) of the largest adds nothing that a float shows.
inline float exp_sum(const float* scores, int64_t n, float top) {
  constexpr int64_t kBlock = 1 << 14;  // sums of more terms in one float would lose digits
  const Vec lowest = broadcast(-87.0f);
  double total = 0;
  int64_t i = 0;
  while (i + kLanes <= n) {
    const int64_t end = i + kBlock < n ? i + kBlock : n;
    Vec sums = {};
    for (; i + kLanes <= end; i += kLanes) {
      Vec x = load_unaligned(scores + i) - top;
      x = x < lowest ? lowest : x;
      sums += exp(x);
    }
    for (int lane = 0; lane < kLanes; ++lane) total += sums[lane];
  }
  for (; i < n; ++i) total += expf(scores[i] - top);
  return static_cast<float>(total);
}

}  // namespace textspace::TEXTSPACE_ISA
