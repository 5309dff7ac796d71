#include "vector_trainer.h"

#include <algorithm>

#include "aligned_floats.h"
#include "atomic_total.h"
#include "isa.h"

namespace textspace {
namespace {

// Threads take the corpus in spans of this many ids, in order: even work, sequential reading of a mapped file.
constexpr int64_t kSpanIds = 1 << 16;

std::vector<double> negative_weights(const std::vector<int64_t>& counts, const VectorTrainerOptions& options) {
  if (options.sampler.loss != Loss::kNegativeSampling) return {};
  return powers_of_counts(counts, options.negative_power);
}

std::vector<int64_t> tree_counts(const std::vector<int64_t>& counts, const VectorTrainerOptions& options) {
  return options.sampler.loss == Loss::kHierarchicalSoftmax ? counts : std::vector<int64_t>();
}

}  // namespace

VectorTrainer::VectorTrainer(const int32_t* ids, int64_t n_ids, const std::vector<int64_t>& counts,
                             const VectorModel& model, const VectorTrainerOptions& options)
    : ids_(ids),
      n_ids_(n_ids),
      model_(model),
      options_(options),
      negatives_(std::make_unique<AliasTable>(negative_weights(counts, options))),
      tree_(std::make_unique<HuffmanTree>(tree_counts(counts, options))) {
  n_words_ = n_ids - std::count(ids, ids + n_ids, kEndOfLine);
}

VectorTrainer::~VectorTrainer() {
  stop();
  join();
}

void VectorTrainer::start() {
  n_running_ = options_.n_threads;
  for (int thread_id = 0; thread_id < options_.n_threads; ++thread_id)
    threads_.emplace_back([this, thread_id] {
      work(thread_id);
      --n_running_;
    });
}

void VectorTrainer::join() {
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

VectorTrainerProgress VectorTrainer::progress() const { return {words_done_, loss_sum_, loss_n_}; }

void VectorTrainer::work(int thread_id) {
  const AlignedFloats workspace = aligned_floats(workspace_floats(model_));
  const auto stream = static_cast<uint64_t>(thread_id);
  Rng noise_seeds(~options_.seed, stream);
  auto* noise = reinterpret_cast<uint32_t*>(workspace.get());
  for (int i = 0; i < kNoiseWords; ++i) noise[i] = static_cast<uint32_t>(noise_seeds.next()) | 1;
  std::fill_n(workspace.get() + kNoiseWords, hot_word_floats(model_), 0.0f);
  BlockSampler sampler(options_.sampler, *negatives_, *tree_, Rng(options_.seed, stream));
  const int64_t n_spans = (n_ids_ + kSpanIds - 1) / kSpanIds;
  for (int64_t span = next_span_++; span < n_spans * options_.epochs && !stopped_; span = next_span_++) {
    const int64_t begin = span % n_spans * kSpanIds;
    train_span(ids_ + begin, ids_ + std::min(begin + kSpanIds, n_ids_), sampler, workspace.get());
  }
  kernels().finish_training(model_, workspace.get());
}

void VectorTrainer::train_span(const int32_t* begin, const int32_t* end, BlockSampler& sampler, float* workspace) {
  const auto train = options_.objective == Objective::kSkipGram ? kernels().train_skipgram : kernels().train_cbow;
  const auto total = static_cast<double>(n_words_) * static_cast<double>(options_.epochs);
  while (begin < end && !stopped_) {
    const int64_t n_read = sampler.fill(&begin, end);
    const double fraction = static_cast<double>(words_done_.load()) / total;
    const auto learning_rate = static_cast<float>(options_.learning_rate * (1 - fraction));
    LossSample loss;
    train(model_, sampler.block(), learning_rate, workspace, &loss);
    add(loss_sum_, loss.sum);
    loss_n_ += loss.n;
    words_done_ += n_read;  // last: whoever sees them done sees a loss
  }
}

}  // namespace textspace
