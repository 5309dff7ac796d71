#include "word2vec_rows.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "malformed_input.h"

namespace textspace {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are little-endian, and are copied as they are");

[[noreturn]] void reject(int64_t entry, const std::string& problem) {
  throw MalformedInput("word " + std::to_string(entry) + " " + problem);
}

}  // namespace

Word2vecRows read_word2vec_rows(const uint8_t* data, int64_t size, int64_t begin, int64_t n, int64_t dim, float* out) {
  Word2vecRows rows;
  const int64_t n_bytes = dim * static_cast<int64_t>(sizeof(float));
  int64_t pos = begin;
  for (int64_t i = 0; i < n; ++i) {
    while (pos < size && data[pos] == '\n') ++pos;
    const void* space = pos < size ? std::memchr(data + pos, ' ', static_cast<size_t>(size - pos)) : nullptr;
    if (!space) reject(i, "has no space after it: the file is cut short, or its header counts too many words");
    const int64_t length = static_cast<const uint8_t*>(space) - (data + pos);
    if (length == 0) reject(i, "is empty");
    if (size - pos - length - 1 < n_bytes) reject(i, "has a vector that ends beyond the end of the file");
    rows.words.append(data + pos, length);
    pos += length + 1;
    float* row = out + i * dim;
    std::memcpy(row, data + pos, static_cast<size_t>(n_bytes));
    for (int64_t d = 0; d < dim; ++d)
      if (!std::isfinite(row[d])) reject(i, "has a component that is not a finite number");
    pos += n_bytes;
  }
  while (pos < size && data[pos] == '\n') ++pos;
  rows.end = pos;
  return rows;
}

}  // namespace textspace
