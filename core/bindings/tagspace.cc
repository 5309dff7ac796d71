#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>

#include "bindings.h"
#include "label_tree.h"
#include "tag_embedding.h"
#include "tag_trainer.h"

namespace textspace {
namespace {

using Matrix = DenseMatrix<float>;
using Vector = MutableArray1D<float>;

void require_vector(const Vector& vector, size_t n, const char* rule) {
  require(vector.shape(0) == n && n % 16 == 0 && reinterpret_cast<uintptr_t>(vector.data()) % 64 == 0, rule);
}

void require_tree_counts(const Array1D<int64_t>& counts) {
  const int64_t *begin = counts.data(), *end = begin + counts.shape(0);
  require(std::is_sorted(begin, end, std::greater<>()) && (begin == end || end[-1] >= 0),
          "`tag_counts` must not increase nor be negative where they make a tree");
  require(std::accumulate(begin, end, 0.0) <= 0x1p62, "`tag_counts` must add up to at most 2**62");
}

// out (N, L): the logarithms of the probabilities of all tags, from the scores (N, L - 1) of the tree's inner nodes.
void tree_log_probabilities(Array1D<int64_t> tag_counts, nb::ndarray<const float, nb::ndim<2>, nb::c_contig> scores,
                            Matrix out) {
  const size_t n_tags = tag_counts.shape(0), n = scores.shape(0);
  require(n_tags >= 1 && scores.shape(1) + 1 == n_tags, "`scores` must have a column less than there are tags");
  require(out.shape(0) == n && out.shape(1) == n_tags, "`out` must have a row a text and a column a tag");
  require_tree_counts(tag_counts);
  nb::gil_scoped_release release;
  const LabelTree tree(std::vector<int64_t>(tag_counts.data(), tag_counts.data() + n_tags));
  std::vector<double> of_nodes;
  for (size_t i = 0; i < n; ++i) {
    const float* row = scores.data() + i * scores.shape(1);
    tree.log_probabilities([row](int32_t node) { return static_cast<double>(row[node]); }, of_nodes,
                           out.data() + i * n_tags);
  }
}

// A model with the arrays it reads and writes: they live as long as it does.
struct BoundTagModel {
  BoundTagModel(Matrix word_rows, Matrix tag_rows, int dim, unsigned poolings, double power, int64_t max_length,
                bool cosine, float score_scale, bool raw_gradients, std::optional<Vector> weights,
                std::optional<Vector> bias)
      : words(word_rows), tags(tag_rows), row_weights(weights), tag_bias(bias) {
    require_aligned(words, "`words` must be 64-byte aligned, its rows a multiple of 16 floats long");
    require_aligned(tags, "`tags` must be 64-byte aligned, its rows a multiple of 16 floats long");
    require(dim >= 1 && dim <= static_cast<int>(words.shape(1)), "`dim` must be from 1 to the width of `words`");
    require(poolings >= 1 && poolings <= 7, "`poolings` must be a sum of 1, 2 and 4");
    require(max_length >= 1, "`max_length` must be at least 1");
    model.words = words.data();
    model.n_words = static_cast<int64_t>(words.shape(0));
    model.stride = static_cast<int64_t>(words.shape(1));
    model.dim = dim;
    model.poolings = poolings;
    model.power = power;
    model.max_length = max_length;
    model.tags = tags.data();
    model.n_tags = static_cast<int64_t>(tags.shape(0));
    require(model.n_tags >= 1 && model.n_tags < INT32_MAX && model.n_words < INT32_MAX,
            "too few tags, or too many rows");
    model.cosine = cosine;
    model.score_scale = score_scale;
    model.raw_gradients = raw_gradients;
    if (weights) {
      require(weights->shape(0) == words.shape(0), "`row_weights` must have one weight a row of `words`");
      model.row_weights = weights->data();
    }
    if (bias) {
      require_vector(*bias, (tags.shape(0) + 15) / 16 * 16, "`tag_bias` must be aligned, padded to a multiple of 16");
      model.tag_bias = bias->data();
    }
  }

