// What threads do, told to a strategy that wants to know. A strategy that does not listen declares none of this and pays for none of it.
//
// All functions are called from one thread, between the choice of a step (Strategy::choose) and the next choice, or `closing`. None may
// allocate once warmed up. Steps that the engine makes again by itself (PrefixReplay) are not told. All do nothing by default.
#pragma once

#include <cstddef>
#include <cstdint>

#include "scheduler/model/operation.hpp"
#include "scheduler/model/state_hash.hpp"

namespace interleave::engine {

// A step after it was made.
struct Step {
  std::uint32_t    thread;
  std::uint32_t    variant;
  const Operation* operation;  // as performed: `failed` is known
};

class StepListener {
 public:
  // The step chosen last was made. What else it causes is told after it: threads that it woke run on to their next announcement.
  virtual void performed(const Step&) {}

  // The last step of `thread` is known as a whole, because the thread is about to announce its next operation, or ends. Called only where
  // states are kept (ExecutionView::state).
  virtual void hashed(std::uint32_t /*thread*/, const HashedStep&) {}

  // `thread` has announced its next operation. The operation stays at its address until it has been performed or disabled.
  virtual void announced(std::uint32_t /*thread*/, const Operation&) {}

  // The step of another thread took back the announced operation of `thread`, which `thread` could have performed: a timeout that lost
  // to a signal. What `thread` does instead is announced after that.
  virtual void disabled(std::uint32_t /*thread*/) {}

  // `parent` has created `child`. in_parallel: by parallel(), so the parent goes on, and may end, within the step in which the last of such
  // children ends.
  virtual void created(std::uint32_t /*parent*/, std::uint32_t /*child*/, bool /*in_parallel*/) {}

  // What `before` has done so far, the step under way included, happens before what `after` does next.
  virtual void ordered(std::uint32_t /*before*/, std::uint32_t /*after*/) {}

  // `thread` will make no further step.
  virtual void finished(std::uint32_t /*thread*/) {}

  // `thread` goes into a section that at most `most` threads may be in, or comes out of it. Neither is a step.
  virtual void entered(std::uint32_t /*thread*/, std::uint64_t /*section*/, std::size_t /*most*/) {}
  virtual void left(std::uint32_t /*thread*/, std::uint64_t /*section*/) {}

  // The execution is about to end. What the operations of its threads refer to is still there.
  virtual void closing() {}

 protected:
  ~StepListener() = default;
};

}  // namespace interleave::engine
