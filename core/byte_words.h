// A list of words as bytes: one after the other in a blob, cut by their lengths.
#pragma once

#include <cstdint>
#include <vector>

namespace textspace {

struct ByteWords {
  std::vector<uint8_t> blob;
  std::vector<int64_t> lengths;

  void append(const uint8_t* word, int64_t length) {
    blob.insert(blob.end(), word, word + length);
    lengths.push_back(length);
  }
};

// is_first[i] = 1 where word i is not one of the words 0..i-1. Word i is blob[offsets[i]..offsets[i+1]).
void mark_first_occurrences(const uint8_t* blob, const int64_t* offsets, int64_t n, bool* is_first);

}  // namespace textspace
