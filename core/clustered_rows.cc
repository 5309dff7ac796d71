#include "clustered_rows.h"

#include <algorithm>

#include "isa.h"
#include "selections.h"

namespace textspace {
namespace {

constexpr int64_t kQueriesPerTask = 4096;  // so many share the reading of a cluster, and fit in the caches with it
constexpr int64_t kMinQueriesPerTask = 64;
constexpr int64_t kBytesPerTask = 1 << 25;            // candidates and probes
constexpr int64_t kProductsPerTask = 10'000'000'000;  // less than a second on the slowest instruction set
constexpr int64_t kTasksPerThread = 4;                // so that a thread that is held up holds up no other

int64_t rounded_up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

}  // namespace

ClusteredRows::Places ClusteredRows::place(const int32_t* cluster_of, int64_t n_rows, int64_t n_clusters) {
  Places places;
  std::vector<int64_t> next(n_clusters + 1, 0);
  for (int64_t row = 0; row < n_rows; ++row) ++next[cluster_of[row] + 1];
  for (int64_t c = 1; c <= n_clusters; ++c) next[c] = next[c - 1] + rounded_up(next[c], kPanelRows);
  places.begins = next;
  places.row_ids.assign(next[n_clusters], -1);
  for (int64_t row = 0; row < n_rows; ++row) places.row_ids[next[cluster_of[row]]++] = static_cast<int32_t>(row);
  return places;
}

ClusteredRows::ClusteredRows(const float* matrix, int64_t stride, int64_t n_rows, int dim, const int32_t* cluster_of,
                             int64_t n_clusters, int n_threads)
    : n_rows_(n_rows),
      places_(place(cluster_of, n_rows, n_clusters)),
      rows_(matrix, stride, static_cast<int64_t>(places_.row_ids.size()), dim, false, n_threads,
            places_.row_ids.data()) {}

// The queries of one task, by the clusters that they probe: one a thread.
class ClusterSearch {
 public:
  ClusterSearch(const ClusteredRows& rows, const ProbingQueries& queries, int64_t k, int64_t queries_per_task)
      : rows_(rows),
        queries_(queries),
        k_(k),
        selections_(queries_per_task + 1, k, true),
        values_(aligned_floats((queries_per_task + 1) * rows.dim())),
        ends_(rows.n_clusters()) {}

  void search(int64_t first_query, int64_t n, int32_t* rows_out, float* scores_out) {
    start(first_query, n);
    invert_probes(first_query, n);
    int64_t begin = 0;
    for (int64_t c = 0; c < rows_.n_clusters(); ++c) {
      if (ends_[c] > begin)
        kernels().select_clustered({.panels = rows_.rows_.data(),
                                    .row_ids = rows_.places_.row_ids.data(),
                                    .queries = values_.get(),
                                    .selections = selections_.data(),
                                    .members = members_.data() + begin,
                                    .stride = rows_.dim(),
                                    .n_members = ends_[c] - begin,
                                    .first_row = rows_.places_.begins[c],
                                    .last_row = rows_.places_.begins[c + 1],
                                    .dim = rows_.dim()});
      begin = ends_[c];
    }
    for (int64_t i = 0; i < n; ++i) write(selections_[i], rows_out + i * k_, scores_out + i * k_);
  }

 private:
  const ClusteredRows& rows_;
  const ProbingQueries& queries_;
  const int64_t k_;
  Selections selections_;
  AlignedFloats values_;
  std::vector<int64_t> ends_;     // of the members of each cluster
  std::vector<int32_t> members_;  // the queries that probe a cluster, filled up to whole tiles with query n

  // Query n stands for no query.
  void start(int64_t first_query, int64_t n) {
    for (int64_t i = 0; i <= n; ++i) selections_.restart(i, i < n);
    for (int64_t i = 0; i < n; ++i)
      std::copy_n(queries_.queries + (first_query + i) * queries_.stride, rows_.dim(), values_.get() + i * rows_.dim());
    std::fill_n(values_.get() + n * rows_.dim(), rows_.dim(), 0.0f);
  }

  // Counting sort.
  void invert_probes(int64_t first_query, int64_t n) {
    const int32_t* probes = queries_.probes + first_query * queries_.n_probes;
    std::fill(ends_.begin(), ends_.end(), 0);
    for (int64_t i = 0; i < n * queries_.n_probes; ++i) ++ends_[probes[i]];
    int64_t n_members = 0;
    for (int64_t& end : ends_) {
      const int64_t begin = n_members;
      n_members += rounded_up(end, kQueryTile);
      end = begin;
    }
    members_.assign(n_members, static_cast<int32_t>(n));
    for (int64_t i = 0; i < n * queries_.n_probes; ++i)
      members_[ends_[probes[i]]++] = static_cast<int32_t>(i / queries_.n_probes);
    for (int64_t& end : ends_) end = rounded_up(end, kQueryTile);
  }

  void write(Selection& selection, int32_t* rows_out, float* scores_out) const {
    drop_losers(selection);
    std::sort(selection.candidates, selection.candidates + selection.size, Better{});
    for (int64_t i = 0; i < k_; ++i) {
      const ScoredRow found = i < selection.size ? selection.candidates[i] : ScoredRow{kNoScore, -1};
      rows_out[i] = found.row;
      scores_out[i] = found.score;
    }
  }
};

bool ClusteredRows::search(const ProbingQueries& queries, int64_t k, int n_threads, const KeepGoing& keep_going,
                           int32_t* rows_out, float* scores_out) const {
  if (queries.n == 0 || k == 0) return true;
  check_queries(rows_, queries.queries, queries.stride, queries.n);
  const int64_t by_memory = kBytesPerTask / (Selections::bytes_per_query(k) + 4 * (queries.n_probes + dim()));
  const int64_t products = dim() * (rows_.n_padded_rows() / n_clusters() + 1) * queries.n_probes;
  const int64_t by_time = kProductsPerTask / std::max<int64_t>(1, products);
  const int64_t n_shares = n_threads == 1 ? 1 : kTasksPerThread * n_threads;
  const int64_t by_threads = std::max(kMinQueriesPerTask, queries.n / n_shares);
  const int64_t most = std::min({kQueriesPerTask, queries.n, by_memory, by_time, by_threads});
  const int64_t per_task = std::max<int64_t>(kQueryTile, most);
  const int64_t n_tasks = (queries.n + per_task - 1) / per_task;
  n_threads = static_cast<int>(std::min<int64_t>(n_threads, n_tasks));
  std::vector<ClusterSearch> searches;
  for (int i = 0; i < n_threads; ++i) searches.emplace_back(*this, queries, k, per_task);
  return for_each_task(n_tasks, n_threads, keep_going, [&](int64_t task, int thread_id) {
    const int64_t first = task * per_task, n = std::min(per_task, queries.n - first);
    searches[thread_id].search(first, n, rows_out + first * k, scores_out + first * k);
  });
}

}  // namespace textspace
