#include "scheduler/strategies/sampler.hpp"

namespace interleave::engine {

std::size_t Sampler::one_of(const ChoicePoint& at, std::uint32_t thread) {
  const auto& enabled = at.enabled;
  std::size_t first = 0;
  while (enabled[first].thread != thread) ++first;
  std::size_t count = 1;
  while (first + count < enabled.size() && enabled[first + count].thread == thread) ++count;
  return count == 1 ? first : first + draw_.below(count);
}

std::size_t Sampler::walk_among_alternatives(const ChoicePoint& at) {
  const auto& enabled = at.enabled;
  std::size_t skip = draw_.below(at.threads);
  std::size_t first = 0;
  while (skip > 0) {
    ++first;
    skip -= enabled[first].thread != enabled[first - 1].thread;
  }
  return one_of(at, enabled[first].thread);
}

void Ahead::meet(const ChoicePoint& at) {
  for (const Candidate& each : at.enabled) {
    while (own_.size() <= each.thread) {
      const auto child = static_cast<std::uint32_t>(own_.size());
      own_.push_back(0);
      now_.push_back(0);
      parents_.push_back(at.step == 1 || at.last >= child ? child : at.last);
    }
  }
}

std::vector<std::uint64_t> Ahead::totals(std::vector<std::uint64_t> totals) const {
  totals.resize(own_.size());
  for (std::size_t child = totals.size(); child-- > 0;)  // children have higher numbers than those who create them
    if (parents_[child] != child) totals[parents_[child]] += totals[child];
  return totals;
}

}  // namespace interleave::engine
