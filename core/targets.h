// The output side of training: hidden vectors against rows of the output matrix, for the binary logistic losses
// (negative sampling, hierarchical softmax) and for the full softmax. Included by kernels.cc alone.
//
// Every hidden vector of a window meets the same outputs, so a window is two small matrix products: scores, then
// both gradients, from the values before the step. `gradient[c]` may be `hidden[c]` itself: the step is then taken at
// once. A chunk is always kChunk outputs, padded with a spare row whose rate is zero.
#pragma once

#include "simd.h"
#include "training.h"

extern "C" float log1pf(float);
extern "C" float expf(float);
extern "C" float logf(float);

namespace textspace::TEXTSPACE_ISA {

struct Hidden {
  float* const* vectors;    // n pointers to rows of `stride` floats
  float* const* gradients;  // where lr * (dL/dh) of each is added; may be the same pointers
  int n;
};

// Sums of twelve accumulators (two hidden vectors, kChunk outputs) at the cost of a few shuffles.
inline void store_scores(const Vec (&a)[kChunk], const Vec (&b)[kChunk], float* scores_a, float* scores_b) {
  const Vec zero = {};
#if defined(__AVX512F__)
  const Vec a01 = fold<8>(a[0], a[1]), a23 = fold<8>(a[2], a[3]), a45 = fold<8>(a[4], a[5]);
  const Vec b01 = fold<8>(b[0], b[1]), b23 = fold<8>(b[2], b[3]), b45 = fold<8>(b[4], b[5]);
  const Vec a_all = fold<2>(fold<4>(a01, a23), fold<4>(a45, zero));
  const Vec b_all = fold<2>(fold<4>(b01, b23), fold<4>(b45, zero));
  const Vec scores = fold<1>(a_all, b_all);
  for (int k = 0; k < kErrorStride; ++k) {
    scores_a[k] = scores[k];
    scores_b[k] = scores[k + kErrorStride];
  }
#elif defined(__AVX2__)
  const auto total = [&](const Vec (&x)[kChunk]) {
    return fold<1>(fold<2>(fold<4>(x[0], x[1]), fold<4>(x[2], x[3])), fold<2>(fold<4>(x[4], x[5]), zero));
  };
  store(scores_a, total(a));
  store(scores_b, total(b));
#else
  const auto total = [&](const Vec (&x)[kChunk], float* scores) {
    store(scores, fold<1>(fold<2>(x[0], x[1]), fold<2>(x[2], x[3])));
    store(scores + 4, fold<1>(fold<2>(x[4], x[5]), zero));
  };
  total(a, scores_a);
  total(b, scores_b);
#endif
}

// scores[c * kErrorStride + k] = hidden[c] . outputs[k], two hidden vectors at a time to use each load twice.
inline void score_pair(const float* x, const float* y, const float* const (&outputs)[kChunk], int64_t stride,
                       float* scores_x, float* scores_y) {
  Vec a[kChunk] = {}, b[kChunk] = {};
  for (int64_t d = 0; d < stride; d += kLanes) {
    const Vec u = load(x + d), v = load(y + d);
    for (int k = 0; k < kChunk; ++k) {
      const Vec o = load(outputs[k] + d);
      a[k] += u * o;
      b[k] += v * o;
    }
  }
  store_scores(a, b, scores_x, scores_y);
}

inline void score_one(const float* x, const float* const (&outputs)[kChunk], int64_t stride, float* scores) {
  Vec a[kChunk] = {};
  const Vec b[kChunk] = {};
  for (int64_t d = 0; d < stride; d += kLanes) {
    const Vec u = load(x + d);
    for (int k = 0; k < kChunk; ++k) a[k] += u * load(outputs[k] + d);
  }
  store_scores(a, b, scores, scores + kErrorStride);
}

inline void score_chunk(const Hidden& hidden, const float* const (&outputs)[kChunk], int64_t stride, float* scores) {
  int c = 0;
  for (; c + 1 < hidden.n; c += 2)
    score_pair(hidden.vectors[c], hidden.vectors[c + 1], outputs, stride, scores + c * kErrorStride,
               scores + (c + 1) * kErrorStride);
  if (c < hidden.n) score_one(hidden.vectors[c], outputs, stride, scores + c * kErrorStride);
}

// gradient[c] += sum_k errors[c, k] outputs[k];  outputs[k] += sum_c errors[c, k] hidden[c]
inline void update_chunk(const Hidden& hidden, float* const (&outputs)[kChunk], int64_t stride, const float* errors) {
  for (int64_t d = 0; d < stride; d += kLanes) {
    Vec o[kChunk], step[kChunk] = {};
    for (int k = 0; k < kChunk; ++k) o[k] = load(outputs[k] + d);
    for (int c = 0; c < hidden.n; ++c) {
      const Vec h = load(hidden.vectors[c] + d);
      Vec gradient = load(hidden.gradients[c] + d);
      const float* error = errors + c * kErrorStride;
      for (int k = 0; k < kChunk; ++k) {
        gradient += error[k] * o[k];
        step[k] += error[k] * h;
      }
      store(hidden.gradients[c] + d, gradient);
    }
    // Read again: a row may stand twice in a chunk.
    for (int k = 0; k < kChunk; ++k) store(outputs[k] + d, load(outputs[k] + d) + step[k]);
  }
}

// In place: errors = rates * (labels - sigmoid(scores)).
inline void logistic_errors(float* scores, int n, const float* labels, const float* rates) {
  for (int i = 0; i < n * kErrorStride; i += kLanes) {
    const int k = i % kErrorStride;
    store(scores + i, load(rates + k) * (load(labels + k) - sigmoid(load(scores + i))));
  }
}

inline void add_logistic_loss(const float* scores, int n, const float* labels, int n_outputs, LossSample& loss) {
  for (int c = 0; c < n; ++c)
    for (int k = 0; k < n_outputs; ++k) {
      const float score = scores[c * kErrorStride + k], margin = labels[k] > 0 ? -score : score;
      loss.sum += margin > 20 ? margin : log1pf(expf(margin));
    }
}

// One step of binary logistic regression for each hidden vector and each target.
inline void train_binary(const VectorModel& model, const Hidden& hidden, const int32_t* targets, const float* labels,
                         int n_targets, float lr, float* errors, float* spare, LossSample* loss) {
  for (int begin = 0; begin < n_targets; begin += kChunk) {
    const int n = n_targets - begin < kChunk ? n_targets - begin : kChunk;
    alignas(64) float chunk_labels[16] = {}, rates[16] = {};  // twice kErrorStride: a vector may span two rows
    float* outputs[kChunk];
    for (int k = 0; k < kChunk; ++k) {
      outputs[k] = k < n ? model.output + targets[begin + k] * model.stride : spare;
      chunk_labels[k] = chunk_labels[k + kErrorStride] = k < n ? labels[begin + k] : 0;
      rates[k] = rates[k + kErrorStride] = k < n ? lr : 0;
    }
    score_chunk(hidden, outputs, model.stride, errors);
    if (loss) add_logistic_loss(errors, hidden.n, chunk_labels, n, *loss);
    logistic_errors(errors, (hidden.n + 1) / 2 * 2, chunk_labels, rates);
    update_chunk(hidden, outputs, model.stride, errors);
  }
  if (loss) loss->n += hidden.n;
}

// In place over n scores: errors = lr * ([k == target] - softmax(scores)). Returns the log-probability of the target.
inline float softmax_errors(float* scores, int64_t n, int32_t target, float lr) {
  float top = scores[0], total = 0;
  for (int64_t k = 1; k < n; ++k) top = scores[k] > top ? scores[k] : top;
  const float target_score = scores[target] - top;
  for (int64_t k = 0; k < n; ++k) total += scores[k] = expf(scores[k] - top);
  for (int64_t k = 0; k < n; ++k) scores[k] *= -lr / total;
  scores[target] += lr;
  return target_score - logf(total);
}

// One step of the full softmax. `gradients` must not be the hidden vectors: all chunks see the same ones.
inline void train_softmax(const VectorModel& model, const Hidden& hidden, int32_t target, float lr, float* errors,
                          float* scores, float* spare, LossSample* loss) {
  const int64_t n = model.n_outputs, width = n + kChunk;
  float* outputs[kChunk];
  const auto take_chunk = [&](int64_t begin) {
    for (int k = 0; k < kChunk; ++k)
      outputs[k] = begin + k < n ? model.output + (begin + k) * model.stride : spare;
  };
  for (int64_t begin = 0; begin < n; begin += kChunk) {
    take_chunk(begin);
    score_chunk(hidden, outputs, model.stride, errors);
    for (int c = 0; c < hidden.n; ++c)
      for (int k = 0; k < kChunk; ++k) scores[c * width + begin + k] = errors[c * kErrorStride + k];
  }
  for (int c = 0; c < hidden.n; ++c) {
    const float log_probability = softmax_errors(scores + c * width, n, target, lr);
    if (loss) loss->sum -= log_probability;
    for (int64_t k = n; k < width; ++k) scores[c * width + k] = 0;
  }
  for (int64_t begin = 0; begin < n; begin += kChunk) {
    take_chunk(begin);
    for (int c = 0; c < hidden.n; ++c)
      for (int k = 0; k < kChunk; ++k) errors[c * kErrorStride + k] = scores[c * width + begin + k];
    update_chunk(hidden, outputs, model.stride, errors);
  }
  if (loss) loss->n += hidden.n;
}

}  // namespace textspace::TEXTSPACE_ISA
