#include "tag_embedding.h"

#include <algorithm>
#include <vector>

#include "tag_encoder.h"

namespace textspace {
namespace {

constexpr int64_t kDocumentsPerTask = 128;

struct Worker {
  std::unique_ptr<TagEncoder> encoder;
  GrowingFloats embeddings;
};

void embed_block(const TagModel& model, const TaggedDocuments& documents, int64_t first, int64_t last, Worker& worker,
                 float* out, int64_t out_stride) {
  if (!worker.encoder) worker.encoder = make_encoder(model, false);
  worker.encoder->clear();
  for (int64_t i = first; i < last; ++i)
    worker.encoder->add(documents.rows + documents.indptr[i], documents.indptr[i + 1] - documents.indptr[i]);
  const int64_t stride = model.embedding_stride();
  worker.embeddings.grow((last - first) * stride);
  worker.encoder->encode(worker.embeddings.data());
  for (int64_t i = first; i < last; ++i)
    std::copy_n(worker.embeddings.data() + (i - first) * stride, stride, out + i * out_stride);
}

}  // namespace

bool embed_documents(const TagModel& model, const TaggedDocuments& documents, float* out, int64_t out_stride,
                     int n_threads, const KeepGoing& keep_going) {
  std::vector<Worker> workers(static_cast<size_t>(n_threads));
  const int64_t n_tasks = (documents.n + kDocumentsPerTask - 1) / kDocumentsPerTask;
  return for_each_task(n_tasks, n_threads, keep_going, [&](int64_t task, int thread_id) {
    const int64_t first = task * kDocumentsPerTask, last = std::min(first + kDocumentsPerTask, documents.n);
    embed_block(model, documents, first, last, workers[static_cast<size_t>(thread_id)], out, out_stride);
  });
}

}  // namespace textspace
