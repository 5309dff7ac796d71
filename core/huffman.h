// The binary tree of hierarchical softmax: fastText's construction, so that its models can be read and written.
#pragma once

#include <cstdint>
#include <vector>

namespace textspace {

// Leaf w's path runs from the leaf to the root: output rows nodes[begin[w]..begin[w + 1]) with the code of each step.
struct HuffmanTree {
  std::vector<int64_t> begin;
  std::vector<int32_t> nodes;
  std::vector<float> codes;  // 1 for a right child

  // `counts` descend. A tree of fewer than two leaves has empty paths.
  explicit HuffmanTree(const std::vector<int64_t>& counts);
};

}  // namespace textspace
