#include "bindings.h"
#include "product_quantizer.h"

namespace textspace {
namespace {

using Norms = std::optional<Array1D<float>>;

QuantizedMatrix checked(const Array2D<float>& matrix, const Norms& norms, int sub_dim) {
  require_contiguous_rows(matrix, "`matrix` must have contiguous rows");
  require(matrix.shape(0) >= 1 && matrix.shape(1) >= 1 && matrix.shape(1) <= 1'000'000,
          "`matrix` must have rows, and from 1 to 1,000,000 columns");
  require(sub_dim >= 1 && sub_dim <= 1'000'000, "`sub_dim` must be from 1 to 1,000,000");
  require(!norms || norms->shape(0) == matrix.shape(0), "`norms` must have an entry for each row of `matrix`");
  return {.rows = matrix.data(),
          .stride = matrix.stride(0),
          .n_rows = static_cast<int64_t>(matrix.shape(0)),
          .dim = static_cast<int>(matrix.shape(1)),
          .part_dim = sub_dim,
          .norms = norms ? norms->data() : nullptr};
}

void require_centroids(size_t n, const QuantizedMatrix& matrix) {
  require(n == static_cast<size_t>(kCentroids) * static_cast<size_t>(matrix.dim),
          "the centroids must be 256 for each column of `matrix`");
}

void train(Array2D<float> matrix, Norms norms, int sub_dim, uint64_t seed, int n_threads, MutableArray1D<float> out) {
  const QuantizedMatrix given = checked(matrix, norms, sub_dim);
  require_centroids(out.shape(0), given);
  const int threads = checked_threads(n_threads);
  interruptible([&] { return train_centroids(given, seed, threads, no_signal, out.data()); });
}

void encode(Array2D<float> matrix, Norms norms, Array1D<float> centroids, int sub_dim, int n_threads,
            DenseMatrix<uint8_t> out) {
  const QuantizedMatrix given = checked(matrix, norms, sub_dim);
  require_centroids(centroids.shape(0), given);
  require(static_cast<int64_t>(out.shape(0)) == given.n_rows && static_cast<int>(out.shape(1)) == given.n_parts(),
          "`out` must have a row for each row of `matrix` and a column for each of its parts");
  const int threads = checked_threads(n_threads);
  interruptible([&] { return encode_rows(given, centroids.data(), threads, no_signal, out.data()); });
}

}  // namespace

void bind_quantization(nb::module_& m) {
  m.def("train_centroids", train, nb::arg("matrix"), nb::arg("norms").none(), nb::kw_only(), nb::arg("sub_dim"),
        nb::arg("seed"), nb::arg("n_threads"), nb::arg("out").noconvert(),
        "Write 256 centroids of each part of the rows, found by k-means, into `out`; see core/product_quantizer.h.");
  m.def("encode_rows", encode, nb::arg("matrix"), nb::arg("norms").none(), nb::arg("centroids"), nb::kw_only(),
        nb::arg("sub_dim"), nb::arg("n_threads"), nb::arg("out").noconvert(),
        "Write the number of the nearest centroid of each part of each row into `out`.");
}

}  // namespace textspace
