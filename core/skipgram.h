// Skip-gram over a block of text. Included by kernels.cc alone.
//
// The word in the middle of a window is the output, the words around it are the inputs: the same pairs as the other
// way round, as the window's width is drawn for each middle word alone. So a window is one matrix product, and its
// negatives are shared by its inputs (Ji et al. 2016, "Parallelizing Word2Vec in Shared and Distributed Memory"), yet
// every input still meets 2 * window * n_negatives different ones while windows pass over it. The mean of a word's
// rows moves by a gradient exactly as if each row had been moved, so steps are taken on the mean at once. This departs
// from the sequential algorithm (Bojanowski et al. 2017) only in that rows shared by words less than `window` apart
// see each other's steps late.
#pragma once

#include "window_ring.h"

namespace textspace::TEXTSPACE_ISA {

class SkipGramRing : public WindowRing {
 public:
  SkipGramRing(const VectorModel& model, const TextBlock& block, float* workspace)
      : WindowRing(model, block, workspace), hidden_(take_ring()), start_(take_ring()), gradients_(take_ring()) {}

  void enter(int position) { enter_word(position, true, slot(hidden_, position), slot(start_, position)); }
  void leave(int position) { leave_word(position, true, slot(hidden_, position), slot(start_, position)); }

  void train(int position, float lr, LossSample* loss) {
    float *vectors[2 * kMaxWindow], *gradients[2 * kMaxWindow];
    int n = 0;
    for (int context = block_.first[position]; context <= block_.last[position]; ++context) {
      if (context == position) continue;
      vectors[n] = slot(hidden_, context);
      gradients[n++] = slot(gradients_, context);
    }
    if (n == 0) return;
    if (!model_.softmax) return train_outputs(position, {vectors, vectors, n}, lr, loss);
    // All outputs must see the same hidden vectors, so the steps wait for the last of them.
    for (int c = 0; c < n; ++c) fill(gradients[c], Vec{});
    train_outputs(position, {vectors, gradients, n}, lr, loss);
    for (int c = 0; c < n; ++c)
      for (int64_t d = 0; d < model_.stride; d += kLanes)
        store(vectors[c] + d, load(vectors[c] + d) + load(gradients[c] + d));
  }

 private:
  float *hidden_, *start_, *gradients_;
};

}  // namespace textspace::TEXTSPACE_ISA
