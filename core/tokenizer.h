// Cuts bytes into tokens and hashes them on the way, by fastText's rules: see Tokenizer.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "hashing.h"

namespace textspace {

// Of a longer token only the first bytes are read, so that a file without separators needs no more memory than others.
constexpr int64_t kMaxTokenBytes = 1 << 16;

inline constexpr uint8_t kEndOfLine[] = {'<', '/', 's', '>'};

// Space, \n, \r, \t, \v, \f and \0.
inline bool is_separator(uint8_t byte) {
  constexpr uint64_t bits = uint64_t{1} << ' ' | 1 << '\n' | 1 << '\r' | 1 << '\t' | 1 << '\v' | 1 << '\f' | 1 << '\0';
  return byte <= ' ' && (bits >> byte & 1);
}

struct Token {
  const uint8_t* begin;
  uint64_t hash;
  uint32_t size;
  bool ends_line;
};

inline Token make_token(const uint8_t* begin, int64_t size) {
  const bool ends_line = size == 4 && std::memcmp(begin, kEndOfLine, 4) == 0;
  return {begin, hash_word(begin, size), static_cast<uint32_t>(size), ends_line};
}

// The tokens of a text are its longest runs of bytes that are not separators; each \n is a token `</s>` besides. That
// token ends the line, also where it is spelled out in the text. The text must not end within a token that goes on
// elsewhere.
class Tokenizer {
 public:
  Tokenizer(const uint8_t* text, int64_t n_bytes) : at_(text), end_(text + n_bytes) {}

  // False when there are no more tokens.
  bool next(Token* token) {
    for (;; ++at_) {
      if (at_ == end_) return false;
      if (!is_separator(*at_)) break;
      if (*at_ == '\n') {
        ++at_;
        *token = end_of_line_;
        return true;
      }
    }
    const uint8_t* begin = at_;
    uint64_t hash = 0, bytes = load(), low = low_bytes_up_to_space(bytes);
    while (low == 0 && at_ - begin < kMaxTokenBytes) {
      hash = hash_full(hash, bytes);
      at_ += 8;
      bytes = load();
      low = low_bytes_up_to_space(bytes);
    }
    const int n = std::countr_zero(low) >> 3;
    at_ += n;
    if (low == 0 || (at_ != end_ && !is_separator(*at_))) return rest_of_token(begin, token);
    const uint64_t rest = low_bytes(bytes, n);
    const bool ends_line = at_ - begin == 4 && rest == end_of_line_bytes_;
    *token = {begin, hash_rest(hash, rest), static_cast<uint32_t>(at_ - begin), ends_line};
    return true;
  }

 private:
  // The next 8 bytes, zeros (which are separators) after the end.
  uint64_t load() const {
    if (end_ - at_ >= 8) return load8(at_);
    uint64_t bytes = 0;
    std::memcpy(&bytes, at_, static_cast<size_t>(end_ - at_));
    return bytes;
  }

  // The lowest bit set is the highest of the first byte that is at most ' '; 0 where there is none.
  static uint64_t low_bytes_up_to_space(uint64_t bytes) {
    constexpr uint64_t ones = 0x0101010101010101u;
    return (bytes - (' ' + 1) * ones) & ~bytes & 0x80 * ones;
  }

  // Goes on from a control character that is no separator, or in a token that is too long.
  bool rest_of_token(const uint8_t* begin, Token* token) {
    while (at_ != end_ && !is_separator(*at_)) ++at_;
    *token = make_token(begin, std::min<int64_t>(at_ - begin, kMaxTokenBytes));
    return true;
  }

  const uint8_t* at_;
  const uint8_t* end_;
  const Token end_of_line_ = make_token(kEndOfLine, 4);
  const uint64_t end_of_line_bytes_ = 0x3e732f3c;
};

}  // namespace textspace
