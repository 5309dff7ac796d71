#include "bucket_ranks.h"

#include <stdexcept>

namespace textspace {

BucketRanks::BucketRanks(const BucketRows& rows, int64_t n_buckets) : rows_(rows) {
  if (!rows.buckets || rows.n_rows == 0) return;
  groups_.resize(static_cast<size_t>((n_buckets + 63) / 64));
  int64_t last = -1;
  for (int64_t i = 0; i < rows.n_rows; ++i) {
    const int64_t bucket = rows.buckets[i];
    if (bucket <= last || bucket >= n_buckets)
      throw std::invalid_argument("`buckets` must ascend and be below `n_buckets`: the model is damaged");
    groups_[static_cast<size_t>(bucket >> 6)].bits |= uint64_t{1} << (bucket & 63);
    last = bucket;
  }
  int32_t rank = 0;
  for (Group& group : groups_) {
    group.first_rank = rank;
    rank += n_bits(group.bits);
  }
}

}  // namespace textspace