  void set_convolution(Matrix filter_rows, Vector biases, Matrix projections, Vector projection_biases, int width,
                       int n_pools, int64_t pool, bool second_tanh) {
    const auto stride = words.shape(1);
    const size_t n_filters = biases.shape(0), n_features = projections.shape(0);
    require(width >= 1 && width <= 255 && n_pools >= 1 && pool >= 1 && pool <= INT32_MAX,
            "`width` must be from 1 to 255, `n_pools` and `pool` at least 1");
    require_aligned(filter_rows, "`filters` must be 64-byte aligned, its rows a multiple of 16 floats long");
    require_vector(biases, n_filters, "`filter_bias` must be aligned, a multiple of 16 floats");
    require_aligned(projections, "`projection` must be 64-byte aligned, its rows a multiple of 16 floats long");
    require_vector(projection_biases, stride, "`projection_bias` must be aligned and as wide as `words`");
    require(filter_rows.shape(0) == n_filters * static_cast<size_t>(width) && filter_rows.shape(1) == stride,
            "`filters` must have `width` rows a filter, as wide as those of `words`");
    require(n_features == n_filters * static_cast<size_t>(n_pools) && projections.shape(1) == stride,
            "`projection` must have a row a filter and pool, as wide as those of `words`");
    filters = filter_rows;
    filter_bias = biases;
    projection = projections;
    projection_bias = projection_biases;
    model.filters = filters->data();
    model.filter_bias = filter_bias->data();
    model.projection = projection->data();
    model.projection_bias = projection_bias->data();
    model.n_filters = static_cast<int>(n_filters);
    model.width = width;
    model.n_pools = n_pools;
    model.pool = pool;
    model.second_tanh = second_tanh;
  }

  const TagModel& checked() const {
    require(static_cast<int64_t>(tags.shape(1)) == model.embedding_stride(), "`tags` must be as wide as an embedding");
    return model;
  }

  void embed(Array1D<int64_t> indptr, Array1D<int32_t> rows, Matrix out, int n_threads) const {
    require(n_threads >= 1, "`n_threads` must be at least 1");
    const TagModel& own = checked();
    require(out.shape(0) + 1 == indptr.shape(0) && static_cast<int64_t>(out.shape(1)) == own.embedding_stride(),
            "`out` must have a row a document, as wide as an embedding");
    interruptible([&] {
      require_indptr(indptr, length(rows), "`indptr` must run from 0 to the length of `rows`");
      require_range(rows, -1, own.n_words, "`rows` must hold row numbers of `words`, or -1");
      const TaggedDocuments documents{static_cast<int64_t>(out.shape(0)), indptr.data(), rows.data(), nullptr, nullptr};
      return embed_documents(own, documents, out.data(), own.embedding_stride(), n_threads, no_signal);
    });
  }

