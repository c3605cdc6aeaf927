// The CS programs of SCTBench: small C programs with one known bug each.
//
// All threads are there from the start, and a step is a lock, an unlock, or an access to a variable that threads share, exactly
// as often as the C text makes one (short-circuit evaluated). So their rates can be compared with published ones. An assertion
// that fails is noted and its thread goes on: the verdict is given when all have ended, or is a deadlock.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios::sct {

// A variable that threads share, `int` or `_Bool` in C. Reading and writing it are a step each, so v++ is two.
class Variable {
 public:
  Variable(int value = 0) : value_(value) {}
  operator int() const { return value_.load(); }
  Variable& operator=(int value) {
    value_.store(value);
    return *this;
  }
  Variable& operator=(const Variable& other) { return *this = static_cast<int>(other); }
  void operator+=(int more) { *this = *this + more; }
  void operator-=(int less) { *this = *this - less; }

 private:
  std::atomic<int> value_;
};

// What one thread has asserted.
class Assertions {
 public:
  void operator()(bool holds) { held_ = held_ && holds; }
  bool held() const { return held_; }

 private:
  bool held_ = true;
};

using Thread = std::function<void(Assertions& check)>;

// Runs the threads and judges. Every execution that ends has the outcome "ok" or "bug".
inline void run(std::vector<Thread> threads) {
  std::vector<Assertions> asserted(threads.size());
  std::vector<std::function<void()>> bodies;
  for (std::size_t i = 0; i < threads.size(); ++i)
    bodies.push_back([&thread = threads[i], &check = asserted[i]] { thread(check); });
  parallel(std::move(bodies));
  bool held = true;
  for (const Assertions& each : asserted) held = held && each.held();
  outcome(held ? "ok" : "bug");
  require(held, "an assertion failed");
}

inline Definition asserting(Definition definition) {
  definition.name = "sct/" + definition.name;
  definition.expect = Verdict::fail;
  definition.failure_kind = "require";
  definition.outcomes = {"bug", "ok"};
  return definition;
}

inline Definition deadlocking(Definition definition) {
  definition.name = "sct/" + definition.name;
  definition.expect = Verdict::fail;
  definition.failure_kind = "deadlock";
  definition.hangs = true;
  return definition;
}

}  // namespace interleave::scenarios::sct
