#include <chrono>
#include <functional>
#include <utility>

#include "bindings.h"
#include "one_vs_rest.h"
#include "weighted_texts.h"

namespace textspace {
namespace {

void require_lists(const Array1D<int64_t>& indptr, const Array1D<int32_t>& ids, int64_t n_ids) {
  require_indptr(indptr, length(ids), "`indptr` must ascend from 0 to the number of ids");
  require_range(ids, 0, n_ids, "ids must be at least 0 and less than their number");
}

SparseRows sparse_rows(const Array1D<int64_t>& indptr, const Array1D<int32_t>& columns, const Array1D<float>& values,
                       int64_t n_columns) {
  require(n_columns >= 0 && n_columns < (int64_t{1} << 31), "there must be fewer than 2**31 columns");
  require(columns.shape(0) == values.shape(0), "there must be as many values as ids");
  require_lists(indptr, columns, n_columns);
  return {indptr.data(), columns.data(), values.data(), static_cast<int64_t>(indptr.shape(0)) - 1,
          static_cast<int32_t>(n_columns)};
}

TextRows text_rows(const Array1D<int64_t>& indptr, const Array1D<int32_t>& rows, int64_t n_rows) {
  require_lists(indptr, rows, n_rows);
  const auto n_texts = static_cast<int64_t>(indptr.shape(0)) - 1;
  require(n_texts < (int64_t{1} << 31), "there must be fewer than 2**31 texts");
  return {indptr.data(), rows.data(), n_texts};
}

void count(Array1D<int64_t> indptr, Array1D<int32_t> rows, MutableArray1D<int64_t> counts_out, int n_threads) {
  const auto n_rows = static_cast<int64_t>(counts_out.shape(0));
  const TextRows texts = text_rows(indptr, rows, n_rows);
  interruptible([&] { return count_texts(texts, n_rows, checked_threads(n_threads), no_signal, counts_out.data()); });
}

void weigh(Array1D<int64_t> indptr, Array1D<int32_t> rows, Array1D<float> row_weights, int64_t n_words, double lead,
           MutableArray1D<int64_t> indptr_out, MutableArray1D<int32_t> rows_out, MutableArray1D<float> values_out,
           int n_threads) {
  const TextRows texts = text_rows(indptr, rows, static_cast<int64_t>(row_weights.shape(0)));
  require(indptr_out.shape(0) == indptr.shape(0), "`indptr_out` must be as long as `indptr`");
  require(rows_out.shape(0) == rows.shape(0) && values_out.shape(0) == rows.shape(0),
          "`rows_out` and `values_out` must be as long as `rows`");
  const RowWeighting weighting = {row_weights.data(), n_words, lead};
  interruptible([&] {
    return weigh_texts(texts, weighting, checked_threads(n_threads), no_signal, indptr_out.data(), rows_out.data(),
                       values_out.data());
  });
}

// Calls a Python function with the share that is done, some times a second. False where it, or a signal, has raised.
class Reporter {
 public:
  explicit Reporter(nb::callable report) : report_(std::move(report)) {}

  bool operator()(double done) {
    nb::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) return false;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return true;
    next_ = now + std::chrono::milliseconds(100);
    try {
      report_(done);
    } catch (nb::python_error& error) {
      error.restore();
      return false;
    }
    return true;
  }

