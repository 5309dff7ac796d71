#include "fasttext_entries.h"

#include <cstring>
#include <string>

#include "malformed_input.h"

namespace textspace {
namespace {

constexpr int64_t kTail = 1 + 8 + 1;  // zero byte, count, type

[[noreturn]] void reject(int64_t entry, const std::string& problem) {
  throw MalformedInput("dictionary entry " + std::to_string(entry) + " " + problem);
}

int64_t little_endian_int64(const uint8_t* bytes) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | bytes[i];
  return static_cast<int64_t>(value);
}

}  // namespace

FastTextEntries read_fasttext_entries(const uint8_t* data, int64_t size, int64_t begin, int64_t n_words,
                                      int64_t n_labels) {
  const int64_t n = n_words + n_labels;
  if (n > (size - begin) / (1 + kTail)) reject(n - 1, "lies beyond the end of the file");
  FastTextEntries entries;
  entries.words.lengths.reserve(static_cast<size_t>(n));
  entries.counts.reserve(static_cast<size_t>(n));
  int64_t pos = begin;
  for (int64_t i = 0; i < n; ++i) {
    const void* zero = pos < size ? std::memchr(data + pos, 0, static_cast<size_t>(size - pos)) : nullptr;
    if (!zero) reject(i, "has no zero byte after its word");
    const int64_t length = static_cast<const uint8_t*>(zero) - (data + pos);
    if (length == 0) reject(i, "is an empty word");
    if (size - pos - length < kTail) reject(i, "ends beyond the end of the file");
    const uint8_t* tail = data + pos + length + 1;
    const int64_t count = little_endian_int64(tail);
    if (count < 0) reject(i, "has the negative count " + std::to_string(count));
    const int type = tail[8], expected = i < n_words ? 0 : 1;
    if (type != expected)
      reject(i, "has type " + std::to_string(type) + ", but the header puts a " + (expected ? "label" : "word") +
                    " (type " + std::to_string(expected) + ") here");
    entries.words.append(data + pos, length);
    entries.counts.push_back(count);
    pos += length + kTail;
  }
  entries.end = pos;
  return entries;
}

}  // namespace textspace
