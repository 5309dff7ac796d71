// Inner products of queries with packed rows, and the choice of the best rows while the products are still in
// registers. Included by kernels.cc alone.
//
// A tile is kQueryTile queries by kTileVecs vectors of rows: as many sums as the registers hold, so that a product
// costs one multiply-add and little else. Every sum runs over the dimensions in order, whatever the tile: a score
// depends neither on the other queries nor on the number of threads.
#pragma once

#include "selection.h"
#include "simd.h"

namespace textspace::TEXTSPACE_ISA {

// 32 registers hold 24 sums; with 16 there is room for 12, and a larger tile would spill.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kTileVecs = 4;
#else
constexpr int kTileVecs = 2;
#endif
constexpr int kTileRows = kTileVecs * kLanes;
static_assert(kRowGroup % kTileRows == 0 && kPanelRows % kLanes == 0);

using ScoreTile = Vec[kQueryTile][kTileVecs];

// Padding and rows without a direction are NaN: no score of theirs is above a bound.
inline bool any_above(const Vec* scores, int n_vecs, float bound) {
  unsigned lanes = 0;
  for (int v = 0; v < n_vecs; ++v) lanes |= lanes_above(scores[v], bound - Vec{});
  return lanes != 0;
}

// Scores of one tile of queries (packed: dimension by dimension) for kTileRows rows from `first_row` on. Rows that lie
// prefetch_distance floats further will be wanted soon.
inline __attribute__((always_inline)) void score_tile(const float* queries, const float* panels, int dim,
                                                      int64_t first_row, int64_t prefetch_distance, ScoreTile& tile) {
  const float* rows[kTileVecs];
  for (int v = 0; v < kTileVecs; ++v) {
    const int64_t row = first_row + v * kLanes;
    rows[v] = panels + row / kPanelRows * kPanelRows * dim + row % kPanelRows;
  }
  Vec sums[kQueryTile][kTileVecs] = {};
  for (int64_t d = 0; d < dim; ++d) {
    Vec row[kTileVecs];
#pragma GCC unroll 4
    for (int v = 0; v < kTileVecs; ++v) {
      row[v] = load(rows[v] + d * kPanelRows);
      __builtin_prefetch(rows[v] + d * kPanelRows + prefetch_distance, 0, 2);
    }
#pragma GCC unroll 6
    for (int q = 0; q < kQueryTile; ++q) {
      const Vec query = queries[d * kQueryTile + q] - Vec{};  // x - 0 is x for every x; x + 0 would cost an addition
#pragma GCC unroll 4
      for (int v = 0; v < kTileVecs; ++v) sums[q][v] += query * row[v];
    }
  }
#pragma GCC unroll 6
  for (int q = 0; q < kQueryTile; ++q)
#pragma GCC unroll 4
    for (int v = 0; v < kTileVecs; ++v) tile[q][v] = sums[q][v];
}

__attribute__((noinline)) inline void keep_candidates(const Vec* scores, int64_t first_row, Selection& selection) {
  for (int v = 0; v < kTileVecs; ++v)
    for (unsigned lanes = lanes_above(scores[v], selection.threshold - Vec{}); lanes != 0; lanes &= lanes - 1) {
      const int lane = __builtin_ctz(lanes);
      const float score = scores[v][lane];
      if (!(score > selection.threshold)) continue;  // it rose since
      selection.candidates[selection.size++] = {score, static_cast<int32_t>(first_row + v * kLanes + lane)};
      if (selection.size == selection.capacity) drop_losers(selection);
    }
}

// The tile of rows stays in the L1 cache while all queries of the task pass by; the last one asks for the next rows.
inline void select_rows(const SelectTask& task) {
  for (int64_t row = task.first_row; row < task.last_row; row += kTileRows)
    for (int64_t t = 0; t < task.n_query_tiles; ++t) {
      const int64_t prefetch_distance = t + 1 == task.n_query_tiles ? kTileRows * task.dim : 0;
      ScoreTile tile;
      score_tile(task.queries + t * kQueryTile * task.dim, task.panels, task.dim, row, prefetch_distance, tile);
      Selection* selections = task.selections + t * kQueryTile;
      for (int q = 0; q < kQueryTile; ++q)
        if (any_above(tile[q], kTileVecs, selections[q].threshold))
          keep_candidates(tile[q], row, selections[q]);
    }
}

}  // namespace textspace::TEXTSPACE_ISA
