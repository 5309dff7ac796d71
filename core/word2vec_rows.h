// The entries of a word2vec binary file: the word, a space, dim little-endian floats, and perhaps a newline.
#pragma once

#include <cstdint>

#include "byte_words.h"

namespace textspace {

struct Word2vecRows {
  ByteWords words;
  int64_t end = 0;  // position after the last entry
};

// Reads n entries from data[begin..size) and writes their vectors into the (n, dim) matrix `out`.
// Throws MalformedInput where an entry runs beyond the data, is empty, or holds a NaN or an infinity.
Word2vecRows read_word2vec_rows(const uint8_t* data, int64_t size, int64_t begin, int64_t n, int64_t dim, float* out);

}  // namespace textspace
