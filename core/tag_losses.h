// Losses of a batch of document embeddings against the table of tags. No tag of a document is ever a negative for it.
//
// With s(t) the score of tag t, P the tags of a document, n the number of all others, m the margin:
//   tagspace      p random in P; others drawn uniformly until one has s > s(p) - m, at most n_draws: m - s(p) + s
//   warp          the same times L(floor(n / draws)), L(k) = 1 + 1/2 + ... + 1/k (WSABIE)
//   warp_expected the expectation of `warp` over its draws and over p: no randomness
//   hinge         p random in P; of n_draws others the first max_violators with s > s(p) - m: mean of m - s(p) + s
//   hinge_max     p random, the others' maximum of n_draws; n_draws = 0: the lowest of P, the highest of all others
//   softmax       cross entropy to P, each 1 / |P|
//   bce           binary logistic regressions, one a tag, summed
//   sampled_softmax  softmax whose sum runs over P and n_draws others, each weighted by 1 / its expected count; without
//                 log_q: over p random in P and n_draws others, not weighted (StarSpace)
//   hs            logistic regressions along the path of each tag in a Huffman tree, mean over P
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "aligned_floats.h"
#include "alias_table.h"
#include "huffman.h"
#include "rng.h"
#include "row_gradients.h"
#include "tag_model.h"

namespace textspace {

enum class TagLossKind { kTagSpace, kWarp, kWarpExpected, kHinge, kHingeMax, kSoftmax, kBce, kSampledSoftmax, kHs };

struct TagLossOptions {
  TagLossKind kind;
  float margin;
  int n_draws;
  int max_violators;
  double negative_power;  // others are drawn in proportion to count ** negative_power; `tagspace`, `warp`: uniformly
  bool log_q;
};

// What all threads share: the harmonic numbers, the distribution of negatives, the tree.
struct TagLossTables {
  TagLossTables(const TagLossOptions& options, const std::vector<int64_t>& tag_counts);
  std::vector<double> harmonic;  // L(0), L(1), ...
  std::vector<double> shares;    // of each tag among the draws; empty: uniform
  AliasTable negatives;
  HuffmanTree tree;
};

// One document of a batch: its tags, ascending, and its own stream of random numbers.
struct TagTargets {
  const int32_t* tags;
  int64_t n;
  Rng rng;
};

class TagLoss {
 public:
  TagLoss(const TagModel& model, const TagLossOptions& options, const TagLossTables& tables);

  // embeddings (n, embedding_stride); errors: filled with scale * dLoss / dEmbedding. A document that has no tags, or
  // whose embedding is `empty`, has neither loss nor errors. Returns the sum of the losses, not scaled.
  double run(const float* embeddings, const std::vector<TagTargets>& targets, const std::vector<char>& empty,
             float scale, float* errors);

  RowGradients& tag_gradients() { return tag_gradients_; }
  GrowingFloats& bias_gradients() { return bias_gradients_; }

 private:
  bool touches_all_tags() const;
  double run_document(int64_t document, TagTargets targets);
  double search_violator(int64_t document, TagTargets& targets);
  double hinge(int64_t document, TagTargets& targets);
  double hinge_max(int64_t document, TagTargets& targets);
  double sampled_softmax(int64_t document, TagTargets& targets);
  double hierarchical(int64_t document, const TagTargets& targets);
  double run_all(const std::vector<TagTargets>& targets, const std::vector<char>& skip, int64_t n);
  double expected_warp(int64_t document, const TagTargets& targets);
  double hinge_of_extremes(int64_t document, const TagTargets& targets);
  void score_all(int64_t n);
  void spread_errors(int64_t n);

  int32_t draw(TagTargets& targets) const;
  double expected_count(int32_t tag, const TagTargets& targets) const;
  float score(int64_t document, int32_t tag) const;
  float inverse_norm(const float* row) const;
  void add_error(int64_t document, int32_t tag, float error);
  void normalize(const float* embeddings, int64_t n);
  void finish_embeddings(int64_t n, float* errors);
  void finish_tags();

  const TagModel model_;
  const TagLossOptions options_;
  const TagLossTables& tables_;
  RowGradients tag_gradients_;
  GrowingFloats bias_gradients_;
  float scale_ = 1;
  GrowingFloats units_, unit_errors_, inverse_norms_;  // of the embeddings
  GrowingFloats transposed_, scores_, totals_, tag_norms_;
  int64_t width_ = 0;  // columns of scores_ (n_tags, width_), a column a document
  std::vector<float> kept_scores_;
  std::vector<int32_t> kept_tags_;
};

}  // namespace textspace
