// Vectors of floats of the width of the instruction set being compiled. Included by kernels.cc alone.
#pragma once

#include <cstdint>

namespace textspace::TEXTSPACE_ISA {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

typedef float Vec __attribute__((vector_size(kLanes * 4), aligned(kLanes * 4)));
// Rows of a memory-mapped fastText file lie at any address, not even a multiple of 4.
typedef float UnalignedVec __attribute__((vector_size(kLanes * 4), aligned(1), may_alias));
typedef int32_t IntVec __attribute__((vector_size(kLanes * 4), aligned(kLanes * 4)));

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

inline float sum(Vec v) {
  float total = 0;
  for (int lane = 0; lane < kLanes; ++lane) total += v[lane];
  return total;
}

// prefetch brings a row that is only read, prefetch_for_write one that will be updated.
inline void prefetch(const float* row, int64_t n_floats) {
  for (int64_t i = 0; i < n_floats; i += 16) __builtin_prefetch(row + i, 0, 3);
}
inline void prefetch_for_write(const float* row, int64_t n_floats) {
  for (int64_t i = 0; i < n_floats; i += 16) __builtin_prefetch(row + i, 1, 3);
}

}  // namespace textspace::TEXTSPACE_ISA
