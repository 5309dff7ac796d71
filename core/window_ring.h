// Windows passing over a block of text: what skip-gram and CBOW share. Included by kernels.cc alone.
//
// A word's rows are gathered once, when the first window reaches it, and scattered to once, when the last window has
// passed; in between it lives in a ring of 2 * window + 1 slots that stays in the first-level cache.
#pragma once

#include "rows.h"
#include "targets.h"

namespace textspace::TEXTSPACE_ISA {

// How many positions ahead rows are fetched: enough to hide memory latency, few enough to stay in the cache.
constexpr int kInputLead = 2;
constexpr int kOutputLead = 3;
// The loss is computed for one position in this many.
constexpr int kLossEvery = 16;

// The rows of the word at a position.
struct WordRows {
  const int32_t* rows;
  int64_t n;

  WordRows(const VectorModel& model, const TextBlock& block, int position) {
    const int64_t* indptr = model.word_indptr + block.words[position];
    rows = model.word_rows + indptr[0];
    n = indptr[1] - indptr[0];
  }
};

class WindowRing {
 public:
  WindowRing(const VectorModel& model, const TextBlock& block, float* workspace)
      : model_(model),
        block_(block),
        size_(2 * model.window + 1),
        noise_(reinterpret_cast<uint32_t*>(workspace)),
        free_(workspace + kNoiseWords) {
    spare_ = take(model.stride);
    fill(spare_, Vec{});
    errors_ = take((2 * model.window + 2) * kErrorStride);
    scores_ = take(model.softmax ? 2 * model.window * (model.n_outputs + kChunk) : 0);
  }

 protected:
  // Scratch memory of n floats, aligned.
  float* take(int64_t n) {
    float* taken = free_;
    free_ += (n + 15) / 16 * 16;
    return taken;
  }
  float* take_ring() { return take(size_ * model_.stride); }
  float* slot(float* ring, int position) const { return ring + position % size_ * model_.stride; }

  void fill(float* row, Vec value) const {
    for (int64_t d = 0; d < model_.stride; d += kLanes) store(row + d, value);
  }

  // out = scale * sum of the word's rows.
  void gather(const WordRows& word, float scale, float* out) const {
    if (model_.half_input)
      sum_rows(model_.half_input, model_.stride, word.rows, word.n, scale, out);
    else
      sum_rows(model_.input, model_.stride, word.rows, word.n, scale, out);
  }

  void scatter(const WordRows& word, const float* step) {
    if (model_.half_input)
      add_to_rows(model_.half_input, model_.stride, word.rows, word.n, step, noise_);
    else
      add_to_rows(model_.input, model_.stride, word.rows, word.n, step, noise_);
  }

  void train_outputs(int position, const Hidden& hidden, float lr, LossSample* loss) {
    if (model_.softmax) {
      train_softmax(model_, hidden, block_.words[position], lr, errors_, scores_, spare_, loss);
    } else {
      const int begin = block_.target_begin[position], n = block_.target_begin[position + 1] - begin;
      train_binary(model_, hidden, block_.targets + begin, block_.labels + begin, n, lr, errors_, spare_, loss);
    }
  }

  const VectorModel& model_;
  const TextBlock& block_;

 private:
  const int size_;
  Noise noise_;
  float* free_;
  float *spare_, *errors_, *scores_;
};

inline void prefetch_word(const VectorModel& model, const TextBlock& block, int position) {
  if (position >= block.n) return;
  const WordRows word(model, block, position);
  if (model.half_input)
    prefetch_rows(model.half_input, model.stride, word.rows, word.n);
  else
    prefetch_rows(model.input, model.stride, word.rows, word.n);
}

inline void prefetch_targets(const VectorModel& model, const TextBlock& block, int position) {
  if (position >= block.n || model.softmax) return;
  const int begin = block.target_begin[position], n = block.target_begin[position + 1] - begin;
  prefetch_rows(model.output, model.stride, block.targets + begin, n);
}

// A Ring has enter(position), leave(position) and train(position, lr, loss).
template <typename Ring>
void train_block(const VectorModel& model, const TextBlock& block, float lr, float* workspace, LossSample* loss) {
  Ring ring(model, block, workspace);
  for (int position = 0; position < model.window + kInputLead; ++position) prefetch_word(model, block, position);
  for (int position = 0; position < model.window && position < block.n; ++position) ring.enter(position);
  for (int position = 0; position < block.n; ++position) {
    const int entering = position + model.window, leaving = position - model.window;
    prefetch_word(model, block, entering + kInputLead);
    prefetch_targets(model, block, position + kOutputLead);
    if (entering < block.n) ring.enter(entering);
    ring.train(position, lr, position % kLossEvery == 0 ? loss : nullptr);
    if (leaving >= 0) ring.leave(leaving);
  }
  for (int position = block.n > model.window ? block.n - model.window : 0; position < block.n; ++position)
    ring.leave(position);
}

}  // namespace textspace::TEXTSPACE_ISA
