// TagSpace's encoder (Weston, Chopra, Adams 2014): convolution over word rows, tanh, maximum, tanh, linear.
#pragma once

#include "tag_encoder.h"

namespace textspace {

class CnnEncoder : public TagEncoder {
 public:
  CnnEncoder(const TagModel& model, bool training);
  void encode(float* embeddings) override;
  void back(const float* errors) override;
  std::vector<Dense> dense() override;

 private:
  void gather_words();
  void fill_batch();
  void pass_activations(int64_t width);

  std::vector<int32_t> slots_, positions_;
  std::vector<int64_t> slot_begin_;
  GrowingFloats words_, scratch_;
  GrowingFloats first_, hidden_;  // (n_documents, n_features): after the first and after the second tanh
  GrowingFloats transposed_, feature_errors_;
  GrowingFloats filter_gradients_, bias_gradients_, projection_gradients_, projection_bias_gradients_;
  ConvolutionBatch batch_{};
};

}  // namespace textspace
