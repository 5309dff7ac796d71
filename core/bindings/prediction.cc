#include <algorithm>
#include <numeric>
#include <optional>

#include "bindings.h"
#include "linear_classifier.h"
#include "texts.h"

namespace textspace {
namespace {

constexpr int64_t kMaxDim = 1'000'000;

// Keeps the arrays, which may be memory-mapped.
class Features {
 public:
  Features(Array1D<uint8_t> blob, Array1D<int64_t> offsets, int min_n, int max_n, int word_ngrams, int64_t n_buckets,
           nb::bytes label_prefix, std::optional<Array1D<int32_t>> buckets,
           std::optional<Array1D<int32_t>> bucket_rows, bool skip_missing)
      : blob_(std::move(blob)),
        offsets_(std::move(offsets)),
        buckets_(std::move(buckets)),
        bucket_rows_(std::move(bucket_rows)) {
    require(offsets_.shape(0) >= 1, "`offsets` must have one entry more than there are words");
    require(min_n >= 0 && max_n >= 0 && word_ngrams >= 1, "`min_n`, `max_n` must be >= 0 and `word_ngrams` >= 1");
    require(word_ngrams <= 1000 && max_n <= 1000, "`word_ngrams` and `max_n` must be at most 1000");
    require(n_buckets >= 0 && n_buckets < (int64_t{1} << 31), "`n_buckets` must be from 0 to 2**31 - 1");
    require(n_buckets > 0 || (max_n == 0 && word_ngrams == 1), "`n_buckets` must be > 0 where there are n-grams");
    require(buckets_.has_value() == bucket_rows_.has_value(), "`buckets` and `bucket_rows` must be given together");
    require(!buckets_ || buckets_->shape(0) == bucket_rows_->shape(0),
            "`buckets` and `bucket_rows` must be equally long");
    const auto n_words = static_cast<int64_t>(offsets_.shape(0)) - 1;
    const int64_t n_bucket_rows = buckets_ ? static_cast<int64_t>(buckets_->shape(0)) : n_buckets;
    require(n_words + n_bucket_rows < (int64_t{1} << 31), "there must be fewer than 2**31 rows");
    const FeatureRule rule = {
        .words = {blob_.data(), static_cast<int64_t>(blob_.shape(0)), offsets_.data(), n_words},
        .min_n = min_n,
        .max_n = max_n,
        .word_ngrams = word_ngrams,
        .n_buckets = n_buckets,
        .label_prefix = std::string(label_prefix.c_str(), label_prefix.size()),
        .bucket_rows = {n_words, buckets_ ? address(*buckets_) : nullptr,
                        buckets_ ? address(*bucket_rows_) : nullptr, n_bucket_rows},
        .skip_missing = skip_missing,
    };
    nb::gil_scoped_release release;
    features_ = std::make_shared<const DocumentFeatures>(rule);
  }

  std::shared_ptr<const DocumentFeatures> get() const { return features_; }

  nb::tuple rows_of(nb::bytes text) const {
    FeatureReader reader(*features_);
    nb::list rows;
    int64_t n_features = 0;
    reader.start({reinterpret_cast<const uint8_t*>(text.c_str()), static_cast<int64_t>(text.size())});
    while (reader.next()) {
      for (int64_t i = 0; i < reader.n_rows(); ++i) rows.append(reader.rows()[i]);
      n_features += reader.n_features();
    }
    return nb::make_tuple(rows, n_features);
  }

 private:
  // An array of no elements may have no address, but null means that all buckets have rows.
  static const int32_t* address(const Array1D<int32_t>& array) {
    static const int32_t kNone = 0;
    return array.shape(0) ? array.data() : &kNone;
  }

