// FRAMEWORK none: a main, an exit status.
#include <interleave/interleave.hpp>

#include <atomic>
#include <cstdio>
#include <mutex>

// What every schedule of two increments leads to, read and written apart or in one step.
static interleave::Report increments(bool in_one_step) {
  return interleave::explore([=] {
    std::atomic<int> n = 0;
    const auto increment = [&] {
      if (in_one_step) {
        ++n;
      } else {
        n = n + 1;
      }
    };
    interleave::parallel(increment, increment);
    interleave::outcome(std::to_string(n));
  });
}

int main() {
  const auto atomic = increments(true), torn = increments(false);
  std::printf("in one step: %zu outcomes, torn: %zu outcomes\n", atomic.outcomes.size(), torn.outcomes.size());
  if (atomic.verdict != interleave::Verdict::pass || atomic.outcomes.size() != 1) return 1;
  // Real threads may or may not lose an update; the model must.
  if (atomic.complete && torn.outcomes.size() != 2) return 1;
  return 0;
}
