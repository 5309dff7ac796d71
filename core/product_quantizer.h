// Product quantization: the rows of a matrix are cut into parts, and each part is replaced by the number of one of 256
// centroids, found by k-means (Jegou et al. 2011; Joulin et al. 2016, "FastText.zip").
#pragma once

#include <cstdint>

#include "threads.h"

namespace textspace {

constexpr int kCentroids = 256;

struct QuantizedMatrix {
  const float* rows;  // at any address, not even a multiple of 4
  int64_t stride;     // floats from one row to the next
  int64_t n_rows;
  int dim;
  int part_dim;        // components of a part; the last one may have fewer
  const float* norms;  // each row is divided by its own, where that is not 0; nullptr: by none

  int n_parts() const { return (dim + part_dim - 1) / part_dim; }
};

// centroids[256 * dim]: those of the first part, one after the other, then those of the second, and so on. Each part is
// trained on at most 65,536 rows drawn at random, 25 rounds. Returns false when `keep_going` stopped it.
bool train_centroids(const QuantizedMatrix& matrix, uint64_t seed, int n_threads, const KeepGoing& keep_going,
                     float* centroids);

// codes[n_rows * n_parts], row by row: the nearest centroid of each part.
bool encode_rows(const QuantizedMatrix& matrix, const float* centroids, int n_threads, const KeepGoing& keep_going,
                 uint8_t* codes);

}  // namespace textspace
