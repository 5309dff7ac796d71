// A convolution over the words of a text and the maximum of each filter over its positions, forward and backward.
// Included by kernels.cc alone.
//
// A window's product with a filter is the sum of `width` products of one word with one tap of it, and words come again
// and again: each distinct word of a batch is multiplied with each tap once, and a window then costs `width` additions
// a filter. Backward, a filter's maximum is at one position, so that a text costs one window a filter, not one a
// position.
#pragma once

#include "matrices.h"

namespace textspace::TEXTSPACE_ISA {

// taps (width, dim, kFilterPanel): the filters from first_filter on, beside each other; zeros where there is none.
inline void pack_filters(const ConvolutionBatch& batch, int first_filter, float* taps) {
  const int n = batch.n_filters - first_filter < kFilterPanel ? batch.n_filters - first_filter : kFilterPanel;
  if (n < kFilterPanel)
    for (int64_t i = 0; i < int64_t{batch.width} * batch.dim * kFilterPanel; ++i) taps[i] = 0;
  const int64_t filter_floats = batch.width * batch.stride;
  for (int f = 0; f < n; ++f) {
    const float* filter = batch.filters + (first_filter + f) * filter_floats;
    for (int k = 0; k < batch.width; ++k)
      for (int d = 0; d < batch.dim; ++d) taps[(k * batch.dim + d) * kFilterPanel + f] = filter[k * batch.stride + d];
  }
}

// products (n_slots, width, kFilterPanel): each word with each tap.
inline void multiply_words(const ConvolutionBatch& batch, const float* taps, float* products) {
  for (int k = 0; k < batch.width; ++k)
    multiply({batch.words, batch.stride, 1, taps + int64_t{k} * batch.dim * kFilterPanel, kFilterPanel,
              products + k * kFilterPanel, batch.width * kFilterPanel, batch.n_slots, kFilterPanel, batch.dim, false});
}

// The largest window of the positions [first, last), for one vector of filters; `products` and `bias` begin there.
inline void largest_window(const ConvolutionBatch& batch, const float* products, Vec bias, int64_t first, int64_t last,
                           Vec& largest, IntVec& where) {
  const int64_t slot_floats = batch.width * kFilterPanel;
  where = IntVec{} - 1;
  for (int64_t position = first; position < last; ++position) {
    Vec sum = bias;
    for (int k = 0; k < batch.width; ++k)
      sum += load(products + batch.slots[position + k] * slot_floats + k * kFilterPanel);
    const IntVec here = IntVec{} + static_cast<int32_t>(position);
    const IntVec better = position == first ? IntVec{} - 1 : (IntVec)(sum > largest);
    largest = better ? sum : largest;
    where = better ? here : where;
  }
}

inline void pool_document(const ConvolutionBatch& batch, const float* products, int first_filter, int64_t document) {
  const int64_t begin = batch.begin[document], end = batch.begin[document + 1] - (batch.width - 1);
  const int n_left = batch.n_filters - first_filter;
  const int n_vecs = (n_left < kFilterPanel ? n_left : kFilterPanel) / kLanes;
  for (int pool = 0; pool < batch.n_pools; ++pool) {
    const int64_t first = begin + pool * batch.pool, last = first + batch.pool < end ? first + batch.pool : end;
    const int64_t out = (document * batch.n_pools + pool) * batch.n_filters + first_filter;
    for (int v = 0; v < n_vecs; ++v) {
      Vec largest = {};
      IntVec where;
      largest_window(batch, products + v * kLanes, load(batch.bias + first_filter + v * kLanes), first, last, largest,
                     where);
      store(batch.maxima + out + v * kLanes, largest);
      for (int lane = 0; lane < kLanes; ++lane) batch.positions[out + v * kLanes + lane] = where[lane];
    }
  }
}

inline void convolve(const ConvolutionBatch& batch) {
  float *taps = batch.scratch, *products = taps + batch.width * batch.stride * kFilterPanel;
  for (int filter = 0; filter < batch.n_filters; filter += kFilterPanel) {
    pack_filters(batch, filter, taps);
    multiply_words(batch, taps, products);
    for (int64_t document = 0; document < batch.n_documents; ++document)
      pool_document(batch, products, filter, document);
  }
}

// gradient += error * word;  word_gradient += error * tap
inline void back_through_tap(const float* word, float* word_gradient, const float* tap, float* gradient, float error,
                             int64_t n) {
  for (int64_t d = 0; d < n; d += kLanes) {
    store(gradient + d, load(gradient + d) + error * load(word + d));
    store(word_gradient + d, load(word_gradient + d) + error * load(tap + d));
  }
}

inline void back_through_window(const ConvolutionBatch& batch, int filter, int32_t position, float error) {
  const int64_t filter_floats = batch.width * batch.stride;
  batch.bias_gradients[filter] += error;
  for (int k = 0; k < batch.width; ++k) {
    const int64_t slot = batch.slots[position + k];
    if (slot == 0) continue;  // beyond the border
    const int64_t tap = filter * filter_floats + k * batch.stride;
    back_through_tap(batch.words + slot * batch.stride, batch.word_gradients + slot * batch.stride, batch.filters + tap,
                     batch.filter_gradients + tap, error, batch.stride);
  }
}

// Filters are the outer loop: a filter and its gradient stay in the first-level cache for the whole batch.
inline void convolve_back(const ConvolutionBatch& batch, const float* errors, int64_t error_stride) {
  for (int filter = 0; filter < batch.n_filters; ++filter)
    for (int pool = 0; pool < batch.n_pools; ++pool) {
      const int64_t feature = int64_t{pool} * batch.n_filters + filter;
      for (int64_t document = 0; document < batch.n_documents; ++document) {
        const float error = errors[feature * error_stride + document];
        const int32_t position = batch.positions[document * batch.n_pools * batch.n_filters + feature];
        if (error != 0 && position >= 0) back_through_window(batch, filter, position, error);
      }
    }
}

}  // namespace textspace::TEXTSPACE_ISA
