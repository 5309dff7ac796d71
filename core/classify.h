// One pass of stochastic gradient descent over a batch of documents (Joulin et al. 2017, "Bag of Tricks for Efficient
// Text Classification"). Included by kernels.cc alone.
//
// A document is the mean of its rows; its gradient goes back to each of them. Most of the time goes into waiting for
// the rows: who fills a batch asks for them.
#pragma once

#include "classifier_training.h"
#include "simd.h"

extern "C" float log1pf(float);
extern "C" float expf(float);
extern "C" float logf(float);

namespace textspace::TEXTSPACE_ISA {

// A probability so near to its truth counts as equal to it: beyond scores of +-8, as in fastText's table.
constexpr float kNegligible = 3.35e-4f;
// With softmax such probabilities make up less than this share of one, all together.
constexpr float kNegligibleShare = 1e-3f;
// Factors of at most 2 whose product a float holds.
constexpr int kFactors = 64;
constexpr unsigned kAllLanes = (1u << kLanes) - 1;
// Vectors of a row that are summed in registers at a time.
constexpr int kDocumentPanel = kLanes == 16 ? 16 : 14;

struct DocumentRows {
  float* matrix;
  int64_t stride;
  const CountedRow* rows;
  int64_t n;
  float scale;  // 1 / number of features
};

template <int n_vecs>
inline void gather_panel(const DocumentRows& document, int64_t column, float* hidden) {
  Vec sums[n_vecs] = {};
  for (int64_t j = 0; j < document.n; ++j) {
    const float* row = document.matrix + document.rows[j].row * document.stride + column;
#pragma GCC unroll 16
    for (int v = 0; v < n_vecs; ++v) sums[v] += document.rows[j].frequency * load(row + v * kLanes);
  }
#pragma GCC unroll 16
  for (int v = 0; v < n_vecs; ++v) store(hidden + column + v * kLanes, sums[v] * document.scale);
}

template <int n_vecs>
inline void scatter_panel(const DocumentRows& document, int64_t column, const float* step) {
  Vec steps[n_vecs];
#pragma GCC unroll 16
  for (int v = 0; v < n_vecs; ++v) steps[v] = load(step + column + v * kLanes);
  for (int64_t j = 0; j < document.n; ++j) {
    float* row = document.matrix + document.rows[j].row * document.stride + column;
#pragma GCC unroll 16
    for (int v = 0; v < n_vecs; ++v)
      store(row + v * kLanes, load(row + v * kLanes) + document.rows[j].frequency * steps[v]);
  }
}

using GatherPanel = void (*)(const DocumentRows&, int64_t column, float* hidden);
using ScatterPanel = void (*)(const DocumentRows&, int64_t column, const float* step);

// The functions for 1..kDocumentPanel vectors.
template <int... N>
inline GatherPanel gather_of(int n_vecs, std::integer_sequence<int, N...>) {
  static constexpr GatherPanel panels[] = {gather_panel<N + 1>...};
  return panels[n_vecs - 1];
}
template <int... N>
inline ScatterPanel scatter_of(int n_vecs, std::integer_sequence<int, N...>) {
  static constexpr ScatterPanel panels[] = {scatter_panel<N + 1>...};
  return panels[n_vecs - 1];
}

// out[k] = sum of the lanes of v[k].
inline void store_sums(const Vec (&v)[kOutputChunk], float* out) {
#if defined(__AVX512F__)
  const Vec low = fold<4>(fold<8>(v[0], v[1]), fold<8>(v[2], v[3]));
  const Vec high = fold<4>(fold<8>(v[4], v[5]), fold<8>(v[6], v[7]));
  const Vec sums = fold<1>(fold<2>(low, high), Vec{});
  for (int k = 0; k < kOutputChunk; ++k) out[k] = sums[k];
#elif defined(__AVX2__)
  const Vec low = fold<2>(fold<4>(v[0], v[1]), fold<4>(v[2], v[3]));
  const Vec high = fold<2>(fold<4>(v[4], v[5]), fold<4>(v[6], v[7]));
  store(out, fold<1>(low, high));
#else
  store(out, fold<1>(fold<2>(v[0], v[1]), fold<2>(v[2], v[3])));
  store(out + 4, fold<1>(fold<2>(v[4], v[5]), fold<2>(v[6], v[7])));
#endif
}

class DocumentStep {
 public:
  DocumentStep(const ClassifierModel& model, float* workspace)
      : model_(model),
        hidden_(workspace),
        gradient_(workspace + model.stride),
        spare_(workspace + 2 * model.stride),
        scores_(workspace + 3 * model.stride) {}

