// Floats at the start of a cache line.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>

#include "huge_pages.h"

namespace textspace {

struct AlignedDelete {
  void operator()(float* memory) const { ::operator delete[](memory, std::align_val_t{64}); }
};
using AlignedFloats = std::unique_ptr<float[], AlignedDelete>;

// `n` floats, not initialized; throws std::bad_alloc.
inline AlignedFloats aligned_floats(int64_t n) {
  const size_t bytes = std::max<size_t>(1, static_cast<size_t>(n)) * sizeof(float);
  void* memory = ::operator new[](bytes, std::align_val_t{64});
  ask_for_huge_pages(memory, bytes);
  return AlignedFloats(static_cast<float*>(memory));
}

// Zeros at first, whose number may grow.
class GrowingFloats {
 public:
  explicit GrowingFloats(int64_t n = 0) { grow(n); }

  float* data() { return floats_.get(); }
  const float* data() const { return floats_.get(); }
  int64_t size() const { return size_; }

  // Room for n floats: what was there stays, what is new is 0.
  void grow(int64_t n) {
    if (n <= size_) return;
    const int64_t room = std::max(n, 2 * size_);
    AlignedFloats floats = aligned_floats(room);
    std::copy(floats_.get(), floats_.get() + size_, floats.get());
    std::fill(floats.get() + size_, floats.get() + room, 0.0f);
    floats_ = std::move(floats);
    size_ = room;
  }

 private:
  AlignedFloats floats_;
  int64_t size_ = 0;
};

}  // namespace textspace
