// Products of a sparse text and the weights of a few tags. Included by kernels.cc alone.
#pragma once

#include "simd.h"
#include "weight_lines.h"

namespace textspace::TEXTSPACE_ISA {

constexpr int kLineVecs = kTagBlock / kLanes;
constexpr int kLineChains = 4 / kLineVecs;  // of additions, so that none waits for another

inline float* line_at(const WeightLines& weights, int32_t column) {
  return weights.lines + static_cast<int64_t>(weights.line_of[column]) * kTagBlock;
}

inline void add_product(const WeightLines& weights, const SparseText& text, int64_t i, Vec* total) {
  const float* line = line_at(weights, text.columns[i]);
  for (int v = 0; v < kLineVecs; ++v) total[v] += load(line + v * kLanes) * text.values[i];
}

// sums[tag] += sum of value * weight over the columns of the text.
inline void add_products(const WeightLines& weights, const SparseText& text, float* sums) {
  Vec totals[kLineChains][kLineVecs] = {};
  int64_t i = 0;
  for (; i + kLineChains <= text.n; i += kLineChains)
#pragma GCC unroll 4
    for (int chain = 0; chain < kLineChains; ++chain) add_product(weights, text, i + chain, totals[chain]);
  for (; i < text.n; ++i) add_product(weights, text, i, totals[0]);
  for (int v = 0; v < kLineVecs; ++v) {
    Vec sum = load_unaligned(sums + v * kLanes);
    for (int chain = 0; chain < kLineChains; ++chain) sum += totals[chain][v];
    store_unaligned(sums + v * kLanes, sum);
  }
}

// weight += value * change[tag] for the columns of the text, each of which has a line.
inline void add_multiples(const WeightLines& weights, const SparseText& text, const float* changes) {
  Vec change[kLineVecs];
  for (int v = 0; v < kLineVecs; ++v) change[v] = load_unaligned(changes + v * kLanes);
  for (int64_t i = 0; i < text.n; ++i) {
    float* line = line_at(weights, text.columns[i]);
    for (int v = 0; v < kLineVecs; ++v) store(line + v * kLanes, load(line + v * kLanes) + change[v] * text.values[i]);
  }
}

}  // namespace textspace::TEXTSPACE_ISA
