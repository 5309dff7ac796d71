#include "word_slots.h"

#include <stdexcept>

#include "hashing.h"

namespace textspace {

WordSlots::WordSlots(const WordList& words) {
  size_t n_slots = 16;
  while (5 * n_slots < 8 * static_cast<size_t>(words.n_words)) n_slots *= 2;
  slots_.resize(n_slots);
  mask_ = n_slots - 1;
  constexpr int64_t kAhead = 16;
  uint64_t hashes[kAhead] = {};
  const auto hash_of = [&](int64_t word_id) {
    const Bytes word = words.at(word_id);
    const uint64_t hash = hash_word(word.data, word.size);
    prefetch(hash);
    return hash;
  };
  for (int64_t word_id = 0; word_id < words.n_words && word_id < kAhead; ++word_id) hashes[word_id] = hash_of(word_id);
  for (int64_t word_id = 0; word_id < words.n_words; ++word_id) {
    const uint64_t hash = hashes[word_id % kAhead];
    if (word_id + kAhead < words.n_words) hashes[word_id % kAhead] = hash_of(word_id + kAhead);
    uint64_t at = hash & mask_;
    for (int64_t n_probes = 0; slots_[at].word != 0 && slots_[at].hash != hash; at = (at + 1) & mask_)
      if (++n_probes == kMaxProbes)
        throw std::invalid_argument("thousands of words have the same hash: the vocabulary is damaged");
    if (slots_[at].word != 0) continue;
    const Bytes word = words.at(word_id);
    slots_[at] = {hash, static_cast<uint32_t>(word_id) + 1, fnv1a(word.data, word.size)};
  }
}

}  // namespace textspace
