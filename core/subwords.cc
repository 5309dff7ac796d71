#include "subwords.h"

#include <algorithm>

namespace textspace {
namespace {

// Where many n-grams are looked up, a table of all buckets beats a binary search for each.
std::vector<int32_t> table_of_buckets(const BucketRows& bucket_rows, int64_t n_buckets) {
  std::vector<int32_t> table(static_cast<size_t>(n_buckets), -1);
  for (int64_t i = 0; i < bucket_rows.n_rows; ++i) {
    const int32_t bucket = bucket_rows.buckets[i];
    if (bucket >= 0 && bucket < n_buckets)
      table[static_cast<size_t>(bucket)] = bucket_rows.checked(bucket_rows.rows[i]);
  }
  return table;
}

}  // namespace

int32_t BucketRows::row(int32_t bucket) const {
  if (!buckets) return static_cast<int32_t>(first_row + bucket);
  const int32_t* found = std::lower_bound(buckets, buckets + n_rows, bucket);
  if (found == buckets + n_rows || *found != bucket) return -1;
  return checked(rows[found - buckets]);
}

int32_t BucketRows::checked(int32_t row) const { return row >= first_row && row < first_row + n_rows ? row : -1; }

int64_t n_ngrams(Bytes word, const NgramRange& range) {
  if (range.max_n <= 0 || is_end_of_line(word)) return 0;
  const uint8_t* end = word.data + word.size;
  const int64_t n_characters = 2 + std::count_if(word.data, end, [](uint8_t byte) { return !is_continuation(byte); });
  int64_t n = range.min_n <= 1 ? -2 : 0;  // the brackets alone
  for (int64_t length = std::max(range.min_n, 1); length <= std::min<int64_t>(range.max_n, n_characters); ++length)
    n += n_characters - length + 1;
  return n;
}

void add_ngram_weights(const WordList& words, const int64_t* counts, const NgramRange& range, int64_t* weights) {
  for (int64_t i = 0; i < words.n_words; ++i) {
    const int64_t count = std::max<int64_t>(counts[i], 1);
    for_each_ngram(words.at(i), range, [&](int64_t, int64_t, int32_t bucket) { weights[bucket] += count; });
  }
}

RowLists word_rows(const WordList& words, const int32_t* ids, const NgramRange& range, const BucketRows& bucket_rows) {
  RowLists lists;
  lists.indptr.reserve(static_cast<size_t>(words.n_words) + 1);
  lists.indptr.push_back(0);
  const bool many = bucket_rows.buckets && words.n_bytes > range.n_buckets / 8;
  const std::vector<int32_t> table = many ? table_of_buckets(bucket_rows, range.n_buckets) : std::vector<int32_t>();
  for (int64_t i = 0; i < words.n_words; ++i) {
    if (ids[i] >= 0) lists.rows.push_back(ids[i]);
    for_each_ngram(words.at(i), range, [&](int64_t, int64_t, int32_t bucket) {
      lists.rows.push_back(many ? table[static_cast<size_t>(bucket)] : bucket_rows.row(bucket));
    });
    lists.indptr.push_back(static_cast<int64_t>(lists.rows.size()));
  }
  return lists;
}

}  // namespace textspace
