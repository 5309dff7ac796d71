#include "linear_classifier.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "isa.h"
#include "linear_task.h"
#include "selections.h"

namespace textspace {
namespace {

constexpr int64_t kTilesPerTask = 8;
constexpr int64_t kScoresPerTask = 1 << 19;  // of all labels: 2 MB
constexpr int64_t kBytesPerThread = 1 << 15;  // starting a thread takes about as long as this many bytes of text
constexpr int64_t kBytesPerTask = 1 << 20;    // much less than a second
constexpr int64_t kRowsPerTask = 4096;
constexpr double kExcess = 1e-5;  // what fastText adds to a probability before it takes the logarithm

// Asks at most every 50 ms: to ask, the caller may have to wait for a lock.
class Patient {
 public:
  explicit Patient(const KeepGoing& keep_going) : keep_going_(keep_going) {}
  bool operator()() const {
    const auto now = Clock::now();
    if (now - last_ < std::chrono::milliseconds(50)) return true;
    last_ = now;
    return keep_going_();
  }

 private:
  using Clock = std::chrono::steady_clock;
  const KeepGoing& keep_going_;
  mutable Clock::time_point last_ = Clock::now();
};

// fastText's table: 512 steps over [-8, 8], 0 below and 1 above.
double stepped_logistic(float x) {
  if (x < -8) return 0;
  if (x > 8) return 1;
  const auto step = static_cast<int64_t>((x + 8) * 512 / 8 / 2);
  return logistic(static_cast<double>(static_cast<float>(step * 2 * 8) / 512 - 8));
}

}  // namespace

// The memory of one thread, and what it does with a batch of texts.
class LinearClassifier::Worker {
 public:
  explicit Worker(const LinearClassifier& classifier)
      : classifier_(classifier),
        model_(classifier.model_),
        reader_(*classifier.features_),
        hidden_(aligned_floats(classifier.texts_per_task_ * model_.dim)) {
    if (!classifier.output_) return;
    queries_ = aligned_floats(classifier.texts_per_task_ * model_.dim);
    scores_ = aligned_floats(classifier.texts_per_task_ * classifier.output_->n_padded_rows());
  }

  float* hidden(int64_t i) { return hidden_.get() + i * model_.dim; }

  // The mean of the text's rows.
  void read(Bytes text, int64_t i) {
    float* sums = hidden(i);
    std::fill_n(sums, model_.dim, 0.0f);
    int64_t n_features = 0;
    const auto add_rows = kernels().add_rows;
    for (reader_.start(text); reader_.next(); n_features += reader_.n_features())
      add_rows(model_.input, model_.input_stride, model_.dim, reader_.rows(), reader_.n_rows(), sums);
    const float scale = n_features > 0 ? 1.0f / static_cast<float>(n_features) : 0.0f;
    for (int d = 0; d < model_.dim; ++d) sums[d] *= scale;
  }

  // Scores of all labels for the first n texts of the batch, not for a tree whose output rows are read one by one.
  void score(int64_t n) {
    if (!classifier_.output_) return;
    const int64_t n_tiles = n_query_tiles(n), tile = static_cast<int64_t>(kQueryTile) * model_.dim;
    std::fill_n(queries_.get() + (n_tiles - 1) * tile, tile, 0.0f);
    for (int64_t i = 0; i < n; ++i) {
      float* const query = queries_.get() + i / kQueryTile * tile + i % kQueryTile;
      for (int64_t d = 0; d < model_.dim; ++d) query[d * kQueryTile] = hidden(i)[d];
    }
    const PackedRows& output = *classifier_.output_;
    kernels().linear_scores({.panels = output.data(),
                             .queries = queries_.get(),
                             .scores = scores_.get(),
                             .n_query_tiles = n_tiles,
                             .n_padded_rows = output.n_padded_rows(),
                             .dim = model_.dim});
  }

  // The logit of going right at a node of the tree.
  auto node_score(int64_t i) {
    return [this, dot = kernels().dot, h = hidden(i)](int32_t node) {
      return model_.output ? dot(h, model_.output + node * model_.output_stride, model_.dim) : h[node];
    };
  }

  // The logits of text i, calibrated.
  float* logits(int64_t i) {
    float* scores = classifier_.output_ ? scores_.get() + i * classifier_.output_->n_padded_rows() : hidden(i);
    if (classifier_.tree_) {
      tree_scores_.resize(static_cast<size_t>(model_.n_labels));
      classifier_.tree_->log_probabilities(node_score(i), of_nodes_, tree_scores_.data());
      scores = tree_scores_.data();
    }
    const int64_t step = model_.n_scales > 1 ? 1 : 0;
    if (model_.n_scales > 0)
      for (int64_t label = 0; label < model_.n_labels; ++label)
        scores[label] = model_.scale[label * step] * scores[label] + model_.offset[label * step];
    return scores;
  }

