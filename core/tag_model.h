// What tag models are made of: documents as row numbers, an encoder of documents, a table of tags. Plain data.
#pragma once

#include <cstdint>

namespace textspace {

// Document i: rows[indptr[i]..indptr[i + 1]) of the words, -1 for one without a row; its tags, ascending and distinct.
struct TaggedDocuments {
  int64_t n;
  const int64_t* indptr;
  const int32_t* rows;
  const int64_t* tag_indptr;
  const int32_t* tags;
};

enum Pooling : unsigned { kMean = 1, kMax = 2, kMin = 4 };

// Matrices have rows of `stride` floats, a multiple of 16, zero beyond `dim`, 64-byte aligned.
struct TagModel {
  float* words;  // (n_words, stride)
  int64_t n_words, stride;
  int dim;

  // A bag: sum of weight * row, divided by (sum of weights) ** power; the maximum and the minimum of each component.
  // The poolings stand one after the other in the embedding.
  unsigned poolings;         // of `Pooling`
  const float* row_weights;  // (n_words,), or null for ones
  double power;

  // A convolution, where n_filters is not 0: filters of `width` words, tanh, the maximum over the whole text or over
  // each of n_pools runs of `pool` positions, perhaps another tanh, a linear projection.
  int n_filters, width;  // n_filters is a multiple of 16; those beyond the real number are zeros
  int n_pools;
  int64_t pool;
  bool second_tanh;
  float* filters;          // (n_filters, width, stride)
  float* filter_bias;      // (n_filters,)
  float* projection;       // (n_pools * n_filters, stride)
  float* projection_bias;  // (stride,)

  int64_t max_length;  // words of a document that are read

  // Scores: score_scale * (embedding . tag), both divided by their norms if `cosine`, + bias.
  float* tags;      // (n_tags, embedding_stride()); hierarchical softmax: inner nodes of its tree
  float* tag_bias;  // (n_tags rounded up to 16,), or null
  int64_t n_tags;
  bool cosine;
  float score_scale;
  // StarSpace's gradients: as if neither the bag's nor the cosine's divisor were there.
  bool raw_gradients;

  int n_poolings() const { return (poolings & kMean ? 1 : 0) + (poolings & kMax ? 1 : 0) + (poolings & kMin ? 1 : 0); }
  int64_t embedding_stride() const { return n_filters ? stride : stride * n_poolings(); }
  int64_t n_features() const { return int64_t{n_pools} * n_filters; }
};

}  // namespace textspace
