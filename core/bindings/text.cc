#include <optional>
#include <utility>

#include "bindings.h"
#include "corpus_encoder.h"
#include "subwords.h"
#include "vocabulary.h"
#include "word_cutting.h"

namespace textspace {
namespace {

WordList as_words(const Array1D<uint8_t>& blob, const Array1D<int64_t>& offsets) {
  require(offsets.shape(0) >= 1, "`offsets` must have one entry more than there are words");
  require(offsets.shape(0) <= (uint64_t{1} << 31), "there must be fewer than 2**31 words");
  return {blob.data(), static_cast<int64_t>(blob.shape(0)), offsets.data(), static_cast<int64_t>(offsets.shape(0)) - 1};
}

NgramRange ngram_range(int min_n, int max_n, int64_t n_buckets) {
  require(n_buckets >= 1 && n_buckets < (int64_t{1} << 31), "`n_buckets` must be from 1 to 2**31 - 1");
  return {min_n, max_n, static_cast<uint32_t>(n_buckets)};
}

NumpyArray1D<uint32_t> bind_build_index(Array1D<uint8_t> blob, Array1D<int64_t> offsets) {
  const WordList words = as_words(blob, offsets);
  std::vector<uint32_t> slots;
  {
    nb::gil_scoped_release release;
    slots = build_index(words);
  }
  return to_numpy(std::move(slots));
}

nb::tuple bind_select_words(Array1D<uint8_t> blob, Array1D<int64_t> offsets, Array1D<int32_t> order) {
  const WordList words = as_words(blob, offsets);
  WordBytes selected;
  {
    nb::gil_scoped_release release;
    selected = select_words(words, order.data(), static_cast<int64_t>(order.shape(0)));
  }
  return nb::make_tuple(to_numpy(std::move(selected.blob)), to_numpy(std::move(selected.offsets)));
}

NumpyArray1D<uint32_t> bind_word_hashes(Array1D<uint8_t> blob, Array1D<int64_t> offsets) {
  const WordList words = as_words(blob, offsets);
  std::vector<uint32_t> hashes(static_cast<size_t>(words.n_words));
  {
    nb::gil_scoped_release release;
    for (int64_t i = 0; i < words.n_words; ++i) {
      const Bytes word = words.at(i);
      hashes[static_cast<size_t>(i)] = fnv1a(word.data, word.size);
    }
  }
  return to_numpy(std::move(hashes));
}

// Keeps the arrays of a vocabulary, which may be memory-mapped, and finds words in them.
class WordFinder {
 public:
  WordFinder(Array1D<uint8_t> blob, Array1D<int64_t> offsets, Array1D<uint32_t> index)
      : blob_(std::move(blob)),
        offsets_(std::move(offsets)),
        slots_(std::move(index)),
        words_(as_words(blob_, offsets_)) {
    const int64_t n_slots = static_cast<int64_t>(slots_.shape(0));
    require(n_slots >= 1 && (n_slots & (n_slots - 1)) == 0, "the length of `index` must be a power of two");
    index_ = {slots_.data(), n_slots, n_slots < kMaxProbes ? n_slots : kMaxProbes};
  }

  int64_t find(nb::bytes word) const {
    return find_word(words_, index_,
                     {reinterpret_cast<const uint8_t*>(word.c_str()), static_cast<int64_t>(word.size())});
  }

  NumpyArray1D<int32_t> find_all(Array1D<uint8_t> blob, Array1D<int64_t> offsets) const {
    const WordList queries = as_words(blob, offsets);
    std::vector<int32_t> ids(static_cast<size_t>(queries.n_words));
    {
      nb::gil_scoped_release release;
      for (int64_t i = 0; i < queries.n_words; ++i)
        ids[static_cast<size_t>(i)] = static_cast<int32_t>(find_word(words_, index_, queries.at(i)));
    }
    return to_numpy(std::move(ids));
  }

