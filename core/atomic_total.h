// A sum that threads add to; std::atomic<double> cannot add on every compiler.
#pragma once

#include <atomic>

namespace textspace {

inline void add(std::atomic<double>& total, double amount) {
  double seen = total.load();
  while (!total.compare_exchange_weak(seen, seen + amount)) {
  }
}

}  // namespace textspace
