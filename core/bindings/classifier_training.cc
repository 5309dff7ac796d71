#include <memory>
#include <optional>
#include <utility>

#include "bindings.h"
#include "document_encoder.h"
#include "document_trainer.h"
#include "isa.h"
#include "parallel.h"
#include "word_buckets.h"

namespace textspace {
namespace {

using Matrix = DenseMatrix<float>;

template <typename T>
const T* data_or_null(const std::optional<Array1D<T>>& array) {
  return array ? array->data() : nullptr;
}

// The encoder with the arrays it reads.
class BoundDocumentEncoder {
 public:
  BoundDocumentEncoder(Array1D<int32_t> ids, Array1D<int32_t> roles, Array1D<uint32_t> hashes, int word_ngrams,
                       int64_t n_buckets, int n_threads)
      : ids_(std::move(ids)), roles_(std::move(roles)), hashes_(std::move(hashes)), word_ngrams_(word_ngrams),
        n_buckets_(n_buckets) {
    require_threads(n_threads);
    require(word_ngrams >= 1 && word_ngrams <= 1000, "`word_ngrams` must be from 1 to 1000");
    require(n_buckets >= (word_ngrams > 1 ? 1 : 0) && n_buckets < (int64_t{1} << 31),
            "`n_buckets` must be from 1 to 2**31 - 1");
    require(word_ngrams == 1 || length(hashes_) == length(roles_), "`hashes` must be as long as `roles`");
    require(length(ids_) == 0 || ids_.data()[length(ids_) - 1] == -1, "`ids` must end in -1");
    encoder_ = std::make_unique<DocumentEncoder>(
        ids_.data(), length(ids_), TokenTable{roles_.data(), hashes_.data(), length(roles_)}, word_ngrams,
        static_cast<uint32_t>(n_buckets), n_threads);
  }

  void count_buckets(MutableArray1D<uint32_t> counts) {
    require(length(counts) == n_buckets_, "`counts` must have one entry for each bucket");
    interruptible([&] { return encoder_->count_buckets(counts.data(), no_signal); });
  }

  nb::tuple measure(Array1D<int32_t> bucket_items) {
    require_items(bucket_items);
    interruptible([&] { return encoder_->measure(bucket_items.data(), no_signal, &sizes_); });
    return nb::make_tuple(sizes_.n_documents, sizes_.n_items, sizes_.n_labels);
  }

  void encode(Array1D<int32_t> bucket_items, MutableArray1D<int64_t> indptr, MutableArray1D<int32_t> items,
              MutableArray1D<int64_t> label_indptr, MutableArray1D<int32_t> labels) {
    require_items(bucket_items);
    require(length(indptr) == sizes_.n_documents + 1 && length(label_indptr) == sizes_.n_documents + 1 &&
                length(items) == sizes_.n_items && length(labels) == sizes_.n_labels,
            "the arrays must have the sizes that measure() told");
    const DocumentArrays out = {indptr.data(), items.data(), label_indptr.data(), labels.data()};
    interruptible([&] { return encoder_->encode(bucket_items.data(), no_signal, out); });
  }

 private:
  void require_items(const Array1D<int32_t>& bucket_items) const {
    require(word_ngrams_ == 1 || length(bucket_items) == n_buckets_,
            "`bucket_items` must have one entry for each bucket");
  }

  Array1D<int32_t> ids_, roles_;
  Array1D<uint32_t> hashes_;
  int word_ngrams_;
  int64_t n_buckets_;
  DocumentSizes sizes_ = {};
  std::unique_ptr<DocumentEncoder> encoder_;
};

// The buckets of words, with the arrays that they read.
class BoundWordBuckets {
 public:
  BoundWordBuckets(Array1D<uint8_t> blob, Array1D<int64_t> offsets, int64_t n_known, int min_n, int max_n,
                   int64_t n_buckets, int n_threads)
      : blob_(std::move(blob)), offsets_(std::move(offsets)), n_buckets_(n_buckets) {
    require(length(offsets_) >= 1, "`offsets` must have one entry more than there are words");
    require(n_known >= 0 && n_known <= n_words(), "`n_known` must be from 0 to the number of words");
    require(n_buckets >= 1 && n_buckets < (int64_t{1} << 31), "`n_buckets` must be from 1 to 2**31 - 1");
    require_threads(n_threads);
    const WordList words = {blob_.data(), length(blob_), offsets_.data(), n_words()};
    nb::gil_scoped_release release;
    buckets_ = std::make_unique<WordBuckets>(
        words, n_known, NgramRange{min_n, max_n, static_cast<uint32_t>(n_buckets)}, n_threads);
  }

