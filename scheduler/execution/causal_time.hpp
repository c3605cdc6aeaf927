// Clocks that agree with the order of things. In the model a thread's clock moves when a sleep or a timeout of its own ends, and
// one clock for all would make every reading depend on every sleep. So a time travels as order does: along two operations that
// depend on each other, from the earlier to the later. Whoever has heard from a thread never reads a time before what that thread
// has read; and all executions of one class read the same times, as a reducing search needs.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <unordered_map>

#include "scheduler/model/operation.hpp"

namespace interleave::engine {

class CausalTime {
 public:
  // `now` is the clock of the thread that has performed `op`. Again for the same operation: no change.
  void settle(const Operation& op, std::uint64_t& now) {
    const Touch touches[] = {first_touch(op), second_touch(op)};
    for (const Touch& touch : touches)
      if (touch.access != Access::none) now = std::max(now, heard(touch));
    for (const Touch& touch : touches) {
      if (touch.access == Access::none) continue;
      std::uint64_t& latest = latest_[touch.address][static_cast<std::size_t>(touch.access)];
      latest = std::max(latest, now);
    }
  }

  void clear() { latest_.clear(); }

 private:
  static constexpr std::size_t accesses = static_cast<std::size_t>(Access::write) + 1;

  // The latest time of an operation that `touch` depends on.
  std::uint64_t heard(const Touch& touch) const {
    std::uint64_t latest = 0;
    if (const auto found = latest_.find(touch.address); found != latest_.end())
      for (std::size_t i = 0; i < accesses; ++i)
        if (!commute(static_cast<Access>(i), touch.access)) latest = std::max(latest, found->second[i]);
    return latest;
  }

  std::unordered_map<std::uintptr_t, std::array<std::uint64_t, accesses>> latest_;  // by object, for each kind of access
};

}  // namespace interleave::engine
