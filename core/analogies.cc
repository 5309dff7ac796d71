#include "analogies.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <vector>

#include "isa.h"
#include "threads.h"

namespace textspace {
namespace {

// The similarities of a group of rows to so many words stay in the L2 cache (192 kB).
constexpr int64_t kMaxWords = 128 * kQueryTile;

// Consecutive questions that have few distinct words.
struct Batch {
  int64_t first_question = 0;
  std::vector<int32_t> words;  // rows
  std::vector<Analogy> questions;

  // Adds a question, unless that would make too many words.
  bool add(const int32_t* rows) {
    if (static_cast<int64_t>(words.size()) + 3 > kMaxWords) return false;
    questions.push_back({number(rows[0]), number(rows[1]), number(rows[2])});
    return true;
  }

 private:
  std::unordered_map<int32_t, int32_t> numbers_;

  int32_t number(int32_t row) {
    const auto [place, is_new] = numbers_.try_emplace(row, static_cast<int32_t>(words.size()));
    if (is_new) words.push_back(row);
    return place->second;
  }
};

std::vector<Batch> make_batches(const int32_t* questions, int64_t n) {
  std::vector<Batch> batches(1);
  for (int64_t i = 0; i < n; ++i) {
    if (batches.back().add(questions + 3 * i)) continue;
    batches.emplace_back().first_question = i;
    batches.back().add(questions + 3 * i);
  }
  return batches;
}

AlignedFloats pack_words(const PackedRows& rows, const std::vector<int32_t>& words) {
  const int64_t tile = static_cast<int64_t>(kQueryTile) * rows.dim(), n = static_cast<int64_t>(words.size());
  AlignedFloats packed = aligned_floats(n_query_tiles(n) * tile);
  std::fill_n(packed.get(), n_query_tiles(n) * tile, 0.0f);
  for (int64_t i = 0; i < n; ++i)
    rows.copy_row(words[i], packed.get() + i / kQueryTile * tile + i % kQueryTile, kQueryTile);
  return packed;
}

class Answering {
 public:
  Answering(const PackedRows& rows, bool by_product, int n_threads)
      : rows_(rows),
        answer_(by_product ? kernels().answer_by_product : kernels().answer_by_sum),
        n_threads_(n_threads),
        n_ranges_(std::clamp<int64_t>(rows.n_padded_rows() / kRowGroup, 1, n_threads)) {
    for (int64_t range = 0; range < n_ranges_; ++range) scores_.push_back(aligned_floats(kMaxWords * kRowGroup));
  }

  // Each range of rows finds its best answers; among the ranges' the best, then the first, is the answer.
  void answer(const Batch& batch, int32_t* answers) {
    const int64_t n = static_cast<int64_t>(batch.questions.size());
    const AlignedFloats words = pack_words(rows_, batch.words);
    best_.assign(n_ranges_ * n, ScoredRow{-std::numeric_limits<float>::infinity(), -1});
    for_each_task(n_ranges_, n_threads_, [&](int64_t range, int) { answer_range(batch, words.get(), range); });
    for (int64_t i = 0; i < n; ++i) {
      ScoredRow best = best_[i];
      for (int64_t range = 1; range < n_ranges_; ++range)
        if (best_[range * n + i].score > best.score) best = best_[range * n + i];
      answers[i] = best.row;
    }
  }

 private:
  const PackedRows& rows_;
  void (*const answer_)(const AnalogyTask&);
  const int n_threads_;
  const int64_t n_ranges_;
  std::vector<AlignedFloats> scores_;
  std::vector<ScoredRow> best_;  // (ranges, questions)

  void answer_range(const Batch& batch, const float* words, int64_t range) {
    const int64_t n = static_cast<int64_t>(batch.questions.size());
    const int64_t rows_per_range = (rows_.n_padded_rows() / kRowGroup + n_ranges_ - 1) / n_ranges_ * kRowGroup;
    answer_({.panels = rows_.data(),
             .words = words,
             .word_rows = batch.words.data(),
             .questions = batch.questions.data(),
             .best = best_.data() + range * n,
             .scores = scores_[range].get(),
             .n_word_tiles = n_query_tiles(static_cast<int64_t>(batch.words.size())),
             .n_questions = n,
             .first_row = range * rows_per_range,
             .last_row = std::min(rows_.n_padded_rows(), (range + 1) * rows_per_range),
             .dim = rows_.dim()});
  }
};

}  // namespace

void answer_analogies(const PackedRows& rows, const int32_t* questions, int64_t n, bool by_product, int n_threads,
                      int32_t* answers) {
  Answering answering(rows, by_product, n_threads);
  for (const Batch& batch : make_batches(questions, n)) answering.answer(batch, answers + batch.first_question);
}

}  // namespace textspace
