#include <utility>

#include "bindings.h"
#include "byte_words.h"
#include "decimal_rows.h"
#include "fasttext_entries.h"
#include "malformed_input.h"
#include "word2vec_rows.h"

namespace textspace {
namespace {

void require_offsets(const Array1D<uint8_t>& blob, const Array1D<int64_t>& offsets) {
  require(offsets.shape(0) >= 1 && offsets.data()[0] == 0, "`offsets` must start with 0");
  for (size_t i = 1; i < offsets.shape(0); ++i)
    require(offsets.data()[i - 1] <= offsets.data()[i], "`offsets` must not decrease");
  require(offsets.data()[offsets.shape(0) - 1] == length(blob), "`offsets` must end with the length of `blob`");
}

nb::tuple read_entries(Array1D<uint8_t> data, int64_t begin, int64_t n_words, int64_t n_labels) {
  require(0 <= begin && begin <= length(data), "`begin` must be a position of `data`");
  // Half of the range each, so that their sum cannot overflow.
  require(0 <= n_words && n_words < (int64_t{1} << 62), "`n_words` must be >= 0");
  require(0 <= n_labels && n_labels < (int64_t{1} << 62), "`n_labels` must be >= 0");
  FastTextEntries entries;
  {
    nb::gil_scoped_release release;
    entries = read_fasttext_entries(data.data(), length(data), begin, n_words, n_labels);
  }
  return nb::make_tuple(to_numpy(std::move(entries.words.blob)), to_numpy(std::move(entries.words.lengths)),
                        to_numpy(std::move(entries.counts)), entries.end);
}

nb::tuple read_rows(Array1D<uint8_t> data, int64_t begin, DenseMatrix<float> out) {
  require(0 <= begin && begin <= length(data), "`begin` must be a position of `data`");
  Word2vecRows rows;
  {
    nb::gil_scoped_release release;
    rows = read_word2vec_rows(data.data(), length(data), begin, static_cast<int64_t>(out.shape(0)),
                              static_cast<int64_t>(out.shape(1)), out.data());
  }
  return nb::make_tuple(to_numpy(std::move(rows.words.blob)), to_numpy(std::move(rows.words.lengths)), rows.end);
}

nb::tuple parse_rows(Array1D<uint8_t> text, int64_t first_line, DenseMatrix<float> out) {
  ByteWords words;
  {
    nb::gil_scoped_release release;
    words = parse_decimal_rows(reinterpret_cast<const char*>(text.data()), length(text), first_line,
                               static_cast<int64_t>(out.shape(1)), out.data(), static_cast<int64_t>(out.shape(0)));
  }
  return nb::make_tuple(to_numpy(std::move(words.blob)), to_numpy(std::move(words.lengths)));
}

nb::bytes format_rows(Array1D<uint8_t> blob, Array1D<int64_t> offsets, Array2D<float> rows, int precision) {
  require_offsets(blob, offsets);
  require_contiguous_rows(rows, "`rows` must have contiguous rows");
  require(offsets.shape(0) == rows.shape(0) + 1, "`offsets` must have one entry more than `rows` has rows");
  require(0 <= precision && precision <= 17, "`precision` must be 0 to 17");
  std::string text;
  {
    nb::gil_scoped_release release;
    text = format_decimal_rows(blob.data(), offsets.data(), static_cast<int64_t>(rows.shape(0)), rows.data(),
                               rows.stride(0), static_cast<int64_t>(rows.shape(1)), precision);
  }
  return nb::bytes(text.data(), text.size());
}

void first_occurrences(Array1D<uint8_t> blob, Array1D<int64_t> offsets, MutableArray1D<bool> out) {
  require_offsets(blob, offsets);
  require(offsets.shape(0) == out.shape(0) + 1, "`offsets` must have one entry more than `out`");
  nb::gil_scoped_release release;
  mark_first_occurrences(blob.data(), offsets.data(), static_cast<int64_t>(out.shape(0)), out.data());
}

}  // namespace

void bind_formats(nb::module_& m) {
  nb::exception<MalformedInput>(m, "MalformedInput", PyExc_ValueError);
  m.def("read_fasttext_entries", read_entries, nb::arg("data"), nb::arg("begin"), nb::arg("n_words"),
        nb::arg("n_labels"), "Dictionary entries of a fastText model file: (blob, lengths, counts, end position).");
  m.def("read_word2vec_rows", read_rows, nb::arg("data"), nb::arg("begin"), nb::arg("out").noconvert(),
        "Entries of a word2vec binary file, their vectors written into `out`: (blob, lengths, end position).");
  m.def("parse_decimal_rows", parse_rows, nb::arg("text"), nb::arg("first_line"), nb::arg("out").noconvert(),
        "Lines of a word and its numbers, the numbers written into `out`: (blob, lengths).");
  m.def("format_decimal_rows", format_rows, nb::arg("blob"), nb::arg("offsets"), nb::arg("rows"), nb::arg("precision"),
        "Lines of a word and its numbers; `precision` 0 writes the digits that give the same floats back.");
  m.def("first_occurrences", first_occurrences, nb::arg("blob"), nb::arg("offsets"), nb::arg("out").noconvert(),
        "Write True into `out` for each word that equals none before it.");
}

}  // namespace textspace