 private:
  const nb::callable report_;
  std::chrono::steady_clock::time_point next_;
};

nb::tuple train(Array1D<int64_t> indptr, Array1D<int32_t> rows, Array1D<float> values, Array1D<int64_t> tag_indptr,
                Array1D<int32_t> tag_texts, int64_t n_rows, float cost, float tolerance, float margin_tolerance,
                float smallest_weight, int passes, int n_threads, nb::callable progress) {
  const SparseRows texts = sparse_rows(indptr, rows, values, n_rows);
  require(texts.n_rows < (int64_t{1} << 31), "there must be fewer than 2**31 texts");
  require_lists(tag_indptr, tag_texts, texts.n_rows);
  require(cost > 0 && tolerance > 0 && passes >= 1, "the options must be positive");
  const TextsOfTags tags = {tag_indptr.data(), tag_texts.data(), static_cast<int64_t>(tag_indptr.shape(0)) - 1};
  const OneVsRestOptions options = {.cost = cost,
                                    .tolerance = tolerance,
                                    .margin_tolerance = margin_tolerance,
                                    .smallest_weight = smallest_weight,
                                    .passes = passes,
                                    .n_threads = checked_threads(n_threads)};
  ColumnWeights out;
  Reporter reporter(std::move(progress));
  interruptible([&] { return train_one_vs_rest(texts, tags, options, std::ref(reporter), out); });
  return nb::make_tuple(to_numpy(std::move(out.indptr)), to_numpy(std::move(out.tags)),
                        to_numpy(std::move(out.values)));
}

void add_scores(Array1D<int64_t> indptr, Array1D<int32_t> rows, Array1D<float> values, Array1D<int64_t> weight_indptr,
                Array1D<int32_t> weight_tags, Array1D<float> weights, DenseMatrix<float> scores, int n_threads) {
  const int64_t n_rows = static_cast<int64_t>(weight_indptr.shape(0)) - 1;
  const SparseRows texts = sparse_rows(indptr, rows, values, n_rows);
  require(static_cast<int64_t>(scores.shape(0)) == texts.n_rows, "`scores` must have a row for each text");
  const SparseRows table = sparse_rows(weight_indptr, weight_tags, weights, static_cast<int64_t>(scores.shape(1)));
  interruptible([&] {
    return add_linear_scores(texts, table, scores.data(), scores.stride(0), checked_threads(n_threads), no_signal);
  });
}

void best(DenseMatrix<float> scores, DenseMatrix<int32_t> columns_out, DenseMatrix<float> scores_out,
          int n_threads) {
  const int64_t n = static_cast<int64_t>(scores.shape(0)), k = static_cast<int64_t>(columns_out.shape(1));
  require(scores_out.shape(0) == scores.shape(0) && columns_out.shape(0) == scores.shape(0) &&
              static_cast<int64_t>(scores_out.shape(1)) == k && k <= static_cast<int64_t>(scores.shape(1)),
          "`columns_out` and `scores_out` must be (rows, k), with k at most the number of columns");
  interruptible([&] {
    return best_columns(scores.data(), scores.stride(0), n, static_cast<int64_t>(scores.shape(1)), k,
                        checked_threads(n_threads), no_signal, columns_out.data(), scores_out.data());
  });
}

}  // namespace

void bind_tags(nb::module_& m) {
  m.def("count_texts", count, nb::arg("indptr"), nb::arg("rows"), nb::kw_only(), nb::arg("counts_out").noconvert(),
        nb::arg("n_threads"), "Write how many texts have each row.");
  m.def("weigh_texts", weigh, nb::arg("indptr"), nb::arg("rows"), nb::arg("row_weights"), nb::kw_only(),
        nb::arg("n_words"), nb::arg("lead"), nb::arg("indptr_out").noconvert(), nb::arg("rows_out").noconvert(),
        nb::arg("values_out").noconvert(), nb::arg("n_threads"),
        "Write texts as vectors of norm 1, their rows ascending; what is behind the last is left as it was.");
  m.def("train_one_vs_rest", train, nb::arg("indptr"), nb::arg("rows"), nb::arg("values"), nb::arg("tag_indptr"),
        nb::arg("tag_texts"), nb::kw_only(), nb::arg("n_rows"), nb::arg("cost"), nb::arg("tolerance"),
        nb::arg("margin_tolerance"), nb::arg("smallest_weight"), nb::arg("passes"), nb::arg("n_threads"),
        nb::arg("progress"),
        "Train a linear model a tag; return (indptr, tag_ids, weights), a list for each row. `progress` is called with "
        "the share that is done.");
  m.def("add_linear_scores", add_scores, nb::arg("indptr"), nb::arg("rows"), nb::arg("values"),
        nb::arg("weight_indptr"), nb::arg("weight_tags"), nb::arg("weights"), nb::arg("scores").noconvert(),
        nb::kw_only(), nb::arg("n_threads"), "Add to `scores` the product of texts and weights.");
  m.def("best_columns", best, nb::arg("scores").noconvert(), nb::kw_only(), nb::arg("columns_out").noconvert(),
        nb::arg("scores_out").noconvert(), nb::arg("n_threads"),
        "Write the highest scores of each row, best first, of equal ones the lower column.");
}

}  // namespace textspace
