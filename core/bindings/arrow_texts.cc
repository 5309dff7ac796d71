// Arrow string arrays in place, by the C data interface (https://arrow.apache.org/docs/format/CDataInterface.html) and
// the PyCapsule protocol: neither pyarrow nor any other Arrow library is needed.
#include <cstring>

#include "texts.h"

namespace textspace {
namespace {

// The three structures that the interface lays down, by its names.
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};

struct ArrowArrayStream {
  int (*get_schema)(ArrowArrayStream*, ArrowSchema* out);
  int (*get_next)(ArrowArrayStream*, ArrowArray* out);
  const char* (*get_last_error)(ArrowArrayStream*);
  void (*release)(ArrowArrayStream*);
  void* private_data;
};

// A structure whose owner is this object.
template <typename T>
class Owned {
 public:
  Owned() { std::memset(&value_, 0, sizeof value_); }
  // Takes it out of its capsule, which keeps an empty one.
  Owned(nb::handle capsule, const char* name) {
    void* const source = PyCapsule_GetPointer(capsule.ptr(), name);
    if (!source) throw nb::python_error();
    std::memcpy(&value_, source, sizeof value_);
    if (!value_.release) throw std::invalid_argument("the Arrow capsule was already used");
    static_cast<T*>(source)->release = nullptr;
  }
  Owned(Owned&& other) noexcept : value_(other.value_) { other.value_.release = nullptr; }
  Owned& operator=(Owned&&) = delete;
  ~Owned() {
    if (value_.release) value_.release(&value_);
  }
  T* get() { return &value_; }
  T* operator->() { return &value_; }

 private:
  T value_;
};

enum class Layout { kOffsets32, kOffsets64, kViews };

Layout layout_of(const ArrowSchema& schema) {
  const std::string format = schema.format ? schema.format : "";
  if (!schema.dictionary && format == "u") return Layout::kOffsets32;
  if (!schema.dictionary && format == "U") return Layout::kOffsets64;
  if (!schema.dictionary && format == "vu") return Layout::kViews;
  throw nb::type_error(("`texts` must be an Arrow array of strings, got one of format '" + format +
                        (schema.dictionary ? "' with a dictionary" : "'") + "; cast it to string first")
                           .c_str());
}

void require_buffers(const ArrowArray& array, int64_t n) {
  require(array.length >= 0 && array.offset >= 0 && array.n_buffers >= n, "the Arrow array of `texts` is damaged");
}

template <typename Offset>
void add_slices(const ArrowArray& array, std::vector<Bytes>& texts) {
  require_buffers(array, 3);
  const auto* offsets = static_cast<const Offset*>(array.buffers[1]);
  const auto* data = static_cast<const uint8_t*>(array.buffers[2]);
  for (int64_t i = array.offset; i < array.offset + array.length; ++i) {
    require(offsets[i] >= 0 && offsets[i] <= offsets[i + 1], "the offsets of the Arrow array must not decrease");
    texts.push_back({data + offsets[i], static_cast<int64_t>(offsets[i + 1] - offsets[i])});
  }
}

// A view has its length and, up to 12 bytes, the bytes themselves; of a longer text 4 bytes, a buffer and where in it.
void add_views(const ArrowArray& array, std::vector<Bytes>& texts) {
  require_buffers(array, 3);
  const auto* views = static_cast<const uint8_t*>(array.buffers[1]);
  const auto* sizes = static_cast<const int64_t*>(array.buffers[array.n_buffers - 1]);
  for (int64_t i = array.offset; i < array.offset + array.length; ++i) {
    int32_t fields[4];
    std::memcpy(fields, views + 16 * i, sizeof fields);
    const int64_t size = fields[0], buffer = fields[2], begin = fields[3];
    require(size >= 0, "the views of the Arrow array are damaged");
    if (size <= 12) {
      texts.push_back({views + 16 * i + 4, size});
      continue;
    }
    require(buffer >= 0 && buffer < array.n_buffers - 3 && begin >= 0 && begin + size <= sizes[buffer],
            "the views of the Arrow array are damaged");
    texts.push_back({static_cast<const uint8_t*>(array.buffers[2 + buffer]) + begin, size});
  }
}

void empty_nulls(const ArrowArray& array, std::vector<Bytes>& texts) {
  const auto* valid = static_cast<const uint8_t*>(array.buffers[0]);
  if (!valid || array.null_count == 0) return;
  for (int64_t i = 0; i < array.length; ++i) {
    const int64_t bit = array.offset + i;
    if (!(valid[bit >> 3] >> (bit & 7) & 1)) texts[static_cast<size_t>(i)].size = 0;
  }
}

class ArrowTexts {
 public:
  ArrowTexts(Owned<ArrowArray> array, Layout layout) : array_(std::move(array)) {
    const ArrowArray& source = *array_.get();
    require_buffers(source, 1);
    if (source.length == 0) return;
    views_.reserve(static_cast<size_t>(source.length));
    if (layout == Layout::kOffsets32) add_slices<int32_t>(source, views_);
    if (layout == Layout::kOffsets64) add_slices<int64_t>(source, views_);
    if (layout == Layout::kViews) add_views(source, views_);
    empty_nulls(source, views_);
  }
  // Some texts of another, which must outlive this.
  ArrowTexts(const ArrowTexts& whole, int64_t begin, int64_t end)
      : views_(whole.views_.begin() + begin, whole.views_.begin() + end) {}
  const std::vector<Bytes>& views() const { return views_; }
  int64_t n_bytes() const {
    int64_t n = 0;
    for (const Bytes& view : views_) n += view.size;
    return n;
  }

