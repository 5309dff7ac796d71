// Asks memory for what lies together. Not for the kernels, whose translation units must not share inline code: they have
// prefetch_row of simd.h.
#pragma once

#include <cstdint>

namespace textspace {

// values[0..n). `is_written` and `locality` are those of __builtin_prefetch.
template <int is_written = 0, int locality = 3, typename T>
void prefetch_array(const T* values, int64_t n) {
  constexpr auto kPerCacheLine = static_cast<int64_t>(64 / sizeof(T));
  for (int64_t i = 0; i < n; i += kPerCacheLine) __builtin_prefetch(values + i, is_written, locality);
}

}  // namespace textspace
