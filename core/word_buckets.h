// The buckets of words' character n-grams, which become the rows that each word has.
#pragma once

#include <cstdint>
#include <vector>

#include "subwords.h"

namespace textspace {

// One array serves for both, so that the n-grams of a large vocabulary are in memory once: measured, filled with
// buckets, counted, and turned into rows in place. Words i < n_known have a row of their own, i, before those of their
// n-grams.
class WordBuckets {
 public:
  // Throws std::invalid_argument where the offsets are damaged. The words must live until fill() has returned.
  WordBuckets(const WordList& words, int64_t n_known, const NgramRange& range, int n_threads);

  int64_t n_rows() const { return indptr_.back(); }
  const std::vector<int64_t>& indptr() const { return indptr_; }  // word i has rows[indptr[i]..indptr[i + 1])

  // `rows` has room for n_rows(), and is the same for all that follow.
  void fill(int32_t* rows) const;

  // counts[bucket] += the count of each word that has an n-gram in it, once for each time it has it (a count below 1
  // weighs 1).
  void add_counts(const int32_t* rows, const int64_t* word_counts, uint32_t* counts) const;

  // Puts row bucket_items[bucket] + shift in place of each bucket: -1 for one that is kMissingRow, none for one that is
  // kLeftOut. Changes indptr() and n_rows().
  void to_rows(const int32_t* bucket_items, int32_t shift, int32_t* rows);

 private:
  int64_t first_of_part(int part) const { return words_.n_words * part / n_threads_; }
  int64_t n_own(int64_t word) const { return word < n_known_ ? 1 : 0; }

  const WordList words_;
  const int64_t n_known_;
  const NgramRange range_;
  const int n_threads_;
  std::vector<int64_t> indptr_;
};

}  // namespace textspace
