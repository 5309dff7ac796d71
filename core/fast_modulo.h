// Remainders by a divisor that stays the same.
#pragma once

#include <cstdint>

namespace textspace {

// x mod divisor for every 64-bit x, without a division.
class FastModulo {
 public:
  explicit FastModulo(uint32_t divisor) : divisor_(divisor), inverse_(divisor ? ~uint64_t{0} / divisor : 0) {}

  uint32_t operator()(uint64_t x) const {
    // 2^64 = inverse * divisor + e with 0 < e <= divisor: the quotient is at most one too small.
    __extension__ typedef unsigned __int128 Wide;
    const uint64_t quotient = static_cast<uint64_t>(static_cast<Wide>(x) * inverse_ >> 64);
    const uint64_t rest = x - quotient * divisor_;
    return static_cast<uint32_t>(rest >= divisor_ ? rest - divisor_ : rest);
  }

 private:
  uint64_t divisor_, inverse_;
};

}  // namespace textspace
