#include "document_trainer.h"

#include <algorithm>
#include <optional>

#include "aligned_floats.h"
#include "atomic_total.h"
#include "isa.h"
#include "matrix_replica.h"
#include "prefetch.h"
#include "rng.h"

namespace textspace {
namespace {

// Threads take the documents in chunks of this many, and train them in batches whose rows hold about so many floats:
// they are asked for when the batch is filled, and wait in the second-level cache.
constexpr int64_t kChunkDocuments = 64;
constexpr int64_t kBatchFloats = 1 << 15;
// Where documents are compared with all outputs and these are few, each thread has its copy of them. Copies exchange
// their changes when all threads together have trained some 64 documents, but not before each has trained 8.
constexpr int64_t kReplicaFloats = 1 << 17;
constexpr int64_t kDocumentsPerExchange = 64, kLeastDocumentsPerExchange = 8;
constexpr int64_t kItemsAhead = 64;  // of each document of a chunk; what follows them is read in order
constexpr int64_t kBoundsAhead = 32, kListsAhead = 16;  // words whose lists of rows are asked for
constexpr int32_t kFrequentItems = 1024;  // items from 0 on, the words that occur most often
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

// Goes through the items of some documents, one document after another.
class ItemCursor {
 public:
  ItemCursor() = default;
  ItemCursor(const Documents& documents, const int64_t* taken, int64_t n)
      : documents_(&documents), taken_(taken), taken_end_(taken + n) {}

  // -1 after the last.
  int32_t next() {
    while (item_ == end_) {
      if (taken_ == taken_end_) return -1;
      item_ = documents_->indptr[*taken_];
      end_ = documents_->indptr[*taken_ + 1];
      ++taken_;
    }
    return documents_->items[item_++];
  }

