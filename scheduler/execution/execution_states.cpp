// The part of an execution that is about its states (state_hasher.hpp): the delta of each step, handed on when it is known.
#include "scheduler/execution/execution.hpp"

#include <algorithm>
#include <cstring>

#include "scheduler/memory/memory.hpp"

namespace interleave::engine {

// `step` where states are kept, four kilobytes further down the stack: what strategies and the engine leave in unused stack must not lie where the
// program's next functions have their frames, which are compared.
__attribute__((noinline)) std::uint32_t Execution::step_below(const Operation& operation) {
  char gap[4096];
  asm volatile("" : : "r"(gap) : "memory");
  report_step();
  time_.settle(*running_);
  hash_step(&operation, false);
  Thread& me = *running_;
  const bool round = operation.type->polls && has_cycled(*operation.type, operation.object);
  if (!operation.type->polls) me.polling = false;
  me.pending = operation;
  const std::uint32_t variant = round ? await() : proceed();
  asm volatile("" : : "r"(gap) : "memory");
  return variant;
}

// Clears the part of the stack that is compared, so that nothing of an earlier execution is taken for this one's.
void Execution::clear_stack(const Thread& thread) {
  const std::size_t cleared = std::min(options_.stack_cleared, memory->stack_size());
  std::memset(static_cast<char*>(memory->stack(thread.id)) + memory->stack_size() - cleared, 0, cleared);
}

// The running thread announces `operation`; null: it `ends`, or else waits for what it starts in parallel().
void Execution::hash_step(const Operation* operation, bool ends) {
  Thread& me = *running_;
  if (me.resumer != nullptr) states_->beyond();  // a part of another thread's step
  const HashedStep step = operation != nullptr ? states_->announced(me.id, *operation, interleave_call_state, me.stack_high)
                                                    : states_->ended(me.id, me.result, ends);
  if (listeners_.strategy() != nullptr) listeners_.strategy()->hashed(me.id, step);
}

}  // namespace interleave::engine
