// Barrier: a fixed number of threads wait for one another, again and again. On Condition(Lock).
//
//            the last party arrives             the last party leaves
//   filling ------------------------> draining ----------------------> filling
//      |  \--- reset with parties waiting ---> resetting --- the last of them leaves ---> filling
//      '------ abort, timeout, failed action ---> broken ------- reset ---> filling, or resetting while some are inside
//
// Nobody enters while it drains or resets, so a fast thread cannot lap a slow one.
#pragma once

#include <cstddef>
#include <functional>
#include <utility>

#include <interleave/primitives/condition.hpp>
#include <interleave/primitives/guard.hpp>

namespace interleave {

// All members but the destructor may be called by any thread at any time, but not from the action.
class Barrier {
 public:
  // For `parties` threads. The last to arrive runs `action`, alone, before any of them goes on. `timeout` is for waits that
  // give none. Throws ValueError for parties < 1.
  explicit Barrier(std::ptrdiff_t parties, std::function<void()> action = {}, Timeout timeout = std::nullopt)
      : parties_(parties), action_(std::move(action)), timeout_(timeout) {
    if (parties < 1) throw ValueError("parties must be >= 1");
  }

  // Waits for all parties. Returns 0 to parties-1, to each thread another number.
  // Throws BrokenBarrierError if the barrier is or gets broken or is reset, or if the timeout ends, which breaks it for all.
  // An exception of the action breaks it too, and leaves through the wait that ran the action.
  std::ptrdiff_t wait(Timeout timeout = std::nullopt) {
    if (!timeout) timeout = timeout_;
    Guard guard{mutex_};
    enter();
    const std::ptrdiff_t index = inside_++;
    const Leaving leaving{*this};
    if (index + 1 == parties_) {
      open();
    } else {
      wait_until_open(timeout);
    }
    return index;
  }

  // Back to empty. Threads that wait get BrokenBarrierError.
  void reset() {
    Guard guard{mutex_};
    if (inside_ == 0) {
      state_ = State::filling;
    } else if (state_ != State::draining) {
      state_ = State::resetting;
    }
    changed_.notify_all();
  }

  // Breaks the barrier until it is reset: all present and future waits throw BrokenBarrierError.
  void abort() {
    Guard guard{mutex_};
    break_for_all();
  }

  std::ptrdiff_t parties() const { return parties_; }

  // Stale at once.
  std::ptrdiff_t n_waiting() {
    Guard guard{mutex_};
    return state_ == State::filling ? inside_ : 0;
  }

  bool broken() {
    Guard guard{mutex_};
    return state_ == State::broken;
  }

 private:
  enum class State { filling, draining, resetting, broken };

  struct Leaving {
    Barrier& barrier;
    ~Leaving() { barrier.leave(); }
  };

  void enter() {
    changed_.wait_for([&] { return state_ == State::filling || state_ == State::broken; });
    if (state_ == State::broken) throw BrokenBarrierError();
  }

  void open() {
    try {
      if (action_) action_();
    } catch (...) {
      break_for_all();
      throw;
    }
    state_ = State::draining;
    changed_.notify_all();
  }

  void wait_until_open(Timeout timeout) {
    if (!changed_.wait_for([&] { return state_ != State::filling; }, timeout)) break_for_all();
    if (state_ != State::draining) throw BrokenBarrierError();
  }

  void leave() {
    --inside_;
    if (inside_ > 0 || state_ == State::filling || state_ == State::broken) return;
    state_ = State::filling;
    changed_.notify_all();
  }

  void break_for_all() {
    state_ = State::broken;
    changed_.notify_all();
  }

  const std::ptrdiff_t parties_;
  const std::function<void()> action_;
  const Timeout timeout_;
  Lock mutex_;
  Condition changed_{mutex_};
  State state_ = State::filling;  // this and inside_ are protected by mutex_
  std::ptrdiff_t inside_ = 0;     // threads between enter and leave
};

}  // namespace interleave
