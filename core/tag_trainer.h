// Trains tag models in mini-batches, in threads of its own over shared matrices, without locks ("Hogwild!"). What a
// document draws depends on the seed, the epoch and the document alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "aligned_floats.h"
#include "tag_encoder.h"
#include "tag_kernels.h"
#include "tag_losses.h"
#include "tag_model.h"

namespace textspace {

enum class Schedule { kLinear, kEpochs, kConstant };  // to 0 with the words done; by steps, at each epoch; not at all

struct TagTrainerOptions {
  TagLossOptions loss;
  Optimizer optimizer;
  float learning_rate, beta1, beta2, epsilon;
  Schedule schedule;
  int64_t batch_size, epochs;
  bool mean;          // gradients are the mean over the documents of a batch, not their sum
  float clip_norm;    // of the gradient of a batch; 0: none
  float max_norm;     // of the rows of words and tags; 0: none
  float word_dropout; // probability that a word is left out
  bool train_words;
  bool shuffle;
  uint64_t seed;
  int n_threads;
};

struct TagTrainerProgress {
  int64_t words_done;
  double loss_sum;
  int64_t loss_n;  // documents
};

// The arrays must live, and the trainer must not be moved, until join() has returned.
class TagTrainer {
 public:
  TagTrainer(const TaggedDocuments& documents, const std::vector<int64_t>& tag_counts, const TagModel& model,
             const TagTrainerOptions& options);
  ~TagTrainer();

  // Starts the threads, for all epochs left or for the next n_epochs; after join() they may be started again.
  void start(int64_t n_epochs);
  void stop() { stopped_ = true; }
  void join();
  bool running() const { return n_running_ > 0; }
  int64_t n_words() const { return n_words_; }
  TagTrainerProgress progress() const { return {words_done_, loss_sum_, loss_n_}; }

 private:
  struct Moments {
    GrowingFloats first, second;
  };
  struct Worker;

  void train_batch(int64_t batch, Worker& worker);
  void add_documents(int64_t batch, Worker& worker) const;
  void drop_words(int64_t document, uint64_t epoch, Worker& worker) const;
  void step(int64_t batch, Worker& worker);
  void prefetch(int64_t begin, int64_t n, const float* matrix, const Moments& moments) const;
  void step_rows(const StepRule& rule, RowGradients& gradients, float* matrix, Moments& moments) const;
  void step_dense(const StepRule& rule, const TagEncoder::Dense& dense, Moments& moments) const;
  float learning_rate(int64_t batch) const;
  float clip_scale(Worker& worker) const;
  Moments make_moments(int64_t n_rows, int64_t row_floats) const;

  const TaggedDocuments documents_;
  const TagModel model_;
  const TagTrainerOptions options_;
  const TagLossTables tables_;
  int64_t n_words_ = 0, n_batches_ = 0;  // an epoch
  Moments words_, tags_, bias_;
  std::vector<Moments> dense_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopped_{false};
  std::atomic<int> n_running_{0};
  std::atomic<int64_t> next_batch_{0}, last_batch_{0}, n_steps_{0}, words_done_{0}, loss_n_{0};
  std::atomic<double> loss_sum_{0};
};

}  // namespace textspace
