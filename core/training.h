// What a training kernel is given: the model, a block of text, scratch memory. Plain data, shared by all
// instruction sets.
#pragma once

#include <cstdint>

namespace textspace {

// Outputs are trained in chunks of this many: as many as fit in registers on every instruction set.
constexpr int kChunk = 6;
// Errors of a chunk take this many floats for each hidden vector.
constexpr int kErrorStride = 8;
constexpr int kMaxWindow = 255;

// Rows are `stride` floats long, a multiple of 16, 64-byte aligned, zero beyond the dimension.
struct VectorModel {
  float* input;                // (R, stride): words, then n-grams; null where they are
  uint16_t* half_input;        // bfloat16
  float* output;               // (n_outputs, stride)
  int64_t stride;
  int64_t n_outputs;
  const int64_t* word_indptr;  // (V + 1,): the rows of a word are word_rows[word_indptr[w]..word_indptr[w + 1])
  const int32_t* word_rows;
  int64_t n_hot_words;         // the first ones, which each thread keeps by itself: see hot_words.h
  int window;
  float* position_weights;     // CBOW: (2 * window, stride), or null
  bool normalize_cbow;
  bool softmax;                // every output is trained at once, and `targets` below is not read
};

// Words that subsampling kept, the window of each one, and the outputs it is trained on.
struct TextBlock {
  int n;
  const int32_t* words;         // (n,)
  const int32_t* first;         // (n,): the window is the positions first..last, the word itself left out
  const int32_t* last;          // (n,)
  const int32_t* target_begin;  // (n + 1,): the outputs of position p are targets[target_begin[p]..target_begin[p + 1])
  const int32_t* targets;
  const float* labels;          // 1 for a true output, 0 for a false one, beside `targets`
};

// Sampled: the loss of one position in sixteen.
struct LossSample {
  double sum = 0;
  int64_t n = 0;
};

// Random bits for rounding to bfloat16, at the start of the workspace: set once, not to zeros.
constexpr int kNoiseWords = 16;

// What a thread keeps of the hot words, after the noise: zeros at the start of the training.
inline int64_t hot_word_floats(const VectorModel& model) {
  return (model.n_hot_words + 15) / 16 * 16 + 2 * model.n_hot_words * model.stride;
}

// One thread's scratch memory: 64-byte aligned, this many floats.
inline int64_t workspace_floats(const VectorModel& model) {
  const int64_t contexts = 2 * model.window, ring = contexts + 1;
  const int64_t rows = 3 * ring + 3;
  const int64_t scores = model.softmax ? contexts * (model.n_outputs + kChunk) : 0;
  return kNoiseWords + hot_word_floats(model) + rows * model.stride + (contexts + 2) * kErrorStride + scores + 64;
}

}  // namespace textspace
