#include "topk.h"

#include <algorithm>
#include <vector>

#include "isa.h"
#include "selections.h"

namespace textspace {
namespace {

constexpr int64_t kQueryBytes = 1 << 18;      // queries of one task: with the rows they meet, they fit in the L2 cache
constexpr int64_t kSelectionBytes = 1 << 25;  // candidates of one task
constexpr int64_t kProductsPerTask = 10'000'000'000;  // less than a second on the slowest instruction set
constexpr int64_t kProductsPerThread = 10'000'000;    // some times what it takes to start a thread
constexpr int64_t kTasksPerThread = 4;                // so that a thread that is held up holds up no other
constexpr int64_t kTilesPerBlock = 8;                 // fewer would read rows from memory more often than it is worth

// How the work is cut: blocks of queries, and ranges of rows where blocks alone are too few to share among the threads.
struct Plan {
  int64_t tiles_per_block, n_blocks, n_ranges, rows_per_range;
  int n_threads;
};

Plan plan_tasks(const PackedRows& rows, int64_t n_queries, int64_t k, int n_threads) {
  const int64_t n_tiles = n_query_tiles(n_queries), n_groups = rows.n_padded_rows() / kRowGroup;
  const int64_t tile = static_cast<int64_t>(kQueryTile) * rows.dim();
  Plan plan;
  const int64_t useful_threads = n_tiles * tile * rows.n_padded_rows() / kProductsPerThread;
  plan.n_threads = static_cast<int>(std::clamp<int64_t>(useful_threads, 1, n_threads));
  const int64_t n_tasks = plan.n_threads == 1 ? 1 : kTasksPerThread * plan.n_threads;
  const int64_t by_threads = std::max(kTilesPerBlock, (n_tiles + n_tasks - 1) / n_tasks);
  const int64_t by_cache = kQueryBytes / (tile * static_cast<int64_t>(sizeof(float)));
  const int64_t by_memory = kSelectionBytes / (kQueryTile * Selections::bytes_per_query(k));
  plan.tiles_per_block = std::max<int64_t>(1, std::min({by_cache, by_memory, by_threads, n_tiles}));
  plan.n_blocks = (n_tiles + plan.tiles_per_block - 1) / plan.tiles_per_block;
  const int64_t by_time = plan.tiles_per_block * tile * rows.n_padded_rows() / kProductsPerTask + 1;
  const int64_t n_ranges = std::max(by_time, (n_tasks + plan.n_blocks - 1) / plan.n_blocks);
  plan.n_ranges = std::clamp<int64_t>(n_groups, 1, n_ranges);
  plan.rows_per_range = (n_groups + plan.n_ranges - 1) / plan.n_ranges * kRowGroup;
  return plan;
}

// The queries that fill up the last tile are none.
void start(Selections& selections, const TopKQueries& queries, int64_t first_query) {
  for (int64_t i = 0; i < selections.size(); ++i) {
    const int64_t query = first_query + i;
    selections.restart(i, query < queries.n);
    if (query >= queries.n) continue;
    selections[i].excluded = queries.excluded + queries.excluded_indptr[query];
    selections[i].n_excluded = queries.excluded_indptr[query + 1] - queries.excluded_indptr[query];
  }
}

class TopK {
 public:
  TopK(const PackedRows& rows, const TopKQueries& queries, int64_t k, int n_threads)
      : rows_(rows),
        queries_(queries),
        k_(k),
        plan_(plan_tasks(rows, queries.n, k, n_threads)),
        packed_(pack_queries(rows, queries.queries, queries.stride, queries.n)),
        selections_(plan_.n_threads),
        found_(queries.n * plan_.n_ranges * k, ScoredRow{kNoScore, -1}) {
    const int64_t block_queries = plan_.tiles_per_block * kQueryTile;
    for (Selections& selections : selections_) selections = Selections(block_queries, k, false);
  }

  bool search(const KeepGoing& keep_going) {
    const auto select_rows = kernels().select_rows;
    const int64_t n_tasks = plan_.n_blocks * plan_.n_ranges;
    return for_each_task(n_tasks, plan_.n_threads, keep_going, [&](int64_t task, int thread_id) {
      search_range(task / plan_.n_ranges, task % plan_.n_ranges, selections_[thread_id], select_rows);
    });
  }

  void write(int32_t* rows_out, float* scores_out) {
    for (int64_t query = 0; query < queries_.n; ++query) {
      ScoredRow* begin = found_of(query, 0);
      ScoredRow* end = begin + plan_.n_ranges * k_;
      if (plan_.n_ranges > 1) std::nth_element(begin, begin + (k_ - 1), end, Better{});
      if (queries_.ordered || plan_.n_ranges > 1 || !rows_.zero_rows().empty()) std::sort(begin, begin + k_, Better{});
      append_zero_rows(query, begin);
      for (int64_t i = 0; i < k_; ++i) {
        rows_out[query * k_ + i] = begin[i].row;
        scores_out[query * k_ + i] = begin[i].score;
      }
    }
  }

 private:
  const PackedRows& rows_;
  const TopKQueries& queries_;
  const int64_t k_;
  const Plan plan_;
  const AlignedFloats packed_;
  std::vector<Selections> selections_;  // of each thread
  std::vector<ScoredRow> found_;  // (queries, ranges, k)

  ScoredRow* found_of(int64_t query, int64_t range) { return found_.data() + (query * plan_.n_ranges + range) * k_; }

  void search_range(int64_t block, int64_t range, Selections& selections, void (*select_rows)(const SelectTask&)) {
    const int64_t first_tile = block * plan_.tiles_per_block, first_query = first_tile * kQueryTile;
    start(selections, queries_, first_query);
    select_rows({.panels = rows_.data(),
                 .queries = packed_.get() + first_tile * kQueryTile * rows_.dim(),
                 .selections = selections.data(),
                 .n_query_tiles = std::min(plan_.tiles_per_block, n_query_tiles(queries_.n) - first_tile),
                 .first_row = range * plan_.rows_per_range,
                 .last_row = std::min(rows_.n_padded_rows(), (range + 1) * plan_.rows_per_range),
                 .dim = rows_.dim()});
    const int64_t last_query = std::min(queries_.n, first_query + plan_.tiles_per_block * kQueryTile);
    for (int64_t query = first_query; query < last_query; ++query) {
      Selection& selection = selections[query - first_query];
      drop_losers(selection);
      std::copy_n(selection.candidates, selection.size, found_of(query, range));
    }
  }

  // Rows that are zero take the places that are left.
  void append_zero_rows(int64_t query, ScoredRow* found) const {
    if (rows_.zero_rows().empty()) return;
    const int32_t* excluded = queries_.excluded + queries_.excluded_indptr[query];
    const int32_t* excluded_end = queries_.excluded + queries_.excluded_indptr[query + 1];
    ScoredRow* place = std::find_if(found, found + k_, [](const ScoredRow& candidate) { return candidate.row < 0; });
    for (int32_t row : rows_.zero_rows()) {
      if (place == found + k_) return;
      if (!std::binary_search(excluded, excluded_end, row)) *place++ = {0.0f, row};
    }
  }
};

}  // namespace

bool top_k(const PackedRows& rows, const TopKQueries& queries, int64_t k, int n_threads, const KeepGoing& keep_going,
           int32_t* rows_out, float* scores_out) {
  if (queries.n == 0 || k == 0) return true;
  TopK search(rows, queries, k, n_threads);
  if (!search.search(keep_going)) return false;
  search.write(rows_out, scores_out);
  return true;
}

}  // namespace textspace
