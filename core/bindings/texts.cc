#include "texts.h"

namespace textspace {
namespace {

Bytes bytes_of(nb::handle object) {
  return {reinterpret_cast<const uint8_t*>(PyBytes_AsString(object.ptr())),
          static_cast<int64_t>(PyBytes_Size(object.ptr()))};
}

}  // namespace

TextBatch::TextBatch(nb::handle texts) : source_(nb::borrow(texts)) {
  if (PyTuple_Check(texts.ptr())) {
    add_tuple(texts);
    return;
  }
  const std::vector<Bytes>* views = arrow_views(texts);
  if (!views) throw nb::type_error("`texts` must be a tuple or ArrowTexts");
  views_ = views->data();
  n_ = static_cast<int64_t>(views->size());
}

void TextBatch::add_tuple(nb::handle texts) {
  n_ = static_cast<int64_t>(PyTuple_Size(texts.ptr()));
  own_.resize(static_cast<size_t>(n_));
  for (Py_ssize_t i = 0; i < n_; ++i) {
    PyObject* const text = PyTuple_GetItem(texts.ptr(), i);
    Bytes& view = own_[static_cast<size_t>(i)];
    if (PyUnicode_Check(text)) {
      Py_ssize_t size = 0;
      const char* const data = PyUnicode_AsUTF8AndSize(text, &size);
      if (data) {
        view = {reinterpret_cast<const uint8_t*>(data), static_cast<int64_t>(size)};
        continue;
      }
      if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) throw nb::python_error();
      PyErr_Clear();
      encoded_.push_back(nb::module_::import_("textspace.text.utf8").attr("to_bytes")(nb::handle(text)));
      view = bytes_of(encoded_.back());
    } else if (PyBytes_Check(text)) {
      view = bytes_of(text);
    } else {
      throw nb::type_error("`texts` must hold only str");  // text_batches' caller says where
    }
  }
  views_ = own_.data();
}

}  // namespace textspace
