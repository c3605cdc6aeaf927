// An observer watches the steps of an execution and may object.
//
// Observers are told what happened after it happened; they never influence which candidate is chosen. To keep exploring
// cheap, an exploration without observers records nothing: give one only where it earns its cost (some 20 ns a step).
// Calls come from one thread at a time. Of orders that differ in nothing the program can tell, a reducing search shows an observer
// one: what it judges by must be settled by the order of dependent operations, or the strategy be one that does not reduce (dfs).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)

namespace interleave {

// What an observer is told of one step. The views live until the call returns.
struct ObservedStep {
  std::size_t      step;       // 1 for the first of the execution
  std::uint32_t    thread;     // 0 is the body's thread; others in order of creation
  std::string_view operation;  // "mutex lock", "store", ...
  const void*      object;     // null for a local operation
  bool             succeeded;  // false for a failed try, a timeout, a failed compare-exchange, a signal that finds nobody
  std::uint32_t    choice;     // which of the alternatives of this step was taken: 0 for the first
};

struct Objection {
  std::string kind;     // a failure kind
  std::string message;
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void begin_execution() {}
  // An objection ends the execution as a failure.
  virtual std::optional<Objection> on_step(const ObservedStep&) { return std::nullopt; }
  // The execution has ended by itself: all threads have finished, or the rest sleeps for ever.
  virtual std::optional<Objection> end_execution() { return std::nullopt; }
};

}  // namespace interleave

#pragma GCC visibility pop
