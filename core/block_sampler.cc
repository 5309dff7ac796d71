#include "block_sampler.h"

#include <algorithm>

namespace textspace {

BlockSampler::BlockSampler(const SamplerOptions& options, const AliasTable& negatives, const HuffmanTree& tree, Rng rng)
    : options_(options), negatives_(negatives), tree_(tree), rng_(rng) {}

int64_t BlockSampler::fill(const int32_t** next, const int32_t* end) {
  int64_t n_read = 0;
  line_begin_ = 0;
  words_.clear();
  first_.clear();
  last_.clear();
  while (*next < end && words_.size() < kBlockWords) {
    const int32_t word = *(*next)++;
    if (word == kEndOfLine) {
      end_line();
      continue;
    }
    ++n_read;
    const float keep = options_.keep_probability[word];
    if (keep >= 1.0f || rng_.unit() < keep) words_.push_back(word);
  }
  end_line();
  draw_targets();
  return n_read;
}

void BlockSampler::end_line() {
  const int line_end = static_cast<int>(words_.size());
  for (int position = line_begin_; position < line_end; ++position) {
    const int width = 1 + static_cast<int>(rng_.below(static_cast<uint32_t>(options_.window)));
    first_.push_back(std::max(position - width, line_begin_));
    last_.push_back(std::min(position + width, line_end - 1));
  }
  line_begin_ = line_end;
}

void BlockSampler::draw_targets() {
  target_begin_.assign(1, 0);
  targets_.clear();
  labels_.clear();
  for (int32_t word : words_) {
    if (options_.loss == Loss::kNegativeSampling) add_negatives(word);
    if (options_.loss == Loss::kHierarchicalSoftmax) add_path(word);
    target_begin_.push_back(static_cast<int32_t>(targets_.size()));
  }
}

void BlockSampler::add_negatives(int32_t word) {
  targets_.push_back(word);
  labels_.push_back(1.0f);
  for (int i = 0; i < options_.n_negatives && negatives_.size() > 1; ++i) {
    // A word that takes nearly all the weight would be redrawn for ever: its neighbour is false as well.
    int32_t negative = negatives_.draw(rng_);
    for (int tries = 0; negative == word && tries < 64; ++tries) negative = negatives_.draw(rng_);
    targets_.push_back(negative != word ? negative : (word + 1) % negatives_.size());
    labels_.push_back(0.0f);
  }
}

void BlockSampler::add_path(int32_t word) {
  targets_.insert(targets_.end(), tree_.nodes.begin() + tree_.begin[word], tree_.nodes.begin() + tree_.begin[word + 1]);
  labels_.insert(labels_.end(), tree_.codes.begin() + tree_.begin[word], tree_.codes.begin() + tree_.begin[word + 1]);
}

TextBlock BlockSampler::block() const {
  return {static_cast<int>(words_.size()), words_.data(),   first_.data(), last_.data(),
          target_begin_.data(),            targets_.data(), labels_.data()};
}

}  // namespace textspace
