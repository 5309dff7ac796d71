#include "one_vs_rest.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <functional>
#include <memory>
#include <new>

#include "aligned_floats.h"
#include "isa.h"
#include "prefetch.h"
#include "rng.h"
#include "weight_lines.h"

namespace textspace {
namespace {

constexpr float kBias = -1.0f;
constexpr size_t kTextsPerPoll = 4096;
constexpr size_t kTextsAhead = 3;
constexpr size_t kTextsPerRun = 16;

using Lanes = std::array<float, kTagBlock>;

// The weights of a block of tags that count, those of a column after those of the column before.
struct BlockWeights {
  std::vector<int32_t> columns;  // ascending
  std::vector<uint16_t> tags;    // bit i: the column has a weight for tag i of the block
  std::vector<float> values;
};

// What a thread works with.
struct Workspace {
  GrowingFloats lines;            // see WeightLines
  std::vector<int32_t> line_of;   // of each column
  int32_t n_lines = 0;            // beside line 0
  std::vector<Lanes> alphas;      // of each text
  std::vector<uint16_t> has;      // bit i: the text has tag i of the block
  std::vector<int32_t> order;
  std::function<bool()> keep_going;
};

class BlockSolver {
 public:
  BlockSolver(const SparseRows& texts, const TextsOfTags& tags, const OneVsRestOptions& options,
              const std::vector<float>& squared_norms)
      : texts_(texts), tags_(tags), options_(options), squared_norms_(squared_norms) {}

  void solve(int64_t first_tag, Workspace& space, BlockWeights& out) const {
    const int n = static_cast<int>(std::min<int64_t>(kTagBlock, tags_.n_tags - first_tag));
    const auto n_texts = static_cast<size_t>(texts_.n_rows);
    space.line_of.assign(static_cast<size_t>(texts_.n_columns), 0);
    space.n_lines = 0;
    space.lines.grow(kTagBlock);
    space.alphas.assign(n_texts, Lanes{});
    space.has.assign(n_texts, 0);
    for (int lane = 0; lane < n; ++lane)
      for (int64_t i = tags_.indptr[first_tag + lane]; i < tags_.indptr[first_tag + lane + 1]; ++i)
        space.has[static_cast<size_t>(tags_.texts[i])] |= static_cast<uint16_t>(1u << lane);
    descend(space, Rng(0, static_cast<uint64_t>(first_tag)));
    keep_weights(n, space, out);
  }

 private:
  // The texts that have a tag of the block, which shape the weights; then all, of which only those that count are kept.
  void descend(Workspace& space, Rng rng) const {
    std::vector<int32_t>& active = space.order;
    active.clear();
    for (size_t text = 0; text < space.has.size(); ++text)
      if (space.has[text] != 0) active.push_back(static_cast<int32_t>(text));
    shuffle(active, rng);
    sweep(space);
    bool all = activate_all(active, space, rng);  // whether no text has been let go before this sweep
    for (int pass = 1; pass < options_.passes && space.keep_going(); ++pass) {
      if (sweep(space) > options_.tolerance) {
        all = false;
        shuffle(active, rng);
        continue;
      }
      // A margin with a tolerance asks for no exact minimum: what was let go stays away.
      if (all || options_.margin_tolerance > 0.0f) break;
      all = activate_all(active, space, rng);
    }
  }

  // In random order, as coordinate descent asks for; but texts that lie together, which are read twice as fast, stay so.
  static bool activate_all(std::vector<int32_t>& active, const Workspace& space, Rng& rng) {
    const size_t n_texts = space.has.size();
    std::vector<int32_t> runs((n_texts + kTextsPerRun - 1) / kTextsPerRun);
    for (size_t run = 0; run < runs.size(); ++run) runs[run] = static_cast<int32_t>(run);
    shuffle(runs, rng);
    active.clear();
    for (const int32_t run : runs) {
      const size_t begin = static_cast<size_t>(run) * kTextsPerRun, end = std::min(begin + kTextsPerRun, n_texts);
      for (size_t text = begin; text < end; ++text) active.push_back(static_cast<int32_t>(text));
    }
    return true;
  }

