// Rows in clusters (an inverted file): a query is compared with the rows of some clusters alone.
#pragma once

#include <cstdint>
#include <vector>

#include "packed_rows.h"
#include "threads.h"

namespace textspace {

struct ProbingQueries {
  const float* queries;  // (n, dim), `stride` floats a row
  int64_t stride, n;
  const int32_t* probes;  // (n, n_probes): the clusters to look into; none twice for one query
  int64_t n_probes;
};

class ClusteredRows {
 public:
  // cluster_of has the cluster of each row, from 0 to n_clusters - 1; clusters may be empty. Throws
  // std::invalid_argument when a value is not finite, std::bad_alloc. `stride` is in floats.
  ClusteredRows(const float* matrix, int64_t stride, int64_t n_rows, int dim, const int32_t* cluster_of,
                int64_t n_clusters, int n_threads);

  int64_t n_rows() const { return n_rows_; }
  int64_t n_clusters() const { return static_cast<int64_t>(places_.begins.size()) - 1; }
  int dim() const { return rows_.dim(); }

  // Writes, for each query, the k rows of highest inner product among those of its clusters into rows_out and
  // scores_out, both (n, k), best first, equal scores by ascending row; scores are those of top_k, bit by bit. Places
  // for which there is no row hold -1 and -infinity. The result does not depend on n_threads. Throws
  // std::invalid_argument when a query is not finite, or when products could overflow. Returns false when keep_going
  // stopped it; a part is written then.
  bool search(const ProbingQueries& queries, int64_t k, int n_threads, const KeepGoing& keep_going, int32_t* rows_out,
              float* scores_out) const;

 private:
  friend class ClusterSearch;

  // Rows in the order of their clusters, each cluster filled up to whole panels with -1.
  struct Places {
    std::vector<int64_t> begins;  // of each cluster, and the end of the last
    std::vector<int32_t> row_ids;
  };
  static Places place(const int32_t* cluster_of, int64_t n_rows, int64_t n_clusters);

  int64_t n_rows_;
  Places places_;
  PackedRows rows_;
};

}  // namespace textspace
