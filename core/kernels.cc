// Compiled once for each instruction set: see kernels.h.
#include "kernels.h"

#include "analogy_scores.h"
#include "cbow.h"
#include "linear_kernels.h"
#include "classify.h"
#include "nearest_centroids.h"
#include "random_rows.h"
#include "rows.h"
#include "scores.h"
#include "skipgram.h"
#include "weight_line_kernels.h"
#include "windows.h"

#define TEXTSPACE_STRING(x) TEXTSPACE_STRING_(x)
#define TEXTSPACE_STRING_(x) #x

namespace textspace::TEXTSPACE_ISA {

const Kernels* kernel_table() {
  static const Kernels table = {
      .isa = TEXTSPACE_STRING(TEXTSPACE_ISA),
      .mean_rows = mean_rows,
      .nearest_centroids = nearest_centroids,
      .select_rows = select_rows,
      .select_clustered = select_clustered,
      .answer_by_sum = answer_analogies<Sum>,
      .answer_by_product = answer_analogies<Product>,
      .train_skipgram = train_block<SkipGramRing>,
      .train_cbow = train_block<CbowRing>,
      .add_rows = add_rows,
      .linear_scores = linear_scores,
      .exp_sum = exp_sum,
      .dot = dot,
      .add_products = add_products,
      .add_multiples = add_multiples,
      .finish_training = finish_training,
      .train_documents = train_documents,
      .exchange = exchange,
      .fill_random_rows = fill_random_rows,
      .tags = {.multiply = multiply,
               .convolve = convolve,
               .convolve_back = convolve_back,
               .tanh = tanh,
               .dot = dot,
               .add_scaled = add_scaled,
               .softmax_columns = softmax_columns,
               .sigmoid_columns = sigmoid_columns,
               .step = step},
  };
  return &table;
}

}  // namespace textspace::TEXTSPACE_ISA
