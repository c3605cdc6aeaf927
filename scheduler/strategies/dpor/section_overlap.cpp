#include "scheduler/strategies/dpor/section_overlap.hpp"

#include <algorithm>

namespace interleave::engine {

void SectionOverlap::enter(std::uint64_t section, std::size_t most, std::uint32_t thread, Position at,
                   std::span<const std::uint32_t> past) {
  visits_.push_back({.section = section, .most = most, .thread = thread, .begin = at, .end = at, .row = rows_.size(),
                     .width = past.size()});
  rows_.insert(rows_.end(), past.begin(), past.end());
}

void SectionOverlap::leave(std::uint64_t section, std::uint32_t thread, Position at) {
  for (auto visit = visits_.rbegin(); visit != visits_.rend(); ++visit) {
    if (visit->section != section || visit->thread != thread || visit->ended) continue;
    visit->end = at;
    visit->ended = true;
    return;
  }
}

// Adds visits from `first` on to those that are together until there are more than `most`.
bool SectionOverlap::extend(std::size_t first, std::size_t most) {
  if (together_.size() > most) return true;
  for (std::size_t i = first; i < visits_.size(); ++i) {
    const Visit& visit = visits_[i];
    const bool fits = std::all_of(together_.begin(), together_.end(), [&](std::size_t other) {
      const Visit& there = visits_[other];
      // A visit without a step inside is over before anybody else can come: of those that meet, only the last can be one.
      return there.section == visit.section && !(there.brief() && visit.brief()) && !kept_apart(there, visit);
    });
    if (!fits) continue;
    together_.push_back(i);
    if (extend(i + 1, visit.most)) return true;
    together_.pop_back();
  }
  return false;
}

std::span<const std::size_t> SectionOverlap::meeting() {
  together_.clear();
  if (!extend(0, visits_.size())) return {};
  std::stable_partition(together_.begin(), together_.end(), [&](std::size_t i) { return !visits_[i].brief(); });
  return together_;
}

}  // namespace interleave::engine