  TagModel model{};
  Matrix words, tags;
  std::optional<Vector> row_weights, tag_bias;
  std::optional<Matrix> filters, projection;
  std::optional<Vector> filter_bias, projection_bias;
};

TagLossKind loss_kind(const std::string& name) {
  static constexpr const char* names[] = {"tagspace", "warp", "warp_expected",   "hinge", "hinge_max",
                                          "softmax",  "bce",  "sampled_softmax", "hs"};
  for (int i = 0; i < 9; ++i)
    if (name == names[i]) return static_cast<TagLossKind>(i);
  throw std::invalid_argument("`loss` is not one of the losses of core/tag_losses.h, got '" + name + "'");
}

Optimizer optimizer_of(const std::string& name) {
  if (name == "sgd") return Optimizer::kSgd;
  if (name == "adagrad") return Optimizer::kAdagrad;
  if (name == "row_adagrad") return Optimizer::kRowAdagrad;
  if (name == "adam") return Optimizer::kAdam;
  throw std::invalid_argument("`optimizer` must be 'sgd', 'adagrad', 'row_adagrad' or 'adam', got '" + name + "'");
}

Schedule schedule_of(const std::string& name) {
  if (name == "linear") return Schedule::kLinear;
  if (name == "epochs") return Schedule::kEpochs;
  if (name == "constant") return Schedule::kConstant;
  throw std::invalid_argument("`schedule` must be 'linear', 'epochs' or 'constant', got '" + name + "'");
}

class BoundTagTrainer {
 public:
  BoundTagTrainer(std::shared_ptr<BoundTagModel> model, Array1D<int64_t> indptr, Array1D<int32_t> rows,
                  Array1D<int64_t> tag_indptr, Array1D<int32_t> tags, Array1D<int64_t> tag_counts,
                  const std::string& loss, float margin, int n_draws, int max_violators, double negative_power,
                  bool log_q, const std::string& optimizer, float learning_rate, float beta1, float beta2,
                  float epsilon, const std::string& schedule, int64_t batch_size, int64_t epochs, bool mean,
                  float clip_norm, float max_norm, float word_dropout, bool train_words, bool shuffle, uint64_t seed,
                  int n_threads)
      : model_(std::move(model)), indptr_(indptr), rows_(rows), tag_indptr_(tag_indptr), tags_(tags) {
    const TagModel& own = model_->checked();
    const TagLossOptions loss_options{loss_kind(loss), margin, n_draws, max_violators, negative_power, log_q};
    const TagTrainerOptions options{loss_options, optimizer_of(optimizer), learning_rate, beta1,      beta2,
                                    epsilon,      schedule_of(schedule),   batch_size,    epochs,     mean,
                                    clip_norm,    max_norm,                word_dropout,  train_words, shuffle,
                                    seed,         n_threads};
    require(n_draws >= 0 && max_violators >= 1, "`n_draws` must be at least 0, `max_violators` at least 1");
    require(batch_size >= 1 && batch_size <= 1 << 16 && epochs >= 1 && n_threads >= 1,
            "`batch_size`, `epochs` and `n_threads` must be at least 1, `batch_size` at most 65536");
    const bool tree = loss_options.kind == TagLossKind::kHs;
    require(static_cast<int64_t>(tag_counts.shape(0)) == own.n_tags + (tree ? 1 : 0),
            "`tag_counts` must have one count a tag; with 'hs' there is one inner node less than tags");
    require(!tree || !own.cosine, "'hs' needs the inner product");
    if (tree) require_tree_counts(tag_counts);
    nb::gil_scoped_release release;
    const auto n_documents = static_cast<int64_t>(indptr.shape(0)) - 1;
    require(tag_indptr.shape(0) == indptr.shape(0) && n_documents >= 1, "`tag_indptr` must be as long as `indptr`");
    require_indptr(indptr, length(rows), "`indptr` must run from 0 to the length of `rows`");
    require_indptr(tag_indptr, length(tags), "`tag_indptr` must run from 0 to the length of `tags`");
    require_range(rows, -1, own.n_words, "`rows` must hold row numbers of `words`, or -1");
    require_range(tags, 0, static_cast<int64_t>(tag_counts.shape(0)), "`tags` must hold tag numbers");
    for (int64_t i = 0; i < n_documents; ++i)
      for (int64_t j = tag_indptr.data()[i] + 1; j < tag_indptr.data()[i + 1]; ++j)
        require(tags.data()[j - 1] < tags.data()[j], "the `tags` of a document must ascend, each once");
    const TaggedDocuments documents{n_documents, indptr.data(), rows.data(), tag_indptr.data(), tags.data()};
    trainer_ = std::make_unique<TagTrainer>(
        documents, std::vector<int64_t>(tag_counts.data(), tag_counts.data() + tag_counts.shape(0)), own, options);
  }

  ~BoundTagTrainer() {
    nb::gil_scoped_release release;
    trainer_.reset();
  }

  void start(int64_t n_epochs) {
    require(!trainer_->running(), "the threads are still at work");
    require(n_epochs >= 1, "`n_epochs` must be at least 1");
    join();
    trainer_->start(n_epochs);
  }
  void stop() { trainer_->stop(); }
  void join() {
    nb::gil_scoped_release release;
    trainer_->join();
  }
  bool running() const { return trainer_->running(); }
  int64_t n_words() const { return trainer_->n_words(); }
  nb::tuple progress() const {
    const TagTrainerProgress progress = trainer_->progress();
    return nb::make_tuple(progress.words_done, progress.loss_sum, progress.loss_n);
  }

