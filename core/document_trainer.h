// Trains a text classifier in threads of its own over shared matrices, without locks (Recht et al. 2011, "Hogwild!").
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "alias_table.h"
#include "classifier_training.h"
#include "huffman.h"
#include "permutation.h"

namespace textspace {

enum class ClassifierLoss { kSoftmax, kHierarchicalSoftmax, kNegativeSampling, kOneVsAll };

// Documents as items, and the rows of the input matrix that items have.
struct Documents {
  int64_t n;
  const int64_t* indptr;        // (n + 1,)
  const int32_t* items;         // -1, like a row -1 below: a row of zeros
  const int64_t* label_indptr;  // (n + 1,): documents without labels or items are passed over
  const int32_t* labels;
  const float* weights;         // (n,), or null
  // Items below n_words are words with several rows; the others have one, first_row + item - n_words. Null: an item is
  // its row.
  const int64_t* word_indptr;
  const int32_t* word_rows;
  int64_t n_words, first_row;
};

struct DocumentTrainerOptions {
  ClassifierLoss loss;
  bool all_labels;             // else softmax, hs and ns train on one random label of a document at a time
  const float* label_weights;  // (n_labels,), or null
  int n_negatives;
  double negative_power;       // negatives are drawn in proportion to count ** negative_power
  bool shuffle;
  bool pause;                  // the threads end after each epoch, and start() runs the next one
  int64_t epochs;
  float learning_rate;         // at the start; it falls linearly to 0
  uint64_t seed;
  int n_threads;
};

struct DocumentTrainerProgress {
  int64_t items_done;  // of epochs * n_items, labels included
  double loss_sum;     // over a sample of the documents trained
  int64_t loss_n;
};

// The arrays must live, and the trainer must not be moved, until join() has returned.
class DocumentTrainer {
 public:
  // `counts` of the labels descend for hierarchical softmax.
  DocumentTrainer(const Documents& documents, const std::vector<int64_t>& counts, float* input, float* output,
                  int64_t stride, const DocumentTrainerOptions& options);
  ~DocumentTrainer();

  void start();
  void stop() { stopped_ = true; }  // the threads end after their current batch
  void join();
  bool running() const { return n_running_ > 0; }
  int64_t n_items() const { return n_items_; }  // of one epoch, labels included
  DocumentTrainerProgress progress() const;

 private:
  class Sampler;
  void work(int thread_id, int64_t end);
  int64_t documents_per_exchange() const;

  const Documents documents_;
  const ClassifierModel model_;
  const DocumentTrainerOptions options_;
  const int64_t n_labels_, n_items_;
  std::unique_ptr<AliasTable> negatives_;
  std::unique_ptr<HuffmanTree> tree_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopped_{false};
  std::atomic<int> n_running_{0};
  std::atomic<int64_t> next_chunk_{0}, loss_n_{0};
  std::atomic<double> loss_sum_{0};
  int64_t epochs_started_ = 0;
  alignas(64) int64_t items_done_ = 0;  // by atomic operations alone; kernels read it
};

}  // namespace textspace
