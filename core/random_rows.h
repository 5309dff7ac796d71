// Rows of uniform random numbers, each a function of the seed, its row and its column alone. Included by kernels.cc
// alone.
#pragma once

#include "simd.h"

namespace textspace::TEXTSPACE_ISA {

inline uint64_t mix_bits(uint64_t x) {  // of splitmix64 (Steele et al. 2014)
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

// Uniform in [-bound, bound); zeros beyond `dim`. Rows are `stride` floats, a multiple of 16, aligned.
inline void fill_random_rows(float* matrix, int64_t stride, int dim, int64_t first_row, int64_t n_rows, float bound,
                             uint64_t seed) {
  const float scale = bound * (1.0f / 8388608.0f);
  BitsVec lanes;
  for (int lane = 0; lane < kLanes; ++lane) lanes[lane] = static_cast<uint32_t>(lane) * 0x9E3779B9u;
  for (int64_t row = first_row; row < first_row + n_rows; ++row) {
    const uint64_t key = mix_bits(mix_bits(seed) + 0x9E3779B97F4A7C15ULL * static_cast<uint64_t>(row + 1));
    const uint32_t low = static_cast<uint32_t>(key), high = static_cast<uint32_t>(key >> 32);
    float* out = matrix + row * stride;
    for (int d = 0; d < stride; d += kLanes) {
      // A Weyl sequence through the 32-bit finalizer of MurmurHash3, keyed twice so that rows do not share sequences.
      BitsVec x = lanes + (static_cast<uint32_t>(d) * 0x9E3779B9u + low);
      x ^= x >> 16;
      x = x * 0x85EBCA6Bu + high;
      x ^= x >> 13;
      x *= 0xC2B2AE35u;
      x ^= x >> 16;
      const IntVec centred = reinterpret_cast<const IntVec&>(x) >> 8;  // 24 bits with their sign
      store(out + d, __builtin_convertvector(centred, Vec) * scale);
    }
    for (int64_t d = dim; d < stride; ++d) out[d] = 0;
  }
}

}  // namespace textspace::TEXTSPACE_ISA
