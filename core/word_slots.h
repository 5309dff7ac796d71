// The words of a vocabulary in a table made for looking up many words at a time: one cache line each.
#pragma once

#include <cstdint>
#include <vector>

#include "vocabulary.h"

namespace textspace {

// A word is known by the 64 bits of its hash_word: that two words share them is less likely than a fault of the memory.
class WordSlots {
 public:
  struct Slot {
    uint64_t hash;
    uint32_t word;  // word_id + 1, 0 where the slot is empty
    uint32_t fnv;   // fastText's hash of the word, which word n-grams are made of
  };

  // Of equal words the first is found. Throws std::invalid_argument where an offset is bad, or where too many words
  // collide.
  explicit WordSlots(const WordList& words);

  void prefetch(uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }

  // Null where there is no such word.
  const Slot* find(uint64_t hash) const {
    for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.word == 0) return nullptr;
      if (slot.hash == hash) return &slot;
    }
  }

 private:
  std::vector<Slot> slots_;  // at most 5/8 full
  uint64_t mask_;
};

}  // namespace textspace
