// Exact nearest rows by inner product.
#pragma once

#include <cstdint>

#include "packed_rows.h"
#include "threads.h"

namespace textspace {

struct TopKQueries {
  const float* queries;  // (n, rows.dim()), `stride` floats a row
  int64_t stride, n;
  const int64_t* excluded_indptr;  // (n + 1,): rows that must not be found, ascending for each query
  const int32_t* excluded;
  bool ordered = true;  // otherwise what is found may come in any order
};

// Writes the k rows of highest inner product (cosine, for normalized rows) for each query into rows_out and scores_out,
// both (n, k), best first, equal scores by ascending row. Rows that are zero come last, with a score of 0, where rows
// are normalized. Places for which there is no row hold -1 and -infinity. The result does not depend on n_threads.
// Throws std::invalid_argument when a query is not finite, or when products could overflow. Writes nothing and returns
// false when keep_going stopped it.
bool top_k(const PackedRows& rows, const TopKQueries& queries, int64_t k, int n_threads, const KeepGoing& keep_going,
           int32_t* rows_out, float* scores_out);

}  // namespace textspace
