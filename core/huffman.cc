#include "huffman.h"

#include <limits>

namespace textspace {

HuffmanTree::HuffmanTree(const std::vector<int64_t>& counts) : begin(counts.size() + 1, 0) {
  const auto n = static_cast<int64_t>(counts.size());
  if (n < 2) return;
  std::vector<int64_t> weight(2 * n - 1, std::numeric_limits<int64_t>::max());
  std::vector<int32_t> parent(2 * n - 1, -1);
  std::vector<bool> is_right(2 * n - 1, false);
  for (int64_t i = 0; i < n; ++i) weight[i] = counts[i];

  // Leaves are taken from the rarest upwards, inner nodes in the order they were made.
  int64_t leaf = n - 1, inner = n;
  const auto take_lightest = [&] { return leaf >= 0 && weight[leaf] < weight[inner] ? leaf-- : inner++; };
  for (int64_t node = n; node < 2 * n - 1; ++node) {
    const int64_t left = take_lightest(), right = take_lightest();
    weight[node] = weight[left] + weight[right];
    parent[left] = parent[right] = static_cast<int32_t>(node);
    is_right[right] = true;
  }
  for (int64_t w = 0; w < n; ++w) {
    for (int64_t node = w; parent[node] >= 0; node = parent[node]) {
      nodes.push_back(static_cast<int32_t>(parent[node] - n));
      codes.push_back(is_right[node] ? 1.0f : 0.0f);
    }
    begin[w + 1] = static_cast<int64_t>(nodes.size());
  }
}

}  // namespace textspace
