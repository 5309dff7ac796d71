// Character n-grams of words, as fastText cuts and hashes them.
#pragma once

#include <cstdint>
#include <vector>

#include "fast_modulo.h"
#include "hashing.h"
#include "vocabulary.h"

namespace textspace {

struct NgramRange {
  int min_n, max_n;
  uint32_t n_buckets;
};

// Which row of the input matrix belongs to a bucket.
struct BucketRows {
  int64_t first_row;       // dense: row = first_row + bucket
  const int32_t* buckets;  // compact: ascending; null when dense
  const int32_t* rows;
  int64_t n_rows;

  // The row of `bucket`, or -1.
  int32_t row(int32_t bucket) const;
  // `row`, or -1 where it is none of the n-grams' rows: a file's rows are not read when it is opened.
  int32_t checked(int32_t row) const;
};

// Lists of rows, one after another: list i is rows[indptr[i]..indptr[i + 1]).
struct RowLists {
  std::vector<int64_t> indptr;
  std::vector<int32_t> rows;
};

inline bool is_end_of_line(Bytes word) { return word.size == 4 && std::memcmp(word.data, "</s>", 4) == 0; }
inline bool is_continuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }

// Calls visit(begin, end, bucket) for every n-gram of `<word>`, by start, then by length: begin and end are byte
// positions in the bracketed word. A character is a byte and the continuation bytes after it. `</s>` has no n-grams.
template <typename Visit>
void for_each_ngram(Bytes word, const NgramRange& range, Visit visit) {
  if (range.max_n <= 0 || is_end_of_line(word)) return;
  const int64_t n = word.size + 2;
  const FastModulo bucket_of(range.n_buckets);
  const auto byte_at = [&](int64_t pos) {
    return pos == 0 ? uint8_t{'<'} : pos == n - 1 ? uint8_t{'>'} : word.data[pos - 1];
  };
  for (int64_t begin = 0; begin < n; ++begin) {
    if (is_continuation(byte_at(begin))) continue;
    uint32_t hash = kFnvOffset;
    int64_t end = begin;
    for (int length = 1; end < n && length <= range.max_n; ++length) {
      do hash = fnv1a_step(hash, byte_at(end++));
      while (end < n && is_continuation(byte_at(end)));
      const bool lone_bracket = length == 1 && (begin == 0 || end == n);
      if (length >= range.min_n && !lone_bracket) visit(begin, end, static_cast<int32_t>(bucket_of(hash)));
    }
  }
}

// How many n-grams for_each_ngram() visits.
int64_t n_ngrams(Bytes word, const NgramRange& range);

// weights[bucket] += the count of every word that has an n-gram in the bucket, once for each time it has it (a count
// below 1 weighs 1, so that no n-gram of the vocabulary weighs nothing).
void add_ngram_weights(const WordList& words, const int64_t* counts, const NgramRange& range, int64_t* weights);

// For each word its id, where ids[i] >= 0, then the row of each of its n-grams, -1 where the bucket has none.
RowLists word_rows(const WordList& words, const int32_t* ids, const NgramRange& range, const BucketRows& bucket_rows);

}  // namespace textspace
