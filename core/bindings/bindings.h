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
