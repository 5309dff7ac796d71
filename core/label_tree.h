// Hierarchical softmax in prediction: the most probable leaves of the Huffman tree, without visiting the others.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace textspace {

inline double logistic(double x) { return 1 / (1 + std::exp(-x)); }

// A label, or an inner node on the way to labels.
struct Branch {
  double probability;
  int32_t child;  // >= 0: an inner node; else ~label_id
};

class LabelTree {
 public:
  // `counts` descend, are not negative and add up to at most 2^62.
  explicit LabelTree(const std::vector<int64_t>& counts);

  // Puts the k most probable labels with a probability of at least `threshold` into `found`, best first. `score(node)`
  // is the logit of going right at an inner node; `excess` is added to the probability of every step (fastText adds
  // 1e-5). `heap` is memory that is kept between calls.
  template <typename Score>
  void best(int64_t k, double threshold, double excess, const Score& score, std::vector<Branch>& heap,
            std::vector<Branch>& found) const {
    const auto later = [](const Branch& a, const Branch& b) { return a.probability < b.probability; };
    found.clear();
    heap.assign(1, {1.0, nodes_.empty() ? ~int32_t{0} : static_cast<int32_t>(nodes_.size()) - 1});
    while (!heap.empty() && static_cast<int64_t>(found.size()) < k) {
      std::pop_heap(heap.begin(), heap.end(), later);
      Branch branch = heap.back();
      heap.pop_back();
      // Down the likelier side for as long as no branch left behind is likelier.
      while (branch.child >= 0 && (heap.empty() || branch.probability >= heap.front().probability)) {
        const double right = logistic(score(branch.child));
        const Node& node = nodes_[static_cast<size_t>(branch.child)];
        Branch sides[2] = {{branch.probability * (1 - right + excess), node.children[0]},
                           {branch.probability * (right + excess), node.children[1]}};
        if (sides[1].probability > sides[0].probability) std::swap(sides[0], sides[1]);
        if (sides[1].probability >= threshold) {
          heap.push_back(sides[1]);
          std::push_heap(heap.begin(), heap.end(), later);
        }
        branch = sides[0];
      }
      if (!(branch.probability >= threshold)) continue;
      if (branch.child >= 0) {
        heap.push_back(branch);
        std::push_heap(heap.begin(), heap.end(), later);
      } else if (heap.empty() || branch.probability >= heap.front().probability) {
        found.push_back(branch);
      } else {
        heap.push_back(branch);
        std::push_heap(heap.begin(), heap.end(), later);
      }
    }
  }

  // The log-probabilities of all labels from the logits of all inner nodes.
  template <typename Score>
  void log_probabilities(const Score& score, std::vector<double>& of_nodes, float* out) const {
    of_nodes.assign(nodes_.size() + 1, 0.0);
    if (nodes_.empty()) out[0] = 0;
    for (size_t i = nodes_.size(); i-- > 0;) {  // parents come after their children
      const double x = score(static_cast<int32_t>(i));
      const double log_right = x < 0 ? x - std::log1p(std::exp(x)) : -std::log1p(std::exp(-x));
      const double sides[2] = {of_nodes[i] + log_right - x, of_nodes[i] + log_right};
      for (int side = 0; side < 2; ++side) {
        const int32_t child = nodes_[i].children[side];
        if (child >= 0)
          of_nodes[static_cast<size_t>(child)] = sides[side];
        else
          out[~child] = static_cast<float>(sides[side]);
      }
    }
  }

 private:
  struct Node {
    int32_t children[2];  // left, right
  };
  std::vector<Node> nodes_;  // the last is the root
};

}  // namespace textspace
