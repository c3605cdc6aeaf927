// Holds the threads of one parallel() on real threads back until all of them have arrived.
//
// The edges that it creates run from before the bodies to after their start, so they order nothing inside the bodies.
#pragma once

#include <atomic>
#include <cstdint>

namespace interleave::real {

class StartBarrier {
 public:
  enum State : std::uint32_t { shut, open, cancelled };

  // Returns whether the body is to run.
  bool pass() {
    arrived_.fetch_add(1, std::memory_order_acq_rel);
    arrived_.notify_one();
    for (int spin = 0; spin < 1000; ++spin) {  // to leave together rather than one wakeup after the other
      if (state_.load(std::memory_order_acquire) != shut) break;
      __builtin_ia32_pause();
    }
    state_.wait(shut, std::memory_order_acquire);
    return state_.load(std::memory_order_acquire) == open;
  }

  void release(State state, std::uint32_t threads) {
    for (auto arrived = arrived_.load(std::memory_order_acquire); arrived < threads;
         arrived = arrived_.load(std::memory_order_acquire)) {
      arrived_.wait(arrived, std::memory_order_acquire);
    }
    state_.store(state, std::memory_order_release);
    state_.notify_all();
  }

 private:
  std::atomic<std::uint32_t> arrived_{0};
  std::atomic<std::uint32_t> state_{shut};
};

// Threads that always leave the gate in the order in which they came meet in few ways: every second one waits, up to some 50
// microseconds, mostly far less.
inline void stagger(std::uint64_t draw) {
  if (draw % 2 == 0) return;
  const std::uint64_t pauses = (draw >> 8) % (std::uint64_t{1} << (draw >> 1) % 11);
  for (std::uint64_t i = 0; i < pauses; ++i) __builtin_ia32_pause();
}

}  // namespace interleave::real
