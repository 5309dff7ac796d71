// Huge pages for large arrays: each page costs time when it is first touched, and the processor remembers the addresses
// of only so many.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace textspace {

constexpr size_t kLeastBytesOfHugePages = size_t{1} << 22;

// Asks for huge pages for memory that has not been touched.
inline void ask_for_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] size_t n_bytes) {
#if defined(MADV_HUGEPAGE)
  constexpr uintptr_t kPage = 4096;
  const auto begin = (reinterpret_cast<uintptr_t>(memory) + kPage - 1) / kPage * kPage;
  const auto end = (reinterpret_cast<uintptr_t>(memory) + n_bytes) / kPage * kPage;
  if (n_bytes >= kLeastBytesOfHugePages) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace textspace
