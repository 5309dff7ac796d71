#include "product_quantizer.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "isa.h"
#include "rng.h"

namespace textspace {
namespace {

constexpr int64_t kMaxTrainingRows = 65'536;
constexpr int kRounds = 25;
constexpr int64_t kRowsPerTask = 4096;
constexpr int64_t kPadding = 64;  // the kernel takes points by so many
constexpr float kSplit = 1e-7f;

int64_t padded(int64_t n) { return (n + kPadding - 1) / kPadding * kPadding; }

float load(const char* address) {
  float value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

// One part of a matrix.
struct Part {
  const QuantizedMatrix& matrix;
  int begin;
  int dim;

  Part(const QuantizedMatrix& whole, int part)
      : matrix(whole), begin(part * whole.part_dim), dim(std::min(whole.part_dim, whole.dim - begin)) {}

  int64_t first_centroid() const { return int64_t{kCentroids} * begin; }

  // Writes the part of a row as column i of `columns`, which are n long.
  void copy(int64_t row, int64_t i, int64_t n, float* columns) const {
    const float norm = matrix.norms && matrix.norms[row] != 0 ? matrix.norms[row] : 1.0f;
    constexpr int64_t kBytes = sizeof(float);
    const char* source = reinterpret_cast<const char*>(matrix.rows) + (row * matrix.stride + begin) * kBytes;
    for (int j = 0; j < dim; ++j) columns[j * n + i] = load(source + j * kBytes) / norm;
  }
};

// Different rows, drawn at random: all where there are no more than n.
std::vector<int64_t> draw_rows(int64_t n_rows, int64_t n, Rng& rng) {
  std::vector<int64_t> drawn;
  drawn.reserve(static_cast<size_t>(n));
  for (int64_t row = 0; row < n_rows; ++row) {  // Knuth's selection sampling: each row with the chance that is left
    const int64_t needed = n - static_cast<int64_t>(drawn.size());
    if (rng.unit() * static_cast<double>(n_rows - row) < static_cast<double>(needed)) drawn.push_back(row);
    if (needed == 0) break;
  }
  return drawn;
}

// k-means over the points of one part.
class Clusters {
 public:
  Clusters(const Part& part, Rng& rng, float* centroids)
      : rng_(rng), dim_(part.dim), centroids_(centroids) {
    const std::vector<int64_t> rows =
        draw_rows(part.matrix.n_rows, std::min(part.matrix.n_rows, kMaxTrainingRows), rng);
    n_ = static_cast<int64_t>(rows.size());
    n_padded_ = padded(n_);
    points_.assign(static_cast<size_t>(n_padded_ * dim_), 0.0f);
    codes_.resize(static_cast<size_t>(n_padded_));
    for (int64_t i = 0; i < n_; ++i) part.copy(rows[static_cast<size_t>(i)], i, n_padded_, points_.data());
    start();
  }

  void assign() { kernels().nearest_centroids(points_.data(), n_padded_, dim_, centroids_, codes_.data()); }

  void move() {
    std::vector<double> sums(static_cast<size_t>(kCentroids * dim_), 0.0);
    std::vector<int64_t> sizes(kCentroids, 0);
    for (int64_t i = 0; i < n_; ++i) {
      ++sizes[codes_[static_cast<size_t>(i)]];
      double* sum = sums.data() + codes_[static_cast<size_t>(i)] * dim_;
      for (int j = 0; j < dim_; ++j) sum[j] += points_[static_cast<size_t>(j * n_padded_ + i)];
    }
    for (int c = 0; c < kCentroids; ++c)
      for (int j = 0; j < dim_ && sizes[static_cast<size_t>(c)] > 0; ++j)
        centroids_[c * dim_ + j] = static_cast<float>(sums[static_cast<size_t>(c * dim_ + j)] /
                                                      static_cast<double>(sizes[static_cast<size_t>(c)]));
    for (int c = 0; c < kCentroids; ++c)
      if (sizes[static_cast<size_t>(c)] == 0) split(c, sizes);
  }

  bool enough() const { return n_ > kCentroids; }

 private:
  // From different points; where there are fewer than centroids, they are the points, and zeros.
  void start() {
    std::vector<int64_t> chosen(static_cast<size_t>(n_));
    std::iota(chosen.begin(), chosen.end(), int64_t{0});
    for (int64_t c = 0; c < kCentroids; ++c) {
      if (c < n_)
        std::swap(chosen[static_cast<size_t>(c)],
                  chosen[static_cast<size_t>(c + rng_.below(static_cast<uint32_t>(n_ - c)))]);
      for (int j = 0; j < dim_; ++j)
        centroids_[c * dim_ + j] =
            c < n_ ? points_[static_cast<size_t>(j * n_padded_ + chosen[static_cast<size_t>(c)])] : 0.0f;
    }
  }

  // An empty cluster takes half of a larger one, drawn by its size: both start beside its centroid.
  void split(int empty, std::vector<int64_t>& sizes) {
    size_t larger = 0;
    for (int64_t left = rng_.below(static_cast<uint32_t>(n_)); left >= sizes[larger]; ++larger) left -= sizes[larger];
    while (sizes[larger] < 2) larger = (larger + 1) % kCentroids;
    float* one = centroids_ + empty * dim_;
    float* other = centroids_ + static_cast<int64_t>(larger) * dim_;
    for (int j = 0; j < dim_; ++j) {
      const float step = j % 2 ? kSplit : -kSplit;
      one[j] = other[j] + step;
      other[j] -= step;
    }
    sizes[static_cast<size_t>(empty)] = sizes[larger] / 2;
    sizes[larger] -= sizes[larger] / 2;
  }

  Rng& rng_;
  int dim_;
  float* centroids_;
  int64_t n_ = 0, n_padded_ = 0;
  std::vector<float> points_;  // columns
  std::vector<uint8_t> codes_;
};

}  // namespace

bool train_centroids(const QuantizedMatrix& matrix, uint64_t seed, int n_threads, const KeepGoing& keep_going,
                     float* centroids) {
  return for_each_task(matrix.n_parts(), n_threads, keep_going, [&](int64_t task, int) {
    const Part part(matrix, static_cast<int>(task));
    Rng rng(seed, static_cast<uint64_t>(task));
    Clusters clusters(part, rng, centroids + part.first_centroid());
    for (int round = 0; round < kRounds && clusters.enough(); ++round) {
      clusters.assign();
      clusters.move();
    }
  });
}

bool encode_rows(const QuantizedMatrix& matrix, const float* centroids, int n_threads, const KeepGoing& keep_going,
                 uint8_t* codes) {
  const int64_t n_tasks = (matrix.n_rows + kRowsPerTask - 1) / kRowsPerTask;
  const int n_parts = matrix.n_parts();
  return for_each_task(n_tasks, n_threads, keep_going, [&](int64_t task, int) {
    const int64_t begin = task * kRowsPerTask, n = std::min(kRowsPerTask, matrix.n_rows - begin), n_padded = padded(n);
    std::vector<float> points(static_cast<size_t>(n_padded * std::min(matrix.part_dim, matrix.dim)), 0.0f);
    std::vector<uint8_t> found(static_cast<size_t>(n_padded));
    for (int p = 0; p < n_parts; ++p) {
      const Part part(matrix, p);
      for (int64_t i = 0; i < n; ++i) part.copy(begin + i, i, n_padded, points.data());
      kernels().nearest_centroids(points.data(), n_padded, part.dim, centroids + part.first_centroid(), found.data());
      for (int64_t i = 0; i < n; ++i) codes[(begin + i) * n_parts + p] = found[static_cast<size_t>(i)];
    }
  });
}

}  // namespace textspace
