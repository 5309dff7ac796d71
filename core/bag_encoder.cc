#include "bag_encoder.h"

#include <algorithm>
#include <cmath>

#include "isa.h"
#include "prefetch.h"

namespace textspace {
namespace {

constexpr int64_t kRowsAhead = 8;

}  // namespace

// A row of zeros counts where all words are equal.
float BagEncoder::weight(int32_t row) const {
  if (!model_.row_weights) return 1;
  return row < 0 ? 0 : model_.row_weights[row];
}

float BagEncoder::divisor(int64_t document) const {
  double total = 0;
  for (int64_t i = begin_[document]; i < begin_[document + 1]; ++i) total += weight(rows_[i]);
  return total > 0 ? static_cast<float>(std::pow(total, model_.power)) : 1;
}

void BagEncoder::encode(float* embeddings) {
  std::fill_n(embeddings, n_documents() * model_.embedding_stride(), 0.0f);
  for (int64_t document = 0; document < n_documents(); ++document) {
    float* out = embeddings + document * model_.embedding_stride();
    if (is_empty(document)) continue;
    if (model_.poolings & kMean) {
      add_mean(document, out);
      out += model_.stride;
    }
    if (model_.poolings & kMax) {
      find_extremes(document, true, out);
      out += model_.stride;
    }
    if (model_.poolings & kMin) find_extremes(document, false, out);
  }
}

void BagEncoder::add_mean(int64_t document, float* out) const {
  const float scale = 1 / divisor(document);
  for (int64_t i = begin_[document]; i < begin_[document + 1]; ++i) {
    if (const int64_t ahead = i + kRowsAhead; ahead < begin_[n_documents()] && rows_[ahead] >= 0)
      prefetch_array(model_.words + rows_[ahead] * model_.stride, model_.stride);
    if (rows_[i] >= 0)
      kernels().tags.add_scaled(out, model_.words + rows_[i] * model_.stride, scale * weight(rows_[i]), model_.stride);
  }
}

void BagEncoder::find_extremes(int64_t document, bool largest, float* out) const {
  bool first = true;
  for (int64_t i = begin_[document]; i < begin_[document + 1]; ++i) {
    if (rows_[i] < 0) continue;
    const float* row = model_.words + rows_[i] * model_.stride;
    for (int64_t d = 0; d < model_.stride; ++d)
      if (first || (largest ? row[d] > out[d] : row[d] < out[d])) out[d] = row[d];
    first = false;
  }
}

void BagEncoder::back(const float* errors) {
  for (int64_t document = 0; document < n_documents(); ++document) {
    const float* error = errors + document * model_.embedding_stride();
    if (is_empty(document)) continue;
    if (model_.poolings & kMean) {
      back_through_mean(document, error);
      error += model_.stride;
    }
    if (model_.poolings & kMax) {
      back_through_extremes(document, true, error);
      error += model_.stride;
    }
    if (model_.poolings & kMin) back_through_extremes(document, false, error);
  }
}

void BagEncoder::back_through_mean(int64_t document, const float* errors) {
  const float scale = model_.raw_gradients ? 1 : 1 / divisor(document);
  for (int64_t i = begin_[document]; i < begin_[document + 1]; ++i) {
    if (rows_[i] < 0) continue;
    float* gradient = word_gradients_.at(word_gradients_.slot(rows_[i]));
    kernels().tags.add_scaled(gradient, errors, scale * weight(rows_[i]), model_.stride);
  }
}

// A component's gradient goes to the first row that has its extreme.
void BagEncoder::back_through_extremes(int64_t document, bool largest, const float* errors) {
  std::vector<float> extremes(static_cast<size_t>(model_.stride));
  find_extremes(document, largest, extremes.data());
  std::vector<char> found(static_cast<size_t>(model_.stride));
  for (int64_t i = begin_[document]; i < begin_[document + 1]; ++i) {
    if (rows_[i] < 0) continue;
    const float* row = model_.words + rows_[i] * model_.stride;
    float* gradient = word_gradients_.at(word_gradients_.slot(rows_[i]));
    for (size_t d = 0; d < found.size(); ++d)
      if (!found[d] && row[d] == extremes[d]) {
        gradient[d] += errors[d];
        found[d] = 1;
      }
  }
}

}  // namespace textspace
