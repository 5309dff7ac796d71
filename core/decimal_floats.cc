#include "decimal_floats.h"

#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

// libc++ had no std::from_chars for floats until version 20, and to_chars asks for a recent macOS.
#if !defined(__cpp_lib_to_chars) || defined(TEXTSPACE_NO_FLOAT_CHARCONV)
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif
#define TEXTSPACE_POSIX_DECIMALS 1
#else
#define TEXTSPACE_POSIX_DECIMALS 0
#endif

namespace textspace {
namespace {

#if TEXTSPACE_POSIX_DECIMALS

// strtod and snprintf write a comma in half of the world's locales: this thread works in the "C" locale meanwhile.
class CLocale {
 public:
  CLocale() : before_(uselocale(c_locale())) {}
  ~CLocale() { uselocale(before_); }
  CLocale(const CLocale&) = delete;
  CLocale& operator=(const CLocale&) = delete;

 private:
  static locale_t c_locale() {
    static const locale_t locale = newlocale(LC_ALL_MASK, "C", nullptr);
    return locale;
  }
  locale_t before_;
};

bool parse_double(const char* begin, const char* end, double* value) {
  const CLocale in_c;
  const std::string token(begin, end);
  char* stopped = nullptr;
  *value = strtod(token.c_str(), &stopped);
  return stopped == token.c_str() + token.size();
}

// Rounded twice, to double and to float: the last bit may differ from a direct conversion for inputs of more than
// 17 digits, never for what format_decimal writes.
bool parse_float(const char* begin, const char* end, float* value) {
  double wide = 0;
  if (!parse_double(begin, end, &wide)) return false;
  *value = static_cast<float>(wide);
  return true;
}

char* print(float value, int precision, char* out) {
  const CLocale in_c;
  if (precision > 0) return out + snprintf(out, kMaxDecimalLength, "%.*g", precision, static_cast<double>(value));
  for (int digits = 6;; ++digits) {
    char* end = out + snprintf(out, kMaxDecimalLength, "%.*g", digits, static_cast<double>(value));
    float back = 0;
    if (digits == 9 || (parse_float(out, end, &back) && back == value)) return end;
  }
}

#else

// Out of the range of floats: the double tells underflow, which is zero, from overflow.
bool parse_float(const char* begin, const char* end, float* value) {
  const auto [stopped, status] = std::from_chars(begin, end, *value);
  if (status == std::errc::invalid_argument || stopped != end) return false;
  if (status == std::errc::result_out_of_range) {
    double wide = HUGE_VAL;
    std::from_chars(begin, end, wide);
    *value = static_cast<float>(wide);
  }
  return true;
}

char* print(float value, int precision, char* out) {
  char* limit = out + kMaxDecimalLength;
  if (precision > 0) return std::to_chars(out, limit, value, std::chars_format::general, precision).ptr;
  return std::to_chars(out, limit, value).ptr;
}

#endif

bool is_decimal_character(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == 'e' || c == 'E' || c == '+';
}

// As C libraries write them: nan, inf and infinity in any case, with or without a sign.
bool names_non_finite(const char* begin, const char* end) {
  if (begin < end && (*begin == '-' || *begin == '+')) ++begin;
  std::string lower;
  for (; begin < end && lower.size() < 9; ++begin) lower += static_cast<char>(*begin | 0x20);
  return lower == "nan" || lower == "inf" || lower == "infinity";
}

}  // namespace

DecimalError parse_decimal(const char* begin, const char* end, float* value) {
  for (const char* c = begin; c < end; ++c)
    if (!is_decimal_character(*c))
      return names_non_finite(begin, end) ? DecimalError::kNotFinite : DecimalError::kNotANumber;
  if (end - begin > 1 && *begin == '+' && begin[1] != '-') ++begin;  // from_chars knows no plus sign
  if (begin == end || *begin == '+' || !parse_float(begin, end, value)) return DecimalError::kNotANumber;
  return std::isfinite(*value) ? DecimalError::kNone : DecimalError::kNotFinite;
}

char* format_decimal(float value, int precision, char* out) { return print(value, precision, out); }

}  // namespace textspace
