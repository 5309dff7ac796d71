// Vectors of floats as wide as the instruction set being compiled. Included by kernels.cc alone.
#pragma once

#include <cstdint>
#include <utility>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace textspace::TEXTSPACE_ISA {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

typedef float Vec __attribute__((vector_size(kLanes * 4), aligned(kLanes * 4), may_alias));
// Rows of a memory-mapped fastText file lie at any address, not even a multiple of 4.
typedef float UnalignedVec __attribute__((vector_size(kLanes * 4), aligned(1), may_alias));
typedef int32_t IntVec __attribute__((vector_size(kLanes * 4), aligned(kLanes * 4)));
typedef uint32_t BitsVec __attribute__((vector_size(kLanes * 4), aligned(kLanes * 4), may_alias));
typedef uint16_t HalfVec __attribute__((vector_size(kLanes * 2), aligned(kLanes * 2), may_alias));

inline Vec load(const float* p) { return *reinterpret_cast<const Vec*>(p); }
inline void store(float* p, Vec v) { *reinterpret_cast<Vec*>(p) = v; }
inline Vec load_unaligned(const float* p) { return *reinterpret_cast<const UnalignedVec*>(p); }
inline void store_unaligned(float* p, Vec v) { *reinterpret_cast<UnalignedVec*>(p) = v; }
inline float load_unaligned_float(const float* p) {
  float value;
  __builtin_memcpy(&value, p, sizeof value);
  return value;
}
inline Vec broadcast(float x) { return Vec{} + x; }

// One bit a lane: is x above its bound? A NaN never is.
inline unsigned lanes_above(Vec x, Vec bound) {
#if defined(__AVX512F__)
  return _mm512_cmp_ps_mask((__m512)x, (__m512)bound, _CMP_GT_OQ);
#elif defined(__AVX2__)
  return static_cast<unsigned>(_mm256_movemask_ps((__m256)(x > bound)));
#elif defined(__SSE2__)
  return static_cast<unsigned>(_mm_movemask_ps((__m128)(x > bound)));
#else
  const IntVec above = x > bound;
  unsigned lanes = 0;
  for (int lane = 0; lane < kLanes; ++lane) lanes |= (above[lane] & 1u) << lane;
  return lanes;
#endif
}

template <int Width>
constexpr int fold_source(int lane, bool upper) {
  return lane / Width * 2 * Width + lane % Width + (upper ? Width : 0);
}

template <int Width, int... Lane>
inline Vec fold(Vec a, Vec b, std::integer_sequence<int, Lane...>) {
  return __builtin_shufflevector(a, b, fold_source<Width>(Lane, false)...) +
         __builtin_shufflevector(a, b, fold_source<Width>(Lane, true)...);
}

// Half of a transposed sum: both vectors hold segments of 2 * Width lanes; the result holds the segments of `a`, then
// those of `b`, each folded to Width lanes.
template <int Width>
inline Vec fold(Vec a, Vec b) {
  return fold<Width>(a, b, std::make_integer_sequence<int, kLanes>());
}

// exp(x) to 3 parts in 10^7 for |x| <= 87: 2^n times a polynomial (Taylor at 0) of the rest.
inline Vec exp(Vec x) {
  const Vec round = broadcast(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer in the low bits
  const Vec t = x * 1.44269504f;
  const Vec shifted = t + round;
  const Vec n = shifted - round;
  const Vec f = (t - n) * 0.693147181f;
  Vec p = broadcast(1.0f / 720);
  p = p * f + 1.0f / 120;
  p = p * f + 1.0f / 24;
  p = p * f + 1.0f / 6;
  p = p * f + 0.5f;
  p = p * f + 1.0f;
  p = p * f + 1.0f;
  const IntVec exponent = (__builtin_convertvector(n, IntVec) + 127) << 23;
  return p * reinterpret_cast<const Vec&>(exponent);
}

// Scores beyond +-30 are clipped: the gradient there is below 1e-13.
inline Vec sigmoid(Vec x) {
  const Vec low = broadcast(-30.0f), high = broadcast(30.0f);
  x = x < low ? low : x;
  x = x > high ? high : x;
  return 1.0f / (1.0f + exp(-x));
}

inline float sum_of_lanes(Vec v) {
  float sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum += v[lane];
  return sum;
}

// Of any length and alignment.
inline float dot(const float* x, const float* y, int64_t n) {
  Vec sums[4] = {};
  int64_t d = 0;
  for (; d + 4 * kLanes <= n; d += 4 * kLanes)
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) sums[v] += load_unaligned(x + d + v * kLanes) * load_unaligned(y + d + v * kLanes);
  for (; d + kLanes <= n; d += kLanes) sums[0] += load_unaligned(x + d) * load_unaligned(y + d);
  float total = sum_of_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; d < n; ++d) total += load_unaligned_float(x + d) * load_unaligned_float(y + d);
  return total;
}

// Into the first-level cache, to be written soon.
template <typename Element>
inline void prefetch_row(const Element* row, int64_t n) {
  for (int64_t i = 0; i < n; i += 64 / static_cast<int64_t>(sizeof(Element))) __builtin_prefetch(row + i, 1, 3);
}

}  // namespace textspace::TEXTSPACE_ISA
