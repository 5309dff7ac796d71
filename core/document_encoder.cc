#include "document_encoder.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "parallel.h"
#include "word_ngrams.h"

namespace textspace {
namespace {

constexpr int kPartsPerThread = 4;
constexpr int64_t kIdsPerPart = 1 << 20;  // at most, so that keep_going is asked often

// Calls work(part) for each part, on n_threads threads. Returns whether all was done.
template <typename Part, typename Work>
bool for_each_part(std::vector<Part>& parts, int n_threads, const KeepGoing& keep_going, const Work& work) {
  std::atomic<size_t> next{0};
  std::atomic<bool> stopped{false};
  parallel_for(n_threads, [&](int thread_id) {
    for (size_t i; !stopped && (i = next.fetch_add(1)) < parts.size();) {
      work(parts[i]);
      if (thread_id == 0 && i + 1 < parts.size() && !keep_going()) stopped = true;
    }
  });
  return !stopped;
}

void require_measured(bool is_measured) {
  if (!is_measured) throw std::invalid_argument("`bucket_items` must be those of measure()");
}

}  // namespace

struct DocumentEncoder::Document {
  std::vector<int32_t> items, labels;
  std::vector<uint32_t> hashes;  // of the words, known or not
};

DocumentEncoder::DocumentEncoder(const int32_t* ids, int64_t n_ids, const TokenTable& table, int word_ngrams,
                                 uint32_t n_buckets, int n_threads)
    : ids_(ids), table_(table), word_ngrams_(word_ngrams), n_buckets_(n_buckets), n_threads_(n_threads) {
  const int64_t n_parts = std::max(static_cast<int64_t>(n_threads) * kPartsPerThread, n_ids / kIdsPerPart);
  int64_t begin = 0;
  for (int64_t i = 1; i <= n_parts; ++i) {
    int64_t end = std::max(begin, n_ids / n_parts * i);
    if (i == n_parts) end = n_ids;
    while (end < n_ids && end > 0 && ids[end - 1] != -1) ++end;
    if (end > begin) parts_.push_back({begin, end, {}, {}});
    begin = end;
  }
}

void DocumentEncoder::read(int64_t* at, int64_t end, Document* document) const {
  document->items.clear();
  document->labels.clear();
  document->hashes.clear();
  for (; *at < end && ids_[*at] != -1; ++*at) {
    const int32_t id = ids_[*at];
    if (id < 0 || id >= table_.n_tokens) throw std::invalid_argument("`ids` must hold ids of tokens, or -1");
    const int32_t role = table_.roles[id];
    if (role >= 0) document->items.push_back(role);
    if (role >= kNotKnown && word_ngrams_ > 1) document->hashes.push_back(table_.hashes[id]);
    if (role > kFirstLabel) continue;
    const int32_t label = kFirstLabel - role;
    std::vector<int32_t>& labels = document->labels;
    if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
  }
  ++*at;
}

void DocumentEncoder::add_word_ngrams(const int32_t* bucket_items, Document* document) const {
  if (word_ngrams_ <= 1) return;
  std::vector<int32_t>& items = document->items;
  for_each_word_ngram(document->hashes.data(), static_cast<int64_t>(document->hashes.size()), word_ngrams_, n_buckets_,
                      [&](int64_t, int64_t, int32_t bucket) {
                        if (bucket_items[bucket] != kLeftOut) items.push_back(bucket_items[bucket]);
                      });
}

bool DocumentEncoder::count_buckets(uint32_t* counts, const KeepGoing& keep_going) {
  if (word_ngrams_ <= 1) return true;
  const bool alone = n_threads_ == 1;
  const auto count = [&](int64_t, int64_t, int32_t bucket) {
    if (alone)
      ++counts[bucket];
    else
      __atomic_fetch_add(&counts[bucket], 1, __ATOMIC_RELAXED);
  };
  return for_each_part(parts_, n_threads_, keep_going, [&](const Part& part) {
    Document document;
    for (int64_t at = part.begin; at < part.end;) {
      read(&at, part.end, &document);
      for_each_word_ngram(document.hashes.data(), static_cast<int64_t>(document.hashes.size()), word_ngrams_,
                          n_buckets_, count);
    }
  });
}

bool DocumentEncoder::measure(const int32_t* bucket_items, const KeepGoing& keep_going, DocumentSizes* sizes) {
  const bool done = for_each_part(parts_, n_threads_, keep_going, [&](Part& part) {
    DocumentSizes found = {};
    Document document;
    for (int64_t at = part.begin; at < part.end;) {
      read(&at, part.end, &document);
      add_word_ngrams(bucket_items, &document);
      ++found.n_documents;
      found.n_items += static_cast<int64_t>(document.items.size());
      found.n_labels += static_cast<int64_t>(document.labels.size());
    }
    part.sizes = found;
  });
  if (!done) return false;
  DocumentSizes total = {};
  for (Part& part : parts_) {
    part.first = total;
    total.n_documents += part.sizes.n_documents;
    total.n_items += part.sizes.n_items;
    total.n_labels += part.sizes.n_labels;
  }
  *sizes = total;
  return true;
}

bool DocumentEncoder::encode(const int32_t* bucket_items, const KeepGoing& keep_going, const DocumentArrays& out) {
  out.indptr[0] = out.label_indptr[0] = 0;
  return for_each_part(parts_, n_threads_, keep_going, [&](const Part& part) {
    DocumentSizes done = part.first;
    const int64_t n_items = part.first.n_items + part.sizes.n_items;
    Document document;
    for (int64_t at = part.begin; at < part.end;) {
      read(&at, part.end, &document);
      add_word_ngrams(bucket_items, &document);
      require_measured(done.n_items + static_cast<int64_t>(document.items.size()) <= n_items);
      std::copy(document.items.begin(), document.items.end(), out.items + done.n_items);
      std::copy(document.labels.begin(), document.labels.end(), out.labels + done.n_labels);
      done.n_items += static_cast<int64_t>(document.items.size());
      done.n_labels += static_cast<int64_t>(document.labels.size());
      ++done.n_documents;
      out.indptr[done.n_documents] = done.n_items;
      out.label_indptr[done.n_documents] = done.n_labels;
    }
    require_measured(done.n_items == n_items);
  });
}

int64_t number_buckets(const uint32_t* counts, int64_t n_buckets, int32_t first, int32_t* bucket_items) {
  // A counting sort; the few buckets with more occurrences than it distinguishes are sorted by themselves.
  constexpr uint32_t kMany = 1 << 12;
  std::vector<int64_t> begins(kMany + 1);
  for (int64_t bucket = 0; bucket < n_buckets; ++bucket)
    if (counts[bucket] && bucket_items[bucket] < 0) ++begins[kMany - std::min(counts[bucket], kMany)];
  int64_t n = 0;
  for (int64_t& begin : begins) {
    const int64_t n_here = begin;
    begin = n;
    n += n_here;
  }
  std::vector<int32_t> many;
  for (int64_t bucket = 0; bucket < n_buckets; ++bucket) {
    if (!counts[bucket] || bucket_items[bucket] >= 0) continue;
    if (counts[bucket] >= kMany)
      many.push_back(static_cast<int32_t>(bucket));
    else
      bucket_items[bucket] = first + static_cast<int32_t>(begins[kMany - counts[bucket]]++);
  }
  std::stable_sort(many.begin(), many.end(), [&](int32_t a, int32_t b) { return counts[a] > counts[b]; });
  for (size_t i = 0; i < many.size(); ++i) bucket_items[many[i]] = first + static_cast<int32_t>(i);
  return n;
}

}  // namespace textspace
