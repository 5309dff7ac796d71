// Continuous bag of words over a block of text. Included by kernels.cc alone.
//
// The hidden vector is the mean of all rows of all words of the window, its gradient goes to every one of them. The
// sum of a word's rows is computed once and moved by every window's gradient at once; the gradients go back to the rows
// together ("dynamic hidden", Wszola, Jaggi and Puschel 2021).
#pragma once

#include "window_ring.h"

namespace textspace::TEXTSPACE_ISA {

class CbowRing : public WindowRing {
 public:
  CbowRing(const VectorModel& model, const TextBlock& block, float* workspace)
      : WindowRing(model, block, workspace),
        sums_(take_ring()),
        steps_(take_ring()),
        mean_(take(model.stride)),
        gradient_(take(model.stride)) {}

  void enter(int position) {
    const WordRows word(model_, block_, position);
    sum_rows(model_.input, model_.stride, word.rows, word.n, 1.0f, slot(sums_, position));
    fill(slot(steps_, position), Vec{});
  }

  void leave(int position) {
    const WordRows word(model_, block_, position);
    add_to_rows(model_.input, model_.stride, word.rows, word.n, slot(steps_, position));
  }

  void train(int position, float lr, LossSample* loss) {
    const int64_t n_rows = average(position);
    if (n_rows == 0) return;
    fill(gradient_, Vec{});
    train_outputs(position, {&mean_, &gradient_, 1}, lr, loss);
    spread(position, 1.0f / static_cast<float>(n_rows));
  }

 private:
  // The weights of a context `offset` places away, or null (Mikolov et al. 2018, section 2.2).
  float* position_weights(int offset) const {
    if (!model_.position_weights) return nullptr;
    return model_.position_weights + (model_.window + offset - (offset > 0)) * model_.stride;
  }

  // Writes the mean of the window's rows and returns their number.
  int64_t average(int position) {
    int64_t n_rows = 0;
    fill(mean_, Vec{});
    for (int context = block_.first[position]; context <= block_.last[position]; ++context) {
      if (context == position) continue;
      n_rows += WordRows(model_, block_, context).n;
      const float *sum = slot(sums_, context), *weights = position_weights(context - position);
      for (int64_t d = 0; d < model_.stride; d += kLanes)
        store(mean_ + d, load(mean_ + d) + (weights ? load(weights + d) * load(sum + d) : load(sum + d)));
    }
    if (n_rows == 0) return 0;
    const float scale = 1.0f / static_cast<float>(n_rows);
    for (int64_t d = 0; d < model_.stride; d += kLanes) store(mean_ + d, load(mean_ + d) * scale);
    return n_rows;
  }

  // fastText gives each row the gradient of the mean undivided; `normalize_cbow` gives it the true gradient, divided by
  // the number of rows (Irsoy, Benton and Stratos 2021, "Corrected CBOW performs as well as skip-gram").
  void spread(int position, float share) {
    const float row_scale = model_.normalize_cbow ? share : 1.0f;
    for (int context = block_.first[position]; context <= block_.last[position]; ++context) {
      if (context == position) continue;
      const auto n = static_cast<float>(WordRows(model_, block_, context).n);
      float *sum = slot(sums_, context), *steps = slot(steps_, context), *weights = position_weights(context - position);
      for (int64_t d = 0; d < model_.stride; d += kLanes) {
        Vec step = load(gradient_ + d) * row_scale;
        if (weights) {
          const Vec weight = load(weights + d);
          store(weights + d, weight + load(gradient_ + d) * load(sum + d) * share);
          step *= weight;
        }
        store(steps + d, load(steps + d) + step);
        store(sum + d, load(sum + d) + step * n);
      }
    }
  }

  float *sums_, *steps_, *mean_, *gradient_;
};

}  // namespace textspace::TEXTSPACE_ISA
