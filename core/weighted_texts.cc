#include "weighted_texts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

namespace textspace {
namespace {

constexpr int64_t kTextsPerTask = 256;
constexpr int64_t kTextsPerPoll = 1 << 16;
constexpr double kLeadWords = 10.0;
constexpr double kSmallestNorm = 1e-12;
constexpr size_t kPositions = 1024;  // from here on a lead changes no digit

struct Seen {
  int32_t text = -1;  // the last that had the row
  int32_t n_texts = 0;
};

class Weigher {
 public:
  Weigher(const TextRows& texts, const RowWeighting& weighting) : texts_(texts), weighting_(weighting) {
    for (size_t position = 0; position < kPositions; ++position)
      shares_[position] = 1.0 + weighting.lead * std::exp(-static_cast<double>(position) / kLeadWords);
  }

  // Writes to rows[0], rows[1] ... and returns how many; `keys` has room for the rows of the text.
  int64_t weigh(int64_t text, uint64_t* keys, int32_t* rows, float* values) const {
    const int64_t n = sort(text, keys);
    int64_t n_rows = 0;
    double squares = 0.0;
    for (int64_t i = 0; i < n;) {
      const uint64_t row = keys[i] >> 32;
      double count = 0.0;
      for (; i < n && keys[i] >> 32 == row; ++i) count += shares_[keys[i] & 0xFFFFFFFF];
      const double value = (count == 1.0 ? 1.0 : 1.0 + std::log(count)) * weighting_.weights[row];
      squares += value * value;
      rows[n_rows] = static_cast<int32_t>(row);
      values[n_rows++] = static_cast<float>(value);
    }
    const double norm = std::max(std::sqrt(squares), kSmallestNorm);
    for (int64_t i = 0; i < n_rows; ++i) values[i] = static_cast<float>(values[i] / norm);
    return n_rows;
  }

 private:
  // A key is a row that counts, and its position.
  int64_t sort(int64_t text, uint64_t* keys) const {
    int64_t n = 0;
    size_t n_words = 0, n_ngrams = 0;
    for (int64_t i = texts_.indptr[text]; i < texts_.indptr[text + 1]; ++i) {
      const int32_t row = texts_.rows[i];
      const size_t position = row < weighting_.n_words ? n_words++ : n_ngrams++;
      keys[n] = static_cast<uint64_t>(row) << 32 | std::min(position, kPositions - 1);
      n += weighting_.weights[row] > 0.0f;
    }
    std::sort(keys, keys + n);
    return n;
  }

  const TextRows& texts_;
  const RowWeighting& weighting_;
  std::array<double, kPositions> shares_;
};

// Calls work(text, thread_id) for each text.
template <class Work>
bool for_each_text(int64_t n_texts, int n_threads, const KeepGoing& keep_going, const Work& work) {
  const int64_t n_tasks = (n_texts + kTextsPerTask - 1) / kTextsPerTask;
  return for_each_task(n_tasks, n_threads, keep_going, [&](int64_t task, int thread_id) {
    const int64_t last = std::min((task + 1) * kTextsPerTask, n_texts);
    for (int64_t text = task * kTextsPerTask; text < last; ++text) work(text, thread_id);
  });
}

// Moves the lists, which begin where those of `texts` do, together; their lengths become where they end.
bool close_gaps(const TextRows& texts, const KeepGoing& keep_going, int64_t* indptr, int32_t* rows, float* values) {
  for (int64_t text = 0; text < texts.n_texts; ++text) {
    if (text % kTextsPerPoll == kTextsPerPoll - 1 && !keep_going()) return false;
    const int64_t from = texts.indptr[text], to = indptr[text], n = indptr[text + 1];
    if (from != to) {
      std::copy_n(rows + from, n, rows + to);
      std::copy_n(values + from, n, values + to);
    }
    indptr[text + 1] = to + n;
  }
  return true;
}

}  // namespace

bool count_texts(const TextRows& texts, int64_t n_rows, int n_threads, const KeepGoing& keep_going, int64_t* counts) {
  std::fill_n(counts, n_rows, 0);
  if (texts.n_texts == 0 || n_rows == 0) return true;
  // No more memory than twice what the texts take, or one thread needs.
  n_threads = static_cast<int>(std::min<int64_t>(n_threads, 1 + texts.indptr[texts.n_texts] / n_rows));
  std::vector<std::vector<Seen>> seen(static_cast<size_t>(n_threads));
  for (auto& rows : seen) rows.resize(static_cast<size_t>(n_rows));
  const bool done = for_each_text(texts.n_texts, n_threads, keep_going, [&](int64_t text, int thread_id) {
    Seen* rows = seen[static_cast<size_t>(thread_id)].data();
    for (int64_t i = texts.indptr[text]; i < texts.indptr[text + 1]; ++i) {
      Seen& row = rows[texts.rows[i]];
      row.n_texts += row.text != text;
      row.text = static_cast<int32_t>(text);
    }
  });
  for (const auto& rows : seen)
    for (int64_t row = 0; row < n_rows; ++row) counts[row] += rows[static_cast<size_t>(row)].n_texts;
  return done;
}

bool weigh_texts(const TextRows& texts, const RowWeighting& weighting, int n_threads, const KeepGoing& keep_going,
                 int64_t* indptr_out, int32_t* rows_out, float* values_out) {
  const Weigher weigher(texts, weighting);
  int64_t longest = 0;
  for (int64_t text = 0; text < texts.n_texts; ++text)
    longest = std::max(longest, texts.indptr[text + 1] - texts.indptr[text]);
  std::vector<std::unique_ptr<uint64_t[]>> keys(static_cast<size_t>(n_threads));
  for (auto& each : keys) each.reset(new uint64_t[static_cast<size_t>(longest)]);  // not written: no memory till used
  indptr_out[0] = 0;
  return for_each_text(texts.n_texts, n_threads, keep_going,
                       [&](int64_t text, int thread_id) {
                         const int64_t begin = texts.indptr[text];
                         indptr_out[text + 1] = weigher.weigh(text, keys[static_cast<size_t>(thread_id)].get(),
                                                              rows_out + begin, values_out + begin);
                       }) &&
         close_gaps(texts, keep_going, indptr_out, rows_out, values_out);
}

}  // namespace textspace
