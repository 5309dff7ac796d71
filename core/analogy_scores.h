// The best answers to analogy questions. Included by kernels.cc alone.
//
// Questions share words (the 19,544 of the Google set have 905), and a score needs nothing but the similarities of a
// row to the question's three words. So the similarities of a group of rows to all words are computed once, stay in
// the L2 cache, and each question combines three of them: no queries x rows products, and never that matrix.
#pragma once

#include "scores.h"

namespace textspace::TEXTSPACE_ISA {

// 3CosAdd: the product of a row with the vector b - a + c.
struct Sum {
  static Vec prepare(Vec similarity) { return similarity; }
  static Vec combine(Vec a, Vec b, Vec c) { return b - a + c; }
};

// 3CosMul (Levy and Goldberg 2014, equation 4): similarities moved to [0, 1], and a denominator above 0.
struct Product {
  static Vec prepare(Vec similarity) { return (similarity + 1.0f) * 0.5f; }
  static Vec combine(Vec a, Vec b, Vec c) { return b * c / (a + 0.001f); }
};

template <class Method>
void score_words(const AnalogyTask& task, int64_t group) {
  for (int64_t row = 0; row < kRowGroup; row += kTileRows)
    for (int64_t t = 0; t < task.n_word_tiles; ++t) {
      ScoreTile tile;
      score_tile(task.words + t * kQueryTile * task.dim, task.panels, task.dim, group + row, 0, tile);
      float* scores = task.scores + t * kQueryTile * kRowGroup + row;
      for (int q = 0; q < kQueryTile; ++q)
        for (int v = 0; v < kTileVecs; ++v) store(scores + q * kRowGroup + v * kLanes, Method::prepare(tile[q][v]));
    }
}

__attribute__((noinline)) inline void keep_best(const Vec* scores, const AnalogyTask& task, int64_t n, int64_t group) {
  const Analogy& question = task.questions[n];
  const int32_t a = task.word_rows[question.a], b = task.word_rows[question.b], c = task.word_rows[question.c];
  ScoredRow& best = task.best[n];
  for (int i = 0; i < kRowGroup; ++i) {
    const float score = scores[i / kLanes][i % kLanes];
    const int32_t row = static_cast<int32_t>(group + i);
    if (score > best.score && row < task.n_rows && row != a && row != b && row != c) best = {score, row};
  }
}

template <class Method>
void answer_analogies(const AnalogyTask& task) {
  constexpr int kVecs = kRowGroup / kLanes;
  for (int64_t group = task.first_row; group < task.last_row; group += kRowGroup) {
    score_words<Method>(task, group);
    for (int64_t n = 0; n < task.n_questions; ++n) {
      const float* a = task.scores + static_cast<int64_t>(task.questions[n].a) * kRowGroup;
      const float* b = task.scores + static_cast<int64_t>(task.questions[n].b) * kRowGroup;
      const float* c = task.scores + static_cast<int64_t>(task.questions[n].c) * kRowGroup;
      Vec scores[kVecs];
#pragma GCC unroll 16
      for (int v = 0; v < kVecs; ++v)
        scores[v] = Method::combine(load(a + v * kLanes), load(b + v * kLanes), load(c + v * kLanes));
      if (any_above(scores, kVecs, task.best[n].score)) keep_best(scores, task, n, group);
    }
  }
}

}  // namespace textspace::TEXTSPACE_ISA
