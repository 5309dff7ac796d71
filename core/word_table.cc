#include "word_table.h"

#include <limits>
#include <stdexcept>

namespace textspace {

int32_t WordTable::add(const Token& token) {
  const int64_t word_id = size();
  if (word_id >= std::numeric_limits<int32_t>::max()) throw std::length_error("the text has more than 2**31 words");
  if (2 * static_cast<size_t>(word_id + 1) > slots_.size()) grow();
  blob_.insert(blob_.end(), token.begin, token.begin + token.size);
  offsets_.push_back(static_cast<int64_t>(blob_.size()));
  place({token.hash, token.size >= 8 ? load8(token.begin) : 0, static_cast<uint32_t>(word_id) + 1, token.size});
  return static_cast<int32_t>(word_id);
}

void WordTable::place(const Slot& slot) {
  uint64_t at = slot.hash & mask_;
  while (slots_[at].word) at = (at + 1) & mask_;
  slots_[at] = slot;
}

void WordTable::grow() {
  std::vector<Slot> old(2 * slots_.size());
  old.swap(slots_);
  mask_ = slots_.size() - 1;
  for (const Slot& slot : old)
    if (slot.word) place(slot);
}

}  // namespace textspace
