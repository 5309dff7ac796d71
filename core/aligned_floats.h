// Floats at the start of a cache line, zeros at first, whose number may grow.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>

namespace textspace {

class AlignedFloats {
 public:
  explicit AlignedFloats(int64_t n = 0) { grow(n); }

  float* data() { return floats_.get(); }
  const float* data() const { return floats_.get(); }
  int64_t size() const { return size_; }

  // Room for n floats: what was there stays, what is new is 0.
  void grow(int64_t n) {
    if (n <= size_) return;
    const int64_t room = std::max(n, 2 * size_);
    std::unique_ptr<float, Deleter> floats(
        static_cast<float*>(::operator new(static_cast<size_t>(room) * sizeof(float), std::align_val_t(64))));
    std::copy(floats_.get(), floats_.get() + size_, floats.get());
    std::fill(floats.get() + size_, floats.get() + room, 0.0f);
    floats_ = std::move(floats);
    size_ = room;
  }

 private:
  struct Deleter {
    void operator()(float* floats) const { ::operator delete(floats, std::align_val_t(64)); }
  };
  std::unique_ptr<float, Deleter> floats_;
  int64_t size_ = 0;
};

}  // namespace textspace