  Array1D<uint8_t> blob_;
  Array1D<int64_t> offsets_;
  std::optional<Array1D<int32_t>> buckets_, bucket_rows_;
  std::shared_ptr<const DocumentFeatures> features_;
};

LabelLoss loss_of(const std::string& name) {
  if (name == "softmax") return LabelLoss::kSoftmax;
  if (name == "hs") return LabelLoss::kTree;
  require(name == "ns" || name == "ova", "`loss` must be 'softmax', 'hs', 'ns' or 'ova'");
  return LabelLoss::kLogistic;
}

void require_tree_counts(const Array1D<int64_t>& counts) {
  const int64_t n = static_cast<int64_t>(counts.shape(0));
  const int64_t* const values = counts.data();
  require(std::is_sorted(values, values + n, std::greater<>()), "`label_counts` must not increase");
  require(n == 0 || values[n - 1] >= 0, "`label_counts` must not be negative");
  require(std::accumulate(values, values + n, 0.0) <= 0x1p62, "`label_counts` must add up to at most 2**62");
}

// Keeps the arrays, which may be memory-mapped.
class BoundClassifier {
 public:
  BoundClassifier(const Features& features, Array2D<float> input, std::optional<Array2D<float>> output,
                  const std::string& loss, Array1D<int64_t> label_counts, std::optional<Array1D<float>> scale,
                  std::optional<Array1D<float>> offset, int n_threads)
      : input_(std::move(input)),
        output_(std::move(output)),
        label_counts_(std::move(label_counts)),
        scale_(std::move(scale)),
        offset_(std::move(offset)) {
    const auto n_labels = static_cast<int64_t>(label_counts_.shape(0));
    require(n_labels >= 1 && n_labels < (int64_t{1} << 31) - 64, "there must be from 1 to 2**31 - 65 labels");
    require_contiguous_rows(input_, "`input_vectors` must have contiguous rows");
    const auto dim = static_cast<int64_t>(input_.shape(1));
    require(dim >= 1 && dim <= (output_ ? kMaxDim : n_labels + 64),
            "`input_vectors` must have from 1 to 1,000,000 columns");
    require(output_ || dim >= n_labels,
            "without `output_vectors`, `input_vectors` must have a column for each label");
    if (output_) {
      require_contiguous_rows(*output_, "`output_vectors` must have contiguous rows");
      require(static_cast<int64_t>(output_->shape(0)) == n_labels && output_->shape(1) == input_.shape(1),
              "`output_vectors` must have a row for each label, as wide as `input_vectors`");
    }
    require(scale_.has_value() == offset_.has_value(), "`scale` and `offset` must be given together");
    const int64_t n_scales = scale_ ? static_cast<int64_t>(scale_->shape(0)) : 0;
    require(!scale_ || ((n_scales == 1 || n_scales == n_labels) && offset_->shape(0) == scale_->shape(0)),
            "`scale` and `offset` must both have one entry, or one for each label");
    const LabelLoss kind = loss_of(loss);
    if (kind == LabelLoss::kTree) require_tree_counts(label_counts_);
    const LinearModel model = {
        .input = input_.data(),
        .input_stride = input_.stride(0),
        .n_rows = static_cast<int64_t>(input_.shape(0)),
        .dim = static_cast<int>(dim),
        .output = output_ ? output_->data() : nullptr,
        .output_stride = output_ ? output_->stride(0) : 0,
        .n_labels = n_labels,
        .loss = kind,
        .label_counts = label_counts_.data(),
        .scale = scale_ ? scale_->data() : nullptr,
        .offset = offset_ ? offset_->data() : nullptr,
        .n_scales = n_scales,
    };
    const int threads = checked_threads(n_threads);
    nb::gil_scoped_release release;
    classifier_ = std::make_unique<LinearClassifier>(features.get(), model, threads);
  }

  void top(nb::handle texts, int64_t k, float threshold, bool as_fasttext, int n_threads,
           DenseMatrix<int32_t> label_ids_out, std::optional<DenseMatrix<float>> probabilities_out) const {
    const TextBatch batch(texts);
    const auto fits = [&](const auto& out) {
      return static_cast<int64_t>(out.shape(0)) == batch.size() && static_cast<int64_t>(out.shape(1)) == k;
    };
    require(k >= 1 && k <= classifier_->model().n_labels, "`k` must be from 1 to the number of labels");
    require(fits(label_ids_out) && (!probabilities_out || fits(*probabilities_out)),
            "`label_ids_out` and `probabilities_out` must be (texts, k)");
    const TopLabels out = {.k = k,
                           .threshold = threshold,
                           .as_fasttext = as_fasttext,
                           .label_ids = label_ids_out.data(),
                           .probabilities = probabilities_out ? probabilities_out->data() : nullptr};
    const int threads = checked_threads(n_threads);
    interruptible([&] { return classifier_->top(batch.texts(), threads, no_signal, out); });
  }

  template <auto method>
  void write(nb::handle texts, int n_threads, DenseMatrix<float> out) const {
    const TextBatch batch(texts);
    const LinearModel& model = classifier_->model();
    const int64_t width = method == &LinearClassifier::hidden ? model.dim : model.n_labels;
    require(static_cast<int64_t>(out.shape(0)) == batch.size() && static_cast<int64_t>(out.shape(1)) == width,
            "`out` must have a row for each text, as wide as what is written");
    const int threads = checked_threads(n_threads);
    interruptible([&] { return ((*classifier_).*method)(batch.texts(), threads, no_signal, out.data()); });
  }

