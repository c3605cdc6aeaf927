// Event: a flag that threads can wait for. On Condition(Lock).
#pragma once

#include <atomic>

#include <interleave/primitives/condition.hpp>
#include <interleave/primitives/guard.hpp>

namespace interleave {

// All members but the destructor may be called by any thread at any time.
class Event {
 public:
  // Raises the flag and wakes everybody who waits. What the caller did before is visible to whoever sees the flag.
  void set() {
    Guard guard{mutex_};
    flag_.store(true, std::memory_order_release);
    changed_.notify_all();
  }

  // Lowers the flag. Threads that a `set` has woken stay awake, even if they have not returned yet.
  void clear() {
    Guard guard{mutex_};
    flag_.store(false, std::memory_order_relaxed);
  }

  // Stale at once. Do not decide by it whether to wait: wait does that itself, under the lock.
  bool is_set() const { return flag_.load(std::memory_order_acquire); }

  // Returns at once if the flag is up, else sleeps until the next `set`, be it followed by `clear` or not. True if the flag
  // was up or went up; false on timeout, even if the flag has gone up since. Zero or less does not sleep.
  bool wait(Timeout timeout = std::nullopt) {
    Guard guard{mutex_};
    if (flag_.load(std::memory_order_relaxed)) return true;
    return changed_.wait(timeout);  // once, not in a loop: a set and clear in quick succession must free the sleeper
  }

 private:
  Lock mutex_;
  Condition changed_{mutex_};

  // Written under mutex_, which orders those who hold it; atomic, with release and acquire, for is_set, which does not.
  std::atomic<bool> flag_{false};
};

}  // namespace interleave
