#include "vocabulary.h"

#include <cstring>
#include <stdexcept>

#include "hashing.h"

namespace textspace {
namespace {

bool equal(Bytes a, Bytes b) {
  return a.size == b.size && std::memcmp(a.data, b.data, static_cast<size_t>(a.size)) == 0;
}

}  // namespace

std::vector<uint32_t> build_index(const WordList& words) {
  int64_t n_slots = 4;
  while (n_slots < 2 * words.n_words) n_slots *= 2;
  const uint64_t mask = static_cast<uint64_t>(n_slots) - 1;
  std::vector<uint32_t> slots(static_cast<size_t>(n_slots));
  for (int64_t word_id = 0; word_id < words.n_words; ++word_id) {
    const Bytes word = words.at(word_id);
    uint64_t slot = hash_word(word.data, word.size) & mask;
    for (int64_t n_probes = 0; slots[slot]; slot = (slot + 1) & mask)
      if (++n_probes == kMaxProbes)
        throw std::invalid_argument("thousands of words are equal or have the same hash: the vocabulary is damaged");
    slots[slot] = static_cast<uint32_t>(word_id) + 1;
  }
  return slots;
}

WordBytes select_words(const WordList& words, const int32_t* order, int64_t n) {
  WordBytes selected;
  selected.blob.reserve(static_cast<size_t>(words.n_bytes));
  selected.offsets.reserve(static_cast<size_t>(n) + 1);
  selected.offsets.push_back(0);
  for (int64_t i = 0; i < n; ++i) {
    Bytes word;
    if (order[i] < 0 || order[i] >= words.n_words || !words.get(order[i], &word))
      throw std::invalid_argument("`order` must hold ids of words");
    selected.blob.insert(selected.blob.end(), word.data, word.data + word.size);
    selected.offsets.push_back(static_cast<int64_t>(selected.blob.size()));
  }
  return selected;
}

int64_t find_word(const WordList& words, const WordIndex& index, Bytes word) {
  const uint64_t mask = static_cast<uint64_t>(index.n_slots) - 1;
  uint64_t slot = hash_word(word.data, word.size) & mask;
  for (int64_t probe = 0; probe < index.max_probes; ++probe, slot = (slot + 1) & mask) {
    const uint32_t entry = index.slots[slot];
    if (entry == 0) return -1;
    Bytes candidate;
    if (entry <= words.n_words && words.get(entry - 1, &candidate) && equal(candidate, word)) return entry - 1;
  }
  return -1;
}

}  // namespace textspace
