// Compiled once for each instruction set: see kernels.h.
#include "kernels.h"

#include "analogy_scores.h"
#include "cbow.h"
#include "classify.h"
#include "nearest_centroids.h"
#include "rows.h"
#include "scores.h"
#include "skipgram.h"

#define TEXTSPACE_STRING(x) TEXTSPACE_STRING_(x)
#define TEXTSPACE_STRING_(x) #x

namespace textspace::TEXTSPACE_ISA {

const Kernels* kernel_table() {
  static const Kernels table = {
      .isa = TEXTSPACE_STRING(TEXTSPACE_ISA),
      .mean_rows = mean_rows,
      .nearest_centroids = nearest_centroids,
      .select_rows = select_rows,
      .answer_by_sum = answer_analogies<Sum>,
      .answer_by_product = answer_analogies<Product>,
      .train_skipgram = train_block<SkipGramRing>,
      .train_cbow = train_block<CbowRing>,
      .finish_training = finish_training,
      .train_documents = train_documents,
  };
  return &table;
}

}  // namespace textspace::TEXTSPACE_ISA
