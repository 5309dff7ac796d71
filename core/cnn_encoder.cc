#include "cnn_encoder.h"

#include <algorithm>

#include "isa.h"
#include "transpose.h"

namespace textspace {

CnnEncoder::CnnEncoder(const TagModel& model, bool training) : TagEncoder(model, training) {
  if (!training) return;
  filter_gradients_.grow(model.n_filters * model.width * model.stride);
  bias_gradients_.grow(model.n_filters);
  projection_gradients_.grow(model.n_features() * model.stride);
  projection_bias_gradients_.grow(model.stride);
}

// Half a window of border on both sides of each document, and its distinct words beside each other.
void CnnEncoder::gather_words() {
  const int before = model_.width / 2, after = model_.width - 1 - before;
  slots_.clear();
  slot_begin_.assign(1, 0);
  for (int64_t document = 0; document < n_documents(); ++document) {
    if (!is_empty(document)) {
      slots_.insert(slots_.end(), before, 0);
      for (int64_t i = begin_[document]; i < begin_[document + 1]; ++i)
        slots_.push_back(rows_[i] < 0 ? 0 : word_gradients_.slot(rows_[i]));
      slots_.insert(slots_.end(), after, 0);
    } else {
      slots_.insert(slots_.end(), model_.width - 1, 0);
    }
    slot_begin_.push_back(static_cast<int64_t>(slots_.size()));
  }
  const auto& rows = word_gradients_.rows();
  words_.grow(static_cast<int64_t>(rows.size() + 1) * model_.stride);
  for (size_t i = 0; i < rows.size(); ++i)
    std::copy_n(model_.words + rows[i] * model_.stride, model_.stride, words_.data() + (i + 1) * model_.stride);
}

void CnnEncoder::fill_batch() {
  const int64_t n_slots = static_cast<int64_t>(word_gradients_.rows().size()) + 1;
  const int64_t n_features = n_documents() * model_.n_features();
  scratch_.grow(convolution_scratch(n_slots, model_.stride, model_.width));
  first_.grow(n_features);
  hidden_.grow(n_features);
  positions_.resize(static_cast<size_t>(n_features));
  batch_ = {words_.data(), word_gradients_.at(0), n_slots, model_.stride, model_.dim, slots_.data(), slot_begin_.data(),
            n_documents(), model_.filters, filter_gradients_.data(), model_.filter_bias, bias_gradients_.data(),
            model_.n_filters, model_.width, model_.n_pools, model_.pool, first_.data(), positions_.data(),
            scratch_.data()};
}

void CnnEncoder::encode(float* embeddings) {
  const TagKernels& kernel = kernels().tags;
  gather_words();
  fill_batch();
  kernel.convolve(batch_);
  const int64_t n_features = model_.n_features();
  kernel.tanh(first_.data(), n_documents() * n_features);  // of the maximum: tanh is monotone
  std::copy_n(first_.data(), n_documents() * n_features, hidden_.data());
  if (model_.second_tanh) kernel.tanh(hidden_.data(), n_documents() * n_features);
  for (int64_t document = 0; document < n_documents(); ++document)
    std::copy_n(model_.projection_bias, model_.stride, embeddings + document * model_.stride);
  kernel.multiply({hidden_.data(), n_features, 1, model_.projection, model_.stride, embeddings, model_.stride,
                   n_documents(), model_.stride, n_features, true});
  for (int64_t document = 0; document < n_documents(); ++document)
    if (is_empty(document)) std::fill_n(embeddings + document * model_.stride, model_.stride, 0.0f);
}

void CnnEncoder::back(const float* errors) {
  const TagKernels& kernel = kernels().tags;
  const int64_t n = n_documents(), n_features = model_.n_features(), width = (n + 15) / 16 * 16;
  kernel.multiply({hidden_.data(), 1, n_features, errors, model_.stride, projection_gradients_.data(), model_.stride,
                   n_features, model_.stride, n, true});
  for (int64_t document = 0; document < n; ++document)
    kernel.add_scaled(projection_bias_gradients_.data(), errors + document * model_.stride, 1, model_.stride);
  transposed_.grow(model_.stride * width);
  feature_errors_.grow(n_features * width);
  transpose(errors, n, model_.stride, model_.stride, transposed_.data(), width);
  kernel.multiply({model_.projection, model_.stride, 1, transposed_.data(), width, feature_errors_.data(), width,
                   n_features, width, model_.stride, false});
  pass_activations(width);
  kernel.convolve_back(batch_, feature_errors_.data(), width);
}

// The derivative of tanh is 1 - tanh ** 2.
void CnnEncoder::pass_activations(int64_t width) {
  const int64_t n_features = model_.n_features();
  for (int64_t document = 0; document < n_documents(); ++document)
    for (int64_t feature = 0; feature < n_features; ++feature) {
      const float first = first_.data()[document * n_features + feature];
      const float second = hidden_.data()[document * n_features + feature];
      float& error = feature_errors_.data()[feature * width + document];
      error *= 1 - first * first;
      if (model_.second_tanh) error *= 1 - second * second;
    }
}

std::vector<TagEncoder::Dense> CnnEncoder::dense() {
  return {{model_.filters, filter_gradients_.data(), int64_t{model_.n_filters} * model_.width * model_.stride},
          {model_.filter_bias, bias_gradients_.data(), model_.n_filters},
          {model_.projection, projection_gradients_.data(), model_.n_features() * model_.stride},
          {model_.projection_bias, projection_bias_gradients_.data(), model_.stride}};
}

}  // namespace textspace
