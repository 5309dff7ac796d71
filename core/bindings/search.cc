#include <algorithm>
#include <vector>

#include "analogies.h"
#include "bindings.h"
#include "clustered_rows.h"
#include "isa.h"
#include "packed_rows.h"
#include "topk.h"

namespace textspace {
namespace {

template <typename T>
using MatrixOf3 = nb::ndarray<const T, nb::shape<-1, 3>, nb::c_contig, nb::device::cpu>;

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

void require_vectors(const Array2D<float>& vectors) {
  require_contiguous_rows(vectors, "`vectors` must have contiguous rows");
  require(vectors.shape(1) >= 1 && vectors.shape(1) <= 1'000'000, "`vectors` must have from 1 to 1,000,000 columns");
}

void make_packed_rows(PackedRows* self, Array2D<float> vectors, bool normalized, int n_threads) {
  require_vectors(vectors);
  const int threads = checked_threads(n_threads);
  nb::gil_scoped_release release;
  new (self) PackedRows(vectors.data(), vectors.stride(0), static_cast<int64_t>(vectors.shape(0)),
                        static_cast<int>(vectors.shape(1)), normalized, threads);
}

// Of both kinds of rows.
template <typename Rows>
void require_queries(const Rows& rows, const Array2D<float>& queries, const DenseMatrix<int32_t>& rows_out,
                     const DenseMatrix<float>& scores_out) {
  require_contiguous_rows(queries, "`queries` must have contiguous rows");
  require(static_cast<int64_t>(queries.shape(1)) == rows.dim(), "`queries` must be as wide as `vectors`");
  require(rows_out.shape(0) == queries.shape(0) && scores_out.shape(0) == queries.shape(0) &&
              scores_out.shape(1) == rows_out.shape(1) && static_cast<int64_t>(rows_out.shape(1)) <= rows.n_rows(),
          "`rows_out` and `scores_out` must be (queries, k), with k at most the number of rows");
}

void require_exclusions(const Array1D<int64_t>& indptr, const Array1D<int32_t>& excluded, int64_t n) {
  const int64_t n_excluded = static_cast<int64_t>(excluded.shape(0));
  require(static_cast<int64_t>(indptr.shape(0)) == n + 1, "`excluded_indptr` must have one entry more than `queries`");
  require(indptr.data()[0] == 0 && indptr.data()[n] == n_excluded,
          "`excluded_indptr` must run from 0 to the length of `excluded`");
  for (int64_t i = 0; i < n; ++i) {
    require(indptr.data()[i] <= indptr.data()[i + 1] && indptr.data()[i + 1] <= n_excluded,
            "`excluded_indptr` must not decrease");
    require(std::is_sorted(excluded.data() + indptr.data()[i], excluded.data() + indptr.data()[i + 1]),
            "`excluded` must ascend for each query");
  }
}

void top_k_of(const PackedRows& self, Array2D<float> queries, Array1D<int64_t> excluded_indptr,
              Array1D<int32_t> excluded, int n_threads, DenseMatrix<int32_t> rows_out,
              DenseMatrix<float> scores_out, bool ordered) {
  const int64_t n = static_cast<int64_t>(queries.shape(0)), k = static_cast<int64_t>(rows_out.shape(1));
  const int threads = checked_threads(n_threads);
  require_queries(self, queries, rows_out, scores_out);
  require_exclusions(excluded_indptr, excluded, n);
  const TopKQueries packed = {.queries = queries.data(),
                              .stride = queries.stride(0),
                              .n = n,
                              .excluded_indptr = excluded_indptr.data(),
                              .excluded = excluded.data(),
                              .ordered = ordered};
  interruptible([&] { return top_k(self, packed, k, threads, no_signal, rows_out.data(), scores_out.data()); });
}

void make_clustered_rows(ClusteredRows* self, Array2D<float> vectors, Array1D<int32_t> clusters, int64_t n_clusters,
                         int n_threads) {
  require_vectors(vectors);
  require(clusters.shape(0) == vectors.shape(0), "`clusters` must have an entry for each row of `vectors`");
  require(n_clusters >= 1 && n_clusters <= 1'000'000'000, "`n_clusters` must be from 1 to 1,000,000,000");
  const int threads = checked_threads(n_threads);
  const int64_t n_rows = static_cast<int64_t>(vectors.shape(0));
  for (int64_t row = 0; row < n_rows; ++row)
    require(clusters.data()[row] >= 0 && clusters.data()[row] < n_clusters, "`clusters` must be below `n_clusters`");
  nb::gil_scoped_release release;
  new (self) ClusteredRows(vectors.data(), vectors.stride(0), n_rows, static_cast<int>(vectors.shape(1)),
                           clusters.data(), n_clusters, threads);
}

// The same cluster twice would find its rows twice.
void require_probes(const DenseMatrix<const int32_t>& probes, int64_t n_clusters) {
  const int64_t n = static_cast<int64_t>(probes.shape(0)), n_probes = static_cast<int64_t>(probes.shape(1));
  std::vector<int64_t> last_query(n_clusters, -1);
  for (int64_t i = 0; i < n * n_probes; ++i) {
    const int32_t cluster = probes.data()[i];
    require(cluster >= 0 && cluster < n_clusters, "`probes` must hold numbers of clusters");
    require(last_query[cluster] != i / n_probes, "`probes` must not name a cluster twice for one query");
    last_query[cluster] = i / n_probes;
  }
}

void search_clusters(const ClusteredRows& self, Array2D<float> queries, DenseMatrix<const int32_t> probes,
                     int n_threads, DenseMatrix<int32_t> rows_out, DenseMatrix<float> scores_out) {
  const int64_t n = static_cast<int64_t>(queries.shape(0)), k = static_cast<int64_t>(rows_out.shape(1));
  const int threads = checked_threads(n_threads);
  require_queries(self, queries, rows_out, scores_out);
  require(static_cast<int64_t>(probes.shape(0)) == n, "`probes` must have a row for each query");
  require_probes(probes, self.n_clusters());
  const ProbingQueries probing = {.queries = queries.data(),
                                  .stride = queries.stride(0),
                                  .n = n,
                                  .probes = probes.data(),
                                  .n_probes = static_cast<int64_t>(probes.shape(1))};
  interruptible([&] { return self.search(probing, k, threads, no_signal, rows_out.data(), scores_out.data()); });
}

void answers_of(const PackedRows& self, MatrixOf3<int32_t> questions, bool by_product, int64_t n_answer_rows,
                int n_threads, MutableArray1D<int32_t> answers_out) {
  const int64_t n = static_cast<int64_t>(questions.shape(0));
  require(self.normalized(), "the rows must be normalized");
  require(n_answer_rows >= 0 && n_answer_rows <= self.n_rows(), "`n_answer_rows` must be at most the number of rows");
  const int threads = checked_threads(n_threads);
  require(static_cast<int64_t>(answers_out.shape(0)) == n, "`answers_out` must have an entry for each question");
  for (int64_t i = 0; i < 3 * n; ++i)
    require(questions.data()[i] >= 0 && questions.data()[i] < self.n_rows(), "`questions` must hold row numbers");
  const AnalogyOptions options = {.by_product = by_product, .n_answer_rows = n_answer_rows, .n_threads = threads};
  interruptible([&] { return answer_analogies(self, questions.data(), n, options, no_signal, answers_out.data()); });
}

}  // namespace

void bind_search(nb::module_& m) {
  nb::class_<PackedRows>(m, "PackedRows", "A copy of a matrix in the order in which scores are computed.")
      .def("__init__", make_packed_rows, nb::arg("vectors"), nb::kw_only(), nb::arg("normalized"), nb::arg("n_threads"))
      .def("top_k", top_k_of, nb::arg("queries"), nb::kw_only(), nb::arg("excluded_indptr"), nb::arg("excluded"),
           nb::arg("n_threads"), nb::arg("rows_out").noconvert(), nb::arg("scores_out").noconvert(),
           nb::arg("ordered") = true,
           "Write the rows of highest product with each query, best first or in any order; -1 where there are no more.")
      .def("answer_analogies", answers_of, nb::arg("questions"), nb::kw_only(), nb::arg("by_product"),
           nb::arg("n_answer_rows"), nb::arg("n_threads"), nb::arg("answers_out").noconvert(),
           "Write the row that is to c as b is to a, for each question (a, b, c); -1 where there is none.")
      .def_prop_ro("n_rows", &PackedRows::n_rows)
      .def_prop_ro("dim", &PackedRows::dim);
  nb::class_<ClusteredRows>(m, "ClusteredRows", "A copy of a matrix whose rows lie cluster by cluster.")
      .def("__init__", make_clustered_rows, nb::arg("vectors"), nb::kw_only(), nb::arg("clusters"),
           nb::arg("n_clusters"), nb::arg("n_threads"))
      .def("search", search_clusters, nb::arg("queries"), nb::kw_only(), nb::arg("probes"), nb::arg("n_threads"),
           nb::arg("rows_out").noconvert(), nb::arg("scores_out").noconvert(),
           "Write the rows of highest product with each query among those of its clusters, best first; -1 for no row.")
      .def_prop_ro("n_rows", &ClusteredRows::n_rows)
      .def_prop_ro("n_clusters", &ClusteredRows::n_clusters)
      .def_prop_ro("dim", &ClusteredRows::dim);
  m.def("mean_rows", mean_rows, nb::arg("matrix"), nb::arg("indptr"), nb::arg("rows"), nb::arg("out").noconvert(),
        "Write the mean of the rows of each CSR list into `out`; an empty list gives zeros.");
}

}  // namespace textspace
