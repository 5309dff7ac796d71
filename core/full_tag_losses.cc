// The losses that look at every tag: all scores of a batch at once, errors in their place, both gradients at once.
#include <algorithm>
#include <cmath>

#include "isa.h"
#include "tag_losses.h"
#include "transpose.h"

namespace textspace {
namespace {

// The mean weight of `warp` where r of n others violate and the search ends after n_draws: the number of draws is
// geometric.
double expected_weight(int64_t r, int64_t n, int n_draws, const std::vector<double>& harmonic) {
  const double p = static_cast<double>(r) / static_cast<double>(n);
  double weight = 0, probability = p;
  for (int k = 1; k <= n_draws && probability > 1e-12; ++k, probability *= 1 - p)
    weight += probability * harmonic[static_cast<size_t>(n / k)];
  return weight;
}

}  // namespace

double TagLoss::run_all(const std::vector<TagTargets>& targets, const std::vector<char>& skip, int64_t n) {
  score_all(n);
  const TagKernels& kernel = kernels().tags;
  totals_.grow(width_);
  std::fill_n(totals_.data(), width_, 0.0f);
  const auto column = [&](int64_t document, int64_t tag) -> float& { return scores_.data()[tag * width_ + document]; };
  std::vector<double> positive_scores(targets.size());
  for (size_t i = 0; i < targets.size(); ++i)
    for (int64_t j = 0; j < targets[i].n; ++j)
      positive_scores[i] += column(static_cast<int64_t>(i), targets[i].tags[j]);
  if (options_.kind == TagLossKind::kSoftmax)
    kernel.softmax_columns(scores_.data(), model_.n_tags, width_, totals_.data());
  if (options_.kind == TagLossKind::kBce)
    kernel.sigmoid_columns(scores_.data(), model_.n_tags, width_, totals_.data());
  double loss = 0;
  for (int64_t i = 0; i < width_; ++i) {
    if (i >= n || skip[static_cast<size_t>(i)]) {
      for (int64_t tag = 0; tag < model_.n_tags; ++tag) column(i, tag) = 0;
      continue;
    }
    const TagTargets& own = targets[static_cast<size_t>(i)];
    const double share = options_.kind == TagLossKind::kBce ? 1 : 1 / static_cast<double>(own.n);
    if (options_.kind == TagLossKind::kSoftmax || options_.kind == TagLossKind::kBce) {
      for (int64_t j = 0; j < own.n; ++j) column(i, own.tags[j]) -= static_cast<float>(share);
      loss += totals_.data()[i] - share * positive_scores[static_cast<size_t>(i)];
    } else {
      loss += options_.kind == TagLossKind::kWarpExpected ? expected_warp(i, own) : hinge_of_extremes(i, own);
    }
  }
  spread_errors(n);
  return loss;
}

double TagLoss::expected_warp(int64_t document, const TagTargets& targets) {
  std::vector<float> scores(static_cast<size_t>(model_.n_tags));
  for (size_t tag = 0; tag < scores.size(); ++tag) {
    float& cell = scores_.data()[static_cast<int64_t>(tag) * width_ + document];
    scores[tag] = cell;
    cell = 0;
  }
  std::vector<float> positives;
  for (int64_t i = 0; i < targets.n; ++i) {
    positives.push_back(scores[targets.tags[i]]);
    scores[targets.tags[i]] = -INFINITY;
  }
  const int64_t n = model_.n_tags - targets.n;
  double loss = 0;
  for (int64_t i = 0; i < targets.n; ++i) {
    const float bound = positives[static_cast<size_t>(i)] - options_.margin;
    const int64_t r = std::count_if(scores.begin(), scores.end(), [&](float s) { return s - bound > 0; });
    if (r == 0) continue;
    const double weight = expected_weight(r, n, options_.n_draws, tables_.harmonic) / static_cast<double>(targets.n);
    const double share = weight / static_cast<double>(r);
    for (size_t tag = 0; tag < scores.size(); ++tag) {
      if (!(scores[tag] - bound > 0)) continue;
      loss += share * (scores[tag] - bound);
      scores_.data()[static_cast<int64_t>(tag) * width_ + document] += static_cast<float>(share);
    }
    scores_.data()[targets.tags[i] * width_ + document] -= static_cast<float>(weight);
  }
  return loss;
}

double TagLoss::hinge_of_extremes(int64_t document, const TagTargets& targets) {
  int64_t lowest = -1, highest = -1;
  const auto cell = [&](int64_t tag) -> float& { return scores_.data()[tag * width_ + document]; };
  const int32_t* next = targets.tags;
  for (int64_t tag = 0; tag < model_.n_tags; ++tag) {
    if (next < targets.tags + targets.n && *next == tag) {
      ++next;
      if (lowest < 0 || cell(tag) < cell(lowest)) lowest = tag;
    } else if (highest < 0 || cell(tag) > cell(highest)) {
      highest = tag;
    }
  }
  const float excess = options_.margin - cell(lowest) + cell(highest);
  for (int64_t tag = 0; tag < model_.n_tags; ++tag) cell(tag) = 0;
  if (!(excess > 0)) return 0;
  cell(highest) = 1;
  cell(lowest) = -1;
  return excess;
}

// scores (n_tags, width): a column a document.
void TagLoss::score_all(int64_t n) {
  const int64_t stride = model_.embedding_stride();
  width_ = (n + 15) / 16 * 16;
  scores_.grow(model_.n_tags * width_);
  transposed_.grow(stride * width_);
  transpose(units_.data(), n, stride, stride, transposed_.data(), width_);
  kernels().tags.multiply({model_.tags, stride, 1, transposed_.data(), width_, scores_.data(), width_, model_.n_tags,
                           width_, stride, false});
  tag_norms_.grow(model_.n_tags);
  for (int64_t tag = 0; tag < model_.n_tags; ++tag) {
    const float factor = model_.score_scale * (tag_norms_.data()[tag] = inverse_norm(model_.tags + tag * stride));
    const float bias = model_.tag_bias ? model_.tag_bias[tag] : 0;
    if (factor == 1 && bias == 0) continue;
    float* scores = scores_.data() + tag * width_;
    for (int64_t i = 0; i < width_; ++i) scores[i] = scores[i] * factor + bias;
  }
}

void TagLoss::spread_errors(int64_t n) {
  const int64_t stride = model_.embedding_stride();
  for (int64_t tag = 0; tag < model_.n_tags; ++tag) {
    float* errors = scores_.data() + tag * width_;
    float total = 0;
    for (int64_t i = 0; i < width_; ++i) {
      errors[i] *= scale_;
      total += errors[i];
      errors[i] *= model_.score_scale;
    }
    if (model_.tag_bias) bias_gradients_.data()[tag] += total;
  }
  kernels().tags.multiply({scores_.data(), width_, 1, units_.data(), stride, tag_gradients_.touch_all(), stride,
                           model_.n_tags, stride, n, true});
  if (model_.cosine)
    for (int64_t tag = 0; tag < model_.n_tags; ++tag)
      for (int64_t i = 0; i < width_; ++i) scores_.data()[tag * width_ + i] *= tag_norms_.data()[tag];
  kernels().tags.multiply({scores_.data(), 1, width_, model_.tags, stride, unit_errors_.data(), stride, n, stride,
                           model_.n_tags, true});
}

}  // namespace textspace
