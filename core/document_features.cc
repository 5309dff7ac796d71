#include "document_features.h"

#include <algorithm>
#include <cstring>

namespace textspace {
namespace {

constexpr uint64_t kWordNgramMultiplier = 116049371;

// fastText keeps the hashes of words as signed 32-bit numbers.
uint64_t sign_extended(uint32_t hash) {
  return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(hash)));
}

}  // namespace

DocumentFeatures::DocumentFeatures(const FeatureRule& rule)
    : rule_(rule),
      slots_(rule.words),
      ranks_(rule.bucket_rows, rule.n_buckets),
      bucket_of_(static_cast<uint32_t>(rule.n_buckets)),
      end_of_text_(make_token(kEndOfLine, 4)) {
  if (rule_.n_buckets == 0) rule_.max_n = 0, rule_.word_ngrams = 1;
}

FeatureReader::FeatureReader(const DocumentFeatures& features)
    : features_(features),
      tokens_(kTokens),
      running_(static_cast<size_t>(features.rule_.word_ngrams)),
      buckets_(1024),
      rows_(1024) {}

void FeatureReader::start(Bytes text) {
  tokenizer_.emplace(text.data, text.size);
  at_end_ = false;
  running_words_ = 0;
}

bool FeatureReader::is_label(const Token& token) const {
  const std::string& prefix = features_.rule_.label_prefix;
  return !prefix.empty() && token.begin[0] == static_cast<uint8_t>(prefix[0]) && token.size >= prefix.size() &&
         std::memcmp(token.begin, prefix.data(), prefix.size()) == 0;
}

bool FeatureReader::next() {
  if (at_end_) return false;
  int64_t n = 0;
  while (n < kTokens) {
    Token& token = tokens_[static_cast<size_t>(n)];
    if (!tokenizer_->next(&token)) {
      token = features_.end_of_text_;
      at_end_ = true;
    } else if (token.ends_line || is_label(token)) {
      continue;
    }
    features_.slots_.prefetch(token.hash);
    ++n;
    if (at_end_) break;
  }
  n_buckets_ = n_rows_ = n_features_ = 0;
  if (static_cast<int64_t>(rows_.size()) < n) rows_.resize(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) take_token(tokens_[static_cast<size_t>(i)]);
  find_rows();
  return true;
}

void FeatureReader::take_token(const Token& token) {
  const WordSlots::Slot* slot = features_.slots_.find(token.hash);
  if (slot) {
    rows_[static_cast<size_t>(n_rows_++)] = static_cast<int32_t>(slot->word - 1);
    ++n_features_;
  }
  if (features_.rule_.max_n > 0 && !token.ends_line) add_subwords(token);
  if (features_.rule_.word_ngrams > 1) add_word_ngrams(slot ? slot->fnv : fnv1a(token.begin, token.size));
}

// By the word they end with: running_[l] is the hash of the last l + 1 words.
void FeatureReader::add_word_ngrams(uint32_t fnv) {
  const uint64_t hash = sign_extended(fnv);
  const int longest = std::min(running_words_, features_.rule_.word_ngrams - 1);
  for (int length = longest; length >= 1; --length) {
    const uint64_t joined = running_[static_cast<size_t>(length - 1)] * kWordNgramMultiplier + hash;
    running_[static_cast<size_t>(length)] = joined;
    push_bucket(features_.bucket_of_(joined));
  }
  running_[0] = hash;
  running_words_ = longest + 1;
}

void FeatureReader::add_subwords(const Token& token) {
  const auto n = static_cast<int64_t>(token.size) + 2;
  if (static_cast<int64_t>(bracketed_.size()) < n + 1) bracketed_.resize(static_cast<size_t>(2 * n));
  uint8_t* const bytes = bracketed_.data();
  bytes[0] = '<';
  std::memcpy(bytes + 1, token.begin, token.size);
  bytes[n - 1] = '>';
  bytes[n] = 0;  // continues no character
  const int min_n = features_.rule_.min_n, max_n = features_.rule_.max_n;
  const FastModulo bucket_of = features_.bucket_of_;
  const size_t most = static_cast<size_t>(n_buckets_ + n * std::min<int64_t>(max_n, n));
  if (buckets_.size() < most) buckets_.resize(2 * most);
  int32_t* out = buckets_.data() + n_buckets_;
  for (int64_t begin = 0; begin < n; ++begin) {
    if (is_continuation(bytes[begin])) continue;
    uint32_t hash = kFnvOffset;
    int64_t end = begin;
    for (int length = 1; length <= max_n && end < n; ++length) {
      do hash = fnv1a_step(hash, bytes[end++]);
      while (is_continuation(bytes[end]));
      const bool lone_bracket = length == 1 && (begin == 0 || end == n);
      if (length < min_n || lone_bracket) continue;
      const uint32_t bucket = bucket_of(hash);
      features_.ranks_.prefetch(bucket);
      *out++ = static_cast<int32_t>(bucket);
    }
  }
  n_buckets_ = out - buckets_.data();
}

void FeatureReader::find_rows() {
  const BucketRanks& ranks = features_.ranks_;
  int64_t n_found = 0;
  for (int64_t i = 0; i < n_buckets_; ++i) {
    const int32_t rank = ranks.rank(static_cast<uint32_t>(buckets_[static_cast<size_t>(i)]));
    buckets_[static_cast<size_t>(n_found)] = rank;
    if (rank < 0) continue;
    ++n_found;
    if (ranks.has_table()) ranks.prefetch_row(rank);
  }
  n_features_ += features_.rule_.skip_missing ? n_found : n_buckets_;
  if (static_cast<int64_t>(rows_.size()) < n_rows_ + n_found)
    rows_.resize(static_cast<size_t>(2 * (n_rows_ + n_found)));
  for (int64_t i = 0; i < n_found; ++i) {
    const int32_t row = ranks.row(buckets_[static_cast<size_t>(i)]);
    rows_[static_cast<size_t>(n_rows_)] = row;
    n_rows_ += row >= 0;
  }
}

}  // namespace textspace
