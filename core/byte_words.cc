#include "byte_words.h"

#include <algorithm>
#include <string_view>

namespace textspace {
namespace {

struct Entry {
  uint64_t prefix;  // the first bytes of the word as a big-endian number: settles most comparisons
  int64_t word;
};

uint64_t prefix_of(std::string_view word) {
  uint64_t prefix = 0;
  for (size_t i = 0; i < 8; ++i) prefix = prefix << 8 | (i < word.size() ? static_cast<uint8_t>(word[i]) : 0u);
  return prefix;
}

}  // namespace

// By sorting, not by hashing: no file can be made that turns this quadratic.
void mark_first_occurrences(const uint8_t* blob, const int64_t* offsets, int64_t n, bool* is_first) {
  const auto word_at = [&](int64_t i) {
    return std::string_view(reinterpret_cast<const char*>(blob) + offsets[i],
                            static_cast<size_t>(offsets[i + 1] - offsets[i]));
  };
  std::vector<Entry> entries(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) entries[static_cast<size_t>(i)] = {prefix_of(word_at(i)), i};
  std::sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const int order = word_at(a.word).compare(word_at(b.word));
    return order != 0 ? order < 0 : a.word < b.word;
  });
  std::fill(is_first, is_first + n, true);
  for (size_t i = 1; i < entries.size(); ++i)
    if (entries[i].prefix == entries[i - 1].prefix && word_at(entries[i].word) == word_at(entries[i - 1].word))
      is_first[entries[i].word] = false;
}

}  // namespace textspace
