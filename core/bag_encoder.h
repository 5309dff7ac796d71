// The embedding of a document as a bag of rows: weighted mean, maximum, minimum.
#pragma once

#include "tag_encoder.h"

namespace textspace {

class BagEncoder : public TagEncoder {
 public:
  BagEncoder(const TagModel& model, bool training) : TagEncoder(model, training) {}
  void encode(float* embeddings) override;
  void back(const float* errors) override;

 private:
  float weight(int32_t row) const;
  float divisor(int64_t document) const;
  void add_mean(int64_t document, float* out) const;
  void find_extremes(int64_t document, bool largest, float* out) const;
  void back_through_mean(int64_t document, const float* errors);
  void back_through_extremes(int64_t document, bool largest, const float* errors);
};

}  // namespace textspace
