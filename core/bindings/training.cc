#include <memory>
#include <optional>

#include "bindings.h"
#include "vector_trainer.h"

namespace textspace {
namespace {

using Matrix = DenseMatrix<float>;
using InputMatrix = nb::ndarray<nb::ndim<2>, nb::c_contig, nb::device::cpu>;  // float32, or uint16 that hold bfloat16

Objective objective_of(const std::string& name) {
  if (name == "skipgram") return Objective::kSkipGram;
  if (name == "cbow") return Objective::kCbow;
  throw std::invalid_argument("`objective` must be 'skipgram' or 'cbow', got '" + name + "'");
}

Loss loss_of(const std::string& name) {
  if (name == "ns") return Loss::kNegativeSampling;
  if (name == "hs") return Loss::kHierarchicalSoftmax;
  if (name == "softmax") return Loss::kSoftmax;
  throw std::invalid_argument("`loss` must be 'ns', 'hs' or 'softmax', got '" + name + "'");
}

// The trainer with the arrays it reads and writes: they live as long as it does.
class BoundVectorTrainer {
 public:
  BoundVectorTrainer(Array1D<int32_t> ids, Array1D<int64_t> word_indptr, Array1D<int32_t> word_rows, InputMatrix input,
                     Matrix output, Array1D<float> keep_probability, Array1D<int64_t> counts,
                     const std::string& objective, const std::string& loss, int window, int n_negatives,
                     double negative_power, int64_t epochs, float learning_rate, uint64_t seed, int n_threads,
                     std::optional<Matrix> position_weights, bool normalize_cbow, int64_t n_hot_words)
      : ids_(ids),
        word_indptr_(word_indptr),
        word_rows_(word_rows),
        input_(input),
        output_(output),
        keep_probability_(keep_probability),
        position_weights_(position_weights) {
    const auto n_words = static_cast<int64_t>(counts.shape(0));
    require(counts.shape(0) == keep_probability.shape(0), "`keep_probability` must be as long as `counts`");
    require(window >= 1 && window <= kMaxWindow, "`window` must be from 1 to 255");
    require(n_negatives >= 0 && n_negatives <= 1000, "`n_negatives` must be from 0 to 1000");
    require(n_hot_words >= 0 && n_hot_words <= n_words, "`n_hot_words` must be from 0 to the number of words");
    require(epochs >= 1 && n_threads >= 1, "`epochs` and `n_threads` must be at least 1");
    const bool is_half = input.dtype() == nb::dtype<uint16_t>();
    require(is_half || input.dtype() == nb::dtype<float>(), "`input_vectors` must be float32, or uint16 for bfloat16");
    const VectorModel model{is_half ? nullptr : static_cast<float*>(input.data()),
                            is_half ? static_cast<uint16_t*>(input.data()) : nullptr,
                            output.data(),
                            static_cast<int64_t>(input.shape(1)),
                            static_cast<int64_t>(output.shape(0)),
                            word_indptr.data(),
                            word_rows.data(),
                            n_hot_words,
                            window,
                            position_weights ? position_weights->data() : nullptr,
                            normalize_cbow,
                            loss_of(loss) == Loss::kSoftmax};
    const SamplerOptions sampler{loss_of(loss), window, n_negatives, keep_probability.data()};
    const VectorTrainerOptions options{objective_of(objective), sampler, negative_power, epochs, learning_rate, seed,
                                       n_threads};
    nb::gil_scoped_release release;
    check_arrays(n_words, window);
    trainer_ = std::make_unique<VectorTrainer>(ids.data(), static_cast<int64_t>(ids.shape(0)),
                                               std::vector<int64_t>(counts.data(), counts.data() + n_words), model,
                                               options);
  }