  int64_t n_rows() const { return buckets_->n_rows(); }

  void fill(MutableArray1D<int32_t> rows) {
    require(!rows_ && length(rows) == n_rows(), "`rows` must be given once, with `n_rows` entries");
    rows_.emplace(std::move(rows));
    nb::gil_scoped_release release;
    buckets_->fill(rows_->data());
  }

  void add_counts(Array1D<int64_t> word_counts, MutableArray1D<uint32_t> counts) const {
    require(rows_.has_value(), "fill() must come before add_counts()");
    require(length(word_counts) == n_words(), "`word_counts` must have one entry for each word");
    require(length(counts) == n_buckets_, "`counts` must have one entry for each bucket");
    nb::gil_scoped_release release;
    buckets_->add_counts(rows_->data(), word_counts.data(), counts.data());
  }

  NumpyArray1D<int64_t> to_rows(Array1D<int32_t> bucket_items, int32_t shift) {
    require(rows_.has_value(), "fill() must come before to_rows()");
    require(length(bucket_items) == n_buckets_, "`bucket_items` must have one entry for each bucket");
    {
      const MutableArray1D<int32_t> rows = std::move(*rows_);  // they are no buckets any more
      rows_.reset();
      nb::gil_scoped_release release;
      buckets_->to_rows(bucket_items.data(), shift, rows.data());
    }
    return to_numpy(std::vector<int64_t>(buckets_->indptr()));
  }

 private:
  int64_t n_words() const { return length(offsets_) - 1; }

  Array1D<uint8_t> blob_;
  Array1D<int64_t> offsets_;
  int64_t n_buckets_;
  std::unique_ptr<WordBuckets> buckets_;
  std::optional<MutableArray1D<int32_t>> rows_;
};

void bind_fill_random_rows(Matrix matrix, int dim, float bound, uint64_t seed, int n_threads) {
  const auto stride = static_cast<int64_t>(matrix.shape(1)), n_rows = static_cast<int64_t>(matrix.shape(0));
  require(n_rows == 0 || (stride % 16 == 0 && reinterpret_cast<uintptr_t>(matrix.data()) % 64 == 0),
          "`matrix` must be 64-byte aligned, its rows a multiple of 16 floats long");
  require(dim >= 0 && dim <= stride, "`dim` must be at most the length of a row");
  require_threads(n_threads);
  nb::gil_scoped_release release;
  parallel_for(n_threads, [&](int i) {
    const int64_t begin = n_rows * i / n_threads, end = n_rows * (i + 1) / n_threads;
    kernels().fill_random_rows(matrix.data(), stride, dim, begin, end - begin, bound, seed);
  });
}

int64_t bind_number_buckets(Array1D<uint32_t> counts, int32_t first, MutableArray1D<int32_t> bucket_items) {
  require(length(counts) == length(bucket_items), "`bucket_items` must be as long as `counts`");
  require(first >= 0, "`first` must be >= 0");
  nb::gil_scoped_release release;
  return number_buckets(counts.data(), length(counts), first, bucket_items.data());
}

ClassifierLoss classifier_loss(const std::string& name) {
  if (name == "softmax") return ClassifierLoss::kSoftmax;
  if (name == "hs") return ClassifierLoss::kHierarchicalSoftmax;
  if (name == "ns") return ClassifierLoss::kNegativeSampling;
  if (name == "ova") return ClassifierLoss::kOneVsAll;
  throw std::invalid_argument("`loss` must be 'softmax', 'hs', 'ns' or 'ova', got '" + name + "'");
}

// The trainer with the arrays it reads and writes: they live as long as it does.
class BoundDocumentTrainer {
 public:
  BoundDocumentTrainer(Array1D<int64_t> indptr, Array1D<int32_t> items, Array1D<int64_t> label_indptr,
                       Array1D<int32_t> labels, Matrix input, Matrix output, Array1D<int64_t> counts,
                       std::optional<Array1D<int64_t>> word_indptr, std::optional<Array1D<int32_t>> word_rows,
                       int64_t first_row, std::optional<Array1D<float>> weights,
                       std::optional<Array1D<float>> label_weights, int64_t n_tokens, const std::string& loss,
                       bool all_labels, int n_negatives, double negative_power, bool shuffle, bool pause,
                       int64_t epochs, float learning_rate, uint64_t seed, int n_threads)
      : indptr_(indptr), items_(items), label_indptr_(label_indptr), labels_(labels), input_(input), output_(output),
        word_indptr_(word_indptr), word_rows_(word_rows), weights_(weights), label_weights_(label_weights),
        n_tokens_(n_tokens) {
    require(length(indptr) >= 2, "there must be a document");
    require(epochs >= 1 && n_threads >= 1 && n_threads <= 4096, "`epochs` and `n_threads` must be at least 1");
    require(n_negatives >= 0 && n_negatives <= 1000, "`n_negatives` must be from 0 to 1000");
    const Documents documents{length(indptr) - 1, indptr.data(), items.data(), label_indptr.data(), labels.data(),
                              data_or_null(weights_), data_or_null(word_indptr_), data_or_null(word_rows_),
                              word_indptr_ ? length(*word_indptr_) - 1 : 0, first_row};
    const DocumentTrainerOptions options{classifier_loss(loss), all_labels, data_or_null(label_weights_), n_negatives,
                                         negative_power, shuffle, pause, epochs, learning_rate, seed, n_threads};
    nb::gil_scoped_release release;
    check(documents, length(counts));
    trainer_ = std::make_unique<DocumentTrainer>(
        documents, std::vector<int64_t>(counts.data(), counts.data() + length(counts)), input.data(), output.data(),
        static_cast<int64_t>(input.shape(1)), options);
  }

