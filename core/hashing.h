// The two hashes of words: fastText's for n-gram buckets, and a fast one for tables of words.
#pragma once

#include <cstdint>
#include <cstring>

namespace textspace {

constexpr uint32_t kFnvOffset = 2166136261u;
constexpr uint32_t kFnvPrime = 16777619u;

// FNV-1a as fastText computes it: bytes are sign-extended, so those >= 0x80 also flip the upper 24 bits.
inline uint32_t fnv1a_step(uint32_t hash, uint8_t byte) {
  return (hash ^ static_cast<uint32_t>(static_cast<int8_t>(byte))) * kFnvPrime;
}

inline uint32_t fnv1a(const uint8_t* bytes, int64_t n) {
  uint32_t hash = kFnvOffset;
  for (int64_t i = 0; i < n; ++i) hash = fnv1a_step(hash, bytes[i]);
  return hash;
}

inline uint64_t load8(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, 8);
  return word;
}

// The lowest `n` (0 to 7) bytes of `word`.
inline uint64_t low_bytes(uint64_t word, int64_t n) { return word & ~(~uint64_t{0} << (8 * n)); }

// hash_word takes a word 8 bytes at a time: hash_full for every full 8 bytes, hash_rest for the 0 to 7 that are left.
// Both are bijections, so that two words of equal length of at most 8 bytes have equal hashes only if they are equal.
inline uint64_t hash_full(uint64_t hash, uint64_t bytes) {
  hash = (hash ^ bytes) * 0xd6e8feb86659fd93u;
  return hash ^ (hash >> 32);
}

inline uint64_t hash_rest(uint64_t hash, uint64_t bytes) {
  hash ^= bytes;
  hash ^= hash >> 29;  // not 32: that would undo the last step of hash_full, and words of 8 bytes would cluster
  hash *= 0x9e3779b97f4a7c15u;
  return hash ^ (hash >> 29);
}

// The hash of a word's bytes. Vocabulary indexes in files are laid out by it: it must never change.
inline uint64_t hash_word(const uint8_t* bytes, int64_t n) {
  uint64_t hash = 0;
  for (; n >= 8; n -= 8, bytes += 8) hash = hash_full(hash, load8(bytes));
  uint64_t rest = 0;
  std::memcpy(&rest, bytes, static_cast<size_t>(n));
  return hash_rest(hash, rest);
}

}  // namespace textspace
