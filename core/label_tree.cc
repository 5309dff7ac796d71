#include "label_tree.h"

#include "huffman.h"

namespace textspace {

LabelTree::LabelTree(const std::vector<int64_t>& counts) {
  const HuffmanTree tree(counts);
  if (counts.size() > 1) nodes_.resize(counts.size() - 1);
  for (size_t label = 0; label < counts.size(); ++label) {
    int32_t child = ~static_cast<int32_t>(label);
    for (int64_t i = tree.begin[label]; i < tree.begin[label + 1]; ++i) {
      const int32_t node = tree.nodes[static_cast<size_t>(i)];
      nodes_[static_cast<size_t>(node)].children[tree.codes[static_cast<size_t>(i)] > 0] = child;
      child = node;
    }
  }
}

}  // namespace textspace
