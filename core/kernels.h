// The table of functions that exist once for each instruction set.
//
// kernels.cc is compiled once for each set, in a namespace of that set's name. It must not use inline code of
// the standard library: the linker keeps one copy of such a function, perhaps the one made for AVX-512.
#pragma once

#include <cstdint>

#include "classifier_training.h"
#include "tag_kernels.h"
#include "training.h"

namespace textspace {

struct SelectTask;
struct ClusterTask;
struct AnalogyTask;
struct LinearTask;
struct WeightLines;
struct SparseText;

struct Kernels {
  const char* isa;

  // out[i] = mean of the rows rows[indptr[i]..indptr[i+1]) of a (., dim) matrix with `stride` floats a row; zeros
  // where the list is empty. Row -1 is a row of zeros: it counts in the mean.
  void (*mean_rows)(const float* matrix, int64_t stride, int dim, const int64_t* indptr, const int32_t* rows,
                    int64_t n, float* out, int64_t out_stride);

  // See nearest_centroids.h.
  void (*nearest_centroids)(const float* points, int64_t n, int dim, const float* centroids, uint8_t* codes);

  void (*select_rows)(const SelectTask& task);
  void (*select_clustered)(const ClusterTask& task);
  void (*answer_by_sum)(const AnalogyTask& task);      // 3CosAdd
  void (*answer_by_product)(const AnalogyTask& task);  // 3CosMul

  // One pass over a block of text at one learning rate.
  void (*train_skipgram)(const VectorModel&, const TextBlock&, float lr, float* workspace, LossSample*);
  void (*train_cbow)(const VectorModel&, const TextBlock&, float lr, float* workspace, LossSample*);

  // sums += the rows of a (., dim) matrix with `stride` floats a row; a row named twice is added twice.
  void (*add_rows)(const float* matrix, int64_t stride, int dim, const int32_t* rows, int64_t n, float* sums);
  void (*linear_scores)(const LinearTask& task);
  // Sum of exp(scores - top), where no score is above `top`.
  float (*exp_sum)(const float* scores, int64_t n, float top);
  float (*dot)(const float* x, const float* y, int64_t n);

  // See weight_line_kernels.h.
  void (*add_products)(const WeightLines& weights, const SparseText& text, float* sums);
  void (*add_multiples)(const WeightLines& weights, const SparseText& text, const float* changes);

  // After a thread's last block.
  void (*finish_training)(const VectorModel&, float* workspace);

  // One pass over a batch of documents.
  void (*train_documents)(const ClassifierModel&, const DocumentBatch&, const LearningRate&, float* workspace,
                          ClassifierLossSample*);

  // Of a matrix and a thread's copy of it: own = shared += own - seen, then seen = own; n is a multiple of 16. Cache
  // lines of `shared` that get no change are not written.
  void (*exchange)(float* shared, float* own, float* seen, int64_t n);

  // Rows first_row..first_row + n_rows of a matrix: uniform in [-bound, bound), zeros from column `dim` on.
  void (*fill_random_rows)(float* matrix, int64_t stride, int dim, int64_t first_row, int64_t n_rows, float bound,
                           uint64_t seed);

  TagKernels tags;
};

namespace baseline {
const Kernels* kernel_table();
}
namespace avx2 {
const Kernels* kernel_table();
}
namespace avx512 {
const Kernels* kernel_table();
}

}  // namespace textspace
