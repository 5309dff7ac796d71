#include "isa.h"

#include <cstdlib>
#include <stdexcept>

namespace textspace {
namespace {

struct Candidate {
  const Kernels* (*table)();
  bool (*runs_here)();
};

// The order is from slowest to fastest.
const std::vector<Candidate>& candidates() {
  static const std::vector<Candidate> all = {
      {baseline::kernel_table, [] { return true; }},
#ifdef TEXTSPACE_HAS_AVX2
      {avx2::kernel_table,
       [] {
         return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
       }},
#endif
#ifdef TEXTSPACE_HAS_AVX512
      {avx512::kernel_table,
       [] {
         return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
       }},
#endif
  };
  return all;
}

const Kernels* find_isa(const std::string& name) {
  for (const Candidate& candidate : candidates()) {
    const Kernels* table = candidate.table();
    if (name == table->isa && candidate.runs_here()) return table;
  }
  std::string known;
  for (const std::string& isa : available_isas()) known += (known.empty() ? "" : ", ") + isa;
  throw std::invalid_argument("instruction set '" + name + "' is not available here; choose from: " + known);
}

const Kernels*& chosen() {
  static const Kernels* table = [] {
    const char* asked = std::getenv("TEXTSPACE_ISA");
    return find_isa(asked && *asked ? asked : available_isas().back());
  }();
  return table;
}

}  // namespace

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const Candidate& candidate : candidates())
    if (candidate.runs_here()) names.emplace_back(candidate.table()->isa);
  return names;
}

const Kernels& kernels() { return *chosen(); }

void use_isa(const std::string& name) { chosen() = find_isa(name); }

}  // namespace textspace