  ~BoundDocumentTrainer() {
    nb::gil_scoped_release release;
    trainer_.reset();
  }

  void start() { trainer_->start(); }
  void stop() { trainer_->stop(); }
  void join() {
    nb::gil_scoped_release release;
    trainer_->join();
  }
  bool running() const { return trainer_->running(); }

  nb::tuple progress() const {
    const DocumentTrainerProgress progress = trainer_->progress();
    const double tokens = static_cast<double>(progress.items_done) / static_cast<double>(trainer_->n_items()) *
                          static_cast<double>(n_tokens_);
    return nb::make_tuple(static_cast<int64_t>(tokens + 0.5), progress.loss_sum, progress.loss_n);
  }

 private:
  void check(const Documents& documents, int64_t n_labels) const {
    const auto n_rows = static_cast<int64_t>(input_.shape(0));
    for (const Matrix* matrix : {&input_, &output_})
      require_aligned(*matrix, "the matrices must be 64-byte aligned, their rows a multiple of 16 floats long");
    require(input_.shape(1) == output_.shape(1), "`output_vectors` must be as wide as `input_vectors`");
    require(n_labels >= 1 && length(output_) == n_labels, "`output_vectors` must have one row a label");
    require(length(label_indptr_) == length(indptr_), "`label_indptr` must be as long as `indptr`");
    require_indptr(indptr_, length(items_), "`indptr` must ascend from 0 to the length of `items`");
    require_indptr(label_indptr_, length(labels_), "`label_indptr` must ascend from 0 to the length of `labels`");
    require(length(items_) + length(labels_) > 0, "there must be an item or a label");
    require_range(labels_, 0, n_labels, "`labels` must hold label ids");
    require(!weights_ || length(*weights_) == documents.n, "`weights` must have one entry for each document");
    require(!label_weights_ || length(*label_weights_) == n_labels,
            "`label_weights` must have one entry for each label");
    check_items(documents, n_rows);
  }

  void check_items(const Documents& documents, int64_t n_rows) const {
    const char* rule = "`items` must hold numbers of words and of rows of `input_vectors`";
    require(word_indptr_.has_value() == word_rows_.has_value(), "`word_indptr` and `word_rows` must be given together");
    if (!word_indptr_) return require_range(items_, -1, n_rows, rule);
    require(length(*word_indptr_) >= 1, "`word_indptr` must have one entry more than there are words");
    require(documents.first_row >= 0 && documents.first_row <= n_rows, "`first_row` must be a row of `input_vectors`");
    require_indptr(*word_indptr_, length(*word_rows_), "`word_indptr` must ascend from 0 to the length of `word_rows`");
    require_range(*word_rows_, -1, n_rows, "`word_rows` must hold rows of `input_vectors`");
    require_range(items_, -1, documents.n_words + n_rows - documents.first_row, rule);
  }

