#include "bindings.h"
#include "isa.h"

namespace textspace {
namespace {

void mean_rows(Array2D<float> matrix, Array1D<int64_t> indptr, Array1D<int32_t> rows, MutableArray2D<float> out) {
  require_contiguous_rows(matrix, "`matrix` must have contiguous rows");
  require_contiguous_rows(out, "`out` must have contiguous rows");
  require(indptr.shape(0) == out.shape(0) + 1, "`indptr` must have one entry more than `out` has rows");
  require(out.shape(1) == matrix.shape(1), "`out` must be as wide as `matrix`");
  const int64_t n = static_cast<int64_t>(out.shape(0));
  const int64_t n_rows = static_cast<int64_t>(matrix.shape(0)), n_ids = static_cast<int64_t>(rows.shape(0));
  require(indptr.data()[0] == 0 && indptr.data()[n] == n_ids, "`indptr` must run from 0 to the length of `rows`");
  for (int64_t i = 0; i < n; ++i) require(indptr.data()[i] <= indptr.data()[i + 1], "`indptr` must not decrease");
  for (int64_t i = 0; i < n_ids; ++i)
    require(rows.data()[i] >= -1 && rows.data()[i] < n_rows, "`rows` must hold row numbers of `matrix`, or -1");
  nb::gil_scoped_release release;
  kernels().mean_rows(matrix.data(), matrix.stride(0), static_cast<int>(matrix.shape(1)), indptr.data(), rows.data(), n,
                      out.data(), out.stride(0));
}

}  // namespace

void bind_search(nb::module_& m) {
  m.def("mean_rows", mean_rows, nb::arg("matrix"), nb::arg("indptr"), nb::arg("rows"), nb::arg("out").noconvert(),
        "Write the mean of the rows of each CSR list into `out`; an empty list gives zeros.");
}

}  // namespace textspace