 private:
  std::shared_ptr<BoundTagModel> model_;
  Array1D<int64_t> indptr_;
  Array1D<int32_t> rows_;
  Array1D<int64_t> tag_indptr_;
  Array1D<int32_t> tags_;
  std::unique_ptr<TagTrainer> trainer_;
};

}  // namespace

void bind_tagspace(nb::module_& m) {
  using Model = BoundTagModel;
  nb::class_<Model>(m, "TagModel", "The arrays of a tag model; see core/tag_model.h.")
      .def(nb::init<Matrix, Matrix, int, unsigned, double, int64_t, bool, float, bool, std::optional<Vector>,
                    std::optional<Vector>>(),
           nb::arg("words").noconvert(), nb::arg("tags").noconvert(), nb::kw_only(), nb::arg("dim"),
           nb::arg("poolings") = 1, nb::arg("power") = 1.0, nb::arg("max_length") = INT64_MAX,
           nb::arg("cosine") = false, nb::arg("score_scale") = 1.0f, nb::arg("raw_gradients") = false,
           nb::arg("row_weights").noconvert() = nb::none(), nb::arg("tag_bias").noconvert() = nb::none())
      .def("set_convolution", &Model::set_convolution, nb::arg("filters").noconvert(),
           nb::arg("filter_bias").noconvert(), nb::arg("projection").noconvert(),
           nb::arg("projection_bias").noconvert(), nb::kw_only(), nb::arg("width"), nb::arg("n_pools"),
           nb::arg("pool"), nb::arg("second_tanh"), "Make the encoder a convolution.")
      .def("embed", &Model::embed, nb::arg("indptr"), nb::arg("rows"), nb::arg("out").noconvert(), nb::kw_only(),
           nb::arg("n_threads"), "Embeddings of documents.");
  using Trainer = BoundTagTrainer;
  nb::class_<Trainer>(m, "TagTrainer", "Trains tag models in threads of its own; see core/tag_trainer.h.")
      .def(nb::init<std::shared_ptr<Model>, Array1D<int64_t>, Array1D<int32_t>, Array1D<int64_t>, Array1D<int32_t>,
                    Array1D<int64_t>, const std::string&, float, int, int, double, bool, const std::string&, float,
                    float, float, float, const std::string&, int64_t, int64_t, bool, float, float, float, bool, bool,
                    uint64_t, int>(),
           nb::arg("model"), nb::arg("indptr"), nb::arg("rows"), nb::arg("tag_indptr"), nb::arg("tags"), nb::kw_only(),
           nb::arg("tag_counts"), nb::arg("loss"), nb::arg("margin"), nb::arg("n_draws"), nb::arg("max_violators"),
           nb::arg("negative_power"), nb::arg("log_q"), nb::arg("optimizer"), nb::arg("learning_rate"),
           nb::arg("beta1"), nb::arg("beta2"), nb::arg("epsilon"), nb::arg("schedule"), nb::arg("batch_size"),
           nb::arg("epochs"), nb::arg("mean"), nb::arg("clip_norm"), nb::arg("max_norm"), nb::arg("word_dropout"),
           nb::arg("train_words"), nb::arg("shuffle"), nb::arg("seed"), nb::arg("n_threads"))
      .def("start", &Trainer::start, nb::arg("n_epochs") = INT64_MAX, "Start the threads, for the next epochs.")
      .def("stop", &Trainer::stop, "Ask the threads to end.")
      .def("join", &Trainer::join, "Wait until the threads have ended.")
      .def("running", &Trainer::running, "Whether a thread is still at work.")
      .def("progress", &Trainer::progress, "(words done, sum of the losses, number of documents).")
      .def_prop_ro("n_words", &Trainer::n_words, "Words of all documents.");
  m.def("tree_log_probabilities", tree_log_probabilities, nb::arg("tag_counts"), nb::arg("scores"),
        nb::arg("out").noconvert(), "Log-probabilities of tags from the scores of the inner nodes of their tree.");
}

}  // namespace textspace
