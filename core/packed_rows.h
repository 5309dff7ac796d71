// A matrix in the order in which the score kernels read it.
#pragma once

#include <cstdint>
#include <vector>

#include "aligned_floats.h"
#include "selection.h"

namespace textspace {

// Panels of kPanelRows rows; in a panel, the values of its rows for dimension 0, then for dimension 1, and so on.
// Rows are normalized or taken as they are. The panels are filled up with rows of NaN, and NaN stands for rows that
// cannot be normalized, because they are zero: no comparison with such a score is true.
class PackedRows {
 public:
  // Throws std::invalid_argument when a value is not finite, std::bad_alloc. `stride` is in floats. With an `order`,
  // of n_rows entries, packed row i is row order[i] of the matrix; where that is -1 it is one of NaN (rows that are
  // normalized take no order).
  PackedRows(const float* matrix, int64_t stride, int64_t n_rows, int dim, bool normalized, int n_threads,
             const int32_t* order = nullptr);

  int64_t n_rows() const { return n_rows_; }
  int64_t n_padded_rows() const { return n_padded_rows_; }
  int dim() const { return dim_; }
  bool normalized() const { return normalized_; }
  const float* data() const { return panels_.get(); }
  const std::vector<int32_t>& zero_rows() const { return zero_rows_; }  // ascending; empty unless normalized
  double largest_norm() const { return largest_norm_; }                 // of the rows as they were given

  // out[d * step] = value d of the packed row.
  void copy_row(int64_t row, float* out, int64_t step) const;

 private:
  int64_t n_rows_, n_padded_rows_;
  int dim_;
  bool normalized_;
  double largest_norm_ = 0;
  AlignedFloats panels_;
  std::vector<int32_t> zero_rows_;
};

// Length of a row; NaN or infinity exactly when a value of the row is.
double row_norm(const float* row, int dim);

// Throws std::invalid_argument when a query is not finite, or its product with a row may overflow.
void check_queries(const PackedRows& rows, const float* queries, int64_t stride, int64_t n);

// Queries for these rows, checked, normalized when the rows are, as tiles of kQueryTile, dimension by dimension, filled
// up with zeros.
AlignedFloats pack_queries(const PackedRows& rows, const float* queries, int64_t stride, int64_t n);

inline int64_t n_query_tiles(int64_t n) { return (n + kQueryTile - 1) / kQueryTile; }

}  // namespace textspace
