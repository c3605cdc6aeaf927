// A modelled thread: what the engine knows of it, and what a program may set for it and ask again.
//
// Threads are reused by the executions that follow: what a thread of an earlier one left behind is forgotten when a new one takes its
// place (Execution::new_thread), and its stack and the room of its vectors stay.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <interleave/scheduler/fiber.hpp>
#include <interleave/scheduler/memory.hpp>
#include <interleave/scheduler/operation.hpp>
#include <interleave/scheduler/spin.hpp>
#include <interleave/scheduler/strategy.hpp>

namespace interleave::engine {

// What a modelled thread forgets when the next execution reuses its slot.
struct ThreadFields : StackOwner {
  std::uint32_t id = 0;
  std::uint32_t variant = 0;         // of the candidate by which it was chosen last
  Operation     pending;             // announced; after its step: as performed
  bool finished = false;
  bool daemon = false;               // detached
  bool joined = false;
  bool woken = false;                // its sleep was ended by another thread's step
  bool timed = false;                // the pending operation ends at `deadline`
  bool awaiting = false;             // it has gone round, and is not offered until something that it read has changed
  bool read_clock = false;           // since `spin` began
  std::uint64_t haste = 0;           // by how much its clock was moved last, because it spun until some time
  bool conditional = false;          // how many candidates the pending operation offers depends on the state
  std::uint32_t mark = 0;            // what the pending operation adds to the fingerprint of a choice point
  const OperationType* marked = nullptr;  // the type whose mark that is
  std::uint64_t deadline = 0;        // virtual nanoseconds
  std::uint64_t now = 0;             // its own virtual clock
  const std::uintptr_t* stack_high = nullptr;  // where the program's part of the stack ends
  Thread* resumer = nullptr;         // waits until this thread has announced its next operation
  Thread* group = nullptr;           // the thread in parallel() that waits for this one
  std::uint32_t group_left = 0;      // bodies of parallel() that this thread waits for
  void* (*start)(void*) = nullptr;
  void* argument = nullptr;
  void* result = nullptr;
  const std::function<void()>* body = nullptr;  // instead of start
  Random random{0};                  // what rand() and its kin draw from

  // Field by field: cheaper than clearing what is written before it is read.
  void forget() {
    variant = 0;
    pending.type = nullptr;
    finished = daemon = joined = woken = timed = conditional = awaiting = false;
    polling = false;
    haste = 0;
    mark = 0;
    marked = nullptr;
    deadline = now = 0;
    resumer = group = nullptr;
    group_left = 0;
    start = nullptr;
    argument = result = nullptr;
    body = nullptr;
  }
};

// What a program may set for a thread and ask again, and what decides nothing in the model.
struct ThreadAttributes {
  int cancel_state = 0, cancel_type = 0;   // as new threads have them: enabled, deferred
  int policy = 0, priority = 0;
  std::uint32_t processors = 3;            // it may run on: one bit each
  std::uint64_t blocked_signals = 0;

  ThreadAttributes inherited() const { return {0, 0, policy, priority, processors, blocked_signals}; }
};

// The state of drand48() and its kin: x' = a x + c modulo 2^48.
struct Rand48 {
  std::uint64_t x = 0, a = 0x5deece66d, c = 0xb;
};

// One modelled thread.
struct Thread : ThreadFields {
  struct Destructor {  // of a thread_local variable
    void (*function)(void*);
    void* object;
  };

  std::vector<Destructor> destructors;
  std::vector<std::pair<unsigned, void*>> specific;  // values of pthread_key_t
  std::vector<void*> robust;                         // robust mutexes that it holds
  std::vector<void*> delayed;                        // results that become ready when it ends
  ThreadAttributes attributes;
  Rand48 rand48;
  std::string name;
  Fiber fiber;

  // Sleeps that end for nothing: spurious wakeups, interrupts. A call may be disturbed once; the program, which loops, calls
  // again, and that is the rest of the same call: a thread's next sleep at the object is left alone. No such loop would end
  // otherwise, and a wakeup that is lost for ever would never be found.
  bool may_be_disturbed(const void* object) const {
    return std::find(disturbed_at.begin(), disturbed_at.end(), object) == disturbed_at.end();
  }
  void disturbed(const void* object) { disturbed_at.push_back(object); }
  void undisturbed(const void* object) {  // the sleep has ended as it should
    if (!disturbed_at.empty()) std::erase(disturbed_at, object);
  }
  std::vector<const void*> disturbed_at;
  Spin spin;
};

}  // namespace interleave::engine
