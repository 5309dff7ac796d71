// Trains word vectors in threads of its own over shared matrices, without locks (Recht et al. 2011, "Hogwild!").
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "alias_table.h"
#include "block_sampler.h"
#include "huffman.h"
#include "training.h"

namespace textspace {

enum class Objective { kSkipGram, kCbow };

struct VectorTrainerOptions {
  Objective objective;
  SamplerOptions sampler;
  double negative_power;  // negatives are drawn in proportion to count ** negative_power
  int64_t epochs;
  float learning_rate;    // at the start; it falls linearly to 0
  uint64_t seed;
  int n_threads;
};

struct VectorTrainerProgress {
  int64_t words_done;  // of epochs * n_words
  double loss_sum;     // over a sample of the pairs trained
  int64_t loss_n;
};

// The arrays must live, and the trainer must not be moved, until join() has returned.
class VectorTrainer {
 public:
  // `ids` hold word ids below `counts.size()`, or kEndOfLine.
  VectorTrainer(const int32_t* ids, int64_t n_ids, const std::vector<int64_t>& counts, const VectorModel& model,
                const VectorTrainerOptions& options);
  ~VectorTrainer();

  void start();
  void stop() { stopped_ = true; }  // the threads end after their current block
  void join();
  bool running() const { return n_running_ > 0; }
  int64_t n_words() const { return n_words_; }
  VectorTrainerProgress progress() const;

 private:
  void work(int thread_id);
  void train_span(const int32_t* begin, const int32_t* end, BlockSampler& sampler, float* workspace);

  const int32_t* ids_;
  const int64_t n_ids_;
  int64_t n_words_ = 0;
  const VectorModel model_;
  const VectorTrainerOptions options_;
  std::unique_ptr<AliasTable> negatives_;
  std::unique_ptr<HuffmanTree> tree_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopped_{false};
  std::atomic<int> n_running_{0};
  std::atomic<int64_t> next_span_{0}, words_done_{0}, loss_n_{0};
  std::atomic<double> loss_sum_{0};
};

}  // namespace textspace
