#include "decimal_rows.h"

#include <cmath>
#include <cstring>
#include <vector>

#include "decimal_floats.h"
#include "malformed_input.h"

namespace textspace {
namespace {

struct Token {
  const char* begin;
  const char* end;
};

bool is_separator(char c) { return c == ' ' || c == '\t'; }

// The next token of [at, end); empty at the end of the line.
Token next_token(const char* at, const char* end) {
  while (at < end && is_separator(*at)) ++at;
  const char* begin = at;
  while (at < end && !is_separator(*at)) ++at;
  return {begin, at};
}

bool is_number(Token token) {
  float ignored = 0;
  return parse_decimal(token.begin, token.end, &ignored) == DecimalError::kNone;
}

// For messages, which must be valid UTF-8 whatever the file is.
std::string quoted(Token token) {
  constexpr int64_t kShown = 40;
  const bool cut = token.end - token.begin > kShown;
  std::string text = "'";
  for (const char* c = token.begin; c < (cut ? token.begin + kShown : token.end); ++c)
    text += *c >= ' ' && *c <= '~' ? *c : '?';
  return text + (cut ? "...'" : "'");
}

// Reads exactly dim numbers and the end of the line: the usual case.
bool parse_numbers(const char* at, const char* end, int64_t dim, float* row) {
  for (int64_t d = 0; d < dim; ++d) {
    const Token token = next_token(at, end);
    if (parse_decimal(token.begin, token.end, row + d) != DecimalError::kNone) return false;
    at = token.end;
  }
  const Token rest = next_token(at, end);
  return rest.begin == rest.end;
}

class LineParser {
 public:
  LineParser(const char* begin, const char* end, int64_t number, int64_t dim)
      : begin_(begin), end_(end), number_(number), dim_(dim) {}

  // Returns the word.
  Token parse(float* row) const {
    if (is_separator(*begin_)) reject("starts with a space, where a word should be");
    const Token word = next_token(begin_, end_);
    return parse_numbers(word.end, end_, dim_, row) ? word : parse_spaced_word(row);
  }

 private:
  // Either the word contains separators or the line is wrong.
  Token parse_spaced_word(float* row) const {
    std::vector<Token> tokens;
    for (Token token = next_token(begin_, end_); token.begin < token.end; token = next_token(token.end, end_))
      tokens.push_back(token);
    const int64_t n_extra = static_cast<int64_t>(tokens.size()) - 1 - dim_;
    bool spaced_word = n_extra > 0;
    for (int64_t i = 1; i <= n_extra; ++i) spaced_word = spaced_word && !is_number(tokens[static_cast<size_t>(i)]);
    if (n_extra != 0 && !spaced_word)
      reject("has " + std::to_string(tokens.size()) + " columns, expected a word and " + std::to_string(dim_) +
             " numbers");
    const size_t first_number = static_cast<size_t>(n_extra) + 1;
    for (int64_t d = 0; d < dim_; ++d) {
      const Token token = tokens[first_number + static_cast<size_t>(d)];
      const DecimalError error = parse_decimal(token.begin, token.end, row + d);
      if (error == DecimalError::kNotFinite) reject("holds " + quoted(token) + ", not a finite float32 number");
      if (error == DecimalError::kNotANumber) reject("holds " + quoted(token) + " where a number should be");
    }
    return {begin_, tokens[static_cast<size_t>(n_extra)].end};
  }

  [[noreturn]] void reject(const std::string& problem) const {
    throw MalformedInput("line " + std::to_string(number_) + " " + problem);
  }

  const char* begin_;
  const char* end_;
  int64_t number_;
  int64_t dim_;
};

bool is_blank(const char* begin, const char* end) { return next_token(begin, end).begin == end; }

}  // namespace

ByteWords parse_decimal_rows(const char* text, int64_t size, int64_t first_line, int64_t dim, float* out,
                             int64_t capacity) {
  ByteWords words;
  const char* const text_end = text + size;
  int64_t number = first_line;
  for (const char* begin = text; begin < text_end; ++number) {
    const void* newline = std::memchr(begin, '\n', static_cast<size_t>(text_end - begin));
    const char* const line_end = newline ? static_cast<const char*>(newline) : text_end;
    const char* end = line_end;
    if (end > begin && end[-1] == '\r') --end;
    if (!is_blank(begin, end)) {
      const int64_t row = static_cast<int64_t>(words.lengths.size());
      if (row == capacity) throw MalformedInput("line " + std::to_string(number) + " is more than the file promised");
      const Token word = LineParser(begin, end, number, dim).parse(out + row * dim);
      words.append(reinterpret_cast<const uint8_t*>(word.begin), word.end - word.begin);
    }
    begin = line_end + 1;
  }
  return words;
}

std::string format_decimal_rows(const uint8_t* blob, const int64_t* offsets, int64_t n, const float* rows,
                                int64_t stride, int64_t dim, int precision) {
  std::string text;
  char number[kMaxDecimalLength];
  for (int64_t i = 0; i < n; ++i) {
    text.append(reinterpret_cast<const char*>(blob) + offsets[i], static_cast<size_t>(offsets[i + 1] - offsets[i]));
    text += ' ';
    const float* row = rows + i * stride;
    for (int64_t d = 0; d < dim; ++d) {
      if (!std::isfinite(row[d])) throw MalformedInput("vector " + std::to_string(i) + " holds a NaN or an infinity");
      text.append(number, format_decimal(row[d], precision, number));
      text += ' ';
    }
    text += '\n';
  }
  return text;
}

}  // namespace textspace
