// The losses that look at some tags: random ones, or the inner nodes of a path.
#include <algorithm>
#include <cmath>

#include "tag_losses.h"

namespace textspace {
namespace {

// Draws of one negative before it is given up: the tags of the document hold nearly all of the distribution.
constexpr int kMaxRedraws = 64;

bool is_tag(int32_t tag, const TagTargets& targets) {
  return std::binary_search(targets.tags, targets.tags + targets.n, tag);
}

int32_t random_tag(TagTargets& targets) { return targets.tags[targets.rng.below(static_cast<uint32_t>(targets.n))]; }

double softplus(double x) { return x > 30 ? x : std::log1p(std::exp(x)); }

}  // namespace

double TagLoss::search_violator(int64_t document, TagTargets& targets) {
  const int32_t positive = random_tag(targets);
  const float bound = score(document, positive) - options_.margin;
  for (int n_tries = 1; n_tries <= options_.n_draws; ++n_tries) {
    const int32_t negative = draw(targets);
    const float excess = score(document, negative) - bound;
    if (!(excess > 0)) continue;
    const auto rank = static_cast<size_t>((model_.n_tags - targets.n) / n_tries);
    const double weight = options_.kind == TagLossKind::kWarp ? tables_.harmonic[rank] : 1;
    add_error(document, negative, static_cast<float>(weight));
    add_error(document, positive, static_cast<float>(-weight));
    return weight * excess;
  }
  return 0;
}

double TagLoss::hinge(int64_t document, TagTargets& targets) {
  const int32_t positive = random_tag(targets);
  const float bound = score(document, positive) - options_.margin;
  double sum = 0;
  kept_tags_.clear();
  for (int i = 0; i < options_.n_draws && static_cast<int>(kept_tags_.size()) < options_.max_violators; ++i) {
    const int32_t negative = draw(targets);
    if (negative < 0) continue;
    const float excess = score(document, negative) - bound;
    if (!(excess > 0)) continue;
    kept_tags_.push_back(negative);
    sum += excess;
  }
  if (kept_tags_.empty()) return 0;
  const auto n_kept = static_cast<float>(kept_tags_.size());
  for (int32_t negative : kept_tags_) add_error(document, negative, 1 / n_kept);
  add_error(document, positive, -1);
  return sum / n_kept;
}

double TagLoss::hinge_max(int64_t document, TagTargets& targets) {
  const int32_t positive = random_tag(targets);
  int32_t hardest = -1;
  float highest = 0;
  for (int i = 0; i < options_.n_draws; ++i) {
    const int32_t negative = draw(targets);
    if (negative < 0) continue;
    const float s = score(document, negative);
    if (hardest < 0 || s > highest) {
      hardest = negative;
      highest = s;
    }
  }
  if (hardest < 0) return 0;
  const float excess = options_.margin - score(document, positive) + highest;
  if (!(excess > 0)) return 0;
  add_error(document, hardest, 1);
  add_error(document, positive, -1);
  return excess;
}

double TagLoss::sampled_softmax(int64_t document, TagTargets& targets) {
  kept_tags_.clear();
  kept_scores_.clear();
  const auto keep = [&](int32_t tag, double log_count) {
    kept_tags_.push_back(tag);
    kept_scores_.push_back(static_cast<float>(score(document, tag) - log_count));
  };
  if (options_.log_q) {
    for (int64_t i = 0; i < targets.n; ++i) keep(targets.tags[i], 0);
  } else {
    keep(random_tag(targets), 0);
  }
  const size_t n_positives = kept_tags_.size();
  for (int i = 0; i < options_.n_draws; ++i) {
    const int32_t negative = draw(targets);
    if (negative >= 0) keep(negative, options_.log_q ? std::log(expected_count(negative, targets)) : 0);
  }
  const float top = *std::max_element(kept_scores_.begin(), kept_scores_.end());
  double total = 0, positive_score = 0;
  for (float s : kept_scores_) total += std::exp(static_cast<double>(s - top));
  for (size_t i = 0; i < kept_tags_.size(); ++i) {
    double error = std::exp(static_cast<double>(kept_scores_[i] - top)) / total;
    if (i < n_positives) {
      error -= 1 / static_cast<double>(n_positives);
      positive_score += kept_scores_[i] / static_cast<double>(n_positives);
    }
    add_error(document, kept_tags_[i], static_cast<float>(error));
  }
  return std::log(total) + top - positive_score;
}

double TagLoss::hierarchical(int64_t document, const TagTargets& targets) {
  double loss = 0;
  const double share = 1 / static_cast<double>(targets.n);
  for (int64_t i = 0; i < targets.n; ++i)
    for (int64_t step = tables_.tree.begin[targets.tags[i]]; step < tables_.tree.begin[targets.tags[i] + 1]; ++step) {
      const int32_t node = tables_.tree.nodes[step];
      const double code = tables_.tree.codes[step], s = score(document, node);
      loss += share * softplus(code > 0 ? -s : s);
      add_error(document, node, static_cast<float>(share * (1 / (1 + std::exp(-s)) - code)));
    }
  return loss;
}

// One of the other tags; -1 when none was met in many draws.
int32_t TagLoss::draw(TagTargets& targets) const {
  if (tables_.shares.empty()) {
    auto tag = static_cast<int32_t>(targets.rng.below(static_cast<uint32_t>(model_.n_tags - targets.n)));
    for (int64_t i = 0; i < targets.n && targets.tags[i] <= tag; ++i) ++tag;
    return tag;
  }
  for (int i = 0; i < kMaxRedraws; ++i) {
    const int32_t tag = tables_.negatives.draw(targets.rng);
    if (!is_tag(tag, targets)) return tag;
  }
  return -1;
}

// How often a tag is expected among the draws, all of them from the other tags.
double TagLoss::expected_count(int32_t tag, const TagTargets& targets) const {
  if (tables_.shares.empty()) return options_.n_draws / static_cast<double>(model_.n_tags - targets.n);
  double others = 1;
  for (int64_t i = 0; i < targets.n; ++i) others -= tables_.shares[targets.tags[i]];
  return options_.n_draws * std::max(tables_.shares[tag], 1e-12) / std::max(others, 1e-12);
}

}  // namespace textspace
