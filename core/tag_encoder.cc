#include "tag_encoder.h"

#include "bag_encoder.h"
#include "cnn_encoder.h"

namespace textspace {

// Slot 0 of the words is a row of zeros: see ConvolutionBatch. Without training no gradients are kept, but the
// convolution still needs the slots.
TagEncoder::TagEncoder(const TagModel& model, bool training)
    : model_(model), word_gradients_(model.n_filters || training ? model.n_words : 0, model.stride, 1) {}

void TagEncoder::clear() {
  rows_.clear();
  begin_.assign(1, 0);
  word_gradients_.clear();
}

void TagEncoder::add(const int32_t* rows, int64_t n) {
  rows_.insert(rows_.end(), rows, rows + (n < model_.max_length ? n : model_.max_length));
  begin_.push_back(static_cast<int64_t>(rows_.size()));
}

std::unique_ptr<TagEncoder> make_encoder(const TagModel& model, bool training) {
  if (model.n_filters) return std::make_unique<CnnEncoder>(model, training);
  return std::make_unique<BagEncoder>(model, training);
}

}  // namespace textspace
