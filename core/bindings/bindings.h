// What the binding files share. core/bindings/ is the only place that knows Python: it checks dtypes, shapes and
// ranges, converts, releases the GIL and calls; it computes nothing.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace textspace {

namespace nb = nanobind;

template <typename T>
using Array1D = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <typename T>
using MutableArray1D = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
// Rows may be padded: the last axis is contiguous, the first has any stride.
template <typename T>
using Array2D = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;
template <typename T>
using MutableArray2D = nb::ndarray<T, nb::ndim<2>, nb::device::cpu>;
// Rows without padding.
template <typename T>
using DenseMatrix = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <typename T>
using NumpyArray1D = nb::ndarray<nb::numpy, T, nb::ndim<1>>;

// Throws ValueError unless `condition`; the message says which argument broke which rule.
inline void require(bool condition, const char* rule) {
  if (!condition) throw std::invalid_argument(rule);
}

template <typename Matrix>
void require_contiguous_rows(const Matrix& matrix, const char* rule) {
  require(matrix.shape(0) == 0 || matrix.shape(1) <= 1 || matrix.stride(1) == 1, rule);
}

// What kernels of training ask for.
template <typename Matrix>
void require_aligned(const Matrix& matrix, const char* rule) {
  require(matrix.shape(1) % 16 == 0 && reinterpret_cast<uintptr_t>(matrix.data()) % 64 == 0, rule);
}

template <typename Array>
int64_t length(const Array& array) {
  return static_cast<int64_t>(array.shape(0));
}

// Where lists that lie one after another begin, and the end of the last: they have `n_values` entries together.
inline void require_indptr(const Array1D<int64_t>& indptr, int64_t n_values, const char* rule) {
  const int64_t n = length(indptr) - 1;
  require(n >= 0 && indptr.data()[0] == 0 && indptr.data()[n] == n_values, rule);
  bool ascends = true;
  for (int64_t i = 0; i < n; ++i) ascends &= indptr.data()[i] <= indptr.data()[i + 1];
  require(ascends, rule);
}

// From `low` to `high` - 1. Without a branch for each value: there are as many as a corpus has words.
inline void require_range(const Array1D<int32_t>& values, int64_t low, int64_t high, const char* rule) {
  if (length(values) == 0) return;
  int32_t least = values.data()[0], greatest = least;
  for (int64_t i = 0; i < length(values); ++i) {
    least = std::min(least, values.data()[i]);
    greatest = std::max(greatest, values.data()[i]);
  }
  require(least >= low && greatest < high, rule);
}

inline void require_threads(int n_threads) {
  require(n_threads >= 1 && n_threads <= 4096, "`n_threads` must be from 1 to 4096");
}

// How many threads to start where each has memory of its own.
inline int checked_threads(int n_threads) {
  require(n_threads >= 1, "`n_threads` must be at least 1");
  return std::min(n_threads, 1024);
}

// Hands the vector's memory to NumPy.
template <typename T>
NumpyArray1D<T> to_numpy(std::vector<T>&& values) {
  auto owned = std::make_unique<std::vector<T>>(std::move(values));
  T* data = owned->data();
  const size_t n = owned->size();
  nb::capsule owner(owned.get(), [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  owned.release();
  return NumpyArray1D<T>(data, {n}, owner);
}

// Whether no signal asks for a KeyboardInterrupt.
inline bool no_signal() {
  nb::gil_scoped_acquire acquire;
  return PyErr_CheckSignals() == 0;
}

// Runs `work` without the GIL; where it returns false, a signal's exception is pending.
template <class Work>
void interruptible(const Work& work) {
  bool done;
  {
    nb::gil_scoped_release release;
    done = work();
  }
  if (!done) throw nb::python_error();
}

void bind_text(nb::module_& m);
void bind_training(nb::module_& m);
void bind_search(nb::module_& m);
void bind_formats(nb::module_& m);
void bind_prediction(nb::module_& m);
void bind_tagspace(nb::module_& m);
void bind_tags(nb::module_& m);
void bind_classifier_training(nb::module_& m);
void bind_quantization(nb::module_& m);

}  // namespace textspace
