#include "selections.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

namespace textspace {
namespace {

// Without a branch on the outcome, which nobody can predict.
bool is_better(const ScoredRow& x, const ScoredRow& y) {
  return (x.score > y.score) | ((x.score == y.score) & (x.row < y.row));
}

// Puts those better than the last candidate before it, and returns where it stands then.
ScoredRow* partition(ScoredRow* begin, ScoredRow* end) {
  const ScoredRow pivot = end[-1];
  ScoredRow* place = begin;
  for (ScoredRow* next = begin; next < end - 1; ++next) {
    uint64_t candidate, other;  // whole: two halves that are written and then read as one make the processor wait
    std::memcpy(&candidate, next, sizeof candidate);
    std::memcpy(&other, place, sizeof other);
    std::memcpy(next, &other, sizeof other);
    std::memcpy(place, &candidate, sizeof candidate);
    place += is_better(std::bit_cast<ScoredRow>(candidate), pivot);
  }
  std::swap(*place, end[-1]);
  return place;
}

void median_to_last(ScoredRow* begin, ScoredRow* end) {
  ScoredRow &first = *begin, &middle = begin[(end - begin) / 2], &last = end[-1];
  if (is_better(first, middle)) std::swap(first, middle);
  if (is_better(last, middle)) std::swap(middle, last);
  else if (is_better(first, last)) std::swap(first, last);
}

// As std::nth_element: quickselect, until it is unlucky.
void select_best(ScoredRow* begin, ScoredRow* nth, ScoredRow* end) {
  for (int left = 4 * std::bit_width(static_cast<uint64_t>(end - begin)); end - begin > 1; --left) {
    if (left == 0) return std::nth_element(begin, nth, end, Better{});
    median_to_last(begin, end);
    ScoredRow* place = partition(begin, end);
    if (place == nth) return;
    (place < nth ? begin : end) = place < nth ? place + 1 : place;
  }
}

}  // namespace

void drop_losers(Selection& selection) {
  ScoredRow* begin = selection.candidates;
  ScoredRow* end = begin + selection.size;
  const int32_t *excluded = selection.excluded, *excluded_end = excluded + selection.n_excluded;
  if (selection.n_excluded > 0)
    end = std::remove_if(begin, end, [&](const ScoredRow& candidate) {
      return std::binary_search(excluded, excluded_end, candidate.row);
    });
  if (end - begin >= selection.k) {
    select_best(begin, begin + (selection.k - 1), end);
    end = begin + selection.k;
    selection.threshold = selection.any_order ? std::nextafter(end[-1].score, kNoScore) : end[-1].score;
  }
  selection.size = end - begin;
}

}  // namespace textspace
