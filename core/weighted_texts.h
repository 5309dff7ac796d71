// Texts as vectors of norm 1 over the rows that they have.
#pragma once

#include <cstdint>

#include "threads.h"

namespace textspace {

// Text i has the rows from indptr[i] to indptr[i + 1], in the order of the text.
struct TextRows {
  const int64_t* indptr;
  const int32_t* rows;
  int64_t n_texts;  // fewer than 2^31
};

// counts[row] = how many texts have the row.
bool count_texts(const TextRows& texts, int64_t n_rows, int n_threads, const KeepGoing& keep_going, int64_t* counts);

struct RowWeighting {
  const float* weights;  // of each row; those of weight 0 are left out
  int64_t n_words;       // rows from it on are n-grams, and have positions of their own
  double lead;           // what the first word, and the first n-gram, count more than late ones
};

// A row that stands at the positions p of a text has there the value (1 + log(sum of 1 + lead * exp(-p / 10))) * weight,
// divided by the norm of all. Writes the rows of each text ascending, with room for as many as `texts` has. Returns
// false when keep_going stopped it.
bool weigh_texts(const TextRows& texts, const RowWeighting& weighting, int n_threads, const KeepGoing& keep_going,
                 int64_t* indptr_out, int32_t* rows_out, float* values_out);

}  // namespace textspace
