// Embeddings of a batch of documents, and gradients back to what they are computed from.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "aligned_floats.h"
#include "row_gradients.h"
#include "tag_kernels.h"
#include "tag_model.h"

namespace textspace {

// Use: clear(), add() each document, encode(), and in training back(). One object a thread.
class TagEncoder {
 public:
  TagEncoder(const TagModel& model, bool training);
  virtual ~TagEncoder() = default;

  void clear();
  void add(const int32_t* rows, int64_t n);
  int64_t n_documents() const { return static_cast<int64_t>(begin_.size()) - 1; }
  bool is_empty(int64_t document) const { return begin_[document] == begin_[document + 1]; }

  // (n_documents, embedding_stride): zeros for a document without words.
  virtual void encode(float* embeddings) = 0;
  // errors: dLoss / dEmbedding, zeros for a document without words.
  virtual void back(const float* errors) = 0;

  RowGradients& word_gradients() { return word_gradients_; }

  // Gradients of the matrices that every document uses, each with its parameters.
  struct Dense {
    float* values;
    float* gradient;
    int64_t n;
  };
  virtual std::vector<Dense> dense() { return {}; }

 protected:
  const TagModel model_;
  std::vector<int32_t> rows_;
  std::vector<int64_t> begin_{0};
  RowGradients word_gradients_;
};

std::unique_ptr<TagEncoder> make_encoder(const TagModel& model, bool training);

}  // namespace textspace