  void write_probabilities(int64_t i, float* out) {
    const float* scores = logits(i);
    const int64_t n = model_.n_labels;
    if (model_.loss == LabelLoss::kLogistic) {
      for (int64_t label = 0; label < n; ++label) out[label] = static_cast<float>(logistic(scores[label]));
      return;
    }
    const float top = *std::max_element(scores, scores + n), total = kernels().exp_sum(scores, n, top);
    for (int64_t label = 0; label < n; ++label) out[label] = std::exp(scores[label] - top) / total;
  }

  void write_top(int64_t i, const TopLabels& out, int64_t text) {
    const bool by_tree = classifier_.tree_ && model_.n_scales == 0;
    if (by_tree)
      classifier_.tree_->best(out.k, out.threshold, out.as_fasttext ? kExcess : 0, node_score(i), heap_, found_);
    else
      select_labels(logits(i), out);
    int32_t* label_ids = out.label_ids + text * out.k;
    for (int64_t j = 0; j < out.k; ++j) {
      const bool is_there = j < static_cast<int64_t>(found_.size());
      label_ids[j] = is_there ? ~found_[static_cast<size_t>(j)].child : -1;
      if (out.probabilities)
        out.probabilities[text * out.k + j] =
            is_there ? static_cast<float>(found_[static_cast<size_t>(j)].probability) : 0.0f;
    }
  }

 private:
  const LinearClassifier& classifier_;
  const LinearModel& model_;
  FeatureReader reader_;
  AlignedFloats hidden_, queries_, scores_;
  std::vector<float> tree_scores_;
  std::vector<double> of_nodes_;
  std::vector<Branch> heap_, found_;
  std::vector<ScoredRow> candidates_;

  void select_labels(const float* scores, const TopLabels& out) {
    const int64_t n = model_.n_labels, k = std::min(out.k, n);
    candidates_.resize(static_cast<size_t>(Selections::capacity(k)));
    Selection selection = {.threshold = kNoScore, .k = k, .size = 0,
                           .capacity = static_cast<int64_t>(candidates_.size()), .candidates = candidates_.data(),
                           .excluded = nullptr, .n_excluded = 0};
    for (int64_t label = 0; label < n; ++label) {
      if (!(scores[label] > selection.threshold)) continue;
      selection.candidates[selection.size++] = {scores[label], static_cast<int32_t>(label)};
      if (selection.size == selection.capacity || k == 1) drop_losers(selection);
    }
    drop_losers(selection);
    std::sort(candidates_.begin(), candidates_.begin() + selection.size, Better{});
    found_.clear();
    const bool is_softmax = model_.loss != LabelLoss::kLogistic, wanted = out.probabilities || out.threshold > 0;
    const float top = selection.size > 0 ? candidates_[0].score : 0;
    const double total = is_softmax && wanted ? kernels().exp_sum(scores, n, top) : 1;
    for (int64_t j = 0; j < selection.size; ++j) {
      const float score = candidates_[static_cast<size_t>(j)].score;
      const double p = is_softmax ? std::exp(static_cast<double>(score) - top) / total
                       : out.as_fasttext ? stepped_logistic(score) : logistic(score);
      if (!(p >= out.threshold)) break;
      found_.push_back({out.as_fasttext ? p + kExcess : p, ~candidates_[static_cast<size_t>(j)].row});
    }
  }
};

LinearClassifier::LinearClassifier(std::shared_ptr<const DocumentFeatures> features, const LinearModel& model,
                                   int n_threads)
    : features_(std::move(features)),
      model_(model),
      texts_per_task_(kQueryTile *
                      std::clamp<int64_t>(kScoresPerTask / kQueryTile / model.n_labels, 1, kTilesPerTask)) {
  if (model.n_rows != features_->n_rows())
    throw std::invalid_argument("`input_vectors` must have a row for each word and each bucket that has one: " +
                                std::to_string(features_->n_rows()) + ", got " + std::to_string(model.n_rows));
  if (model.loss == LabelLoss::kTree)
    tree_.emplace(std::vector<int64_t>(model.label_counts, model.label_counts + model.n_labels));
  else if (model.output)
    output_.emplace(model.output, model.output_stride, model.n_labels, model.dim, false, n_threads);
}

LinearClassifier::~LinearClassifier() = default;

template <typename Use>
bool LinearClassifier::for_each_batch(const Texts& texts, int n_threads, const KeepGoing& keep_going,
                                      const Use& use) const {
  std::vector<int64_t> begins = {0};  // of the tasks
  int64_t n_bytes = 0, task_bytes = 0;
  for (int64_t i = 0; i < texts.n; ++i) {
    if (i - begins.back() == texts_per_task_ || task_bytes > kBytesPerTask) {
      begins.push_back(i);
      task_bytes = 0;
    }
    n_bytes += texts.texts[i].size;
    task_bytes += texts.texts[i].size;
  }
  if (texts.n > 0) begins.push_back(texts.n);
  const auto n_tasks = static_cast<int64_t>(begins.size()) - 1;
  const int64_t useful = n_bytes / kBytesPerThread + 1;
  const int n_workers = static_cast<int>(std::min<int64_t>(n_threads, useful));
  std::vector<std::unique_ptr<Worker>> workers(static_cast<size_t>(std::min<int64_t>(n_workers, n_tasks)));
  for (auto& worker : workers) worker = take_worker();
  const Patient patient(keep_going);
  const bool done = for_each_task(n_tasks, n_workers, std::cref(patient), [&](int64_t task, int thread_id) {
    const int64_t first = begins[static_cast<size_t>(task)], n = begins[static_cast<size_t>(task) + 1] - first;
    Worker& worker = *workers[static_cast<size_t>(thread_id)];
    for (int64_t i = 0; i < n; ++i) worker.read(texts.texts[first + i], i);
    use(worker, first, n);
  });
  const std::lock_guard lock(mutex_);
  for (auto& worker : workers) idle_.push_back(std::move(worker));
  return done;
}

std::unique_ptr<LinearClassifier::Worker> LinearClassifier::take_worker() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Worker> worker = std::move(idle_.back());
      idle_.pop_back();
      return worker;
    }
  }
  return std::make_unique<Worker>(*this);
}