  Array1D<int64_t> indptr_;
  Array1D<int32_t> items_;
  Array1D<int64_t> label_indptr_;
  Array1D<int32_t> labels_;
  Matrix input_, output_;
  std::optional<Array1D<int64_t>> word_indptr_;
  std::optional<Array1D<int32_t>> word_rows_;
  std::optional<Array1D<float>> weights_, label_weights_;
  int64_t n_tokens_;
  std::unique_ptr<DocumentTrainer> trainer_;
};

void bind_encoder(nb::module_& m) {
  using Encoder = BoundDocumentEncoder;
  nb::class_<Encoder>(m, "DocumentEncoder",
                      "Turns the ids of a text's tokens into documents; see core/document_encoder.h.")
      .def(nb::init<Array1D<int32_t>, Array1D<int32_t>, Array1D<uint32_t>, int, int64_t, int>(), nb::arg("ids"),
           nb::arg("roles"), nb::arg("hashes"), nb::kw_only(), nb::arg("word_ngrams"), nb::arg("n_buckets"),
           nb::arg("n_threads"))
      .def("count_buckets", &Encoder::count_buckets, nb::arg("counts").noconvert(),
           "Add to each bucket's count how many word n-grams fall in it.")
      .def("measure", &Encoder::measure, nb::arg("bucket_items"), "How many documents, items and labels there are.")
      .def("encode", &Encoder::encode, nb::arg("bucket_items"), nb::arg("indptr").noconvert(),
           nb::arg("items").noconvert(), nb::arg("label_indptr").noconvert(), nb::arg("labels").noconvert(),
           "Write the documents into arrays of the sizes that measure() told.");
  nb::class_<BoundWordBuckets>(m, "WordBuckets", "The buckets of words' character n-grams; see core/word_buckets.h.")
      .def(nb::init<Array1D<uint8_t>, Array1D<int64_t>, int64_t, int, int, int64_t, int>(), nb::arg("blob"),
           nb::arg("offsets"), nb::arg("n_known"), nb::kw_only(), nb::arg("min_n"), nb::arg("max_n"),
           nb::arg("n_buckets"), nb::arg("n_threads"))
      .def_prop_ro("n_rows", &BoundWordBuckets::n_rows, "How many rows there are at most.")
      .def("fill", &BoundWordBuckets::fill, nb::arg("rows").noconvert(),
           "Write the rows of the words, and for now the buckets of their n-grams, into the array; it is kept.")
      .def("add_counts", &BoundWordBuckets::add_counts, nb::arg("word_counts"), nb::arg("counts").noconvert(),
           "Add to each bucket's count those of the words that have an n-gram in it.")
      .def("to_rows", &BoundWordBuckets::to_rows, nb::arg("bucket_items"), nb::arg("shift"),
           "Put bucket_items[bucket] + shift in place of each bucket; returns where the rows of each word begin, and "
           "the end.");
  m.def("fill_random_rows", bind_fill_random_rows, nb::arg("matrix").noconvert(), nb::arg("dim"), nb::arg("bound"),
        nb::arg("seed"), nb::arg("n_threads"),
        "Fill with numbers uniform in [-bound, bound), and with zeros from column `dim` on.");
  m.def("number_buckets", bind_number_buckets, nb::arg("counts"), nb::arg("first"),
        nb::arg("bucket_items").noconvert(),
        "Give the buckets that occur, the most frequent first, the items first, first + 1, ...; how many they are.");
}

}  // namespace

void bind_classifier_training(nb::module_& m) {
  bind_encoder(m);
  using Trainer = BoundDocumentTrainer;
  nb::class_<Trainer>(m, "DocumentTrainer",
                      "Trains a text classifier in threads of its own; see core/document_trainer.h.")
      .def(nb::init<Array1D<int64_t>, Array1D<int32_t>, Array1D<int64_t>, Array1D<int32_t>, Matrix, Matrix,
                    Array1D<int64_t>, std::optional<Array1D<int64_t>>, std::optional<Array1D<int32_t>>, int64_t,
                    std::optional<Array1D<float>>, std::optional<Array1D<float>>, int64_t, const std::string&, bool,
                    int, double, bool, bool, int64_t, float, uint64_t, int>(),
           nb::arg("indptr"), nb::arg("items"), nb::arg("label_indptr"), nb::arg("labels"),
           nb::arg("input_vectors").noconvert(), nb::arg("output_vectors").noconvert(), nb::kw_only(),
           nb::arg("counts"), nb::arg("word_indptr").none(), nb::arg("word_rows").none(), nb::arg("first_row"),
           nb::arg("weights").none(), nb::arg("label_weights").none(), nb::arg("n_tokens"), nb::arg("loss"),
           nb::arg("all_labels"), nb::arg("n_negatives"), nb::arg("negative_power"), nb::arg("shuffle"),
           nb::arg("pause"), nb::arg("epochs"), nb::arg("learning_rate"), nb::arg("seed"), nb::arg("n_threads"))
      .def("start", &Trainer::start, "Start the threads; with `pause`, for the next epoch.")
      .def("stop", &Trainer::stop, "Ask the threads to end.")
      .def("join", &Trainer::join, "Wait until the threads have ended.")
      .def("running", &Trainer::running, "Whether a thread is still at work.")
      .def("progress", &Trainer::progress, "(tokens done, sum of sampled losses, number of them).");
}

}  // namespace textspace
