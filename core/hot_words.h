// The most frequent words, which each thread keeps by itself. Included by kernels.cc alone.
//
// After subsampling a thousand words still make a third of a text, and each occurrence would read and write all rows of
// its word. A thread keeps the vector of such a word instead, moves it at every occurrence, and hands the sum of these
// moves to the rows at every kHotUses-th (Vuurens, Eickhoff and de Vries 2016, "Efficient Parallel Learning of
// Word2Vec", keep rows of frequent words so). Other threads, and words that share a row, see the moves that much later.
#pragma once

#include "training.h"

namespace textspace::TEXTSPACE_ISA {

constexpr int32_t kHotUses = 8;

class HotWords {
 public:
  // `memory` holds hot_word_floats(model) floats that were zero at the start of the training.
  HotWords(const VectorModel& model, float* memory)
      : n_words_(model.n_hot_words),
        stride_(model.stride),
        uses_(reinterpret_cast<int32_t*>(memory)),
        vectors_(memory + (n_words_ + 15) / 16 * 16),
        moves_(vectors_ + n_words_ * stride_) {}

  bool includes(int32_t word) const { return word < n_words_; }
  // Whether the vector of a word is that of its rows and the moves they have not got yet.
  bool holds(int32_t word) const { return includes(word) && uses_[word] > 0; }

  int32_t& uses(int32_t word) { return uses_[word]; }
  float* vector(int32_t word) const { return vectors_ + word * stride_; }
  float* moves(int32_t word) const { return moves_ + word * stride_; }

 private:
  const int64_t n_words_, stride_;
  int32_t* uses_;
  float *vectors_, *moves_;
};

}  // namespace textspace::TEXTSPACE_ISA
