// Rows of bfloat16: the upper half of a float, half the memory traffic. Included by kernels.cc alone.
//
// A step is often smaller than the last bit of what it is added to, so stores round at random, up with the probability
// of the bits they drop: right in the mean (Gupta et al. 2015, "Deep learning with limited numerical precision").
#pragma once

#include "simd.h"

namespace textspace::TEXTSPACE_ISA {

// A stream of random bits for each lane: xorshift32 (Marsaglia 2003). Its state is kept by the caller, never zero.
class Noise {
 public:
  explicit Noise(uint32_t* state) : state_(state), bits_(*reinterpret_cast<const BitsVec*>(state)) {}
  ~Noise() { *reinterpret_cast<BitsVec*>(state_) = bits_; }
  Noise(const Noise&) = delete;
  Noise& operator=(const Noise&) = delete;

  BitsVec next16() {
    bits_ ^= bits_ << 13;
    bits_ ^= bits_ >> 17;
    bits_ ^= bits_ << 5;
    return bits_ >> 16;
  }

 private:
  uint32_t* state_;
  BitsVec bits_;
};

inline Vec load(const uint16_t* p) {
  const BitsVec bits = __builtin_convertvector(*reinterpret_cast<const HalfVec*>(p), BitsVec) << 16;
  return reinterpret_cast<const Vec&>(bits);
}

inline void store(uint16_t* p, Vec v, Noise& noise) {
  const BitsVec bits = reinterpret_cast<const BitsVec&>(v) + noise.next16();
  *reinterpret_cast<HalfVec*>(p) = __builtin_convertvector(bits >> 16, HalfVec);
}

inline void store(float* p, Vec v, Noise&) { store(p, v); }

}  // namespace textspace::TEXTSPACE_ISA