  static void shuffle(std::vector<int32_t>& items, Rng& rng) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[rng.below(static_cast<uint32_t>(i))]);
  }

  // Visits the active texts, and lets go those that do not count for any tag. Returns the largest projected gradient.
  float sweep(Workspace& space) const {
    std::vector<int32_t>& active = space.order;
    float largest = 0.0f;
    size_t n_kept = 0;
    for (size_t i = 0; i < active.size(); ++i) {
      if (i % kTextsPerPoll == 0 && i > 0 && !space.keep_going()) return 0.0f;
      if (i + kTextsAhead < active.size()) prefetch_text(static_cast<size_t>(active[i + kTextsAhead]), space);
      if (i + 1 < active.size()) prefetch_lines(text_of(static_cast<size_t>(active[i + 1])), space);
      if (step(static_cast<size_t>(active[i]), space, largest)) active[n_kept++] = active[i];
    }
    active.resize(n_kept);
    return largest;
  }

  SparseText text_of(size_t text) const {
    const int64_t begin = texts_.indptr[text];
    return {texts_.columns + begin, texts_.values + begin, texts_.indptr[text + 1] - begin};
  }

  // Texts, and most lines, come from far: they are asked for while others are worked on.
  void prefetch_text(size_t text, const Workspace& space) const {
    const SparseText sparse = text_of(text);
    prefetch_array(sparse.columns, sparse.n);
    prefetch_array(sparse.values, sparse.n);
    __builtin_prefetch(&space.alphas[text]);
  }

  static void prefetch_lines(const SparseText& text, const Workspace& space) {
    for (int64_t i = 0; i < text.n; ++i)
      __builtin_prefetch(space.lines.data() + int64_t{space.line_of[static_cast<size_t>(text.columns[i])]} * kTagBlock);
  }

  // Solves the text's dual variable of each tag of the block. Returns whether it counts for any: whether a variable was
  // not 0, or became so; `largest` takes the largest projected gradient.
  bool step(size_t text, Workspace& space, float& largest) const {
    const SparseText sparse = text_of(text);
    Lanes sums;
    sums.fill(kBias);
    kernels_.add_products({space.lines.data(), space.line_of.data()}, sparse, sums.data());
    const float ridge = 0.5f / options_.cost, scale = 1.0f / (squared_norms_[text] + ridge);
    Lanes& alphas = space.alphas[text];
    Lanes changes;
    bool any = false;
    for (size_t lane = 0; lane < kTagBlock; ++lane) {
      const bool has = (space.has[text] >> lane & 1) != 0;
      const float sign = has ? 1.0f : -1.0f, before = alphas[lane];
      const float gradient = sign * sums[lane] - 1.0f + before * ridge;
      changes[lane] = 0.0f;
      if (before == 0.0f && gradient >= -(has ? 0.0f : options_.margin_tolerance)) continue;
      any = true;
      largest = std::max(largest, std::fabs(gradient));
      alphas[lane] = std::max(before - gradient * scale, 0.0f);
      changes[lane] = (alphas[lane] - before) * sign;
    }
    if (!any) return false;
    make_lines(sparse, space);
    kernels_.add_multiples({space.lines.data(), space.line_of.data()}, sparse, changes.data());
    return true;
  }

  static void make_lines(const SparseText& text, Workspace& space) {
    for (int64_t i = 0; i < text.n; ++i) {
      int32_t& line = space.line_of[static_cast<size_t>(text.columns[i])];
      if (line != 0) continue;
      line = ++space.n_lines;
      space.lines.grow((int64_t{line} + 1) * kTagBlock);
      std::fill_n(space.lines.data() + int64_t{line} * kTagBlock, kTagBlock, 0.0f);
    }
  }

  void keep_weights(int n, const Workspace& space, BlockWeights& out) const {
    size_t n_kept = 0;
    for (size_t column = 0; column < space.line_of.size(); ++column) {
      if (space.line_of[column] == 0) continue;
      const float* weights = space.lines.data() + int64_t{space.line_of[column]} * kTagBlock;
      out.values.resize(n_kept + kTagBlock);
      unsigned tags = 0;
      for (int lane = 0; lane < n; ++lane) {
        const bool is_kept = std::fabs(weights[lane]) > options_.smallest_weight;
        tags |= unsigned{is_kept} << lane;
        out.values[n_kept] = weights[lane];
        n_kept += is_kept;
      }
      if (tags == 0) continue;
      out.columns.push_back(static_cast<int32_t>(column));
      out.tags.push_back(static_cast<uint16_t>(tags));
    }
    out.values.resize(n_kept);
  }