  void train(const DocumentRows& document, const Target* targets, int64_t n_targets, float weight, float lr,
             ClassifierLossSample* loss) {
    lr_ = lr;
    gather(document);
    for (int64_t d = 0; d < model_.stride; d += kLanes) store(gradient_ + d, Vec{});
    if (model_.loss == OutputLoss::kSoftmax)
      softmax(targets, n_targets, loss);
    else if (model_.loss == OutputLoss::kOneVsAll)
      one_vs_all(targets, n_targets, weight, loss);
    else
      binary(targets, n_targets, loss);
    if (loss) ++loss->n;
    scatter(document);
  }

 private:
  using Outputs = float* [kOutputChunk];
  static constexpr auto kPanels = std::make_integer_sequence<int, kDocumentPanel>();

  void gather(const DocumentRows& document) {
    for (int64_t d = 0; d < model_.stride; d += kDocumentPanel * kLanes)
      gather_of(vecs_from(d), kPanels)(document, d, hidden_);
  }

  // The gradient of a mean is divided among its rows.
  void scatter(const DocumentRows& document) {
    for (int64_t d = 0; d < model_.stride; d += kLanes) store(gradient_ + d, load(gradient_ + d) * document.scale);
    for (int64_t d = 0; d < model_.stride; d += kDocumentPanel * kLanes)
      scatter_of(vecs_from(d), kPanels)(document, d, gradient_);
  }

  int vecs_from(int64_t column) const {
    const int64_t n_vecs = (model_.stride - column) / kLanes;
    return n_vecs < kDocumentPanel ? static_cast<int>(n_vecs) : kDocumentPanel;
  }

  // Consecutive outputs; beyond the last a spare row.
  void take_chunk(int64_t begin, Outputs& outputs) const {
    for (int k = 0; k < kOutputChunk; ++k)
      outputs[k] = begin + k < model_.n_outputs ? model_.output + (begin + k) * model_.stride : spare_;
  }

  void score(const Outputs& outputs, float* scores) const {
    Vec sums[kOutputChunk] = {};
    for (int64_t d = 0; d < model_.stride; d += kLanes) {
      const Vec h = load(hidden_ + d);
#pragma GCC unroll 8
      for (int k = 0; k < kOutputChunk; ++k) sums[k] += h * load(outputs[k] + d);
    }
    store_sums(sums, scores);
  }

  // gradient += sum_k errors[k] outputs[k];  outputs[k] += errors[k] hidden
  void update(const Outputs& outputs, const float* errors) {
    Vec error[kOutputChunk];
    for (int k = 0; k < kOutputChunk; ++k) error[k] = broadcast(errors[k]);
    for (int64_t d = 0; d < model_.stride; d += kLanes) {
      const Vec h = load(hidden_ + d);
      Vec gradient = load(gradient_ + d);
#pragma GCC unroll 8
      for (int k = 0; k < kOutputChunk; ++k) {
        const Vec o = load(outputs[k] + d);
        gradient += error[k] * o;
        store(outputs[k] + d, o + error[k] * h);
      }
      store(gradient_ + d, gradient);
    }
  }

  // Updates the outputs whose factors in `scores_` are not below `bound`: error = rate * factor. Most labels of most
  // documents soon are, and rows that are not written stay in the caches of all threads. NaN is not below.
  void update_where(float bound, float rate) {
    const Vec bounds = broadcast(bound);
    Outputs outputs;
    alignas(64) float errors[16] = {};
    int n = 0;
    for (int64_t begin = 0; begin < model_.n_outputs; begin += kLanes) {
      const Vec factors = load(scores_ + begin);
      const unsigned below = lanes_above(bounds, factors) & lanes_above(factors, -bounds);
      for (unsigned lanes = ~below & kAllLanes; lanes != 0; lanes &= lanes - 1) {
        const int64_t k = begin + __builtin_ctz(lanes);
        outputs[n] = model_.output + k * model_.stride;
        errors[n++] = rate * scores_[k];
        if (n == kOutputChunk) {
          update(outputs, errors);
          n = 0;
        }
      }
    }
    if (n == 0) return;
    for (; n < kOutputChunk; ++n) {
      outputs[n] = spare_;
      errors[n] = 0;
    }
    update(outputs, errors);
  }

