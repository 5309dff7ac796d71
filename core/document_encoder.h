// From the ids of a text's tokens to documents: items (words and word n-grams) and labels.
#pragma once

#include <cstdint>
#include <vector>

#include "threads.h"

namespace textspace {

// What a token is: from 0 on an item; kNotKnown a word without one; kNoWord nothing at all (an unknown label);
// kFirstLabel - l label l.
constexpr int32_t kNotKnown = -1;
constexpr int32_t kNoWord = -2;
constexpr int32_t kFirstLabel = -3;

// What a bucket is: from 0 on an item, or
constexpr int32_t kMissingRow = -1;  // an item that stands for a row of zeros
constexpr int32_t kLeftOut = -2;     // no item

struct TokenTable {
  const int32_t* roles;
  const uint32_t* hashes;  // FNV-1a of each token; not read where word_ngrams is 1
  int64_t n_tokens;
};

struct DocumentSizes {
  int64_t n_documents, n_items, n_labels;
};

// Arrays of the sizes that measure() told.
struct DocumentArrays {
  int64_t* indptr;        // (n_documents + 1,)
  int32_t* items;         // (n_items,)
  int64_t* label_indptr;  // (n_documents + 1,)
  int32_t* labels;        // (n_labels,)
};

// Reads `ids`, each a token of the table or -1 at the end of a document. Nothing depends on n_threads. What reads them
// returns false when keep_going stopped it.
class DocumentEncoder {
 public:
  // Throws std::invalid_argument for an id out of range.
  DocumentEncoder(const int32_t* ids, int64_t n_ids, const TokenTable& table, int word_ngrams, uint32_t n_buckets,
                  int n_threads);

  // counts[bucket] += how many word n-grams fall in it. Throws std::invalid_argument for an id out of range.
  bool count_buckets(uint32_t* counts, const KeepGoing& keep_going);

  // `bucket_items` may be null where word_ngrams is 1.
  bool measure(const int32_t* bucket_items, const KeepGoing& keep_going, DocumentSizes* sizes);

  // After measure(), with the same `bucket_items`; throws std::invalid_argument for others.
  bool encode(const int32_t* bucket_items, const KeepGoing& keep_going, const DocumentArrays& out);

 private:
  struct Document;
  struct Part {
    int64_t begin, end;  // of `ids_`
    DocumentSizes sizes, first;  // what it holds, and what lies before it
  };

  void read(int64_t* at, int64_t end, Document* document) const;
  void add_word_ngrams(const int32_t* bucket_items, Document* document) const;

  const int32_t* ids_;
  const TokenTable table_;
  const int word_ngrams_;
  const uint32_t n_buckets_;
  const int n_threads_;
  std::vector<Part> parts_;
};

// Items first..first + n - 1 for the buckets with a count above 0, the most frequent first, ties by bucket; returns n.
// Buckets that have an item already (>= 0) keep it.
int64_t number_buckets(const uint32_t* counts, int64_t n_buckets, int32_t first, int32_t* bucket_items);

}  // namespace textspace
