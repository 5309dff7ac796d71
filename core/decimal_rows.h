// Lines of "word x1 x2 ... xdim": the text form of word vectors.
#pragma once

#include <cstdint>
#include <string>

#include "byte_words.h"

namespace textspace {

// Reads the lines of text[0..size), of which the first is number first_line of its file, and writes their vectors into
// the (capacity, dim) matrix `out`. Spaces and tabs separate columns, a carriage return may end a line, blank lines
// are skipped. A word may contain separators as long as no part of it after the first is a number.
// Throws MalformedInput, naming the line, for any other number of columns, for what is not a number and for NaN and
// infinity, and for more than `capacity` words.
ByteWords parse_decimal_rows(const char* text, int64_t size, int64_t first_line, int64_t dim, float* out,
                             int64_t capacity);

// The n words blob[offsets[i]..offsets[i+1]) with the rows of the (n, dim) matrix `rows`, a line each, in fastText's
// layout: every number is followed by a space. `precision` as in format_decimal. Throws MalformedInput for NaN and
// infinity.
std::string format_decimal_rows(const uint8_t* blob, const int64_t* offsets, int64_t n, const float* rows,
                                int64_t stride, int64_t dim, int precision);

}  // namespace textspace