 private:
  Array2D<float> input_;
  std::optional<Array2D<float>> output_;
  Array1D<int64_t> label_counts_;
  std::optional<Array1D<float>> scale_, offset_;
  std::unique_ptr<const LinearClassifier> classifier_;
};

void bind_fold(Array2D<float> input, Array2D<float> output, int n_threads, DenseMatrix<float> out) {
  require_contiguous_rows(input, "`input_vectors` must have contiguous rows");
  require_contiguous_rows(output, "`output_vectors` must have contiguous rows");
  require(input.shape(1) == output.shape(1) && input.shape(1) <= kMaxDim,
          "`input_vectors` and `output_vectors` must be equally wide");
  require(out.shape(0) == input.shape(0) && out.shape(1) >= output.shape(0),
          "`out` must have a row for each row of `input_vectors` and a column for each of `output_vectors`");
  LinearModel model = {};
  model.input = input.data();
  model.input_stride = input.stride(0);
  model.n_rows = static_cast<int64_t>(input.shape(0));
  model.dim = static_cast<int>(input.shape(1));
  model.output = output.data();
  model.output_stride = output.stride(0);
  model.n_labels = static_cast<int64_t>(output.shape(0));
  const int threads = checked_threads(n_threads);
  const auto stride = static_cast<int64_t>(out.shape(1));
  interruptible([&] { return fold(model, threads, no_signal, out.data(), stride); });
}

}  // namespace

void bind_prediction(nb::module_& m) {
  bind_arrow_texts(m);
  nb::class_<Features>(m, "DocumentFeatures", "From the bytes of a text to its rows of the input matrix.")
      .def(nb::init<Array1D<uint8_t>, Array1D<int64_t>, int, int, int, int64_t, nb::bytes,
                    std::optional<Array1D<int32_t>>, std::optional<Array1D<int32_t>>, bool>(),
           nb::arg("blob"), nb::arg("offsets"), nb::kw_only(), nb::arg("min_n"), nb::arg("max_n"),
           nb::arg("word_ngrams"), nb::arg("n_buckets"), nb::arg("label_prefix"), nb::arg("buckets").none(),
           nb::arg("bucket_rows").none(), nb::arg("skip_missing"))
      .def("rows_of", &Features::rows_of, nb::arg("text"),
           "The rows that a text has, without those that its buckets lack, and the number of its features.");
  nb::class_<BoundClassifier>(m, "LinearClassifier", "Labels and their probabilities for texts.")
      .def(nb::init<const Features&, Array2D<float>, std::optional<Array2D<float>>, const std::string&,
                    Array1D<int64_t>, std::optional<Array1D<float>>, std::optional<Array1D<float>>, int>(),
           nb::arg("features"), nb::arg("input_vectors"), nb::arg("output_vectors").none(), nb::kw_only(),
           nb::arg("loss"), nb::arg("label_counts"), nb::arg("scale").none(), nb::arg("offset").none(),
           nb::arg("n_threads"), nb::keep_alive<1, 2>())
      .def("top", &BoundClassifier::top, nb::arg("texts"), nb::kw_only(), nb::arg("k"), nb::arg("threshold"),
           nb::arg("as_fasttext"), nb::arg("n_threads"), nb::arg("label_ids_out").noconvert(),
           nb::arg("probabilities_out").noconvert().none(),
           "Write the k most probable labels of each text; -1 and 0 where fewer reach the threshold.")
      .def("hidden", &BoundClassifier::write<&LinearClassifier::hidden>, nb::arg("texts"), nb::kw_only(),
           nb::arg("n_threads"), nb::arg("out").noconvert(), "Write the mean of each text's rows.")
      .def("logits", &BoundClassifier::write<&LinearClassifier::logits>, nb::arg("texts"), nb::kw_only(),
           nb::arg("n_threads"), nb::arg("out").noconvert(), "Write the scores of all labels for each text.")
      .def("probabilities", &BoundClassifier::write<&LinearClassifier::probabilities>, nb::arg("texts"), nb::kw_only(),
           nb::arg("n_threads"), nb::arg("out").noconvert(), "Write the probabilities of all labels for each text.");
  m.def("fold", bind_fold, nb::arg("input_vectors"), nb::arg("output_vectors"), nb::kw_only(), nb::arg("n_threads"),
        nb::arg("out").noconvert(), "Write input_vectors @ output_vectors.T, with zeros in the columns that are left.");
}

}  // namespace textspace
