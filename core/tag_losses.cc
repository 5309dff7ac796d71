#include "tag_losses.h"

#include <algorithm>
#include <cmath>

#include "isa.h"

namespace textspace {
namespace {

// Under the root of a norm: a vector of zeros has cosine 0 and a finite gradient.
constexpr float kNormEpsilon = 1e-12f;

std::vector<double> draw_weights(const TagLossOptions& options, const std::vector<int64_t>& counts) {
  const bool uniform = options.kind == TagLossKind::kTagSpace || options.kind == TagLossKind::kWarp;
  if (uniform || options.negative_power == 0) return {};
  std::vector<double> weights = powers_of_counts(counts, options.negative_power);
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
  float* gradient = tag_gradients_.at(tag_gradients_.slot(tag));
  kernels().tags.add_scaled(gradient, units_.data() + document * stride, share, stride);
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

}  // namespace textspace
