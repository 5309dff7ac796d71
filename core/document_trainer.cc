#include "document_trainer.h"

#include <algorithm>
#include <optional>

#include "aligned_floats.h"
#include "atomic_total.h"
#include "isa.h"
#include "rng.h"

namespace textspace {
namespace {

// Threads take the documents in chunks of this many, and train them in batches of about so many rows.
constexpr int64_t kChunkDocuments = 64;
constexpr int64_t kBatchRows = 4096;
constexpr int kDrawsOfNegative = 1000;  // one label may be nearly all there is, or all labels true

int64_t n_chunks(int64_t n_documents) { return (n_documents + kChunkDocuments - 1) / kChunkDocuments; }

OutputLoss output_loss(ClassifierLoss loss) {
  if (loss == ClassifierLoss::kSoftmax) return OutputLoss::kSoftmax;
  return loss == ClassifierLoss::kOneVsAll ? OutputLoss::kOneVsAll : OutputLoss::kBinary;
}

std::vector<double> negative_weights(const std::vector<int64_t>& counts, const DocumentTrainerOptions& options) {
  if (options.loss != ClassifierLoss::kNegativeSampling) return {};
  return powers_of_counts(counts, options.negative_power);
}

std::vector<int64_t> tree_counts(const std::vector<int64_t>& counts, const DocumentTrainerOptions& options) {
  return options.loss == ClassifierLoss::kHierarchicalSoftmax ? counts : std::vector<int64_t>();
}

}  // namespace

// One thread's batches: documents with their rows and targets.
class DocumentTrainer::Sampler {
 public:
  Sampler(const DocumentTrainer& trainer, Rng rng) : trainer_(trainer), documents_(trainer.documents_), rng_(rng) {
    clear();
  }

  // The documents at positions begin..end-1 of the epoch's order.
  void take(int64_t epoch, int64_t begin, int64_t end) {
    n_taken_ = end - begin;
    next_ = 0;
    const auto stream = static_cast<uint64_t>(epoch);
    if (epoch != epoch_ || !order_) order_.emplace(documents_.n, ~trainer_.options_.seed, stream);
    epoch_ = epoch;
    for (int64_t i = 0; i < n_taken_; ++i) {
      taken_[i] = trainer_.options_.shuffle ? (*order_)(begin + i) : begin + i;
      __builtin_prefetch(documents_.indptr + taken_[i]);
      __builtin_prefetch(documents_.label_indptr + taken_[i]);
    }
    for (int64_t i = 0; i < n_taken_; ++i) {
      __builtin_prefetch(documents_.items + documents_.indptr[taken_[i]]);
      __builtin_prefetch(documents_.labels + documents_.label_indptr[taken_[i]]);
    }
  }

  // Fills the batch with documents taken; false where none is left. Returns their items in *n_items.
  bool fill(int64_t* n_items) {
    clear();
    *n_items = 0;
    while (next_ < n_taken_ && static_cast<int64_t>(rows_.size()) < kBatchRows) {
      const int64_t document = taken_[next_++];
      *n_items += documents_.indptr[document + 1] - documents_.indptr[document];
      *n_items += documents_.label_indptr[document + 1] - documents_.label_indptr[document];
      add_document(document);
    }
    return *n_items > 0 || next_ < n_taken_;
  }

  DocumentBatch batch() const {
    return {static_cast<int>(weights_.size()), row_begin_.data(), rows_.data(),    n_features_.data(),
            target_begin_.data(),               targets_.data(),   weights_.data()};
  }

 private:
  void clear() {
    row_begin_.assign(1, 0);
    target_begin_.assign(1, 0);
    rows_.clear();
    n_features_.clear();
    targets_.clear();
    weights_.clear();
  }

  void add_document(int64_t document) {
    const int32_t* labels = documents_.labels + documents_.label_indptr[document];
    const int64_t n_labels = documents_.label_indptr[document + 1] - documents_.label_indptr[document];
    const float weight = documents_.weights ? documents_.weights[document] : 1;
    if (n_labels == 0 || !(weight > 0)) return;
    add_rows(documents_.items + documents_.indptr[document], documents_.items + documents_.indptr[document + 1]);
    const int64_t n_features = static_cast<int64_t>(rows_.size()) - row_begin_.back();
    if (n_features == 0) return;
    if (documents_.has_zero_rows) rows_.erase(std::remove(rows_.begin() + row_begin_.back(), rows_.end(), -1), rows_.end());
    n_features_.push_back(n_features);
    add_targets(labels, n_labels, weight);
    row_begin_.push_back(static_cast<int64_t>(rows_.size()));
    target_begin_.push_back(static_cast<int64_t>(targets_.size()));
    weights_.push_back(weight);
  }

  void add_rows(const int32_t* item, const int32_t* end) {
    if (!documents_.word_indptr) {
      rows_.insert(rows_.end(), item, end);
      return;
    }
    for (; item < end; ++item) {
      if (*item < 0)
        rows_.push_back(-1);
      else if (*item < documents_.n_words)
        rows_.insert(rows_.end(), documents_.word_rows + documents_.word_indptr[*item],
                     documents_.word_rows + documents_.word_indptr[*item + 1]);
      else
        rows_.push_back(static_cast<int32_t>(documents_.first_row + *item - documents_.n_words));
    }
  }

