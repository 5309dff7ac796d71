// float32 values as decimal text, whatever the locale of the process.
#pragma once

namespace textspace {

enum class DecimalError { kNone, kNotANumber, kNotFinite };

// Reads the number that is all of [begin, end). A magnitude too small for a float becomes zero.
DecimalError parse_decimal(const char* begin, const char* end, float* value);

constexpr int kMaxDecimalLength = 64;

// Writes `value` at `out`, which has room for kMaxDecimalLength characters, and returns the end. `precision` is the
// number of significant digits, as in printf's %g; 0 asks for the fewest digits that give the same float back.
char* format_decimal(float value, int precision, char* out);

}  // namespace textspace
