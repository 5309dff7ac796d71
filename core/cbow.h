// Continuous bag of words over a block of text. Included by kernels.cc alone.
//
// The hidden vector is the mean of all rows of all words of the window, its gradient goes to every one of them. The
// sum of a word's rows is computed once and moved by every window's gradient at once; the moves go back to the rows
// together ("dynamic hidden", Wszola, Jaggi and Puschel 2021).
#pragma once

#include "window_ring.h"

namespace textspace::TEXTSPACE_ISA {

class CbowRing : public WindowRing {
 public:
  CbowRing(const VectorModel& model, const TextBlock& block, float* workspace)
      : WindowRing(model, block, workspace),
        sums_(take_ring()),
        start_(take_ring()),
        mean_(take(model.stride)),
        gradient_(take(model.stride)) {}

  void enter(int position) { enter_word(position, false, slot(sums_, position), slot(start_, position)); }
  void leave(int position) { leave_word(position, false, slot(sums_, position), slot(start_, position)); }

  void train(int position, float lr, LossSample* loss) {
    const Window window = find_window(position);
    if (window.n == 0) return;
    average(window);
    fill(gradient_, Vec{});
    train_outputs(position, {&mean_, &gradient_, 1}, lr, loss);
    spread(window);
  }

 private:
  struct Window {
    int n = 0;
    float scale = 0;                // 1 / number of rows of all its words
    float* sums[2 * kMaxWindow];    // of each word
    float n_rows[2 * kMaxWindow];
    float* weights[2 * kMaxWindow]; // of each word's place, where the model has them
  };

  Window find_window(int position) const {
    Window window;
    int64_t n_rows = 0;
    for (int context = block_.first[position]; context <= block_.last[position]; ++context) {
      if (context == position) continue;
      const int64_t n = rows_of(context);
      const int place = model_.window + (context - position) - (context > position);
      window.sums[window.n] = slot(sums_, context);
      window.n_rows[window.n] = static_cast<float>(n);
      window.weights[window.n++] = model_.position_weights + place * model_.stride;
      n_rows += n;
    }
    if (n_rows > 0) window.scale = 1.0f / static_cast<float>(n_rows);
    return window;
  }

  // mean = scale * sum over the window, each place weighted (Mikolov et al. 2018, section 2.2) where the model says so.
  void average(const Window& window) {
    for (int64_t d = 0; d < model_.stride; d += kLanes) {
      Vec total = {};
      if (model_.position_weights) {
        for (int c = 0; c < window.n; ++c) total += load(window.weights[c] + d) * load(window.sums[c] + d);
      } else {
        for (int c = 0; c < window.n; ++c) total += load(window.sums[c] + d);
      }
      store(mean_ + d, total * window.scale);
    }
  }

  // fastText gives each row the gradient of the mean undivided. `normalize_cbow` divides it by the number of words, as
  // the exact gradient is without n-grams (Irsoy, Benton and Stratos 2020, "Corrected CBOW performs as well as
  // skip-gram"); a word's rows share its gradient undivided in skip-gram as well.
  void spread(const Window& window) {
    const float row_scale = model_.normalize_cbow ? 1.0f / static_cast<float>(window.n) : 1.0f;
    for (int64_t d = 0; d < model_.stride; d += kLanes) {
      const Vec gradient = load(gradient_ + d), step = gradient * row_scale;
      for (int c = 0; c < window.n; ++c) {
        const Vec sum = load(window.sums[c] + d);
        Vec weighted = step;
        if (model_.position_weights) {
          const Vec weight = load(window.weights[c] + d);
          weighted *= weight;
          store(window.weights[c] + d, weight + gradient * sum * window.scale);
        }
        store(window.sums[c] + d, sum + weighted * window.n_rows[c]);
      }
    }
  }

  float *sums_, *start_, *mean_, *gradient_;
};

}  // namespace textspace::TEXTSPACE_ISA