  int64_t n_padded_outputs() const { return (model_.n_outputs + kLanes - 1) / kLanes * kLanes; }

  void score_all() const {
    Outputs outputs;
    for (int64_t begin = 0; begin < model_.n_outputs; begin += kOutputChunk) {
      take_chunk(begin, outputs);
      score(outputs, scores_ + begin);
    }
  }

  // Scores become probabilities; returns the logarithm of the sum of the exponentials.
  float normalize_scores() const {
    const int64_t n = model_.n_outputs, n_padded = n_padded_outputs();
    float top = scores_[0];
    for (int64_t k = 1; k < n; ++k) top = scores_[k] > top ? scores_[k] : top;
    for (int64_t k = n; k < n_padded; ++k) scores_[k] = top - 1000;
    const Vec low = broadcast(-87.0f);
    Vec sums = {};
    for (int64_t k = 0; k < n_padded; k += kLanes) {
      const Vec x = load(scores_ + k) - top;
      const Vec e = exp(x < low ? low : x);
      sums += e;
      store(scores_ + k, e);
    }
    const float total = sum_of_lanes(sums);
    const float scale = 1.0f / total;
    for (int64_t k = 0; k < n_padded; k += kLanes) store(scores_ + k, load(scores_ + k) * scale);
    for (int64_t k = n; k < n_padded; ++k) scores_[k] = 0;
    return top + logf(total);
  }

  // loss = -sum_t weight_t log p_t, so errors = lr * (weight of the target - (sum of the weights) * p)
  void softmax(const Target* targets, int64_t n_targets, ClassifierLossSample* loss) {
    score_all();
    float total = 0;
    double log_likelihood = 0;
    for (int64_t t = 0; t < n_targets; ++t) {
      total += targets[t].weight;
      log_likelihood += targets[t].weight * scores_[targets[t].output];
    }
    const float log_normalizer = normalize_scores();
    if (loss) loss->sum += total * log_normalizer - log_likelihood;
    if (!(total > 0)) return;
    for (int64_t t = 0; t < n_targets; ++t) scores_[targets[t].output] -= targets[t].weight / total;
    update_where(kNegligibleShare / static_cast<float>(model_.n_outputs), -lr_ * total);
  }

  static float logistic_loss(float margin) { return margin < -20 ? -margin : log1pf(expf(-margin)); }

  // The sum of log(1 + exp(score)) = max(score, 0) + log(1 + exp(-|score|)). The last factors are at most 2: many are
  // multiplied before a logarithm is taken.
  float logistic_losses_of_false() const {
    const int64_t n_padded = n_padded_outputs();
    float sum = 0;
    for (int64_t begin = 0; begin < n_padded; begin += kFactors * kLanes) {
      const int64_t end = begin + kFactors * kLanes < n_padded ? begin + kFactors * kLanes : n_padded;
      Vec positives = {}, product = broadcast(1.0f);
      for (int64_t k = begin; k < end; k += kLanes) {
        const Vec x = load(scores_ + k), positive = x > Vec{} ? x : Vec{};
        const Vec away = x - positive - positive;  // -|x|
        positives += positive;
        product *= 1.0f + exp(away < -87.0f ? broadcast(-87.0f) : away);
      }
      sum += sum_of_lanes(positives);
      for (int lane = 0; lane < kLanes; ++lane) sum += logf(product[lane]);
    }
    return sum;
  }

  // loss = -sum_k weight_k log(p_k or 1 - p_k), so errors = lr * weight_k * (truth_k - p_k); no target stands twice.
  void one_vs_all(const Target* targets, int64_t n_targets, float weight, ClassifierLossSample* loss) {
    score_all();
    for (int64_t k = model_.n_outputs; k < n_padded_outputs(); ++k) scores_[k] = -1000;
    if (loss) {
      loss->sum += weight * logistic_losses_of_false();
      for (int64_t t = 0; t < n_targets; ++t) {
        const float score = scores_[targets[t].output];
        loss->sum += targets[t].weight * logistic_loss(score) - weight * logistic_loss(-score);
      }
    }
    for (int64_t k = 0; k < model_.n_outputs; k += kLanes) store(scores_ + k, sigmoid(load(scores_ + k)));
    for (int64_t t = 0; t < n_targets; ++t) {
      float& factor = scores_[targets[t].output];
      factor = (factor - 1) * (targets[t].weight / weight);
    }
    update_where(kNegligible, -lr_ * weight);
  }

