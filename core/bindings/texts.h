// Texts of Python objects as runs of bytes, without copies.
#pragma once

#include <vector>

#include "bindings.h"
#include "linear_classifier.h"

namespace textspace {

// Made with the GIL held, then read without it: the texts live as long as this.
class TextBatch {
 public:
  // A tuple of str and bytes (a list could change while it is read), or an ArrowTexts.
  explicit TextBatch(nb::handle texts);

  Texts texts() const { return {views_, n_}; }
  int64_t size() const { return n_; }

 private:
  void add_tuple(nb::handle texts);

  const Bytes* views_ = nullptr;
  int64_t n_ = 0;
  std::vector<Bytes> own_;
  nb::object source_;
  std::vector<nb::object> encoded_;  // bytes of texts that are not valid Unicode
};

void bind_arrow_texts(nb::module_& m);

// Null where `object` is not an ArrowTexts.
const std::vector<Bytes>* arrow_views(nb::handle object);

}  // namespace textspace
