// Embeddings of many documents.
#pragma once

#include "tag_model.h"
#include "threads.h"

namespace textspace {

// out (documents.n, out_stride): of each document the embedding_stride() floats of its embedding. Documents that share
// words are computed together, which changes no bit of the result. Returns false when keep_going did.
bool embed_documents(const TagModel& model, const TaggedDocuments& documents, float* out, int64_t out_stride,
                     int n_threads, const KeepGoing& keep_going);

}  // namespace textspace
