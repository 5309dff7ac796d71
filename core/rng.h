// xorshift64* (Vigna 2016, "An experimental exploration of Marsaglia's xorshift generators, scrambled"), one stream a
// thread, seeded through splitmix64 so that near seeds give unrelated streams.
#pragma once

#include <cstdint>

namespace textspace {

class Rng {
 public:
  Rng(uint64_t seed, uint64_t stream) : state_(mix(seed + 0x9E3779B97F4A7C15ULL * (stream + 1))) {
    if (state_ == 0) state_ = 1;
  }

  uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1DULL;
  }

  // Uniform in 0..n-1 (bias below n / 2^32).
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(((next() >> 32) * n) >> 32); }

  // Uniform in [0, 1), 24 bits.
  float unit() { return static_cast<float>(next() >> 40) * (1.0f / 16777216.0f); }

 private:
  static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
  }

  uint64_t state_;
};

}  // namespace textspace
