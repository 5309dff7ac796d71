#include "word_buckets.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "document_encoder.h"
#include "parallel.h"

namespace textspace {
namespace {

constexpr int64_t kBucketsAhead = 32;  // in a table larger than the caches

}  // namespace

WordBuckets::WordBuckets(const WordList& words, int64_t n_known, const NgramRange& range, int n_threads)
    : words_(words), n_known_(n_known), range_(range), n_threads_(n_threads) {
  indptr_.resize(static_cast<size_t>(words.n_words) + 1);
  parallel_for(n_threads_, [&](int part) {
    for (int64_t i = first_of_part(part); i < first_of_part(part + 1); ++i)
      indptr_[static_cast<size_t>(i) + 1] = n_own(i) + n_ngrams(words_.at(i), range_);
  });
  std::partial_sum(indptr_.begin(), indptr_.end(), indptr_.begin());
}

void WordBuckets::fill(int32_t* rows) const {
  parallel_for(n_threads_, [&](int part) {
    for (int64_t i = first_of_part(part); i < first_of_part(part + 1); ++i) {
      int32_t* out = rows + indptr_[static_cast<size_t>(i)];
      if (i < n_known_) *out++ = static_cast<int32_t>(i);
      for_each_ngram(words_.at(i), range_, [&](int64_t, int64_t, int32_t bucket) { *out++ = bucket; });
    }
  });
}

void WordBuckets::add_counts(const int32_t* rows, const int64_t* word_counts, uint32_t* counts) const {
  const int64_t last = n_rows() - 1;
  for (int64_t word = 0; word < words_.n_words; ++word) {
    const auto count = static_cast<uint32_t>(std::max<int64_t>(word_counts[word], 1));
    const int64_t end = indptr_[static_cast<size_t>(word) + 1];
    for (int64_t i = indptr_[static_cast<size_t>(word)] + n_own(word); i < end; ++i) {
      __builtin_prefetch(counts + rows[std::min(i + kBucketsAhead, last)], 1);
      counts[rows[i]] += count;
    }
  }
}

void WordBuckets::to_rows(const int32_t* bucket_items, int32_t shift, int32_t* rows) {
  std::vector<int64_t> begins, ends(static_cast<size_t>(n_threads_));
  for (int part = 0; part <= n_threads_; ++part)
    begins.push_back(indptr_[static_cast<size_t>(first_of_part(part))]);
  // Each part moves its rows together, from where it begins on.
  parallel_for(n_threads_, [&](int part) {
    const int64_t first = first_of_part(part), last = begins[static_cast<size_t>(part) + 1] - 1;
    int64_t begin = begins[static_cast<size_t>(part)], kept = begin;
    for (int64_t word = first; word < first_of_part(part + 1); ++word) {
      const bool is_last = word + 1 == first_of_part(part + 1);  // another part changes where the next word begins
      const int64_t end = is_last ? last + 1 : indptr_[static_cast<size_t>(word) + 1];
      if (word > first) indptr_[static_cast<size_t>(word)] = kept;
      if (word < n_known_) rows[kept++] = rows[begin++];
      for (; begin < end; ++begin) {
        __builtin_prefetch(bucket_items + rows[std::min(begin + kBucketsAhead, last)]);
        const int32_t item = bucket_items[rows[begin]];
        rows[kept] = item == kMissingRow ? -1 : item + shift;
        kept += item != kLeftOut;
      }
    }
    ends[static_cast<size_t>(part)] = kept;
  });
  int64_t kept = 0;
  for (int part = 0; part < n_threads_; ++part) {
    const int64_t begin = begins[static_cast<size_t>(part)], n = ends[static_cast<size_t>(part)] - begin;
    std::memmove(rows + kept, rows + begin, static_cast<size_t>(n) * sizeof(int32_t));
    for (int64_t word = first_of_part(part); word < first_of_part(part + 1); ++word)
      indptr_[static_cast<size_t>(word)] -= begin - kept;
    kept += n;
  }
  indptr_.back() = kept;
}

}  // namespace textspace
