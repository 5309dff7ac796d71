#include "alias_table.h"

#include <cmath>
#include <numeric>

namespace textspace {

std::vector<double> powers_of_counts(const std::vector<int64_t>& counts, double power) {
  std::vector<double> powers;
  powers.reserve(counts.size());
  for (int64_t count : counts) powers.push_back(std::pow(static_cast<double>(count), power));
  return powers;
}

AliasTable::AliasTable(std::vector<double> weights) : slots_(weights.size()) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  const auto n = static_cast<double>(weights.size());
  for (double& weight : weights) weight = total > 0 ? weight * n / total : 1.0;
  std::vector<int32_t> poor, rich;
  for (int32_t i = 0; i < size(); ++i) (weights[i] < 1 ? poor : rich).push_back(i);
  while (!poor.empty() && !rich.empty()) {
    const int32_t taker = poor.back(), giver = rich.back();
    poor.pop_back();
    slots_[taker] = {static_cast<float>(weights[taker]), giver};
    weights[giver] -= 1 - weights[taker];
    if (weights[giver] < 1) {
      rich.pop_back();
      poor.push_back(giver);
    }
  }
  for (int32_t outcome : poor) slots_[outcome] = {1.0f, outcome};
  for (int32_t outcome : rich) slots_[outcome] = {1.0f, outcome};
}

}  // namespace textspace
