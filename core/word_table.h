// A growing set of words, numbered in the order in which they were added.
#pragma once

#include <cstdint>
#include <vector>

#include "tokenizer.h"
#include "vocabulary.h"

namespace textspace {

class WordTable {
 public:
  WordTable() : slots_(1024), mask_(slots_.size() - 1), offsets_(1) {}

  int64_t size() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  WordList words() const { return {blob_.data(), offsets_.back(), offsets_.data(), size()}; }

  void prefetch(uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }

  // The id of the word, or -1.
  int32_t find(const Token& token) const {
    for (uint64_t slot = token.hash & mask_;; slot = (slot + 1) & mask_) {
      const Slot& found = slots_[slot];
      if (found.word == 0) return -1;
      if (found.hash == token.hash && found.size == token.size && same_bytes(found, token))
        return static_cast<int32_t>(found.word - 1);
    }
  }

  // Adds a word that is not yet there and returns its id.
  int32_t add(const Token& token);
  int32_t find_or_add(const Token& token) {
    const int32_t word_id = find(token);
    return word_id >= 0 ? word_id : add(token);
  }

 private:
  struct Slot {
    uint64_t hash;
    uint64_t first;  // the first 8 bytes, where there are as many
    uint32_t word;   // word_id + 1, 0 where the slot is empty
    uint32_t size;
  };

  // Whether a word of the same size and hash is the same word: as long as it has fewer than 16 bytes, equal hashes and
  // equal first 8 bytes leave no other. Only longer words are compared in `blob_`, which is seldom in the cache.
  bool same_bytes(const Slot& slot, const Token& token) const {
    if (token.size < 8) return true;
    if (token.size < 16) return load8(token.begin) == slot.first;
    return std::memcmp(blob_.data() + offsets_[slot.word - 1], token.begin, token.size) == 0;
  }
  void place(const Slot& slot);
  void grow();

  std::vector<Slot> slots_;  // at most half full
  uint64_t mask_;
  std::vector<uint8_t> blob_;
  std::vector<int64_t> offsets_;
};

}  // namespace textspace
