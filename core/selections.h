// The selections of a block of queries.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "selection.h"

namespace textspace {

constexpr float kNoScore = -std::numeric_limits<float>::infinity();  // of a candidate that is missing: row -1

// Missing candidates come last, whatever their rows. A type, not a function: algorithms call it inline.
struct Better {
  bool operator()(const ScoredRow& x, const ScoredRow& y) const {
    return x.score != y.score ? x.score > y.score : x.row < y.row;
  }
};

class Selections {
 public:
  Selections() = default;
  Selections(int64_t n, int64_t k, bool any_order) : selections_(n), candidates_(n * capacity(k)) {
    for (int64_t i = 0; i < n; ++i)
      selections_[i] = {.threshold = kNoScore, .k = k, .size = 0, .capacity = capacity(k),
                        .candidates = candidates_.data() + i * capacity(k), .excluded = nullptr, .n_excluded = 0,
                        .any_order = any_order};
  }

  // Room for losers, so that they are dropped many at a time.
  static int64_t capacity(int64_t k) { return 2 * k + 32; }
  static int64_t bytes_per_query(int64_t k) {
    return static_cast<int64_t>(sizeof(Selection)) + capacity(k) * static_cast<int64_t>(sizeof(ScoredRow));
  }

  int64_t size() const { return static_cast<int64_t>(selections_.size()); }
  Selection* data() { return selections_.data(); }
  Selection& operator[](int64_t i) { return selections_[i]; }

  // Of a selection that stands for no query nothing passes the threshold.
  void restart(int64_t i, bool is_query) {
    selections_[i].size = 0;
    selections_[i].threshold = is_query ? kNoScore : -kNoScore;
  }

 private:
  std::vector<Selection> selections_;
  std::vector<ScoredRow> candidates_;
};

}  // namespace textspace