 private:
  Owned<ArrowArray> array_;
  std::vector<Bytes> views_;
};

ArrowTexts* slice(const ArrowTexts& texts, int64_t begin, int64_t end) {
  require(0 <= begin && begin <= end && end <= static_cast<int64_t>(texts.views().size()), "`begin` must be <= `end`");
  return new ArrowTexts(texts, begin, end);
}

void make_arrow_texts(ArrowTexts* self, nb::handle schema_capsule, nb::handle array_capsule) {
  Owned<ArrowSchema> schema(schema_capsule, "arrow_schema");
  const Layout layout = layout_of(*schema.get());
  new (self) ArrowTexts(Owned<ArrowArray>(array_capsule, "arrow_array"), layout);
}

class ArrowStream {
 public:
  explicit ArrowStream(nb::handle capsule) : stream_(capsule, "arrow_array_stream") {
    Owned<ArrowSchema> schema;
    check(stream_->get_schema(stream_.get(), schema.get()));
    layout_ = layout_of(*schema.get());
  }

  nb::object next() {
    Owned<ArrowArray> array;
    check(stream_->get_next(stream_.get(), array.get()));
    if (!array->release) return nb::none();
    return nb::cast(new ArrowTexts(std::move(array), layout_), nb::rv_policy::take_ownership);
  }

 private:
  void check(int status) {
    if (status == 0) return;
    const char* const message = stream_->get_last_error(stream_.get());
    throw std::runtime_error("the Arrow stream of `texts` failed: " + std::string(message ? message : "no reason"));
  }

  Owned<ArrowArrayStream> stream_;
  Layout layout_ = Layout::kOffsets32;
};

}  // namespace

const std::vector<Bytes>* arrow_views(nb::handle object) {
  const ArrowTexts* texts = nullptr;
  return nb::try_cast(object, texts) && texts ? &texts->views() : nullptr;
}

void bind_arrow_texts(nb::module_& m) {
  nb::class_<ArrowTexts>(m, "ArrowTexts", "The texts of an Arrow array of strings, read where they are.")
      .def("__init__", make_arrow_texts, nb::arg("schema"), nb::arg("array"))
      .def("__len__", [](const ArrowTexts& texts) { return texts.views().size(); })
      .def("slice", slice, nb::arg("begin"), nb::arg("end"), nb::rv_policy::take_ownership, nb::keep_alive<0, 1>(),
           "The texts from `begin` to `end`.")
      .def_prop_ro("n_bytes", &ArrowTexts::n_bytes);
  nb::class_<ArrowStream>(m, "ArrowStream", "The arrays of an Arrow stream of strings.")
      .def(nb::init<nb::handle>(), nb::arg("stream"))
      .def("next", &ArrowStream::next, "The next array as ArrowTexts, None after the last.");
}

}  // namespace textspace
