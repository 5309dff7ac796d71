#include "one_vs_rest.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <new>

#include "rng.h"

namespace textspace {
namespace {

constexpr int kTagBlock = 16;  // a weight of each is one cache line
constexpr float kBias = -1.0f;

struct Example {
  int32_t text;
  float sign;  // 1: has the tag, -1: has not
  float alpha;
};

struct WeightOfTag {
  int32_t column;
  float value;
};

// What a thread works with.
struct Workspace {
  std::vector<float> block;  // (columns, kTagBlock)
  std::vector<float> weights;
  std::vector<int32_t> order;
  std::array<std::vector<Example>, kTagBlock> examples;
  std::array<std::vector<uint8_t>, kTagBlock> is_example;
};

class BlockSolver {
 public:
  BlockSolver(const SparseRows& texts, const TextsOfTags& tags, const OneVsRestOptions& options,
              const std::vector<float>& squared_norms)
      : texts_(texts), tags_(tags), options_(options), squared_norms_(squared_norms) {}

  void solve(int64_t first_tag, Workspace& space, std::vector<WeightOfTag>* out) const {
    const int n = static_cast<int>(std::min<int64_t>(kTagBlock, tags_.n_tags - first_tag));
    space.block.assign(static_cast<size_t>(texts_.n_columns) * kTagBlock, 0.0f);
    space.weights.assign(static_cast<size_t>(texts_.n_columns), 0.0f);
    for (int lane = 0; lane < n; ++lane) begin(first_tag + lane, lane, space);
    std::array<bool, kTagBlock> open;
    open.fill(true);
    Rng rng(0, static_cast<uint64_t>(first_tag));
    for (int round = 0; round < options_.rounds; ++round) {
      for (int lane = 0; lane < n; ++lane)
        if (open[static_cast<size_t>(lane)]) improve(lane, space, rng);
      if (round + 1 == options_.rounds || !find_violators(n, space, open)) break;
    }
    for (int lane = 0; lane < n; ++lane) keep_weights(lane, space, out[lane]);
  }

 private:
  void begin(int64_t tag, int lane, Workspace& space) const {
    auto& examples = space.examples[static_cast<size_t>(lane)];
    auto& is_example = space.is_example[static_cast<size_t>(lane)];
    examples.clear();
    is_example.assign(static_cast<size_t>(texts_.n_rows), 0);
    for (int64_t i = tags_.indptr[tag]; i < tags_.indptr[tag + 1]; ++i) {
      examples.push_back({tags_.texts[i], 1.0f, 0.0f});
      is_example[static_cast<size_t>(tags_.texts[i])] = 1;
    }
  }

  template <class Visit>
  void visit_columns(const std::vector<Example>& examples, const Visit& visit) const {
    for (const Example& example : examples)
      for (int64_t i = texts_.indptr[example.text]; i < texts_.indptr[example.text + 1]; ++i)
        visit(static_cast<size_t>(texts_.columns[i]));
  }

  // Solves one tag over its examples, in a dense vector of its weights.
  void improve(int lane, Workspace& space, Rng& rng) const {
    auto& examples = space.examples[static_cast<size_t>(lane)];
    float* weights = space.weights.data();
    float* block = space.block.data() + lane;
    visit_columns(examples, [&](size_t column) { weights[column] = block[column * kTagBlock]; });
    descend(examples, weights, space.order, rng);
    visit_columns(examples, [&](size_t column) { block[column * kTagBlock] = weights[column]; });
    visit_columns(examples, [&](size_t column) { weights[column] = 0.0f; });
  }

