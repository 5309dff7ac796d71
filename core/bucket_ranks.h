// Which buckets have a row, in a quarter of a byte a bucket, so that the answer is in the L2 cache.
#pragma once

#include <cstdint>
#include <vector>

#include "subwords.h"

namespace textspace {

// std::popcount calls a function where the instruction is not sure to be there.
inline int32_t n_bits(uint64_t x) {
  x -= x >> 1 & 0x5555555555555555u;
  x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
  x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  return static_cast<int32_t>(x * 0x0101010101010101u >> 56);
}

// The rank of a bucket is its place among those that have a row.
class BucketRanks {
 public:
  // Keeps `rows`' arrays. Throws std::invalid_argument unless its buckets ascend and are below n_buckets.
  BucketRanks(const BucketRows& rows, int64_t n_buckets);

  void prefetch(uint32_t bucket) const {
    if (!groups_.empty()) __builtin_prefetch(&groups_[bucket >> 6]);
  }

  // -1 where the bucket has no row. Buckets of a dense matrix rank by themselves.
  int32_t rank(uint32_t bucket) const {
    if (groups_.empty()) return rows_.buckets ? -1 : static_cast<int32_t>(bucket);
    const Group& group = groups_[bucket >> 6];
    const uint64_t bit = uint64_t{1} << (bucket & 63);
    return group.bits & bit ? group.first_rank + n_bits(group.bits & (bit - 1)) : -1;
  }

  bool has_table() const { return rows_.buckets != nullptr; }
  void prefetch_row(int32_t rank) const { __builtin_prefetch(&rows_.rows[rank]); }

  // The row of a rank >= 0; -1 where a damaged file gives it none.
  int32_t row(int32_t rank) const {
    return rows_.buckets ? rows_.checked(rows_.rows[rank]) : static_cast<int32_t>(rows_.first_row + rank);
  }

  int64_t n_rows() const { return rows_.n_rows; }
  int64_t first_row() const { return rows_.first_row; }

 private:
  struct Group {
    uint64_t bits;  // of 64 buckets
    int32_t first_rank;
  };

  BucketRows rows_;
  std::vector<Group> groups_;  // none where all buckets have a row, or none has
};

}  // namespace textspace
