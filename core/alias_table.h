// Draws from a discrete distribution in constant time (Walker 1977; Vose 1991). Eight bytes an outcome, where
// fastText's table takes 40 MB whatever the vocabulary and misses the cache at every draw.
#pragma once

#include <cstdint>
#include <vector>

#include "rng.h"

namespace textspace {

// The weights of negative sampling: count ** power.
std::vector<double> powers_of_counts(const std::vector<int64_t>& counts, double power);

class AliasTable {
 public:
  // Outcome i has probability weights[i] / sum. Weights that are all zero count as equal.
  explicit AliasTable(std::vector<double> weights);

  int32_t draw(Rng& rng) const {
    const uint64_t bits = rng.next();
    const auto outcome = static_cast<int32_t>(((bits >> 32) * slots_.size()) >> 32);
    const float coin = static_cast<float>(bits & 0xFFFFFF) * (1.0f / 16777216.0f);
    return coin < slots_[outcome].keep ? outcome : slots_[outcome].alias;
  }

  int32_t size() const { return static_cast<int32_t>(slots_.size()); }

 private:
  struct Slot {
    float keep;  // probability of the outcome itself, once its slot is drawn
    int32_t alias;
  };
  std::vector<Slot> slots_;
};

}  // namespace textspace
