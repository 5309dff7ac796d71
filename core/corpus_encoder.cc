#include "corpus_encoder.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "parallel.h"

namespace textspace {
namespace {

constexpr int kBatch = 64;  // tokens whose slots are fetched from memory while the next are cut

// Words met early are mostly the frequent ones. Each thread counts those for itself; the counts of the others are
// shared, so that the memory does not grow with the number of threads.
constexpr int32_t kFrequentWords = 1 << 15;

constexpr int32_t kLeftOut = -2;
constexpr int32_t kFirstNewWord = -3;

const uint8_t* after_separator(const uint8_t* at, const uint8_t* begin, const uint8_t* end) {
  while (at != begin && at != end && !is_separator(at[-1])) ++at;
  return at;
}

}  // namespace

// What one thread encodes. A word that is not in the table gets the id kFirstNewWord - its number in `new_words`.
struct CorpusEncoder::Part {
  Bytes text;
  bool alone;                // no other part is encoded meanwhile, so new words go to the table at once
  std::vector<int32_t> ids;  // the first n_ids
  int64_t n_ids = 0;
  WordTable new_words;
  std::vector<int64_t> new_counts;
  std::vector<int32_t> new_ids;
  std::vector<int64_t> frequent_counts;
  int64_t n_tokens = 0;
  int64_t n_lines = 0;
};

void CorpusEncoder::add_word(Bytes word, int64_t count) {
  table_.add(make_token(word.data, word.size));
  counts_.push_back(count);
}

void CorpusEncoder::split(const uint8_t* text, int64_t n_bytes, std::vector<Part>* parts) const {
  const uint8_t* begin = text;
  const uint8_t* end = text + n_bytes;
  for (int i = 1; i <= n_threads_; ++i) {
    const uint8_t* part_end = std::max(begin, after_separator(text + n_bytes / n_threads_ * i, text, end));
    if (i == n_threads_) part_end = end;
    if (part_end == begin) continue;
    parts->emplace_back().text = {begin, part_end - begin};
    begin = part_end;
  }
}

int32_t CorpusEncoder::count(const Token& token, Part* part) {
  const int32_t word_id = table_.find(token);
  if (word_id < 0) return add_words_ ? count_new_word(token, part) : kLeftOut;
  const size_t i = static_cast<size_t>(word_id);
  if (part->alone)
    ++counts_[i];
  else if (word_id < kFrequentWords)
    ++part->frequent_counts[i];
  else
    __atomic_fetch_add(&counts_[i], 1, __ATOMIC_RELAXED);
  return word_id;
}

int32_t CorpusEncoder::count_new_word(const Token& token, Part* part) {
  if (part->alone) {
    counts_.push_back(1);
    return table_.add(token);
  }
  const int32_t new_word = part->new_words.find_or_add(token);
  if (new_word == static_cast<int32_t>(part->new_counts.size())) part->new_counts.push_back(0);
  ++part->new_counts[static_cast<size_t>(new_word)];
  return kFirstNewWord - new_word;
}

void CorpusEncoder::encode_part(Part* part) {
  Tokenizer tokenizer(part->text.data, part->text.size);
  if (!part->alone) part->frequent_counts.resize(kFrequentWords);
  Token batch[kBatch];
  for (int n = kBatch; n == kBatch;) {
    for (n = 0; n < kBatch && tokenizer.next(&batch[n]); ++n) table_.prefetch(batch[n].hash);
    const size_t n_needed = static_cast<size_t>(part->n_ids) + 2 * kBatch;  // `</s>` takes two
    if (n_needed > part->ids.size()) part->ids.resize(2 * n_needed);
    int32_t* ids = part->ids.data() + part->n_ids;
    for (int i = 0; i < n; ++i) {
      const int32_t word_id = count(batch[i], part);
      *ids = word_id;
      ids += word_id != kLeftOut;
      if (batch[i].ends_line) {
        *ids++ = -1;
        ++part->n_lines;
      }
    }
    part->n_ids = ids - part->ids.data();
    part->n_tokens += n;
  }
}

// One part after another, so that words are numbered in the order of the text however it was split.
void CorpusEncoder::number_new_words(Part* part) {
  const size_t n_frequent = std::min(counts_.size(), part->frequent_counts.size());
  for (size_t i = 0; i < n_frequent; ++i) counts_[i] += part->frequent_counts[i];
  const WordList words = part->new_words.words();
  part->new_ids.resize(static_cast<size_t>(words.n_words));
  Token batch[kBatch];
  for (int64_t begin = 0; begin < words.n_words; begin += kBatch) {
    const int64_t n = std::min<int64_t>(kBatch, words.n_words - begin);
    for (int64_t i = 0; i < n; ++i) {
      const Bytes word = words.at(begin + i);
      batch[i] = make_token(word.data, word.size);
      table_.prefetch(batch[i].hash);
    }
    for (int64_t i = 0; i < n; ++i) {
      const int32_t word_id = table_.find_or_add(batch[i]);
      if (word_id == static_cast<int32_t>(counts_.size())) counts_.push_back(0);
      counts_[static_cast<size_t>(word_id)] += part->new_counts[static_cast<size_t>(begin + i)];
      part->new_ids[static_cast<size_t>(begin + i)] = word_id;
    }
  }
  n_tokens_ += part->n_tokens;
  n_lines_ += part->n_lines;
}

std::vector<int32_t> CorpusEncoder::encode(const uint8_t* block, int64_t n_bytes) {
  const uint8_t* end = block + n_bytes;
  const uint8_t* tail = end;
  while (tail != block && !is_separator(tail[-1])) --tail;
  const uint8_t* begin = block;
  while (begin != tail && !is_separator(*begin)) ++begin;
  const auto wait = [&](const uint8_t* from, const uint8_t* to) {
    const int64_t room = kMaxTokenBytes - static_cast<int64_t>(unfinished_.size());
    unfinished_.insert(unfinished_.end(), from, from + std::min<int64_t>(to - from, room));
  };

  wait(block, begin);
  if (begin == tail) {
    wait(begin, end);
    return {};
  }

  std::vector<Part> parts(1);
  std::vector<uint8_t> across;  // the token that this block ends
  across.swap(unfinished_);
  parts[0].text = {across.data(), static_cast<int64_t>(across.size())};
  split(begin, tail - begin, &parts);
  wait(tail, end);
  buffers_.resize(std::max(buffers_.size(), parts.size()));
  for (size_t i = 0; i < parts.size(); ++i) {
    parts[i].ids.swap(buffers_[i]);
    parts[i].alone = i == 0 || parts.size() == 2;
  }
  encode_part(&parts[0]);
  parallel_for(static_cast<int>(parts.size()) - 1, [&](int i) { encode_part(&parts[static_cast<size_t>(i) + 1]); });
  for (Part& part : parts) number_new_words(&part);
  std::vector<int32_t> ids = joined(parts);
  for (size_t i = 0; i < parts.size(); ++i) parts[i].ids.swap(buffers_[i]);
  return ids;
}

std::vector<int32_t> CorpusEncoder::joined(const std::vector<Part>& parts) {
  std::vector<int64_t> begins(1);
  for (const Part& part : parts) begins.push_back(begins.back() + part.n_ids);
  std::vector<int32_t> ids(static_cast<size_t>(begins.back()));
  const auto copy = [&](size_t p) {
    int32_t* out = ids.data() + begins[p];
    for (int64_t i = 0; i < parts[p].n_ids; ++i) {
      const int32_t id = parts[p].ids[static_cast<size_t>(i)];
      out[i] = id >= -1 ? id : parts[p].new_ids[static_cast<size_t>(kFirstNewWord - id)];
    }
  };
  copy(0);
  parallel_for(static_cast<int>(parts.size()) - 1, [&](int i) { copy(static_cast<size_t>(i) + 1); });
  return ids;
}

std::vector<int32_t> CorpusEncoder::keep(const int32_t* order, int64_t n_words) {
  std::vector<int32_t> new_ids(counts_.size(), kLeftOut);
  const WordList words = table_.words();
  WordTable table;
  std::vector<int64_t> counts;
  for (int64_t i = 0; i < n_words; ++i) {
    if (order[i] < 0 || order[i] >= words.n_words) throw std::invalid_argument("`order` must hold ids of words");
    const Bytes word = words.at(order[i]);
    new_ids[static_cast<size_t>(order[i])] = table.add(make_token(word.data, word.size));
    counts.push_back(counts_[static_cast<size_t>(order[i])]);
  }
  table_ = std::move(table);
  counts_ = std::move(counts);
  return new_ids;
}

int64_t renumber(int32_t* ids, int64_t n, const int32_t* new_ids, int64_t n_new, int n_threads) {
  std::vector<int64_t> begins, ends;
  for (int i = 0; i <= n_threads; ++i) begins.push_back(n / n_threads * i);
  begins.back() = n;
  ends.resize(static_cast<size_t>(n_threads));
  parallel_for(n_threads, [&](int part) {
    int64_t kept = begins[static_cast<size_t>(part)];
    const int64_t end = begins[static_cast<size_t>(part) + 1];
    for (int64_t i = kept; i < end; ++i) {
      const int32_t id = ids[i];
      if (id != -1 && (id < 0 || id >= n_new)) throw std::invalid_argument("`ids` must hold ids of words, or -1");
      const int32_t new_id = id == -1 ? -1 : new_ids[id];
      ids[kept] = new_id;
      kept += new_id != kLeftOut;
    }
    ends[static_cast<size_t>(part)] = kept;
  });
  int64_t kept = 0;
  for (int part = 0; part < n_threads; ++part) {
    const size_t p = static_cast<size_t>(part);
    std::memmove(ids + kept, ids + begins[p], static_cast<size_t>(ends[p] - begins[p]) * sizeof(int32_t));
    kept += ends[p] - begins[p];
  }
  return kept;
}

}  // namespace textspace
