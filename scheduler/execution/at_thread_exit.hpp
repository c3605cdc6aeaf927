#pragma once

namespace interleave::engine {

class Execution;
struct Thread;

// What a family of interposed functions does where a modelled thread ends. One object at namespace scope, in the family's file: the execution
// names no family. The list is written before main and only read after. Threads without extras (ThreadExtras) skip it.
class AtThreadExit {
 public:
  // In this order, on the ending thread's stack, behind the destructors of its thread_local variables.
  enum class Phase {
    results,  // engine code: what others wait for becomes ready. May make steps
    values,   // modelled code: destructors of the program's run
    locks     // engine code: what the thread still holds is given up. May make steps. Not where the first thread returns from the body
  };
  using Function = void (*)(Execution& run, Thread& thread);

  AtThreadExit(Phase phase, Function function);
  static void call_all(Phase phase, Execution& run, Thread& thread);

 private:
  Phase phase_;
  Function function_;
  const AtThreadExit* next_;
};

}  // namespace interleave::engine