  void descend(std::vector<Example>& examples, float* weights, std::vector<int32_t>& order, Rng& rng) const {
    order.resize(examples.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int32_t>(i);
    size_t n_active = order.size();
    float largest_before = std::numeric_limits<float>::infinity();
    for (int pass = 0; pass < options_.passes; ++pass) {
      for (size_t i = n_active; i > 1; --i) std::swap(order[i - 1], order[rng.below(static_cast<uint32_t>(i))]);
      float largest = 0.0f;
      for (size_t i = 0; i < n_active;) {
        Example& example = examples[static_cast<size_t>(order[i])];
        const float gradient = example.sign * score(example.text, weights) - 1.0f + example.alpha * ridge();
        // LIBLINEAR's shrinking: an example this far outside the margin is left alone until the others are solved.
        if (example.alpha == 0.0f && gradient > largest_before) {
          std::swap(order[i], order[--n_active]);
          continue;
        }
        ++i;
        const float projected = example.alpha == 0.0f ? std::min(gradient, 0.0f) : gradient;
        largest = std::max(largest, std::fabs(projected));
        if (projected != 0.0f) step(example, gradient, weights);
      }
      if (largest > options_.tolerance) {
        largest_before = largest;
      } else if (n_active == order.size()) {
        break;
      } else {
        n_active = order.size();
        largest_before = std::numeric_limits<float>::infinity();
      }
    }
  }

  void step(Example& example, float gradient, float* weights) const {
    const float before = example.alpha;
    const float curvature = squared_norms_[static_cast<size_t>(example.text)] + ridge();
    example.alpha = std::max(before - gradient / curvature, 0.0f);
    const float change = (example.alpha - before) * example.sign;
    for (int64_t i = texts_.indptr[example.text]; i < texts_.indptr[example.text + 1]; ++i)
      weights[texts_.columns[i]] += change * texts_.values[i];
  }

  float ridge() const { return 0.5f / options_.cost; }

  float score(int32_t text, const float* weights) const {
    std::array<float, 4> sums = {kBias, 0.0f, 0.0f, 0.0f};
    int64_t i = texts_.indptr[text];
    const int64_t end = texts_.indptr[text + 1];
    for (; i + 4 <= end; i += 4)
      for (size_t j = 0; j < 4; ++j)
        sums[j] += weights[texts_.columns[i + static_cast<int64_t>(j)]] * texts_.values[i + static_cast<int64_t>(j)];
    for (; i < end; ++i) sums[0] += weights[texts_.columns[i]] * texts_.values[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }

  // Adds texts inside the margin to the examples; a tag without any is solved. Returns whether there were any.
  bool find_violators(int n, Workspace& space, std::array<bool, kTagBlock>& open) const {
    std::array<size_t, kTagBlock> n_before{};
    for (size_t lane = 0; lane < static_cast<size_t>(n); ++lane) n_before[lane] = space.examples[lane].size();
    const float limit = options_.margin_tolerance - 1.0f;
    for (int32_t text = 0; text < texts_.n_rows; ++text) {
      std::array<float, kTagBlock> sums;
      sums.fill(kBias);
      for (int64_t i = texts_.indptr[text]; i < texts_.indptr[text + 1]; ++i) {
        const float* weights = space.block.data() + static_cast<size_t>(texts_.columns[i]) * kTagBlock;
        const float value = texts_.values[i];
        for (size_t lane = 0; lane < kTagBlock; ++lane) sums[lane] += value * weights[lane];
      }
      for (size_t lane = 0; lane < static_cast<size_t>(n); ++lane) {
        if (sums[lane] <= limit || !open[lane] || space.is_example[lane][static_cast<size_t>(text)]) continue;
        space.is_example[lane][static_cast<size_t>(text)] = 1;
        space.examples[lane].push_back({text, -1.0f, 0.0f});
      }
    }
    bool any = false;
    for (size_t lane = 0; lane < static_cast<size_t>(n); ++lane) {
      open[lane] = space.examples[lane].size() > n_before[lane];
      any = any || open[lane];
    }
    return any;
  }

  void keep_weights(int lane, const Workspace& space, std::vector<WeightOfTag>& out) const {
    for (int32_t column = 0; column < texts_.n_columns; ++column) {
      const float value = space.block[static_cast<size_t>(column) * kTagBlock + static_cast<size_t>(lane)];
      if (std::fabs(value) > options_.smallest_weight) out.push_back({column, value});
    }
    out.shrink_to_fit();
  }

  const SparseRows& texts_;
  const TextsOfTags& tags_;
  const OneVsRestOptions& options_;
  const std::vector<float>& squared_norms_;
};

std::vector<float> squared_norms_of(const SparseRows& texts) {
  std::vector<float> norms(static_cast<size_t>(texts.n_rows), 0.0f);
  for (int64_t text = 0; text < texts.n_rows; ++text)
    for (int64_t i = texts.indptr[text]; i < texts.indptr[text + 1]; ++i)
      norms[static_cast<size_t>(text)] += texts.values[i] * texts.values[i];
  return norms;
}

void transpose(std::vector<std::vector<WeightOfTag>>& tags, int32_t n_columns, ColumnWeights& out) {
  out.indptr.assign(static_cast<size_t>(n_columns) + 1, 0);
  for (const auto& weights : tags)
    for (const WeightOfTag& weight : weights) ++out.indptr[static_cast<size_t>(weight.column) + 1];
  for (size_t i = 1; i < out.indptr.size(); ++i) out.indptr[i] += out.indptr[i - 1];
  out.tags.resize(static_cast<size_t>(out.indptr.back()));
  out.values.resize(out.tags.size());
  std::vector<int64_t> next(out.indptr.begin(), out.indptr.end() - 1);
  for (size_t tag = 0; tag < tags.size(); ++tag) {
    for (const WeightOfTag& weight : tags[tag]) {
      const auto place = static_cast<size_t>(next[static_cast<size_t>(weight.column)]++);
      out.tags[place] = static_cast<int32_t>(tag);
      out.values[place] = weight.value;
    }
    std::vector<WeightOfTag>().swap(tags[tag]);
  }
}

}  // namespace

bool train_one_vs_rest(const SparseRows& texts, const TextsOfTags& tags, const OneVsRestOptions& options,
                       const KeepGoing& keep_going, ColumnWeights& out) {
  const std::vector<float> squared_norms = squared_norms_of(texts);
  const BlockSolver solver(texts, tags, options, squared_norms);
  std::vector<std::vector<WeightOfTag>> weights(static_cast<size_t>(tags.n_tags));
  std::vector<Workspace> spaces(static_cast<size_t>(options.n_threads));
  std::atomic<bool> out_of_memory{false};
  const int64_t n_blocks = (tags.n_tags + kTagBlock - 1) / kTagBlock;
  const bool done = for_each_task(n_blocks, options.n_threads, keep_going, [&](int64_t block, int thread_id) {
    if (out_of_memory) return;
    try {
      solver.solve(block * kTagBlock, spaces[static_cast<size_t>(thread_id)],
                   weights.data() + static_cast<size_t>(block) * kTagBlock);
    } catch (const std::bad_alloc&) {
      out_of_memory = true;
    }
  });
  if (out_of_memory) throw std::bad_alloc();
  if (done) transpose(weights, texts.n_columns, out);
  return done;
}

bool add_linear_scores(const SparseRows& texts, const SparseRows& weights, float* scores, int64_t stride, int n_threads,
                       const KeepGoing& keep_going) {
  return for_each_task(texts.n_rows, n_threads, keep_going, [&](int64_t text, int) {
    float* row = scores + text * stride;
    for (int64_t i = texts.indptr[text]; i < texts.indptr[text + 1]; ++i) {
      const float value = texts.values[i];
      const int32_t column = texts.columns[i];
      for (int64_t j = weights.indptr[column]; j < weights.indptr[column + 1]; ++j)
        row[weights.columns[j]] += value * weights.values[j];
    }
  });
}

bool best_columns(const float* scores, int64_t stride, int64_t n_rows, int64_t n_columns, int64_t k, int n_threads,
                  const KeepGoing& keep_going, int32_t* columns_out, float* scores_out) {
  if (k == 0) return true;
  const auto heaps = std::make_unique<int32_t[]>(static_cast<size_t>(n_threads) * static_cast<size_t>(k));
  return for_each_task(n_rows, n_threads, keep_going, [&](int64_t row, int thread_id) {
    const float* values = scores + row * stride;
    int32_t* heap = heaps.get() + static_cast<int64_t>(thread_id) * k;
    const auto better = [values](int32_t a, int32_t b) {
      return values[a] > values[b] || (values[a] == values[b] && a < b);
    };
    for (int64_t i = 0; i < k; ++i) heap[i] = static_cast<int32_t>(i);
    std::make_heap(heap, heap + k, better);  // the worst of the best is first
    for (int64_t i = k; i < n_columns; ++i) {
      if (!(values[i] > values[heap[0]])) continue;
      std::pop_heap(heap, heap + k, better);
      heap[k - 1] = static_cast<int32_t>(i);
      std::push_heap(heap, heap + k, better);
    }
    std::sort_heap(heap, heap + k, better);
    for (int64_t i = 0; i < k; ++i) {
      columns_out[row * k + i] = heap[i];
      scores_out[row * k + i] = values[heap[i]];
    }
  });
}

}  // namespace textspace
