// Products of small matrices, and functions of their elements. Included by kernels.cc alone.
//
// A tile of the product is held in registers: kProductRows rows by up to kProductVecs vectors of columns. Every element
// is summed over the depth in order, whatever the tile, so that a row of the product does not depend on the other rows.
#pragma once

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

#include "simd.h"
#include "tag_kernels.h"

extern "C" float log1pf(float);
extern "C" float logf(float);

namespace textspace::TEXTSPACE_ISA {

constexpr int kProductRows = 6;
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int kProductVecs = 4;
#else
constexpr int kProductVecs = 2;
#endif

template <int n_rows, int n_vecs>
inline void multiply_tile(const MatrixProduct& product, int64_t i, int64_t j) {
  const float* a[n_rows];
#pragma GCC unroll 6
  for (int r = 0; r < n_rows; ++r) a[r] = product.a + (i + r) * product.row_step;
  Vec sums[n_rows][n_vecs] = {};
  const float* b = product.b + j;
  for (int64_t k = 0; k < product.depth; ++k, b += product.b_stride) {
    Vec columns[n_vecs];
#pragma GCC unroll 4
    for (int v = 0; v < n_vecs; ++v) columns[v] = load(b + v * kLanes);
#pragma GCC unroll 6
    for (int r = 0; r < n_rows; ++r) {
      const Vec element = a[r][k * product.column_step] - Vec{};  // x - 0 is x for every x
#pragma GCC unroll 4
      for (int v = 0; v < n_vecs; ++v) sums[r][v] += element * columns[v];
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < n_rows; ++r) {
    float* c = product.c + (i + r) * product.c_stride + j;
#pragma GCC unroll 4
    for (int v = 0; v < n_vecs; ++v)
      store(c + v * kLanes, product.add ? load(c + v * kLanes) + sums[r][v] : sums[r][v]);
  }
}

// All rows for n_vecs vectors of columns from j on.
template <int n_vecs>
inline void multiply_columns(const MatrixProduct& product, int64_t j) {
  int64_t i = 0;
  for (; i + kProductRows <= product.m; i += kProductRows) multiply_tile<kProductRows, n_vecs>(product, i, j);
  for (; i < product.m; ++i) multiply_tile<1, n_vecs>(product, i, j);
}

inline void multiply(const MatrixProduct& product) {
  int64_t j = 0;
  for (; j + kProductVecs * kLanes <= product.n; j += kProductVecs * kLanes) multiply_columns<kProductVecs>(product, j);
  for (; j < product.n; j += kLanes) multiply_columns<1>(product, j);
}

inline void add_scaled(float* sum, const float* row, float scale, int64_t n) {
  for (int64_t i = 0; i < n; i += kLanes) store(sum + i, load(sum + i) + scale * load(row + i));
}

// By exp(2x); beyond +-10 the result is +-1 in float32.
inline void tanh(float* values, int64_t n) {
  const Vec low = broadcast(-10.0f), high = broadcast(10.0f);
  for (int64_t i = 0; i < n; i += kLanes) {
    Vec x = load(values + i);
    x = x < low ? low : x;
    x = x > high ? high : x;
    store(values + i, 1.0f - 2.0f / (exp(x + x) + 1.0f));
  }
}

inline Vec bounded_exp(Vec x) {
  const Vec low = broadcast(-87.0f), high = broadcast(87.0f);
  x = x < low ? low : x;
  return exp(x > high ? high : x);
}

inline void softmax_columns(float* scores, int64_t n_rows, int64_t stride, float* log_totals) {
  for (int64_t j = 0; j < stride; j += kLanes) {
    Vec top = load(scores + j), total = {};
    for (int64_t i = 1; i < n_rows; ++i) {
      const Vec score = load(scores + i * stride + j);
      top = score > top ? score : top;
    }
    for (int64_t i = 0; i < n_rows; ++i) {
      const Vec value = bounded_exp(load(scores + i * stride + j) - top);
      store(scores + i * stride + j, value);
      total += value;
    }
    const Vec factor = 1.0f / total;
    for (int64_t i = 0; i < n_rows; ++i) store(scores + i * stride + j, load(scores + i * stride + j) * factor);
    for (int lane = 0; lane < kLanes; ++lane) log_totals[j + lane] = top[lane] + logf(total[lane]);
  }
}

inline void sigmoid_columns(float* scores, int64_t n_rows, int64_t stride, float* losses) {
  for (int64_t j = 0; j < stride; j += kLanes) {
    for (int64_t i = 0; i < n_rows; ++i) {
      const Vec score = load(scores + i * stride + j), value = sigmoid(score);
      for (int lane = 0; lane < kLanes; ++lane)
        losses[j + lane] += score[lane] > 0 ? score[lane] - logf(value[lane]) : -log1pf(-value[lane]);
      store(scores + i * stride + j, value);
    }
  }
}

inline Vec square_root(Vec x) {
#if defined(__AVX512F__)
  return (Vec)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__)
  return (Vec)_mm256_sqrt_ps((__m256)x);
#elif defined(__SSE2__)
  return (Vec)_mm_sqrt_ps((__m128)x);
#else
  for (int lane = 0; lane < kLanes; ++lane) x[lane] = __builtin_sqrtf(x[lane]);
  return x;
#endif
}

inline void step_adagrad(const StepRule& rule, float* values, float* gradient, float* squares, int64_t n) {
  for (int64_t i = 0; i < n; i += kLanes) {
    const Vec g = load(gradient + i) * rule.scale, sum = load(squares + i) + g * g;
    store(squares + i, sum);
    store(values + i, load(values + i) - rule.rate * g / (square_root(sum) + rule.epsilon));
    store(gradient + i, Vec{});
  }
}

inline void step_adam(const StepRule& rule, float* values, float* gradient, float* first, float* second, int64_t n) {
  for (int64_t i = 0; i < n; i += kLanes) {
    const Vec g = load(gradient + i) * rule.scale;
    const Vec m = load(first + i) * rule.beta1 + g * (1 - rule.beta1);
    const Vec v = load(second + i) * rule.beta2 + g * g * (1 - rule.beta2);
    store(first + i, m);
    store(second + i, v);
    store(values + i, load(values + i) - rule.rate * m / (square_root(v) + rule.epsilon));
    store(gradient + i, Vec{});
  }
}

inline void step_sgd(float* values, float* gradient, float rate, int64_t n) {
  for (int64_t i = 0; i < n; i += kLanes) {
    store(values + i, load(values + i) - rate * load(gradient + i));
    store(gradient + i, Vec{});
  }
}

// kRowAdagrad keeps one sum of squares a row, in first[0], as StarSpace does.
inline void step(const StepRule& rule, float* values, float* gradient, float* first, float* second, int64_t n) {
  if (rule.optimizer == Optimizer::kAdam) return step_adam(rule, values, gradient, first, second, n);
  if (rule.optimizer == Optimizer::kAdagrad) return step_adagrad(rule, values, gradient, first, n);
  float rate = rule.rate * rule.scale;
  if (rule.optimizer == Optimizer::kRowAdagrad) {
    first[0] += rule.scale * rule.scale * dot(gradient, gradient, n) * rule.beta1;
    rate /= __builtin_sqrtf(first[0] + rule.epsilon);
  }
  step_sgd(values, gradient, rate, n);
}

}  // namespace textspace::TEXTSPACE_ISA
