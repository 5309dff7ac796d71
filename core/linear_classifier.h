// The linear classifier in prediction: texts in, labels and their probabilities out.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "document_features.h"
#include "label_tree.h"
#include "packed_rows.h"
#include "threads.h"

namespace textspace {

enum class LabelLoss { kSoftmax, kTree, kLogistic };

// The arrays of a model, which its owner keeps.
struct LinearModel {
  const float* input;  // (n_rows, dim), at any address
  int64_t input_stride, n_rows;
  int dim;
  const float* output;  // (n_labels, dim); null: the input's rows are scores of the labels (or of the tree's nodes)
  int64_t output_stride, n_labels;
  LabelLoss loss;
  const int64_t* label_counts;
  const float* scale;  // n_scales of each: 0 (not calibrated), 1 or n_labels
  const float* offset;
  int64_t n_scales;
};

struct Texts {
  const Bytes* texts;
  int64_t n;
};

struct TopLabels {
  int64_t k;
  float threshold;
  bool as_fasttext;  // fastText's numbers: its table of the logistic function, and 1e-5 added to each probability
  int32_t* label_ids;  // (n, k): -1 where there are no more
  float* probabilities;  // (n, k) or null
};

class LinearClassifier {
 public:
  // Throws std::invalid_argument where the model does not fit `features` or holds values that are not finite.
  LinearClassifier(std::shared_ptr<const DocumentFeatures> features, const LinearModel& model, int n_threads);
  ~LinearClassifier();

  // All write one row of `out` for each text and return false when keep_going stopped them.
  bool hidden(const Texts& texts, int n_threads, const KeepGoing& keep_going, float* out) const;
  bool logits(const Texts& texts, int n_threads, const KeepGoing& keep_going, float* out) const;
  bool probabilities(const Texts& texts, int n_threads, const KeepGoing& keep_going, float* out) const;
  bool top(const Texts& texts, int n_threads, const KeepGoing& keep_going, const TopLabels& out) const;

  const LinearModel& model() const { return model_; }

 private:
  class Worker;

  template <typename Use>
  bool for_each_batch(const Texts& texts, int n_threads, const KeepGoing& keep_going, const Use& use) const;

  std::unique_ptr<Worker> take_worker() const;

  std::shared_ptr<const DocumentFeatures> features_;
  LinearModel model_;
  int64_t texts_per_task_;
  std::optional<LabelTree> tree_;
  std::optional<PackedRows> output_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Worker>> idle_;  // kept: to make one takes longer than to read a short text
};

// folded[row] = the scores of all n_labels rows of `output` for one row of the input; `stride` floats a row, of which
// those after the scores are zero.
bool fold(const LinearModel& model, int n_threads, const KeepGoing& keep_going, float* folded, int64_t stride);

}  // namespace textspace
