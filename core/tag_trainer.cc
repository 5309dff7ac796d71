#include "tag_trainer.h"

#include <algorithm>
#include <cmath>

#include "atomic_total.h"
#include "isa.h"
#include "permutation.h"
#include "prefetch.h"

namespace textspace {
namespace {

// Streams of the generator: what a document draws for its loss and for its dropout, and the order of an epoch.
constexpr size_t kRowsAhead = 3;

enum Purpose : uint64_t { kLossDraws = 0, kDropout = 1, kOrder = 2 };

uint64_t epoch_seed(uint64_t seed, uint64_t epoch, Purpose purpose) {
  return seed + 0xD1B54A32D192ED03ULL * (4 * epoch + purpose + 1);
}

void shorten(float* row, int64_t n, float max_norm) {
  const float square = kernels().tags.dot(row, row, n);
  if (!(square > max_norm * max_norm)) return;
  const float scale = max_norm / std::sqrt(square);
  for (int64_t d = 0; d < n; ++d) row[d] *= scale;
}

}  // namespace

struct TagTrainer::Worker {
  Worker(const TagModel& model, const TagTrainerOptions& options, const TagLossTables& tables)
      : encoder(make_encoder(model, true)), loss(model, options.loss, tables) {}
  std::unique_ptr<TagEncoder> encoder;
  TagLoss loss;
  std::vector<TagTargets> targets;
  std::vector<char> empty;
  std::vector<int32_t> kept;
  GrowingFloats embeddings, errors;
  int64_t n_words = 0;
};

TagTrainer::TagTrainer(const TaggedDocuments& documents, const std::vector<int64_t>& tag_counts, const TagModel& model,
                       const TagTrainerOptions& options)
    : documents_(documents), model_(model), options_(options), tables_(options.loss, tag_counts) {
  n_words_ = documents.indptr[documents.n];
  n_batches_ = (documents.n + options.batch_size - 1) / options.batch_size;
  words_ = make_moments(model.n_words, model.stride);
  tags_ = make_moments(model.n_tags, model.embedding_stride());
  if (model.tag_bias) bias_ = make_moments((model.n_tags + 15) / 16, 16);
  for (int i = 0; i < options.n_threads; ++i) workers_.push_back(std::make_unique<Worker>(model, options, tables_));
  for (const TagEncoder::Dense& dense : workers_[0]->encoder->dense()) dense_.push_back(make_moments(dense.n / 16, 16));
}

TagTrainer::~TagTrainer() {
  stop();
  join();
}

TagTrainer::Moments TagTrainer::make_moments(int64_t n_rows, int64_t row_floats) const {
  Moments moments;
  if (options_.optimizer == Optimizer::kRowAdagrad) moments.first.grow(n_rows);
  if (options_.optimizer == Optimizer::kAdagrad || options_.optimizer == Optimizer::kAdam)
    moments.first.grow(n_rows * row_floats);
  if (options_.optimizer == Optimizer::kAdam) moments.second.grow(n_rows * row_floats);
  return moments;
}

void TagTrainer::start(int64_t n_epochs) {
  const int64_t all = n_batches_ * options_.epochs;
  next_batch_ = last_batch_.load();
  last_batch_ = std::min(all, last_batch_ + n_batches_ * std::min(n_epochs, options_.epochs));
  stopped_ = false;
  n_running_ = options_.n_threads;
  threads_.clear();
  for (std::unique_ptr<Worker>& worker : workers_)
    threads_.emplace_back([this, &worker] {
      for (int64_t batch = next_batch_++; batch < last_batch_ && !stopped_; batch = next_batch_++)
        train_batch(batch, *worker);
      --n_running_;
    });
}

void TagTrainer::join() {
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

void TagTrainer::train_batch(int64_t batch, Worker& worker) {
  add_documents(batch, worker);
  const auto n = static_cast<int64_t>(worker.targets.size());
  worker.embeddings.grow(n * model_.embedding_stride());
  worker.errors.grow(n * model_.embedding_stride());
  worker.encoder->encode(worker.embeddings.data());
  const float scale = options_.mean ? 1 / static_cast<float>(n) : 1;
  const double loss =
      worker.loss.run(worker.embeddings.data(), worker.targets, worker.empty, scale, worker.errors.data());
  worker.encoder->back(worker.errors.data());
  step(batch, worker);
  words_done_ += worker.n_words;
  add(loss_sum_, loss);
  loss_n_ += n;
}

void TagTrainer::add_documents(int64_t batch, Worker& worker) const {
  const auto epoch = static_cast<uint64_t>(batch / n_batches_);
  const Permutation order(documents_.n, epoch_seed(options_.seed, epoch, kOrder), 0);
  worker.encoder->clear();
  worker.targets.clear();
  worker.empty.clear();
  worker.n_words = 0;
  const int64_t first = batch % n_batches_ * options_.batch_size;
  for (int64_t i = first; i < std::min(first + options_.batch_size, documents_.n); ++i) {
    const int64_t document = options_.shuffle ? order(i) : i;
    const int64_t tags = documents_.tag_indptr[document];
    drop_words(document, epoch, worker);
    worker.encoder->add(worker.kept.data(), static_cast<int64_t>(worker.kept.size()));
    worker.empty.push_back(worker.kept.empty());
    worker.n_words += documents_.indptr[document + 1] - documents_.indptr[document];
    worker.targets.push_back({documents_.tags + tags, documents_.tag_indptr[document + 1] - tags,
                              Rng(epoch_seed(options_.seed, epoch, kLossDraws), static_cast<uint64_t>(document))});
  }
}

// A document of which nothing would be left stays whole.
void TagTrainer::drop_words(int64_t document, uint64_t epoch, Worker& worker) const {
  const int32_t* begin = documents_.rows + documents_.indptr[document];
  const int32_t* end = documents_.rows + documents_.indptr[document + 1];
  worker.kept.clear();
  if (options_.word_dropout > 0) {
    Rng rng(epoch_seed(options_.seed, epoch, kDropout), static_cast<uint64_t>(document));
    for (const int32_t* row = begin; row < end; ++row)
      if (rng.unit() >= options_.word_dropout) worker.kept.push_back(*row);
  }
  if (worker.kept.empty()) worker.kept.assign(begin, end);
}

float TagTrainer::learning_rate(int64_t batch) const {
  double done = 0;
  if (options_.schedule == Schedule::kLinear)
    done = static_cast<double>(words_done_) / (static_cast<double>(n_words_) * static_cast<double>(options_.epochs));
  if (options_.schedule == Schedule::kEpochs)
    done = static_cast<double>(batch / n_batches_) / static_cast<double>(options_.epochs);
  return static_cast<float>(options_.learning_rate * (1 - std::min(done, 1.0)));
}

void TagTrainer::step(int64_t batch, Worker& worker) {
  StepRule rule{options_.optimizer, learning_rate(batch), clip_scale(worker), options_.beta1, options_.beta2,
                options_.epsilon};
  const auto t = static_cast<double>(++n_steps_);
  if (options_.optimizer == Optimizer::kAdam)
    rule.rate *= static_cast<float>(std::sqrt(1 - std::pow(options_.beta2, t)) / (1 - std::pow(options_.beta1, t)));
  RowGradients &words = worker.encoder->word_gradients(), &tags = worker.loss.tag_gradients();
  if (options_.train_words) {
    step_rows(rule, words, model_.words, words_);
  } else {
    std::fill_n(words.at(0), (words.first_slot() + static_cast<int64_t>(words.rows().size())) * words.stride(), 0.0f);
  }
  step_rows(rule, tags, model_.tags, tags_);
  if (model_.tag_bias) {
    const int64_t n = (model_.n_tags + 15) / 16 * 16;
    step_dense(rule, {model_.tag_bias, worker.loss.bias_gradients().data(), n}, bias_);
  }
  const std::vector<TagEncoder::Dense> all = worker.encoder->dense();
  for (size_t i = 0; i < all.size(); ++i) step_dense(rule, all[i], dense_[i]);
  tags.clear();
}

// The rows of a batch lie far apart.
void TagTrainer::prefetch(int64_t begin, int64_t n, const float* matrix, const Moments& moments) const {
  prefetch_array<1>(matrix + begin, n);
  if (options_.optimizer == Optimizer::kAdam || options_.optimizer == Optimizer::kAdagrad)
    prefetch_array<1>(moments.first.data() + begin, n);
  if (options_.optimizer == Optimizer::kAdam) prefetch_array<1>(moments.second.data() + begin, n);
}

void TagTrainer::step_rows(const StepRule& rule, RowGradients& gradients, float* matrix, Moments& moments) const {
  const int64_t stride = gradients.stride();
  const bool by_row = options_.optimizer == Optimizer::kRowAdagrad;
  StepRule row_rule = rule;
  if (by_row) row_rule.beta1 = 1 / static_cast<float>(model_.dim);
  const std::vector<int32_t>& rows = gradients.rows();
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i + kRowsAhead < rows.size()) prefetch(rows[i + kRowsAhead] * stride, stride, matrix, moments);
    const int64_t row = rows[i], offset = by_row ? row : row * stride;
    float* values = matrix + row * stride;
    kernels().tags.step(row_rule, values, gradients.at(gradients.first_slot() + static_cast<int32_t>(i)),
                        moments.first.data() + offset, moments.second.data() + row * stride, stride);
    if (options_.max_norm > 0) shorten(values, stride, options_.max_norm);
  }
}

