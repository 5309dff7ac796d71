// From a stream of word ids to blocks of training text: subsampling, windows, targets. The random part of training, and
// the same for every instruction set.
#pragma once

#include <cstdint>
#include <vector>

#include "alias_table.h"
#include "huffman.h"
#include "rng.h"
#include "training.h"

namespace textspace {

// Ids with kEndOfLine after each line; windows do not cross it.
constexpr int32_t kEndOfLine = -1;
// Kept words in a block. Windows do not cross its ends either (fastText cuts lines at 1024 words as well).
constexpr int kBlockWords = 1024;

enum class Loss { kNegativeSampling, kHierarchicalSoftmax, kSoftmax };

struct SamplerOptions {
  Loss loss;
  int window;
  int n_negatives;
  const float* keep_probability;  // (V,): a word is kept with this probability
};

class BlockSampler {
 public:
  // `negatives` and `tree` are shared by all threads; which one is read depends on the loss.
  BlockSampler(const SamplerOptions& options, const AliasTable& negatives, const HuffmanTree& tree, Rng rng);

  // Takes ids from *next until the block is full or *next reaches `end`; returns how many words it read.
  int64_t fill(const int32_t** next, const int32_t* end);

  TextBlock block() const;

 private:
  void end_line();
  void draw_targets();
  void add_negatives(int32_t word);
  void add_path(int32_t word);

  const SamplerOptions options_;
  const AliasTable& negatives_;
  const HuffmanTree& tree_;
  Rng rng_;
  int line_begin_ = 0;
  std::vector<int32_t> words_, first_, last_, target_begin_, targets_;
  std::vector<float> labels_;
};

}  // namespace textspace
