#include "word_cutting.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tokenizer.h"

namespace textspace {
namespace {

// A part that is not ASCII goes on until so many bytes are: a call for each word would cost more than ASCII words do.
constexpr int64_t kGap = 32;

// What may stand between two characters of a kind has the bit of this kind, shifted by kBetween.
constexpr uint8_t kLetter = 1, kDigit = 2, kJoiner = 4;
constexpr int kBetween = 3;
constexpr int kLetterToCase = 5;  // from kLetter to the bit that makes a letter lower-case

constexpr std::array<uint8_t, 128> kKinds = [] {
  std::array<uint8_t, 128> kinds{};
  for (size_t c = 'a'; c <= 'z'; ++c) kinds[c] = kinds[c - 'a' + 'A'] = kLetter;
  for (size_t c = '0'; c <= '9'; ++c) kinds[c] = kDigit;
  kinds['_'] = kJoiner;
  kinds[':'] = kLetter << kBetween;
  kinds[','] = kinds[';'] = kDigit << kBetween;
  kinds['.'] = kinds['\''] = (kLetter | kDigit) << kBetween;
  return kinds;
}();

class WordCutter {
 public:
  WordCutter(const uint8_t* text, int64_t n_bytes, const CutPart& cut_part)
      : text_(text), n_bytes_(n_bytes), cut_part_(cut_part) {}

  std::string run() {
    for (int64_t at = 0; at < n_bytes_;) {
      const int64_t other = next_other(at);
      int64_t begin = other;
      if (other < n_bytes_)
        while (begin > at && !is_separator(text_[begin - 1])) --begin;
      add_ascii(text_ + at, text_ + begin);
      at = begin;
      if (other == n_bytes_) break;
      at = end_of_part(other);
      add(cut_part_(text_ + begin, at - begin));
    }
    return std::move(words_);
  }

 private:
  // Where the next byte is that is not ASCII, or the end.
  int64_t next_other(int64_t at) const {
    while (n_bytes_ - at >= 8 && !(load8(text_ + at) & 0x8080808080808080u)) at += 8;
    while (at < n_bytes_ && text_[at] < 0x80) ++at;
    return at;
  }

  // Where the part ends that has a character which is not ASCII at `other`.
  int64_t end_of_part(int64_t other) const {
    for (;;) {
      int64_t end = other;
      while (end < n_bytes_ && !is_separator(text_[end])) ++end;
      const int64_t gap_end = std::min(end + kGap, n_bytes_);
      other = end;
      while (other < gap_end && text_[other] < 0x80 && text_[other] != '\n') ++other;
      if (other == gap_end || text_[other] == '\n') return end;
    }
  }

  bool is_line_begun() const { return !words_.empty() && words_.back() != '\n'; }

  void add(const std::string& words) {
    if (is_line_begun() && !words.empty()) words_ += ' ';
    words_ += words;
  }

  void add_ascii(const uint8_t* at, const uint8_t* end) {
    bool needs_space = is_line_begun();
    const size_t n_before = words_.size();
    // Words do not touch: with a space before each they are at most this long.
    words_.resize(n_before + static_cast<size_t>(end - at) + 1);
    char* out = words_.data() + n_before;
    while (at != end) {
      if (kKinds[*at] & (kLetter | kDigit | kJoiner)) {
        char* begin = out;
        if (needs_space) *out++ = ' ';
        if (add_word(&at, end, &out))
          needs_space = true;
        else
          out = begin;
      } else if (*at++ == '\n') {
        *out++ = '\n';
        needs_space = false;
      }
    }
    words_.resize(static_cast<size_t>(out - words_.data()));
  }

  // False where what was passed is no word: it has neither letter nor digit.
  static bool add_word(const uint8_t** text, const uint8_t* end, char** words) {
    const uint8_t* at = *text;
    char* out = *words;
    uint8_t kinds = 0, last = 0;
    for (; at != end; ++at) {
      const uint8_t kind = kKinds[*at];
      if (kind & (kLetter | kDigit | kJoiner)) {
        kinds |= kind;
        last = kind;
      } else if (!(kind >> kBetween & last) || at + 1 == end || kKinds[at[1]] != last) {
        break;
      }
      *out++ = static_cast<char>(*at | (kind & kLetter) << kLetterToCase);
    }
    *text = at;
    *words = out;
    return kinds & (kLetter | kDigit);
  }

  const uint8_t* text_;
  int64_t n_bytes_;
  const CutPart& cut_part_;
  std::string words_;
};

}  // namespace

std::string cut_words(const uint8_t* text, int64_t n_bytes, const CutPart& cut_part) {
  return WordCutter(text, n_bytes, cut_part).run();
}

}  // namespace textspace
