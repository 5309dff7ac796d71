// What the encoders and losses of tag models compute with: the functions of matrices.h and windows.h, which exist once
// for each instruction set, and the structures they share. Rows of matrices are 64-byte aligned.
#pragma once

#include <cstdint>

namespace textspace {

// C (m, n) = A (m, depth) B (depth, n), or C += A B. Element (i, k) of A is a[i * row_step + k * column_step], so that
// a transposed A costs nothing. B and C have `b_stride` and `c_stride` floats a row, multiples of 16 both; n as well.
struct MatrixProduct {
  const float* a;
  int64_t row_step, column_step;
  const float* b;
  int64_t b_stride;
  float* c;
  int64_t c_stride;
  int64_t m, n, depth;
  bool add;
};

// The convolution of a batch of documents. A document is a list of slots: rows of `words`, the distinct word rows of
// the batch; row 0 of `words` is zeros and stands for what lies beyond a border.
struct ConvolutionBatch {
  const float* words;      // (n_slots, stride)
  float* word_gradients;   // (n_slots, stride)
  int64_t n_slots, stride;
  int dim;
  const int32_t* slots;    // all documents', each with width / 2 zeros before and after it
  const int64_t* begin;    // (n_documents + 1,): where each document starts in `slots`, its border included
  int64_t n_documents;
  const float* filters;    // (n_filters, width, stride)
  float* filter_gradients; // the same
  const float* bias;       // (n_filters,)
  float* bias_gradients;
  int n_filters, width;
  int n_pools;             // maxima a filter: over the whole text, or over consecutive `pool` positions each
  int64_t pool;
  float* maxima;           // (n_documents, n_pools, n_filters); 0 where a pool has no position
  int32_t* positions;      // the same: of each maximum, as an index into `slots` of the window's first; -1 without one
  float* scratch;          // convolution_scratch() floats
};

// Filters are multiplied in panels: as many as a tile of products is wide, on every instruction set.
constexpr int kFilterPanel = 64;

inline int64_t convolution_scratch(int64_t n_slots, int64_t stride, int width) {
  return (width * stride + n_slots * width) * kFilterPanel;
}

enum class Optimizer { kSgd, kAdagrad, kRowAdagrad, kAdam };

// What a step needs beside the gradient. For Adam, the rate has the corrections of both moments in it.
struct StepRule {
  Optimizer optimizer;
  float rate;
  float scale;              // of the gradient: clipping
  float beta1, beta2, epsilon;
};

struct TagKernels {
  void (*multiply)(const MatrixProduct&);
  void (*convolve)(const ConvolutionBatch&);            // fills maxima and positions
  // Adds to the gradients of words, filters and biases those that the errors of the maxima lead to: errors
  // (n_pools * n_filters, error_stride), a column a document.
  void (*convolve_back)(const ConvolutionBatch&, const float* errors, int64_t error_stride);
  void (*tanh)(float* values, int64_t n);               // n a multiple of 16
  float (*dot)(const float* a, const float* b, int64_t n);  // n a multiple of 16
  void (*add_scaled)(float* sum, const float* row, float scale, int64_t n);
  // scores (n_rows, stride): in each column, its softmax over the rows; log_totals (stride,): log of the sum of
  // exponentials.
  void (*softmax_columns)(float* scores, int64_t n_rows, int64_t stride, float* log_totals);
  // In place: the sigmoids; adds log(1 + exp(score)) of each column to losses (stride,).
  void (*sigmoid_columns)(float* scores, int64_t n_rows, int64_t stride, float* losses);
  // One row, or a whole matrix as one row: n a multiple of 16. `first` and `second` are the moments; the gradient is
  // set to zero.
  void (*step)(const StepRule&, float* values, float* gradient, float* first, float* second, int64_t n);
};

}  // namespace textspace