  void add_targets(const int32_t* labels, int64_t n_labels, float weight) {
    const ClassifierLoss loss = trainer_.options_.loss;
    if (loss == ClassifierLoss::kOneVsAll) {
      const size_t begin = targets_.size();
      for (int64_t i = 0; i < n_labels; ++i) targets_.push_back({labels[i], 1, weight * label_weight(labels[i])});
      std::sort(targets_.begin() + static_cast<int64_t>(begin), targets_.end(),
                [](const Target& a, const Target& b) { return a.output < b.output; });
      return;
    }
    if (!trainer_.options_.all_labels) {
      if (n_labels > 1) labels += rng_.below(static_cast<uint32_t>(n_labels));
      add_label(*labels, weight, labels, 1);
      return;
    }
    for (int64_t i = 0; i < n_labels; ++i)
      add_label(labels[i], weight / static_cast<float>(n_labels), labels, n_labels);
  }

  void add_label(int32_t label, float weight, const int32_t* labels, int64_t n_labels) {
    weight *= label_weight(label);
    if (trainer_.options_.loss == ClassifierLoss::kHierarchicalSoftmax) {
      const HuffmanTree& tree = *trainer_.tree_;
      for (int64_t i = tree.begin[label]; i < tree.begin[label + 1]; ++i)
        targets_.push_back({tree.nodes[i], tree.codes[i], weight});
      return;
    }
    targets_.push_back({label, 1, weight});
    if (trainer_.options_.loss == ClassifierLoss::kNegativeSampling) add_negatives(weight, labels, n_labels);
  }

  void add_negatives(float weight, const int32_t* labels, int64_t n_labels) {
    for (int i = 0; i < trainer_.options_.n_negatives; ++i)
      for (int draw = 0; draw < kDrawsOfNegative; ++draw) {
        const int32_t negative = trainer_.negatives_->draw(rng_);
        if (std::find(labels, labels + n_labels, negative) != labels + n_labels) continue;
        targets_.push_back({negative, 0, weight});
        break;
      }
  }

  float label_weight(int32_t label) const {
    return trainer_.options_.label_weights ? trainer_.options_.label_weights[label] : 1;
  }

  const DocumentTrainer& trainer_;
  const Documents& documents_;
  Rng rng_;
  std::optional<Permutation> order_;
  int64_t epoch_ = -1, n_taken_ = 0, next_ = 0;
  int64_t taken_[kChunkDocuments];
  std::vector<int64_t> row_begin_, n_features_, target_begin_;
  std::vector<int32_t> rows_;
  std::vector<Target> targets_;
  std::vector<float> weights_;
};

DocumentTrainer::DocumentTrainer(const Documents& documents, const std::vector<int64_t>& counts, float* input,
                                 float* output, int64_t stride, const DocumentTrainerOptions& options)
    : documents_(documents),
      model_{input, output, stride, static_cast<int64_t>(counts.size()), output_loss(options.loss)},
      options_(options),
      n_labels_(static_cast<int64_t>(counts.size())),
      n_items_(documents.indptr[documents.n] + documents.label_indptr[documents.n]),
      negatives_(std::make_unique<AliasTable>(negative_weights(counts, options))),
      tree_(std::make_unique<HuffmanTree>(tree_counts(counts, options))) {}

DocumentTrainer::~DocumentTrainer() {
  stop();
  join();
}

void DocumentTrainer::start() {
  if (epochs_started_ >= options_.epochs) return;
  epochs_started_ = options_.pause ? epochs_started_ + 1 : options_.epochs;
  const int64_t end = epochs_started_ * n_chunks(documents_.n);
  n_running_ = options_.n_threads;
  for (int thread_id = 0; thread_id < options_.n_threads; ++thread_id)
    threads_.emplace_back([this, thread_id, end] {
      work(thread_id, end);
      --n_running_;
    });
}

void DocumentTrainer::join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

DocumentTrainerProgress DocumentTrainer::progress() const {
  return {__atomic_load_n(&items_done_, __ATOMIC_RELAXED), loss_sum_, loss_n_};
}

void DocumentTrainer::work(int thread_id, int64_t end) {
  const AlignedFloats workspace = aligned_floats(workspace_floats(model_));
  const auto stream = static_cast<uint64_t>(thread_id + options_.n_threads * (options_.pause ? epochs_started_ : 0));
  Sampler sampler(*this, Rng(options_.seed, stream));
  const LearningRate rate = {options_.learning_rate, &items_done_,
                             static_cast<double>(n_items_) * static_cast<double>(options_.epochs)};
  const int64_t chunks = n_chunks(documents_.n);
  while (!stopped_) {
    int64_t chunk = next_chunk_.load();
    while (chunk < end && !next_chunk_.compare_exchange_weak(chunk, chunk + 1)) {
    }
    if (chunk >= end) break;
    const int64_t begin = chunk % chunks * kChunkDocuments;
    sampler.take(chunk / chunks, begin, std::min(begin + kChunkDocuments, documents_.n));
    for (int64_t n_items; !stopped_ && sampler.fill(&n_items);) {
      ClassifierLossSample loss;
      kernels().train_documents(model_, sampler.batch(), rate, workspace.get(), &loss);
      __atomic_fetch_add(&items_done_, n_items, __ATOMIC_RELAXED);
      add(loss_sum_, loss.sum);
      loss_n_ += loss.n;
    }
  }
}

}  // namespace textspace
