// Windows passing over a block of text: what skip-gram and CBOW share. Included by kernels.cc alone.
//
// A word's rows are gathered once, when the first window reaches it, and scattered to once, when the last window has
// passed; in between it lives in a ring of 2 * window + 1 slots that stays in the first-level cache. Hot words are
// gathered and scattered to less often still.
#pragma once

#include "hot_words.h"
#include "rows.h"
#include "targets.h"

namespace textspace::TEXTSPACE_ISA {

// How many positions ahead rows are fetched: enough to hide memory latency, few enough to stay in the cache.
constexpr int kInputLead = 2;
constexpr int kOutputLead = 3;
// The loss is computed for one position in this many.
constexpr int kLossEvery = 16;

// The rows of a word.
struct WordRows {
  const int32_t* rows;
  int64_t n;

  WordRows(const VectorModel& model, int32_t word) {
    const int64_t* indptr = model.word_indptr + word;
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
        hot_(model, workspace + kNoiseWords),
        free_(workspace + kNoiseWords + hot_word_floats(model)) {
    spare_ = take(model.stride);
    fill(spare_, Vec{});
    errors_ = take((2 * model.window + 2) * kErrorStride);
    scores_ = take(model.softmax ? 2 * model.window * (model.n_outputs + kChunk) : 0);
  }

  // Hands over what the hot words have not yet got: at the end of the training.
  void hand_over_all() {
    for (int32_t word = 0; hot_.includes(word); ++word)
      if (hot_.holds(word)) hand_over(word);
  }

  void prefetch(int position) const {
    if (position >= block_.n) return;
    const int32_t word = block_.words[position];
    if (hot_.holds(word)) {
      prefetch_row(hot_.vector(word), model_.stride);
      prefetch_row(hot_.moves(word), model_.stride);
      return;
    }
    const WordRows rows(model_, word);
    if (model_.half_input)
      prefetch_rows(model_.half_input, model_.stride, rows.rows, rows.n);
    else
      prefetch_rows(model_.input, model_.stride, rows.rows, rows.n);
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

  int64_t rows_of(int position) const { return WordRows(model_, block_.words[position]).n; }

  // vector = start = the sum of the word's rows, or their mean.
  void enter_word(int position, bool mean, float* vector, float* start) {
    const int32_t word = block_.words[position];
    if (hot_.holds(word)) {
      copy(hot_.vector(word), vector);
    } else {
      const WordRows rows(model_, word);
      gather(rows, mean ? 1.0f / static_cast<float>(rows.n) : 1.0f, vector);
      if (hot_.includes(word)) copy(vector, hot_.vector(word));
    }
    copy(vector, start);
  }

  // Every row of the word moves as their mean has: by vector - start, divided by their number where these are sums.
  // Overwrites `start`.
  void leave_word(int position, bool mean, const float* vector, float* start) {
    const int32_t word = block_.words[position];
    const WordRows rows(model_, word);
    const float share = mean ? 1.0f : 1.0f / static_cast<float>(rows.n);
    if (!hot_.includes(word)) {
      for (int64_t d = 0; d < model_.stride; d += kLanes)
        store(start + d, (load(vector + d) - load(start + d)) * share);
      return scatter(rows, start);
    }
    float *kept = hot_.vector(word), *moves = hot_.moves(word);
    for (int64_t d = 0; d < model_.stride; d += kLanes) {
      const Vec move = load(vector + d) - load(start + d);
      store(kept + d, load(kept + d) + move);
      store(moves + d, load(moves + d) + move * share);
    }
    if (++hot_.uses(word) == kHotUses) hand_over(word);
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
  void copy(const float* from, float* to) const {
    for (int64_t d = 0; d < model_.stride; d += kLanes) store(to + d, load(from + d));
  }

  // out = scale * sum of the rows.
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

  void hand_over(int32_t word) {
    scatter(WordRows(model_, word), hot_.moves(word));
    fill(hot_.moves(word), Vec{});
    hot_.uses(word) = 0;
  }

  const int size_;
  Noise noise_;
  HotWords hot_;
  float* free_;
  float *spare_, *errors_, *scores_;
};

inline void prefetch_targets(const VectorModel& model, const TextBlock& block, int position) {
  if (position >= block.n || model.softmax) return;
  const int begin = block.target_begin[position], n = block.target_begin[position + 1] - begin;
  prefetch_rows(model.output, model.stride, block.targets + begin, n);
}

// A Ring has enter(position), leave(position) and train(position, lr, loss).
template <typename Ring>
void train_block(const VectorModel& model, const TextBlock& block, float lr, float* workspace, LossSample* loss) {
  Ring ring(model, block, workspace);
  for (int position = 0; position < model.window + kInputLead; ++position) ring.prefetch(position);
  for (int position = 0; position < model.window && position < block.n; ++position) ring.enter(position);
  for (int position = 0; position < block.n; ++position) {
    const int entering = position + model.window, leaving = position - model.window;
    ring.prefetch(entering + kInputLead);
    prefetch_targets(model, block, position + kOutputLead);
    if (entering < block.n) ring.enter(entering);
    ring.train(position, lr, position % kLossEvery == 0 ? loss : nullptr);
    if (leaving >= 0) ring.leave(leaving);
  }
  for (int position = block.n > model.window ? block.n - model.window : 0; position < block.n; ++position)
    ring.leave(position);
}

inline void finish_training(const VectorModel& model, float* workspace) {
  const TextBlock nothing = {};
  WindowRing(model, nothing, workspace).hand_over_all();
}

}  // namespace textspace::TEXTSPACE_ISA
