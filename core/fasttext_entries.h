// The dictionary entries of a fastText model file: the word, a zero byte, int64 count, int8 type.
#pragma once

#include <cstdint>
#include <vector>

#include "byte_words.h"

namespace textspace {

struct FastTextEntries {
  ByteWords words;
  std::vector<int64_t> counts;
  int64_t end = 0;  // position after the last entry
};

// Reads n_words entries of type word and then n_labels of type label, from data[begin..size).
// Throws MalformedInput where an entry runs beyond the data, is empty, or has a negative count or another type.
FastTextEntries read_fasttext_entries(const uint8_t* data, int64_t size, int64_t begin, int64_t n_words,
                                      int64_t n_labels);

}  // namespace textspace
