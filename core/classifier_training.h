// What the training kernel of text classifiers is given: the model, a batch of documents, scratch memory. Plain data,
// shared by all instruction sets.
#pragma once

#include <cstdint>

namespace textspace {

// How the scores of a document's outputs become a loss.
enum class OutputLoss {
  kSoftmax,   // cross entropy with the target's distribution, over all outputs
  kOneVsAll,  // logistic loss of every output
  kBinary     // logistic loss of the outputs that are named: negative sampling, hierarchical softmax
};

// Rows are `stride` floats long, a multiple of 16, 64-byte aligned, zero beyond the dimension.
struct ClassifierModel {
  float* input;   // (R, stride)
  float* output;  // (n_outputs, stride)
  int64_t stride;
  int64_t n_outputs;
  OutputLoss loss;
};

// An output of a document and how much it weighs: softmax and one-vs-all name the document's labels alone.
struct Target {
  int32_t output;
  float truth;   // binary: 1 or 0
  float weight;  // of its term in the loss
};

// A row of the input matrix, and how often a document has it.
struct CountedRow {
  int32_t row;
  float frequency;
};

struct DocumentBatch {
  int n;
  const int64_t* row_begin;  // (n + 1,): the rows of document i are rows[row_begin[i]..row_begin[i + 1])
  const CountedRow* rows;
  const int64_t* n_features;    // (n,): the sum of the frequencies, and of features without a row: they count as zeros
  const int64_t* target_begin;  // (n + 1,)
  const Target* targets;
  const float* weights;  // (n,): of each document; contained in the targets' weights already
};

// Falls linearly to 0 with the work that all threads have done: it is read for every document, so that a thread that
// slept does not go on with the large steps of the past.
struct LearningRate {
  float start;
  const int64_t* done;  // written by other threads
  double total;
};

struct ClassifierLossSample {
  double sum = 0;
  int64_t n = 0;  // documents
};

// Outputs are trained this many at a time.
constexpr int kOutputChunk = 8;

// One thread's scratch memory: 64-byte aligned, this many floats.
inline int64_t workspace_floats(const ClassifierModel& model) {
  const bool all_outputs = model.loss == OutputLoss::kSoftmax || model.loss == OutputLoss::kOneVsAll;
  const int64_t scores = all_outputs ? (model.n_outputs + 31) / 16 * 16 : 0;
  return 3 * model.stride + scores + 16;
}

}  // namespace textspace
