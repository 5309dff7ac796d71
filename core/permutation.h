// A pseudo-random order of 0..n-1 in constant memory: a Feistel network over the next even number of bits, walked until
// it falls below n (Black and Rogaway 2002, "Ciphers with Arbitrary Finite Domains").
#pragma once

#include <cstdint>

#include "rng.h"

namespace textspace {

class Permutation {
 public:
  Permutation(int64_t n, uint64_t seed, uint64_t stream) : n_(static_cast<uint64_t>(n)) {
    Rng rng(seed, stream);
    for (uint64_t& key : keys_) key = rng.next();
    while ((uint64_t{1} << (2 * half_bits_)) < n_) ++half_bits_;
    mask_ = (uint64_t{1} << half_bits_) - 1;
  }

  int64_t operator()(int64_t i) const {
    uint64_t x = static_cast<uint64_t>(i);
    do x = encrypt(x);
    while (x >= n_);
    return static_cast<int64_t>(x);
  }

 private:
  uint64_t encrypt(uint64_t x) const {
    uint64_t left = x >> half_bits_, right = x & mask_;
    for (uint64_t key : keys_) {
      const uint64_t mixed = (right ^ key) * 0x9e3779b97f4a7c15u;
      const uint64_t next = left ^ ((mixed ^ (mixed >> 29)) * 0xbf58476d1ce4e5b9u >> 32 & mask_);
      left = right;
      right = next;
    }
    return left << half_bits_ | right;
  }

  uint64_t n_, mask_ = 0;
  int half_bits_ = 1;
  uint64_t keys_[4];
};

}  // namespace textspace
