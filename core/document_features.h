// From the bytes of a text to the rows of the input matrix that it has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bucket_ranks.h"
#include "fast_modulo.h"
#include "tokenizer.h"
#include "word_slots.h"

namespace textspace {

// What decides it: see text/features.py. Word i has row i.
struct FeatureRule {
  WordList words;
  int min_n, max_n, word_ngrams;
  int64_t n_buckets;  // 0: no n-grams
  std::string label_prefix;
  BucketRows bucket_rows;
  bool skip_missing;
};

// A model's rule with its tables; shared by all threads.
class DocumentFeatures {
 public:
  // Throws std::invalid_argument where the arrays are damaged.
  explicit DocumentFeatures(const FeatureRule& rule);

  const FeatureRule& rule() const { return rule_; }
  int64_t n_rows() const { return rule_.words.n_words + rule_.bucket_rows.n_rows; }

 private:
  friend class FeatureReader;
  FeatureRule rule_;
  WordSlots slots_;
  BucketRanks ranks_;
  FastModulo bucket_of_;
  Token end_of_text_;
};

// Reads one text after another, some tokens at a time, in passes: cut and hash the tokens; find their words; find the
// rows of the n-grams' buckets. Each pass asks the memory for what the next one reads. Newlines and `</s>` in a
// text are spaces, and each text ends with one `</s>`.
class FeatureReader {
 public:
  explicit FeatureReader(const DocumentFeatures& features);

  void start(Bytes text);

  // The rows of the next tokens: false when there are none left.
  bool next();

  // Until the next call of next(). Rows that a bucket lacks are not among them; those that count in the mean are
  // counted.
  const int32_t* rows() const { return rows_.data(); }
  int64_t n_rows() const { return n_rows_; }
  int64_t n_features() const { return n_features_; }

 private:
  static constexpr int64_t kTokens = 192;

  void take_token(const Token& token);
  void add_word_ngrams(uint32_t fnv);
  void add_subwords(const Token& token);
  void find_rows();
  void push_bucket(uint32_t bucket) {
    if (n_buckets_ == static_cast<int64_t>(buckets_.size())) buckets_.resize(2 * buckets_.size());
    buckets_[static_cast<size_t>(n_buckets_++)] = static_cast<int32_t>(bucket);
    features_.ranks_.prefetch(bucket);
  }
  bool is_label(const Token& token) const;

  const DocumentFeatures& features_;
  std::optional<Tokenizer> tokenizer_;
  bool at_end_ = true;
  std::vector<Token> tokens_;
  std::vector<uint64_t> running_;  // hash of the last l + 1 words
  int running_words_ = 0;
  std::vector<uint8_t> bracketed_;  // `<word>`
  std::vector<int32_t> buckets_, rows_;
  int64_t n_buckets_ = 0, n_rows_ = 0, n_features_ = 0;
};

}  // namespace textspace
