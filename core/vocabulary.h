// Words as slices of one run of bytes, and the open-addressing index that finds them.
//
// The arrays may come from a hostile file, so nothing here trusts them: every id and offset read is checked.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace textspace {

struct Bytes {
  const uint8_t* data;
  int64_t size;
};

// Word i is blob[offsets[i]..offsets[i + 1]).
struct WordList {
  const uint8_t* blob;
  int64_t n_bytes;
  const int64_t* offsets;
  int64_t n_words;

  // False where the offsets of `word_id`, which must be in range, do not lie in the blob.
  bool get(int64_t word_id, Bytes* word) const {
    const int64_t begin = offsets[word_id], end = offsets[word_id + 1];
    *word = {blob + begin, end - begin};
    return begin >= 0 && begin <= end && end <= n_bytes;
  }

  // Throws std::invalid_argument where they do not.
  Bytes at(int64_t word_id) const {
    Bytes word;
    if (!get(word_id, &word)) throw std::invalid_argument("`offsets` must not decrease nor pass the end of `blob`");
    return word;
  }
};

// Linear probing from slot hash & (n_slots - 1); an entry is word_id + 1, 0 where the slot is empty.
struct WordIndex {
  const uint32_t* slots;
  int64_t n_slots;     // a power of two
  int64_t max_probes;  // no lookup reads more slots than this
};

// All words lie closer than this to the slot of their hash: many times the longest run of a table that is half full,
// unless somebody chose the words to collide, which would take time quadratic in their number.
constexpr int64_t kMaxProbes = 1 << 12;

// A table at most half full. Of equal words the first is found. Throws std::invalid_argument where an offset is bad, or
// where too many words collide.
std::vector<uint32_t> build_index(const WordList& words);

// The bytes of the words order[0], order[1], ... one after another, and where each begins. Throws std::invalid_argument
// where there is no such word.
struct WordBytes {
  std::vector<uint8_t> blob;
  std::vector<int64_t> offsets;
};
WordBytes select_words(const WordList& words, const int32_t* order, int64_t n);

// The id of `word`, or -1.
int64_t find_word(const WordList& words, const WordIndex& index, Bytes word);

}  // namespace textspace
