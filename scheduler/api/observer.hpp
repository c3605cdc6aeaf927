// An observer watches the steps of an execution and may object.
//
// Observers are told what happened after it happened; they never influence which candidate is chosen. To keep exploring
// cheap, an exploration without observers records nothing: give one only where it earns its cost (some 20 ns a step).
// Calls come from one thread at a time. Of orders that differ in nothing the program can tell, a reducing search shows an observer
// one: what it judges by must be settled by the order of dependent operations, or the strategy be one that does not reduce (dfs).
//
// A checker is an observer with a name, which the command and Options::checks switch on: see docs/checkers.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)

namespace interleave {

// What an operation does to its object, whatever family of functions it belongs to.
enum class OperationClass : std::uint8_t {
  other,      // none of the following: a yield, a sleep, choose(), a system call
  reads,      // a load, a failed compare-exchange included
  writes,     // a store, or a read and a write in one
  takes,      // a lock or a permit, for the calling thread
  gives,      // the same back
  waits,      // begins to wait until another thread wakes it: condition wait, futex wait, barrier wait
  resumes,    // goes on after `waits`, of itself (a timeout, a spurious wakeup) or out of a barrier. A thread that is woken at a condition
              // variable goes on by taking its mutex
  wakes,      // wakes threads that wait: condition signal and broadcast, futex wake
  starts,     // a thread
  joins,      // waits for the end of a thread, or asks for it
  joins_all,  // waits for the bodies of parallel()
  begins,     // an object's life: its initialisation
  ends,       // an object's life: its destruction, or the end of the memory that it is in
  note,       // in a trace only: the text of note(), which is no operation
};

// How a thread holds what it takes.
enum class Hold : std::uint8_t {
  exclusive,  // a lock that one thread has
  shared,     // a lock that its other readers have, too
  permit,     // one of the permits of a semaphore, which any thread may give back
};

// Answers what a step does not carry, because the text of it takes time to make. Lives until the end_execution of the same execution has
// returned; an observer may keep the pointer until then, and ask for steps and objects that it has noted.
class StepSource {
 public:
  // Whether a failing schedule is executed again, to tell a reader of it. The message of an objection is read in no other execution.
  virtual bool explains() const = 0;
  // Where the program made the step, as "account.cpp:27". Empty if it is not known: it is known in executions that explain, and in all
  // those of an observer that wants_places. REQUIRES: the step was observed. Cost: a look-up in the debug information, each place once.
  virtual std::string place(std::size_t step) const = 0;
  // As given to name_thread; else "main", or "T1" for the thread number 1.
  virtual std::string thread_name(std::uint32_t thread) const = 0;
  // As the trace names it, in executions that explain: "pool.cv_", "mutex 1". Until the execution has ended, a block of the heap may have
  // another name than in the trace. In other executions: the name of a global variable, or "an object".
  virtual std::string object_name(const void* object) const = 0;

 protected:
  ~StepSource() = default;
};

// What an observer is told of one step. The views live until the call returns.
struct ObservedStep {
  std::size_t      step;       // 1 for the first of the execution
  std::uint32_t    thread;     // 0 is the body's thread; others in order of creation
  std::string_view operation;  // "mutex lock", "store", ...
  const void*      object;     // null for a local operation
  bool             succeeded;  // false for a failed try, a timeout, a failed compare-exchange, a signal that finds nobody
  std::uint32_t    choice;     // which of the alternatives of this step was taken: 0 for the first
  OperationClass   does = OperationClass::other;            // to `object`
  Hold             hold = Hold::exclusive;                  // how it holds what it takes or gives
  bool             tries = false;                           // it may give up instead of waiting for ever: a try, a timed operation
  std::size_t      size = 0;                                // of the object: bytes, as far as the operation uses or ends them
  const void*      second = nullptr;                        // a second object: the mutex that a condition wait gives back
  OperationClass   does_to_second = OperationClass::other;
  const StepSource* source = nullptr;                       // null: a step that no execution made, in a test of an observer

  std::string place() const { return source != nullptr ? source->place(step) : ""; }
  std::string thread_name() const { return source != nullptr ? source->thread_name(thread) : ""; }
  std::string object_name() const { return source != nullptr && object != nullptr ? source->object_name(object) : ""; }
  std::string second_name() const { return source != nullptr && second != nullptr ? source->object_name(second) : ""; }
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
  // Whether StepSource::place is to answer in every execution, because the observer judges by places. It costs a walk of the stack a step.
  virtual bool wants_places() const { return false; }
  // An object (a mutex, a semaphore, ...) is initialised or destroyed, which is no step unless races are explored; or a block that may be
  // allocated again is freed. What is in these bytes from now on is another object.
  virtual void on_life(const void* /*object*/, std::size_t /*size*/) {}
};

}  // namespace interleave

#pragma GCC visibility pop