void TagTrainer::step_dense(const StepRule& rule, const TagEncoder::Dense& dense, Moments& moments) const {
  if (options_.optimizer != Optimizer::kRowAdagrad) {
    kernels().tags.step(rule, dense.values, dense.gradient, moments.first.data(), moments.second.data(), dense.n);
    return;
  }
  StepRule row_rule = rule;
  row_rule.beta1 = 1.0f / 16;
  for (int64_t i = 0; i < dense.n; i += 16)
    kernels().tags.step(row_rule, dense.values + i, dense.gradient + i, moments.first.data() + i / 16, nullptr, 16);
}

// What the gradient is multiplied by so that its norm, over all parameters, is at most clip_norm.
float TagTrainer::clip_scale(Worker& worker) const {
  if (!(options_.clip_norm > 0)) return 1;
  double square = 0;
  const auto add_square = [&](const float* gradient, int64_t n) {
    square += kernels().tags.dot(gradient, gradient, n);
  };
  for (RowGradients* rows : {&worker.encoder->word_gradients(), &worker.loss.tag_gradients()})
    add_square(rows->at(rows->first_slot()), static_cast<int64_t>(rows->rows().size()) * rows->stride());
  add_square(worker.loss.bias_gradients().data(), model_.tag_bias ? (model_.n_tags + 15) / 16 * 16 : 0);
  for (const TagEncoder::Dense& dense : worker.encoder->dense()) add_square(dense.gradient, dense.n);
  const double norm = std::sqrt(square);
  return norm > options_.clip_norm ? static_cast<float>(options_.clip_norm / norm) : 1;
}

}  // namespace textspace
