// What the score kernels share with the code that calls them: plain data, no code of the standard library.
#pragma once

#include <cstdint>

namespace textspace {

constexpr int kPanelRows = 16;  // rows that lie side by side: one value of each, then the next dimension
constexpr int kRowGroup = 64;   // rows that a task takes at least: the widest tile of any instruction set
constexpr int kQueryTile = 6;   // queries that are scored together

struct ScoredRow {
  float score;
  int32_t row;
};

// The best rows for one query among those seen so far, and some that have lost since.
struct Selection {
  float threshold;  // rows with scores up to it cannot be among the best k any more
  int64_t k, size, capacity;
  ScoredRow* candidates;
  const int32_t* excluded;  // rows, ascending, that must not be chosen
  int64_t n_excluded;
  bool any_order = false;  // rows do not ascend: one that equals the worst of the best may take its place
};

// Keeps the best k and sets the threshold.
void drop_losers(Selection& selection);

// Offer rows first_row to last_row (multiples of kRowGroup) to the selection of each query.
struct SelectTask {
  const float* panels;   // the packed rows
  const float* queries;  // (n_query_tiles, dim, kQueryTile)
  Selection* selections;
  int64_t n_query_tiles, first_row, last_row;
  int dim;
};

// Offer rows first_row to last_row (multiples of kPanelRows) to the selections of some queries.
struct ClusterTask {
  const float* panels;     // the packed rows
  const int32_t* row_ids;  // by which packed rows are chosen
  const float* queries;    // (., dim), `stride` floats a row
  Selection* selections;   // of each query
  const int32_t* members;  // which queries; a multiple of kQueryTile
  int64_t stride, n_members, first_row, last_row;
  int dim;
};

// "a is to b as c is to ?", as numbers of words in the task's table of words.
struct Analogy {
  int32_t a, b, c;
};

// Improve the best answer of each question by rows first_row to last_row (multiples of kRowGroup).
struct AnalogyTask {
  const float* panels;
  const float* words;        // (n_word_tiles, dim, kQueryTile): the vectors of the table of words
  const int32_t* word_rows;  // where each word of the table is among the rows
  const Analogy* questions;
  ScoredRow* best;  // of each question
  float* scores;    // scratch, 64-byte aligned: n_word_tiles * kQueryTile * kRowGroup
  int64_t n_word_tiles, n_questions, first_row, last_row;
  int64_t n_rows;  // answers are among the first n_rows
  int dim;
};

}  // namespace textspace