 private:
  Array1D<uint8_t> blob_;
  Array1D<int64_t> offsets_;
  Array1D<uint32_t> slots_;
  WordList words_;
  WordIndex index_;
};

nb::bytes bind_cut_words(nb::bytes text, nb::callable cut_part) {
  const auto cut = [&](const uint8_t* part, int64_t n_bytes) {
    nb::gil_scoped_acquire acquire;
    const auto words = nb::cast<nb::bytes>(cut_part(nb::bytes(part, static_cast<size_t>(n_bytes))));
    return std::string(words.c_str(), words.size());
  };
  std::string words;
  {
    nb::gil_scoped_release release;
    words = cut_words(reinterpret_cast<const uint8_t*>(text.c_str()), static_cast<int64_t>(text.size()), cut);
  }
  return nb::bytes(words.data(), words.size());
}

uint32_t bind_fnv1a(nb::bytes bytes) {
  return fnv1a(reinterpret_cast<const uint8_t*>(bytes.c_str()), static_cast<int64_t>(bytes.size()));
}

nb::list bind_ngrams(nb::bytes bytes, int min_n, int max_n, int64_t n_buckets) {
  const Bytes word = {reinterpret_cast<const uint8_t*>(bytes.c_str()), static_cast<int64_t>(bytes.size())};
  const std::string bracketed = "<" + std::string(bytes.c_str(), bytes.size()) + ">";
  nb::list ngrams;
  for_each_ngram(word, ngram_range(min_n, max_n, n_buckets), [&](int64_t begin, int64_t end, int32_t bucket) {
    ngrams.append(nb::make_tuple(nb::bytes(bracketed.data() + begin, static_cast<size_t>(end - begin)), bucket));
  });
  return ngrams;
}

void bind_add_ngram_weights(Array1D<uint8_t> blob, Array1D<int64_t> offsets, Array1D<int64_t> counts, int min_n,
                            int max_n, MutableArray1D<int64_t> weights) {
  const WordList words = as_words(blob, offsets);
  require(static_cast<int64_t>(counts.shape(0)) == words.n_words, "`counts` must have one entry for each word");
  const NgramRange range = ngram_range(min_n, max_n, static_cast<int64_t>(weights.shape(0)));
  nb::gil_scoped_release release;
  add_ngram_weights(words, counts.data(), range, weights.data());
}

nb::tuple bind_word_rows(Array1D<uint8_t> blob, Array1D<int64_t> offsets, Array1D<int32_t> ids, int min_n, int max_n,
                         int64_t n_buckets, int64_t first_row, std::optional<Array1D<int32_t>> buckets,
                         std::optional<Array1D<int32_t>> ngram_rows) {
  const WordList words = as_words(blob, offsets);
  require(static_cast<int64_t>(ids.shape(0)) == words.n_words, "`ids` must have one entry for each word");
  const NgramRange range = ngram_range(min_n, max_n, n_buckets);
  require(first_row >= 0, "`first_row` must be >= 0");
  require(buckets.has_value() == ngram_rows.has_value(), "`buckets` and `ngram_rows` must be given together");
  require(!buckets || buckets->shape(0) == ngram_rows->shape(0), "`buckets` and `ngram_rows` must be equally long");
  const int64_t n_rows = buckets ? static_cast<int64_t>(buckets->shape(0)) : n_buckets;
  require(first_row + n_rows < (int64_t{1} << 31), "`first_row` plus the number of n-gram rows must be below 2**31");
  // An array of no elements may have no address, but null means that there are rows for all buckets.
  static const int32_t kNone = 0;
  const auto address = [](const Array1D<int32_t>& array) { return array.shape(0) ? array.data() : &kNone; };
  const BucketRows bucket_rows = {first_row, buckets ? address(*buckets) : nullptr,
                                  buckets ? address(*ngram_rows) : nullptr, n_rows};
  RowLists lists;
  {
    nb::gil_scoped_release release;
    lists = word_rows(words, ids.data(), range, bucket_rows);
  }
  return nb::make_tuple(to_numpy(std::move(lists.indptr)), to_numpy(std::move(lists.rows)));
}

void make_encoder(CorpusEncoder* self, int n_threads, bool add_words) {
  require_threads(n_threads);
  new (self) CorpusEncoder(n_threads, add_words);
}

void encoder_add_words(CorpusEncoder& encoder, Array1D<uint8_t> blob, Array1D<int64_t> offsets,
                       Array1D<int64_t> counts) {
  const WordList words = as_words(blob, offsets);
  require(static_cast<int64_t>(counts.shape(0)) == words.n_words, "`counts` must have one entry for each word");
  nb::gil_scoped_release release;
  for (int64_t i = 0; i < words.n_words; ++i) encoder.add_word(words.at(i), counts.data()[i]);
}

NumpyArray1D<int32_t> encoder_encode(CorpusEncoder& encoder, nb::bytes block) {
  std::vector<int32_t> ids;
  {
    nb::gil_scoped_release release;
    ids = encoder.encode(reinterpret_cast<const uint8_t*>(block.c_str()), static_cast<int64_t>(block.size()));
  }
  return to_numpy(std::move(ids));
}

NumpyArray1D<int32_t> encoder_keep(CorpusEncoder& encoder, Array1D<int32_t> order) {
  std::vector<int32_t> new_ids;
  {
    nb::gil_scoped_release release;
    new_ids = encoder.keep(order.data(), static_cast<int64_t>(order.shape(0)));
  }
  return to_numpy(std::move(new_ids));
}

nb::tuple encoder_words(const CorpusEncoder& encoder) {
  const WordList words = encoder.table().words();
  return nb::make_tuple(to_numpy(std::vector<uint8_t>(words.blob, words.blob + words.n_bytes)),
                        to_numpy(std::vector<int64_t>(words.offsets, words.offsets + words.n_words + 1)));
}

int64_t bind_renumber(MutableArray1D<int32_t> ids, Array1D<int32_t> new_ids, int n_threads) {
  require_threads(n_threads);
  nb::gil_scoped_release release;
  return renumber(ids.data(), static_cast<int64_t>(ids.shape(0)), new_ids.data(),
                  static_cast<int64_t>(new_ids.shape(0)), n_threads);
}

void bind_corpus(nb::module_& m) {
  nb::class_<CorpusEncoder>(m, "CorpusEncoder", "Counts the words of a text and turns it into their ids, in one pass.")
      .def("__init__", make_encoder, nb::kw_only(), nb::arg("n_threads"), nb::arg("add_words"))
      .def("add_words", encoder_add_words, nb::arg("blob"), nb::arg("offsets"), nb::arg("counts"),
           "Number these words first, in this order.")
      .def("encode", encoder_encode, nb::arg("block"),
           "The ids of the next block of the text, -1 after each end of a line; a token at its end waits for the next "
           "block.")
      .def("keep", encoder_keep, nb::arg("order"),
           "Make word order[i] word i and forget the others; the new id of each word, -2 for those forgotten.")
      .def("words", encoder_words, "The words by id, as (blob, offsets).")
      .def(
          "counts", [](const CorpusEncoder& encoder) { return to_numpy(std::vector<int64_t>(encoder.counts())); },
          "How often each word was met.")
      .def("__len__", [](const CorpusEncoder& encoder) { return encoder.table().size(); })
      .def_prop_ro("n_tokens", &CorpusEncoder::n_tokens, "The tokens met, those left out included.")
      .def_prop_ro("n_lines", &CorpusEncoder::n_lines, "The ends of lines met.");
  m.def("renumber", bind_renumber, nb::arg("ids").noconvert(), nb::arg("new_ids"), nb::arg("n_threads"),
        "Replace ids by new_ids[ids] in place, leaving out those that become -2; how many are left. -1 stays.");
}

void bind_words(nb::module_& m) {
  m.def("build_index", bind_build_index, nb::arg("blob"), nb::arg("offsets"),
        "The open-addressing index of the words blob[offsets[i]:offsets[i + 1]].");
  m.def("select_words", bind_select_words, nb::arg("blob"), nb::arg("offsets"), nb::arg("order"),
        "The words order[0], order[1], ... as (blob, offsets).");
  m.def("cut_words", bind_cut_words, nb::arg("text"), nb::arg("cut_part"),
        "The lower-case words of each line with a space between them; `cut_part` gives those of what is not ASCII.");
  m.def("word_hashes", bind_word_hashes, nb::arg("blob"), nb::arg("offsets"), "The `fnv1a` of each word.");
  nb::class_<WordFinder>(m, "WordFinder", "Finds words among blob[offsets[i]:offsets[i + 1]] by their index.")
      .def(nb::init<Array1D<uint8_t>, Array1D<int64_t>, Array1D<uint32_t>>(), nb::arg("blob"), nb::arg("offsets"),
           nb::arg("index"))
      .def("find", &WordFinder::find, nb::arg("word"), "The id of a word, or -1.")
      .def("find_all", &WordFinder::find_all, nb::arg("blob"), nb::arg("offsets"),
           "The ids of words, -1 where unknown.");
}

void bind_subwords(nb::module_& m) {
  m.def("fnv1a", bind_fnv1a, nb::arg("bytes"), "fastText's 32-bit FNV-1a hash, which sign-extends bytes.");
  m.def("ngrams", bind_ngrams, nb::arg("word"), nb::arg("min_n"), nb::arg("max_n"), nb::arg("n_buckets"),
        "The character n-grams of a word and the bucket of each.");
  m.def("add_ngram_weights", bind_add_ngram_weights, nb::arg("blob"), nb::arg("offsets"), nb::arg("counts"),
        nb::arg("min_n"), nb::arg("max_n"), nb::arg("weights").noconvert(),
        "Add to each bucket's weight the counts of the words that have an n-gram in it.");
  m.def("word_rows", bind_word_rows, nb::arg("blob"), nb::arg("offsets"), nb::arg("ids"), nb::arg("min_n"),
        nb::arg("max_n"), nb::arg("n_buckets"), nb::arg("first_row"), nb::arg("buckets").none(),
        nb::arg("ngram_rows").none(),
        "The rows of each word, as (indptr, rows): its id where ids >= 0, then its n-grams' rows, -1 for a bucket "
        "without one.");
}

}  // namespace

void bind_text(nb::module_& m) {
  bind_words(m);
  bind_subwords(m);
  bind_corpus(m);
}

}  // namespace textspace