  const SparseRows& texts_;
  const TextsOfTags& tags_;
  const OneVsRestOptions& options_;
  const std::vector<float>& squared_norms_;
  const Kernels& kernels_ = kernels();
};

std::vector<float> squared_norms_of(const SparseRows& texts) {
  std::vector<float> norms(static_cast<size_t>(texts.n_rows), 0.0f);
  for (int64_t text = 0; text < texts.n_rows; ++text)
    for (int64_t i = texts.indptr[text]; i < texts.indptr[text + 1]; ++i)
      norms[static_cast<size_t>(text)] += texts.values[i] * texts.values[i];
  return norms;
}

// Puts together what the blocks have for each column; the blocks are left empty.
void join_blocks(std::vector<BlockWeights>& blocks, int32_t n_columns, ColumnWeights& out) {
  out.indptr.assign(static_cast<size_t>(n_columns) + 1, 0);
  for (const BlockWeights& block : blocks)
    for (size_t i = 0; i < block.columns.size(); ++i)
      out.indptr[static_cast<size_t>(block.columns[i]) + 1] += std::popcount(block.tags[i]);
  for (size_t i = 1; i < out.indptr.size(); ++i) out.indptr[i] += out.indptr[i - 1];
  out.tags.resize(static_cast<size_t>(out.indptr.back()));
  out.values.resize(out.tags.size());
  std::vector<int64_t> next(out.indptr.begin(), out.indptr.end() - 1);
  for (size_t block = 0; block < blocks.size(); ++block) {
    const float* value = blocks[block].values.data();
    for (size_t i = 0; i < blocks[block].columns.size(); ++i) {
      int64_t& place = next[static_cast<size_t>(blocks[block].columns[i])];
      for (unsigned tags = blocks[block].tags[i]; tags != 0; tags &= tags - 1, ++place) {
        out.tags[static_cast<size_t>(place)] = static_cast<int32_t>(block) * kTagBlock + std::countr_zero(tags);
        out.values[static_cast<size_t>(place)] = *value++;
      }
    }
    blocks[block] = {};
  }
}

}  // namespace

bool train_one_vs_rest(const SparseRows& texts, const TextsOfTags& tags, const OneVsRestOptions& options,
                       const std::function<bool(double done)>& keep_going, ColumnWeights& out) {
  const std::vector<float> squared_norms = squared_norms_of(texts);
  const BlockSolver solver(texts, tags, options, squared_norms);
  std::vector<Workspace> spaces(static_cast<size_t>(options.n_threads));
  const auto block_size = static_cast<int64_t>(kTagBlock);
  const int64_t n_blocks = (tags.n_tags + block_size - 1) / block_size;
  std::atomic<bool> out_of_memory{false}, stopped{false};
  std::atomic<int64_t> n_solved{0};
  for (Workspace& space : spaces) space.keep_going = [&] { return !stopped; };
  // The first thread is the caller's own, the only one that may ask.
  spaces[0].keep_going = [&] {
    if (!stopped && !keep_going(static_cast<double>(n_solved) / static_cast<double>(n_blocks))) stopped = true;
    return !stopped;
  };
  std::vector<BlockWeights> weights(static_cast<size_t>(n_blocks));
  const bool done = for_each_task(n_blocks, options.n_threads, spaces[0].keep_going, [&](int64_t block, int thread_id) {
    if (out_of_memory) return;
    try {
      solver.solve(block * block_size, spaces[static_cast<size_t>(thread_id)], weights[static_cast<size_t>(block)]);
    } catch (const std::bad_alloc&) {
      out_of_memory = true;
    }
    ++n_solved;
  });
  if (out_of_memory) throw std::bad_alloc();
  if (!done || stopped) return false;
  join_blocks(weights, texts.n_columns, out);
  return true;
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
