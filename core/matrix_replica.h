// A thread's own copy of a small matrix that all threads train. What several threads write and read at every step moves
// between the caches of their cores at every step; copies exchange their changes now and then.
#pragma once

#include <algorithm>
#include <cstdint>

#include "aligned_floats.h"
#include "isa.h"

namespace textspace {

class MatrixReplica {
 public:
  // `n` floats, a multiple of 16, at the start of a cache line.
  MatrixReplica(float* shared, int64_t n) : shared_(shared), n_(n), own_(aligned_floats(n)), seen_(aligned_floats(n)) {
    std::copy_n(shared, n, own_.get());
    std::copy_n(shared, n, seen_.get());
  }

  float* data() { return own_.get(); }

  // Adds the changes since the last exchange to the shared matrix, and takes over those of the other threads.
  void exchange() { kernels().exchange(shared_, own_.get(), seen_.get(), n_); }

 private:
  float* shared_;
  int64_t n_;
  AlignedFloats own_, seen_;
};

}  // namespace textspace
