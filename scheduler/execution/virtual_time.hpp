// The clocks of an execution, in virtual nanoseconds from its begin.
//
// clock=any: each thread has a clock of its own, which advances when a sleep or a timeout of that thread ends; what it has learnt of time travels
// as order does (causal_time.hpp). A wait may time out at any moment. clock=virtual: one clock, which advances only when no thread can step, to the
// earliest deadline.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "scheduler/execution/causal_time.hpp"
#include "scheduler/execution/thread.hpp"

namespace interleave::engine {

class VirtualTime {
 public:
  explicit VirtualTime(bool one_clock) : one_clock_(one_clock) {}

  // Before an execution.
  void begin() {
    clock_ = 0;
    if (std::exchange(has_passed_, false)) causal_.clear();
  }

  // Whether there is one clock for all threads.
  bool one_clock() const { return one_clock_; }
  // What `thread` reads from any clock now.
  std::uint64_t now(Thread& thread) {
    settle(thread);
    return one_clock_ ? clock_ : thread.now;
  }
  // Whether the timed operation of `thread` may time out now.
  bool due(const Thread& thread) const { return !one_clock_ || clock_ >= thread.deadline; }

  // A wait of `thread` has timed out: it is no earlier than `deadline`.
  void pass_until(Thread& thread, std::uint64_t deadline) {
    if (one_clock_ || deadline <= thread.now) return;
    thread.now = deadline;
    has_passed_ = true;
  }
  // `to` has waited for `from`: its clock shows no earlier time than that of `from`.
  static void pass_on(const Thread& from, Thread& to) { to.now = std::max(to.now, from.now); }
  // Whether time has passed for some thread. Until then all clocks agree.
  bool has_passed() const { return has_passed_; }
  // The clock of `thread` takes notice of its last operation.
  void settle(Thread& thread) {
    if (has_passed_ && thread.pending.type != nullptr) causal_.settle(thread.pending, thread.now);
  }

  // The one clock advances. REQUIRES: one_clock().
  void advance_to(std::uint64_t time) { clock_ = time; }
  void advance_by(std::uint64_t nanoseconds) { clock_ += nanoseconds; }
  std::uint64_t clock() const { return clock_; }

  // A thread that spins and looks at the clock may wait for a certain time. Returns by how many nanoseconds its clock advances now: one second,
  // then eight times as much each time.
  static std::uint64_t hurry(Thread& thread) {
    constexpr std::uint64_t second = 1'000'000'000;
    return thread.haste = thread.haste == 0 ? second : thread.haste * 8;
  }

 private:
  const bool one_clock_;
  bool has_passed_ = false;
  std::uint64_t clock_ = 0;
  CausalTime causal_;
};

}  // namespace interleave::engine