 private:
  const Documents* documents_ = nullptr;
  const int64_t *taken_ = nullptr, *taken_end_ = nullptr;
  int64_t item_ = 0, end_ = 0;
};

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
      const int64_t begin = documents_.indptr[taken_[i]], end = documents_.indptr[taken_[i] + 1];
      prefetch_array(documents_.items + begin, std::min(end - begin, kItemsAhead));
      __builtin_prefetch(documents_.labels + documents_.label_indptr[taken_[i]]);
    }
    if (!documents_.word_indptr) return;
    bounds_ahead_ = lists_ahead_ = ItemCursor(documents_, taken_, n_taken_);
    for (int64_t i = 0; i < kBoundsAhead; ++i) bounds_ahead_.next();
    for (int64_t i = 0; i < kListsAhead; ++i) lists_ahead_.next();
  }

  // Fills the batch with at most `limit` of the documents taken; false where none is left. Sets the number of their
  // items.
  bool fill(int64_t limit, int64_t* n_items) {
    clear();
    *n_items = 0;
    const int64_t end = std::min(n_taken_, next_ + limit);
    while (next_ < end && static_cast<int64_t>(rows_.size()) * trainer_.model_.stride < kBatchFloats) {
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
    const int64_t n_features = add_items(documents_.indptr[document], documents_.indptr[document + 1]);
    if (n_features == 0) return;
    n_features_.push_back(n_features);
    add_targets(labels, n_labels, weight);
    row_begin_.push_back(static_cast<int64_t>(rows_.size()));
    target_begin_.push_back(static_cast<int64_t>(targets_.size()));
    weights_.push_back(weight);
  }

  // Returns the number of features, which those without a row are, too. Frequent items, whose numbers are low, stand in
  // a document many times: their rows are read and written once.
  int64_t add_items(int64_t begin, int64_t end) {
    int64_t n_features = 0;
    for (int64_t i = begin; i < end; ++i) {
      if (documents_.word_indptr) look_ahead();
      const int32_t item = documents_.items[i];
      if (item < 0 || item >= kFrequentItems)
        n_features += add_rows(item, 1);
      else if (frequencies_[item]++ == 0)
        frequent_.push_back(item);
    }
    for (int32_t item : frequent_) {
      n_features += add_rows(item, frequencies_[item]);
      frequencies_[item] = 0;
    }
    frequent_.clear();
    return n_features;
  }

  // The lists of rows of words lie far apart, and the rows too: where a list begins is asked for first, then the list.
  void look_ahead() {
    if (const int32_t word = bounds_ahead_.next(); is_word(word)) __builtin_prefetch(documents_.word_indptr + word);
    const int32_t word = lists_ahead_.next();
    if (!is_word(word)) return;
    const int64_t begin = documents_.word_indptr[word], end = documents_.word_indptr[word + 1];
    prefetch_array(documents_.word_rows + begin, end - begin);
  }

  bool is_word(int32_t item) const { return item >= 0 && item < documents_.n_words; }

  int64_t add_rows(int32_t item, int32_t frequency) {
    if (item < 0) return frequency;
    if (!documents_.word_indptr || item >= documents_.n_words) {
      add_row(documents_.word_indptr ? documents_.first_row + item - documents_.n_words : item, frequency);
      return frequency;
    }
    const int64_t begin = documents_.word_indptr[item], end = documents_.word_indptr[item + 1];
    for (int64_t i = begin; i < end; ++i)
      if (documents_.word_rows[i] >= 0) add_row(documents_.word_rows[i], frequency);
    return frequency * (end - begin);
  }

  void add_row(int64_t row, int32_t frequency) {
    prefetch_array<0, 2>(trainer_.model_.input + row * trainer_.model_.stride, trainer_.model_.stride);
    rows_.push_back({static_cast<int32_t>(row), static_cast<float>(frequency)});
  }

  void add_targets(const int32_t* labels, int64_t n_labels, float weight) {
    const ClassifierLoss loss = trainer_.options_.loss;
    if (loss == ClassifierLoss::kOneVsAll) {
      for (int64_t i = 0; i < n_labels; ++i) targets_.push_back({labels[i], 1, weight * label_weight(labels[i])});
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
  ItemCursor bounds_ahead_, lists_ahead_;
  int64_t taken_[kChunkDocuments];
  std::vector<int64_t> row_begin_, n_features_, target_begin_;
  std::vector<CountedRow> rows_;
  std::vector<int32_t> frequent_;
  int32_t frequencies_[kFrequentItems] = {};
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

// 0 where threads share the output matrix itself.
int64_t DocumentTrainer::documents_per_exchange() const {
  const bool all_outputs = model_.loss != OutputLoss::kBinary;
  const bool is_small = model_.n_outputs * model_.stride <= kReplicaFloats;
  if (!all_outputs || !is_small || options_.n_threads == 1) return 0;
  return std::max(kLeastDocumentsPerExchange, kDocumentsPerExchange / options_.n_threads);
}

void DocumentTrainer::work(int thread_id, int64_t end) {
  const AlignedFloats workspace = aligned_floats(workspace_floats(model_));
  const int64_t n_together = documents_per_exchange();
  std::optional<MatrixReplica> outputs;
  if (n_together > 0) outputs.emplace(model_.output, model_.n_outputs * model_.stride);
  ClassifierModel model = model_;
  if (outputs) model.output = outputs->data();
  const auto stream = static_cast<uint64_t>(thread_id + options_.n_threads * (options_.pause ? epochs_started_ : 0));
  Sampler sampler(*this, Rng(options_.seed, stream));
  const LearningRate rate = {options_.learning_rate, &items_done_,
                             static_cast<double>(n_items_) * static_cast<double>(options_.epochs)};
  const int64_t chunks = n_chunks(documents_.n);
  int64_t n_since_exchange = 0;
  while (!stopped_) {
    int64_t chunk = next_chunk_.load();
    while (chunk < end && !next_chunk_.compare_exchange_weak(chunk, chunk + 1)) {
    }
    if (chunk >= end) break;
    const int64_t begin = chunk % chunks * kChunkDocuments;
    sampler.take(chunk / chunks, begin, std::min(begin + kChunkDocuments, documents_.n));
    for (int64_t n_items; !stopped_ && sampler.fill(outputs ? n_together : kChunkDocuments, &n_items);) {
      ClassifierLossSample loss;
      const DocumentBatch batch = sampler.batch();
      kernels().train_documents(model, batch, rate, workspace.get(), &loss);
      n_since_exchange += batch.n;
      if (outputs && n_since_exchange >= n_together) {
        outputs->exchange();
        n_since_exchange = 0;
      }
      __atomic_fetch_add(&items_done_, n_items, __ATOMIC_RELAXED);
      add(loss_sum_, loss.sum);
      loss_n_ += loss.n;
    }
  }
  if (outputs) outputs->exchange();
}

}  // namespace textspace