  ~BoundVectorTrainer() {
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
  int64_t n_words() const { return trainer_->n_words(); }
  nb::tuple progress() const {
    const VectorTrainerProgress progress = trainer_->progress();
    return nb::make_tuple(progress.words_done, progress.loss_sum, progress.loss_n);
  }

 private:
  void check_arrays(int64_t n_words, int window) const {
    const auto n_rows = static_cast<int64_t>(word_rows_.shape(0));
    require_aligned(input_, "`input_vectors` must be 64-byte aligned, its rows a multiple of 16 floats long");
    require_aligned(output_, "`output_vectors` must be 64-byte aligned, its rows a multiple of 16 floats long");
    require(input_.shape(1) == output_.shape(1), "`output_vectors` must be as wide as `input_vectors`");
    require(static_cast<int64_t>(output_.shape(0)) == n_words, "`output_vectors` must have one row a word");
    require(static_cast<int64_t>(word_indptr_.shape(0)) == n_words + 1,
            "`word_indptr` must have one entry more than `counts`");
    require(word_indptr_.data()[0] == 0 && word_indptr_.data()[n_words] == n_rows,
            "`word_indptr` must run from 0 to the length of `word_rows`");
    for (int64_t word = 0; word < n_words; ++word)
      require(word_indptr_.data()[word] < word_indptr_.data()[word + 1], "`word_indptr` must give every word a row");
    require_range(word_rows_, 0, length(input_), "`word_rows` must hold row numbers of `input_vectors`");
    require_range(ids_, kEndOfLine, n_words, "`ids` must hold word ids, or -1 at the end of a line");
    if (!position_weights_) return;
    require_aligned(*position_weights_,
                    "`position_weights` must be 64-byte aligned, its rows a multiple of 16 floats long");
    require(static_cast<int64_t>(position_weights_->shape(0)) == 2 * window &&
                position_weights_->shape(1) == input_.shape(1),
            "`position_weights` must have 2 * window rows as wide as `input_vectors`");
  }

  Array1D<int32_t> ids_;
  Array1D<int64_t> word_indptr_;
  Array1D<int32_t> word_rows_;
  InputMatrix input_;
  Matrix output_;
  Array1D<float> keep_probability_;
  std::optional<Matrix> position_weights_;
  std::unique_ptr<VectorTrainer> trainer_;
};

}  // namespace

void bind_training(nb::module_& m) {
  using Trainer = BoundVectorTrainer;
  nb::class_<Trainer>(m, "VectorTrainer", "Trains word vectors in threads of its own; see core/vector_trainer.h.")
      .def(nb::init<Array1D<int32_t>, Array1D<int64_t>, Array1D<int32_t>, InputMatrix, Matrix, Array1D<float>,
                    Array1D<int64_t>, const std::string&, const std::string&, int, int, double, int64_t, float,
                    uint64_t, int, std::optional<Matrix>, bool, int64_t>(),
           nb::arg("ids"), nb::arg("word_indptr"), nb::arg("word_rows"), nb::arg("input_vectors").noconvert(),
           nb::arg("output_vectors").noconvert(), nb::kw_only(), nb::arg("keep_probability"), nb::arg("counts"),
           nb::arg("objective"), nb::arg("loss"), nb::arg("window"), nb::arg("n_negatives"), nb::arg("negative_power"),
           nb::arg("epochs"), nb::arg("learning_rate"), nb::arg("seed"), nb::arg("n_threads"),
           nb::arg("position_weights").noconvert() = nb::none(), nb::arg("normalize_cbow") = false,
           nb::arg("n_hot_words") = 0)
      .def("start", &Trainer::start, "Start the threads.")
      .def("stop", &Trainer::stop, "Ask the threads to end.")
      .def("join", &Trainer::join, "Wait until the threads have ended.")
      .def("running", &Trainer::running, "Whether a thread is still at work.")
      .def("progress", &Trainer::progress, "(words done, sum of sampled losses, number of them).")
      .def_prop_ro("n_words", &Trainer::n_words, "Words of the corpus, line ends left out.");
}

}  // namespace textspace
