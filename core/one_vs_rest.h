// Linear models of all tags over sparse texts, and the scores they give.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "threads.h"

namespace textspace {

// Lists of (column, value), one a row.
struct SparseRows {
  const int64_t* indptr;
  const int32_t* columns;
  const float* values;
  int64_t n_rows;
  int32_t n_columns;
};

// The texts that have each tag, ascending.
struct TextsOfTags {
  const int64_t* indptr;
  const int32_t* texts;
  int64_t n_tags;
};

struct OneVsRestOptions {
  float cost;              // C: of a squared hinge against half the squared norm of the weights
  float tolerance;         // of the projected gradient, where a solution is good enough
  float margin_tolerance;  // how far a text without the tag may be inside the margin before it counts at all
  float smallest_weight;   // weights up to it become 0
  int passes;              // over the texts, at most
  int n_threads;
};

// For each column the tags it has a weight for, ascending.
struct ColumnWeights {
  std::vector<int64_t> indptr;
  std::vector<int32_t> tags;
  std::vector<float> values;
};

// One squared-hinge support vector machine a tag (Hsieh et al. 2008, dual coordinate descent), kTagBlock tags at a
// time: the weights of a row for all of them are one cache line, which a text reads once. The bias is fixed at -1, so
// that a text that shares no row with a tag's texts is on the right margin from the start. First come the texts that
// have a tag of the block, then all; of these, only those that count for a tag of the block are visited again. Where
// margin_tolerance is 0, all are looked at again before the end. The result does not depend on n_threads. Returns false
// when keep_going, which is called with the share that is done, stopped it.
bool train_one_vs_rest(const SparseRows& texts, const TextsOfTags& tags, const OneVsRestOptions& options,
                       const std::function<bool(double done)>& keep_going, ColumnWeights& out);

// scores[i, t] += sum over the columns c of text i of value * weight(c, t). The weights are the rows of `weights`.
bool add_linear_scores(const SparseRows& texts, const SparseRows& weights, float* scores, int64_t stride, int n_threads,
                       const KeepGoing& keep_going);

// The k highest scores of each row, best first, of equal ones the lower column; k <= n_columns, no NaN.
bool best_columns(const float* scores, int64_t stride, int64_t n_rows, int64_t n_columns, int64_t k, int n_threads,
                  const KeepGoing& keep_going, int32_t* columns_out, float* scores_out);

}  // namespace textspace
