// One pass over a text: its words are numbered as they are met, counted, and the text becomes their numbers.
#pragma once

#include <cstdint>
#include <vector>

#include "word_table.h"

namespace textspace {

class CorpusEncoder {
 public:
  // With `add_words` false a word that is not in the table is left out.
  CorpusEncoder(int n_threads, bool add_words) : n_threads_(n_threads), add_words_(add_words) {}

  // A first word of the table, numbered 0, 1, ... in the order of these calls.
  void add_word(Bytes word, int64_t count);

  // The ids of the next block of the text, -1 after each `</s>`. A token at its end waits for the next block. The ids
  // do not depend on n_threads nor on where the text is cut into blocks.
  std::vector<int32_t> encode(const uint8_t* block, int64_t n_bytes);

  // Renumbers: word order[i] becomes word i, the others are forgotten. Returns the new id of each word, -2 for none.
  std::vector<int32_t> keep(const int32_t* order, int64_t n_words);

  const WordTable& table() const { return table_; }
  const std::vector<int64_t>& counts() const { return counts_; }
  int64_t n_tokens() const { return n_tokens_; }  // those left out included
  int64_t n_lines() const { return n_lines_; }

 private:
  struct Part;

  void split(const uint8_t* text, int64_t n_bytes, std::vector<Part>* parts) const;
  void encode_part(Part* part);
  int32_t count(const Token& token, Part* part);
  int32_t count_new_word(const Token& token, Part* part);
  void number_new_words(Part* part);
  static std::vector<int32_t> joined(const std::vector<Part>& parts);

  int n_threads_;
  bool add_words_;
  std::vector<uint8_t> unfinished_;            // the token at the end of the last block
  std::vector<std::vector<int32_t>> buffers_;  // memory of the parts' ids, kept for the next block
  WordTable table_;
  std::vector<int64_t> counts_;
  int64_t n_tokens_ = 0;
  int64_t n_lines_ = 0;
};

// Replaces each id i >= 0 by new_ids[i] and leaves out those that become -2; returns how many are left. -1 stays.
// Throws std::invalid_argument for an id below -1 or without a new id.
int64_t renumber(int32_t* ids, int64_t n, const int32_t* new_ids, int64_t n_new, int n_threads);

}  // namespace textspace
