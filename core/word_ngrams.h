// Word n-grams of a text, as fastText hashes them.
#pragma once

#include <cstdint>

namespace textspace {

// Calls visit(begin, n, bucket) for every run of 2..word_ngrams words, by where it begins, then by its length. `hashes`
// are the words' 32-bit FNV hashes; fastText keeps them as int32, so they are sign-extended.
template <typename Visit>
void for_each_word_ngram(const uint32_t* hashes, int64_t n_words, int word_ngrams, uint32_t n_buckets, Visit visit) {
  const auto extended = [&](int64_t i) {
    return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(hashes[i])));
  };
  for (int64_t begin = 0; begin + 1 < n_words; ++begin) {
    uint64_t hash = extended(begin);
    const int64_t end = begin + word_ngrams < n_words ? begin + word_ngrams : n_words;
    for (int64_t next = begin + 1; next < end; ++next) {
      hash = hash * 116049371u + extended(next);
      visit(begin, next - begin + 1, static_cast<int32_t>(hash % n_buckets));
    }
  }
}

}  // namespace textspace
