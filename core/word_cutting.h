// Cuts text into lower-case words, the parts of it that are ASCII by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace textspace {

// Gives the words of a part of a line, which is not ASCII alone, with a space between them.
using CutPart = std::function<std::string(const uint8_t* part, int64_t n_bytes)>;

// The words of each line of a UTF-8 text with a space between them; line ends stay. A word is what the rules of Unicode
// Standard Annex #29 give, if it has a letter or a digit: a run of letters, digits and `_`, with . : ' between letters
// and . , ; ' between digits. The parts, from one separator to another, that have other characters than ASCII are left
// to `cut_part`, with the ASCII tokens that stand close between them.
std::string cut_words(const uint8_t* text, int64_t n_bytes, const CutPart& cut_part);

}  // namespace textspace
