// What a reader throws when the bytes it was given break the rules of their format.
#pragma once

#include <stdexcept>
#include <string>

namespace textspace {

class MalformedInput : public std::runtime_error {
 public:
  explicit MalformedInput(const std::string& what) : std::runtime_error(what) {}
};

}  // namespace textspace
