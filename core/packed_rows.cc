#include "packed_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>

#include "threads.h"

namespace textspace {
namespace {

constexpr int64_t kRowsPerTask = 64 * kRowGroup;

[[noreturn]] void reject_value(const char* name, int64_t row) {
  throw std::invalid_argument(std::string("`") + name + "` must be finite, got a NaN or an infinity in row " +
                              std::to_string(row) + "; repair or leave out such rows first");
}

// Rows of a memory-mapped fastText file lie at any address.
double value_at(const float* row, int64_t d) {
  float value;
  std::memcpy(&value, reinterpret_cast<const uint8_t*>(row) + d * sizeof value, sizeof value);
  return value;
}

void pack_row(const float* row, int dim, double scale, float* out, int64_t step) {
  for (int64_t d = 0; d < dim; ++d) out[d * step] = static_cast<float>(value_at(row, d) * scale);
}

double checked_norm(const PackedRows& rows, const float* query, int64_t query_number) {
  const double norm = row_norm(query, rows.dim());
  if (!std::isfinite(norm)) reject_value("queries", query_number);
  if (!rows.normalized() && norm * rows.largest_norm() > std::numeric_limits<float>::max() / 2)
    throw std::invalid_argument("`queries` must have products with `vectors` that a float32 holds; scale them down");
  return norm;
}

int64_t checked_size(int64_t n_rows, int dim) {
  if (n_rows > std::numeric_limits<int32_t>::max() - kRowGroup)
    throw std::invalid_argument("`vectors` must have fewer than 2**31 - 64 rows, got " + std::to_string(n_rows));
  return (n_rows + kRowGroup - 1) / kRowGroup * kRowGroup * dim;
}

}  // namespace

double row_norm(const float* row, int dim) {
  double sums[4] = {};
  int d = 0;
  for (; d + 4 <= dim; d += 4)
    for (int j = 0; j < 4; ++j) sums[j] += value_at(row, d + j) * value_at(row, d + j);
  for (; d < dim; ++d) sums[0] += value_at(row, d) * value_at(row, d);
  return std::sqrt(sums[0] + sums[1] + sums[2] + sums[3]);
}

PackedRows::PackedRows(const float* matrix, int64_t stride, int64_t n_rows, int dim, bool normalized, int n_threads,
                       const int32_t* order)
    : n_rows_(n_rows),
      n_padded_rows_((n_rows + kRowGroup - 1) / kRowGroup * kRowGroup),
      dim_(dim),
      normalized_(normalized),
      panels_(aligned_floats(checked_size(n_rows, dim))) {
  std::vector<double> norms(n_rows);
  const int64_t n_tasks = (n_padded_rows_ + kRowsPerTask - 1) / kRowsPerTask;
  for_each_task(n_tasks, n_threads, [] { return true; }, [&](int64_t task, int) {
    const int64_t last = std::min(n_padded_rows_, (task + 1) * kRowsPerTask);
    for (int64_t row = task * kRowsPerTask; row < last; ++row) {
      float* out = panels_.get() + row / kPanelRows * kPanelRows * dim + row % kPanelRows;
      const int64_t source = row >= n_rows ? -1 : order == nullptr ? row : order[row];
      if (source >= 0) norms[row] = row_norm(matrix + source * stride, dim);
      if (source < 0 || (normalized && norms[row] == 0))
        for (int64_t d = 0; d < dim; ++d) out[d * kPanelRows] = std::numeric_limits<float>::quiet_NaN();
      else
        pack_row(matrix + source * stride, dim, normalized ? 1 / norms[row] : 1, out, kPanelRows);
    }
  });
  for (int64_t row = 0; row < n_rows; ++row) {
    if (!std::isfinite(norms[row])) reject_value("vectors", order == nullptr ? row : order[row]);
    if (normalized && norms[row] == 0) zero_rows_.push_back(static_cast<int32_t>(row));
    largest_norm_ = std::max(largest_norm_, norms[row]);
  }
}

void PackedRows::copy_row(int64_t row, float* out, int64_t step) const {
  const float* values = data() + row / kPanelRows * kPanelRows * dim_ + row % kPanelRows;
  for (int64_t d = 0; d < dim_; ++d) out[d * step] = values[d * kPanelRows];
}

void check_queries(const PackedRows& rows, const float* queries, int64_t stride, int64_t n) {
  for (int64_t i = 0; i < n; ++i) checked_norm(rows, queries + i * stride, i);
}

AlignedFloats pack_queries(const PackedRows& rows, const float* queries, int64_t stride, int64_t n) {
  const int64_t tile = static_cast<int64_t>(kQueryTile) * rows.dim();
  AlignedFloats packed = aligned_floats(n_query_tiles(n) * tile);
  if (n % kQueryTile != 0) std::fill_n(packed.get() + n / kQueryTile * tile, tile, 0.0f);
  for (int64_t i = 0; i < n; ++i) {
    const float* query = queries + i * stride;
    const double norm = checked_norm(rows, query, i);
    const double scale = rows.normalized() && norm > 0 ? 1 / norm : 1;
    pack_row(query, rows.dim(), scale, packed.get() + i / kQueryTile * tile + i % kQueryTile, kQueryTile);
  }
  return packed;
}

}  // namespace textspace
