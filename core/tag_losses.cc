#include "tag_losses.h"

#include <algorithm>
#include <cmath>

#include "isa.h"
#include "transpose.h"

namespace textspace {
namespace {

// Under the root of a norm: a vector of zeros has cosine 0 and a finite gradient.
constexpr float kNormEpsilon = 1e-12f;
// Draws of one negative before it is given up: the tags of the document hold nearly all of the distribution.
constexpr int kMaxRedraws = 64;

std::vector<double> draw_weights(const TagLossOptions& options, const std::vector<int64_t>& counts) {
  const bool uniform = options.kind == TagLossKind::kTagSpace || options.kind == TagLossKind::kWarp;
  if (uniform || options.negative_power == 0) return {};
  std::vector<double> weights;
  for (int64_t count : counts) weights.push_back(std::pow(static_cast<double>(count), options.negative_power));
  double total = 0;
  for (double weight : weights) total += weight;
  if (total <= 0) return {};
  for (double& weight : weights) weight /= total;
  return weights;
}

std::vector<double> harmonic_numbers(size_t n) {
  std::vector<double> numbers(n + 1);
  for (size_t k = 1; k <= n; ++k) numbers[k] = numbers[k - 1] + 1.0 / static_cast<double>(k);
  return numbers;
}

bool ranks(TagLossKind kind) { return kind == TagLossKind::kWarp || kind == TagLossKind::kWarpExpected; }

bool is_tag(int32_t tag, const TagTargets& targets) {
  return std::binary_search(targets.tags, targets.tags + targets.n, tag);
}

int32_t random_tag(TagTargets& targets) { return targets.tags[targets.rng.below(static_cast<uint32_t>(targets.n))]; }

double softplus(double x) { return x > 30 ? x : std::log1p(std::exp(x)); }

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

TagLossTables::TagLossTables(const TagLossOptions& options, const std::vector<int64_t>& tag_counts)
    : harmonic(harmonic_numbers(ranks(options.kind) ? tag_counts.size() : 0)),
      shares(draw_weights(options, tag_counts)),
      negatives(shares),
      tree(options.kind == TagLossKind::kHs ? tag_counts : std::vector<int64_t>()) {}

TagLoss::TagLoss(const TagModel& model, const TagLossOptions& options, const TagLossTables& tables)
    : model_(model),
      options_(options),
      tables_(tables),
      tag_gradients_(model.n_tags, model.embedding_stride(), 0),
      bias_gradients_(model.tag_bias ? (model.n_tags + 15) / 16 * 16 : 0) {}

bool TagLoss::touches_all_tags() const {
  const bool all = options_.kind == TagLossKind::kHingeMax && options_.n_draws == 0;
  return all || options_.kind == TagLossKind::kSoftmax || options_.kind == TagLossKind::kBce ||
         options_.kind == TagLossKind::kWarpExpected;
}

double TagLoss::run(const float* embeddings, const std::vector<TagTargets>& targets, const std::vector<char>& empty,
                    float scale, float* errors) {
  const auto n = static_cast<int64_t>(targets.size());
  scale_ = scale;
  normalize(embeddings, n);
  std::vector<char> skip(empty);
  for (size_t i = 0; i < skip.size(); ++i) skip[i] |= targets[i].n == 0 || targets[i].n == model_.n_tags;
  // With every tag of the table true, only the logistic losses have something to learn.
  if (options_.kind == TagLossKind::kBce || options_.kind == TagLossKind::kHs)
    for (size_t i = 0; i < skip.size(); ++i) skip[i] = empty[i] || targets[i].n == 0;
  double loss = 0;
  if (touches_all_tags()) {
    loss = run_all(targets, skip, n);
  } else {
    for (int64_t i = 0; i < n; ++i)
      if (!skip[static_cast<size_t>(i)]) loss += run_document(i, targets[static_cast<size_t>(i)]);
  }
  finish_embeddings(n, errors);
  finish_tags();
  return loss;
}

double TagLoss::run_document(int64_t document, TagTargets targets) {
  switch (options_.kind) {
    case TagLossKind::kHinge: return hinge(document, targets);
    case TagLossKind::kHingeMax: return hinge_max(document, targets);
    case TagLossKind::kSampledSoftmax: return sampled_softmax(document, targets);
    case TagLossKind::kHs: return hierarchical(document, targets);
    default: return search_violator(document, targets);
  }
}

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

float TagLoss::inverse_norm(const float* row) const {
  if (!model_.cosine) return 1;
  return 1 / std::sqrt(kernels().tags.dot(row, row, model_.embedding_stride()) + kNormEpsilon);
}

float TagLoss::score(int64_t document, int32_t tag) const {
  const int64_t stride = model_.embedding_stride();
  const float* row = model_.tags + tag * stride;
  const float similarity = kernels().tags.dot(units_.data() + document * stride, row, stride) * inverse_norm(row);
  return model_.score_scale * similarity + (model_.tag_bias ? model_.tag_bias[tag] : 0);
}

// `error` is dLoss / dScore. The tag's gradient is that of its unit vector until finish_tags().
void TagLoss::add_error(int64_t document, int32_t tag, float error) {
  const int64_t stride = model_.embedding_stride();
  const float* row = model_.tags + tag * stride;
  const float share = scale_ * model_.score_scale * error;
  kernels().tags.add_scaled(unit_errors_.data() + document * stride, row, share * inverse_norm(row), stride);
  kernels().tags.add_scaled(tag_gradients_.at(tag_gradients_.slot(tag)), units_.data() + document * stride, share, stride);
  if (model_.tag_bias) bias_gradients_.data()[tag] += scale_ * error;
}

void TagLoss::normalize(const float* embeddings, int64_t n) {
  const int64_t stride = model_.embedding_stride();
  units_.grow(n * stride);
  unit_errors_.grow(n * stride);
  inverse_norms_.grow(n);
  std::fill_n(unit_errors_.data(), n * stride, 0.0f);
  for (int64_t i = 0; i < n; ++i) {
    const float inverse = inverse_norms_.data()[i] = inverse_norm(embeddings + i * stride);
    for (int64_t d = 0; d < stride; ++d) units_.data()[i * stride + d] = embeddings[i * stride + d] * inverse;
  }
}

// From errors of unit vectors u = x / |x| to those of x: (e - (e . u) u) / |x|.
void TagLoss::finish_embeddings(int64_t n, float* errors) {
  const int64_t stride = model_.embedding_stride();
  std::copy_n(unit_errors_.data(), n * stride, errors);
  if (!model_.cosine || model_.raw_gradients) return;
  for (int64_t i = 0; i < n; ++i) {
    float *error = errors + i * stride, *unit = units_.data() + i * stride;
    kernels().tags.add_scaled(error, unit, -kernels().tags.dot(error, unit, stride), stride);
    for (int64_t d = 0; d < stride; ++d) error[d] *= inverse_norms_.data()[i];
  }
}

void TagLoss::finish_tags() {
  if (!model_.cosine || model_.raw_gradients) return;
  const int64_t stride = model_.embedding_stride();
  const std::vector<int32_t>& tags = tag_gradients_.rows();
  for (size_t slot = 0; slot < tags.size(); ++slot) {
    const float* row = model_.tags + tags[slot] * stride;
    float* gradient = tag_gradients_.at(static_cast<int32_t>(slot));
    const float inverse = inverse_norm(row), along = kernels().tags.dot(gradient, row, stride) * inverse * inverse;
    for (int64_t d = 0; d < stride; ++d) gradient[d] = (gradient[d] - along * row[d]) * inverse;
  }
}

// The losses that look at every tag: all scores at once, errors in their place, and both gradients at once.
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
  if (options_.kind == TagLossKind::kSoftmax) kernel.softmax_columns(scores_.data(), model_.n_tags, width_, totals_.data());
  if (options_.kind == TagLossKind::kBce) kernel.sigmoid_columns(scores_.data(), model_.n_tags, width_, totals_.data());
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
    for (size_t tag = 0; tag < scores.size(); ++tag) {
      if (!(scores[tag] - bound > 0)) continue;
      loss += weight / static_cast<double>(r) * (scores[tag] - bound);
      scores_.data()[static_cast<int64_t>(tag) * width_ + document] += static_cast<float>(weight / static_cast<double>(r));
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
    for (int64_t i = 0; i < width_; ++i) scores_.data()[tag * width_ + i] = scores_.data()[tag * width_ + i] * factor + bias;
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