bool LinearClassifier::hidden(const Texts& texts, int n_threads, const KeepGoing& keep_going, float* out) const {
  return for_each_batch(texts, n_threads, keep_going, [&](Worker& worker, int64_t first, int64_t n) {
    std::copy_n(worker.hidden(0), n * model_.dim, out + first * model_.dim);
  });
}

bool LinearClassifier::logits(const Texts& texts, int n_threads, const KeepGoing& keep_going, float* out) const {
  return for_each_batch(texts, n_threads, keep_going, [&](Worker& worker, int64_t first, int64_t n) {
    worker.score(n);
    for (int64_t i = 0; i < n; ++i) std::copy_n(worker.logits(i), model_.n_labels, out + (first + i) * model_.n_labels);
  });
}

bool LinearClassifier::probabilities(const Texts& texts, int n_threads, const KeepGoing& keep_going,
                                     float* out) const {
  return for_each_batch(texts, n_threads, keep_going, [&](Worker& worker, int64_t first, int64_t n) {
    worker.score(n);
    for (int64_t i = 0; i < n; ++i) worker.write_probabilities(i, out + (first + i) * model_.n_labels);
  });
}

bool LinearClassifier::top(const Texts& texts, int n_threads, const KeepGoing& keep_going, const TopLabels& out) const {
  return for_each_batch(texts, n_threads, keep_going, [&](Worker& worker, int64_t first, int64_t n) {
    worker.score(n);
    for (int64_t i = 0; i < n; ++i) worker.write_top(i, out, first + i);
  });
}

bool fold(const LinearModel& model, int n_threads, const KeepGoing& keep_going, float* folded, int64_t stride) {
  const Patient patient(keep_going);
  const auto dot = kernels().dot;
  const int64_t n_tasks = (model.n_rows + kRowsPerTask - 1) / kRowsPerTask;
  return for_each_task(n_tasks, n_threads, std::cref(patient), [&](int64_t task, int) {
    const int64_t last = std::min(model.n_rows, (task + 1) * kRowsPerTask);
    for (int64_t row = task * kRowsPerTask; row < last; ++row) {
      const float* const input = model.input + row * model.input_stride;
      for (int64_t label = 0; label < stride; ++label)
        folded[row * stride + label] =
            label < model.n_labels ? dot(input, model.output + label * model.output_stride, model.dim) : 0;
    }
  });
}

}  // namespace textspace
