// The nearest of 256 centroids to each point. Included by kernels.cc alone.
#pragma once

#include "simd.h"

namespace textspace::TEXTSPACE_ISA {

// So many vectors of points at once: each waits for its own comparisons.
constexpr int kPointVectors = 4;

// kDim is `dim` where the compiler is to know it, else 0.
template <int kDim>
inline void nearest_centroids_to(const float* points, int64_t n, int dim, const float* centroids, IntVec* nearest) {
  if constexpr (kDim > 0) dim = kDim;
  Vec best[kPointVectors];
  for (int v = 0; v < kPointVectors; ++v) best[v] = broadcast(__builtin_inff()), nearest[v] = IntVec{};
  for (int c = 0; c < 256; ++c) {
    Vec distance[kPointVectors] = {};
    for (int j = 0; j < dim; ++j) {
      const Vec coordinate = broadcast(centroids[c * dim + j]);
      for (int v = 0; v < kPointVectors; ++v) {
        const Vec difference = load_unaligned(points + j * n + v * kLanes) - coordinate;
        distance[v] += difference * difference;
      }
    }
    for (int v = 0; v < kPointVectors; ++v) {
      const IntVec is_nearer = distance[v] < best[v];
      best[v] = is_nearer ? distance[v] : best[v];
      nearest[v] = is_nearer ? IntVec{} + c : nearest[v];
    }
  }
}

// Points are columns: component j of point i is points[j * n + i]; n is a multiple of 64. Centroid c is
// centroids[c * dim .. (c + 1) * dim). By the square of the distance, summed from the differences: the norms that are
// quantized differ too little for the shorter form |c|^2 - 2 x.c. Of equal distances the first counts.
inline void nearest_centroids(const float* points, int64_t n, int dim, const float* centroids, uint8_t* codes) {
  for (int64_t i = 0; i < n; i += kPointVectors * kLanes) {
    IntVec nearest[kPointVectors];
    if (dim == 1)
      nearest_centroids_to<1>(points + i, n, dim, centroids, nearest);
    else if (dim == 2)
      nearest_centroids_to<2>(points + i, n, dim, centroids, nearest);
    else if (dim == 4)
      nearest_centroids_to<4>(points + i, n, dim, centroids, nearest);
    else
      nearest_centroids_to<0>(points + i, n, dim, centroids, nearest);
    for (int v = 0; v < kPointVectors; ++v)
      for (int lane = 0; lane < kLanes; ++lane) codes[i + v * kLanes + lane] = static_cast<uint8_t>(nearest[v][lane]);
  }
}

}  // namespace textspace::TEXTSPACE_ISA