  // In place: errors of a chunk of logistic regressions.
  void to_errors(float* scores, const float* truths, const float* weights) const {
    for (int k = 0; k < kOutputChunk; k += kLanes < kOutputChunk ? kLanes : kOutputChunk)
      store(scores + k, lr_ * load(weights + k) * (load(truths + k) - sigmoid(load(scores + k))));
  }

  void binary(const Target* targets, int64_t n_targets, ClassifierLossSample* loss) {
    for (int64_t begin = 0; begin < n_targets; begin += kOutputChunk) {
      alignas(64) float scores[16] = {}, truths[16] = {}, weights[16] = {};
      Outputs outputs;
      for (int k = 0; k < kOutputChunk; ++k) {
        const bool is_spare = begin + k >= n_targets;
        outputs[k] = is_spare ? spare_ : model_.output + targets[begin + k].output * model_.stride;
        truths[k] = is_spare ? 0 : targets[begin + k].truth;
        weights[k] = is_spare ? 0 : targets[begin + k].weight;
      }
      score(outputs, scores);
      if (loss)
        for (int k = 0; k < kOutputChunk; ++k)
          if (weights[k] > 0) loss->sum += weights[k] * logistic_loss(truths[k] > 0 ? scores[k] : -scores[k]);
      to_errors(scores, truths, weights);
      update_one_by_one(outputs, scores);
    }
  }

  // As update, where an output may stand twice in a chunk.
  void update_one_by_one(const Outputs& outputs, const float* errors) {
    for (int64_t d = 0; d < model_.stride; d += kLanes) {
      const Vec h = load(hidden_ + d);
      Vec gradient = load(gradient_ + d);
      Vec before[kOutputChunk];
      for (int k = 0; k < kOutputChunk; ++k) before[k] = load(outputs[k] + d);
      for (int k = 0; k < kOutputChunk; ++k) {
        gradient += errors[k] * before[k];
        store(outputs[k] + d, load(outputs[k] + d) + errors[k] * h);
      }
      store(gradient_ + d, gradient);
    }
  }

  const ClassifierModel& model_;
  float lr_ = 0;
  float *hidden_, *gradient_, *spare_, *scores_;
};

inline void exchange(float* shared, float* own, float* seen, int64_t n) {
  constexpr int kVecs = 16 / kLanes;  // a cache line
  for (int64_t i = 0; i < n; i += 16) {
    unsigned changed = 0;
    Vec values[kVecs];
    for (int v = 0; v < kVecs; ++v) {
      const Vec change = load(own + i + v * kLanes) - load(seen + i + v * kLanes);
      const Vec size = change > Vec{} ? change : -change;
      changed |= ~lanes_above(broadcast(0x1p-126f), size) & kAllLanes;  // a NaN is a change
      values[v] = load(shared + i + v * kLanes) + change;
    }
    for (int v = 0; v < kVecs; ++v) {
      store(own + i + v * kLanes, values[v]);
      store(seen + i + v * kLanes, values[v]);
      if (changed != 0) store(shared + i + v * kLanes, values[v]);
    }
  }
}

inline float rate_now(const LearningRate& rate) {
  const auto done = static_cast<double>(__atomic_load_n(rate.done, __ATOMIC_RELAXED));
  return rate.start * static_cast<float>(1 - done / rate.total);
}

inline void train_documents(const ClassifierModel& model, const DocumentBatch& batch, const LearningRate& rate,
                            float* workspace, ClassifierLossSample* loss) {
  DocumentStep step(model, workspace);
  for (int64_t d = 0; d < model.stride; d += kLanes) store(workspace + 2 * model.stride + d, Vec{});
  for (int i = 0; i < batch.n; ++i) {
    const int64_t begin = batch.row_begin[i];
    const DocumentRows document = {.matrix = model.input,
                                   .stride = model.stride,
                                   .rows = batch.rows + begin,
                                   .n = batch.row_begin[i + 1] - begin,
                                   .scale = 1.0f / static_cast<float>(batch.n_features[i])};
    const Target* targets = batch.targets + batch.target_begin[i];
    const int64_t n_targets = batch.target_begin[i + 1] - batch.target_begin[i];
    step.train(document, targets, n_targets, batch.weights[i], rate_now(rate), i % 4 == 0 ? loss : nullptr);
  }
}

}  // namespace textspace::TEXTSPACE_ISA
