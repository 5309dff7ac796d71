// Gradients of those rows of a matrix that one batch touches.
#pragma once

#include <cstdint>
#include <vector>

#include "aligned_floats.h"

namespace textspace {

// Each row that is touched gets the next slot; the gradients are `stride` floats a slot. They must be zero again when
// clear() is called: a step of the optimizer leaves them so.
class RowGradients {
 public:
  RowGradients(int64_t n_rows, int64_t stride, int first_slot)
      : stride_(stride),
        first_slot_(first_slot),
        slots_(static_cast<size_t>(n_rows), -1),
        gradients_(first_slot * stride) {}

  int32_t slot(int32_t row) {
    int32_t& slot = slots_[static_cast<size_t>(row)];
    if (slot < 0) {
      slot = first_slot_ + static_cast<int32_t>(rows_.size());
      rows_.push_back(row);
      gradients_.grow((slot + 1) * stride_);
    }
    return slot;
  }

  // Gives every row the slot of its own number; nothing may have been touched before.
  float* touch_all() {
    for (size_t row = 0; row < slots_.size(); ++row) slot(static_cast<int32_t>(row));
    return gradients_.data();
  }

  // Valid until the next row is touched.
  float* at(int32_t slot) { return gradients_.data() + slot * stride_; }

  // The rows touched, in the order of their slots.
  const std::vector<int32_t>& rows() const { return rows_; }
  int32_t first_slot() const { return first_slot_; }
  int64_t stride() const { return stride_; }

  void clear() {
    for (int32_t row : rows_) slots_[static_cast<size_t>(row)] = -1;
    rows_.clear();
  }

 private:
  const int64_t stride_;
  const int first_slot_;
  std::vector<int32_t> slots_, rows_;
  GrowingFloats gradients_;
};

}  // namespace textspace
