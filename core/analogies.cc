#include "analogies.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "isa.h"
#include "selections.h"

namespace textspace {
namespace {

// The similarities of a group of rows to so many words stay in the L2 cache (192 kB).
constexpr int64_t kMaxWords = 128 * kQueryTile;
constexpr int64_t kRowsPerTask = 32 * kRowGroup;

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
  Answering(const PackedRows& rows, const AnalogyOptions& options)
      : rows_(rows),
        n_answer_rows_(options.n_answer_rows),
        kernel_(options.by_product ? kernels().answer_by_product : kernels().answer_by_sum),
        last_row_((options.n_answer_rows + kRowGroup - 1) / kRowGroup * kRowGroup),
        n_tasks_((last_row_ + kRowsPerTask - 1) / kRowsPerTask),
        n_threads_(static_cast<int>(std::clamp<int64_t>(n_tasks_, 1, options.n_threads))) {
    for (int i = 0; i < n_threads_; ++i) scores_.push_back(aligned_floats(kMaxWords * kRowGroup));
  }

  bool answer(const Batch& batch, const KeepGoing& keep_going, int32_t* answers) {
    const int64_t n = static_cast<int64_t>(batch.questions.size());
    const AlignedFloats words = pack_words(rows_, batch.words);
    best_.assign(n_threads_ * n, ScoredRow{kNoScore, -1});
    const bool done = for_each_task(n_tasks_, n_threads_, keep_going, [&](int64_t task, int thread_id) {
      answer_range(batch, words.get(), task * kRowsPerTask, thread_id);
    });
    for (int64_t i = 0; done && i < n; ++i) answers[i] = best_of_threads(i, n);
    return done;
  }

 private:
  const PackedRows& rows_;
  const int64_t n_answer_rows_;
  void (*const kernel_)(const AnalogyTask&);
  const int64_t last_row_, n_tasks_;
  const int n_threads_;
  std::vector<AlignedFloats> scores_;  // scratch of each thread
  std::vector<ScoredRow> best_;        // (threads, questions)

  void answer_range(const Batch& batch, const float* words, int64_t first_row, int thread_id) {
    const int64_t n = static_cast<int64_t>(batch.questions.size());
    kernel_({.panels = rows_.data(),
             .words = words,
             .word_rows = batch.words.data(),
             .questions = batch.questions.data(),
             .best = best_.data() + thread_id * n,
             .scores = scores_[thread_id].get(),
             .n_word_tiles = n_query_tiles(static_cast<int64_t>(batch.words.size())),
             .n_questions = n,
             .first_row = first_row,
             .last_row = std::min(last_row_, first_row + kRowsPerTask),
             .n_rows = n_answer_rows_,
             .dim = rows_.dim()});
  }

  // Each thread took its rows in ascending order and kept the first of equals.
  int32_t best_of_threads(int64_t question, int64_t n) const {
    ScoredRow best = best_[question];
    for (int64_t thread_id = 1; thread_id < n_threads_; ++thread_id) {
      const ScoredRow& other = best_[thread_id * n + question];
      if (Better{}(other, best)) best = other;
    }
    return best.row;
  }
};

}  // namespace

bool answer_analogies(const PackedRows& rows, const int32_t* questions, int64_t n, const AnalogyOptions& options,
                      const KeepGoing& keep_going, int32_t* answers) {
  Answering answering(rows, options);
  for (const Batch& batch : make_batches(questions, n))
    if (!answering.answer(batch, keep_going, answers + batch.first_question)) return false;
  return true;
}

}  // namespace textspace
