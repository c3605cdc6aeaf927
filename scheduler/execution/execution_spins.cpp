// Threads that wait by spinning (spin.hpp), within an execution: which have gone round, when they are enabled again, and how an execution ends in
// which only such threads are left.
#include "scheduler/execution/execution.hpp"

#include <algorithm>
#include <limits>

#include "scheduler/memory/memory.hpp"
#include "scheduler/modules/unseen_activity.hpp"

namespace interleave::engine {

// Out of line: most plain reads are by threads that are not polling, and cost no more than the question.
void Execution::note_polled(const void* object, std::size_t size) {
  const EngineScope engine;
  running_->spin.read(object, size, true);
}

// The operation that the thread announced before was performed and changed nothing.
void Execution::note_performed(Thread& thread) {
  thread.spin.remember_first(thread.pending);
  if (thread.pending.object != nullptr) thread.spin.read(thread.pending.object, thread.pending.bytes());
}

// Whether the running thread, which announces an operation of `type` on `object`, has gone round.
bool Execution::gone_round(const OperationType& type, const void* object) {
  Thread& me = *running_;
  if (point_.step >= options_.spins_from) return false;
  if (has_virtual_clock() && type.waits) {  // time passes when nobody else can step: that is progress
    me.polling = false;
    return false;
  }
  if (!me.polling) {
    me.spin.begin(interleave_call_state);
    me.polling = true;
    me.read_clock = false;
    return false;
  }
  note_performed(me);
  // The thread may wait for something that only calls of code without instrumentation change.
  if (unseen_activity.ran) [[unlikely]] {
    unseen_activity.note_changes();
    if (!me.polling) return false;
    me.spin.read(&interleave_noun_code_that_is_not_instrumented, sizeof interleave_noun_code_that_is_not_instrumented);
  }
  return me.spin.round(type, object, interleave_call_state, me.stack_high, memory->shared_words());
}

// A step that changes nothing and at which no rounds are looked for; `polling` stays what it was. Two kilobytes further down the stack, as
// proceed_below and for the same reason.
__attribute__((noinline)) void Execution::step_between(const Operation& operation) {
  char gap[2048];
  asm volatile("" : : "r"(gap) : "memory");
  Thread& me = *running_;
  const bool polling = me.polling;
  if (polling) note_performed(me);
  step(operation);
  me.polling = polling;
  asm volatile("" : : "r"(gap) : "memory");
}

// The running thread has gone round and has announced the same operation once more.
std::uint32_t Execution::await() {
  Thread& me = *running_;
  if (me.read_clock && !has_virtual_clock() && me.now < std::numeric_limits<std::uint64_t>::max() / 4) {
    me.polling = false;
    pass_until(me.now + hurry(me));
    return proceed();
  }
  if (!options_.stops_round && me.spin.reads_changed()) {
    me.polling = false;
    return proceed();
  }
  for (Watcher* watcher : watchers_) watcher->announced(*this, me);
  me.awaiting = true;
  dismiss(me);
  awaiting_.push_back(&me);
  candidates_stay_ = false;
  Thread* back = std::exchange(me.resumer, nullptr);
  Thread& next = back != nullptr ? *back : choose_next();
  if (&next != &me) switch_to(next);
  return me.variant;
}

// A thread that spins and looks at the clock may wait for a certain time. Returns by how many nanoseconds its clock advances now: one second,
// then eight times as much each time.
std::uint64_t Execution::hurry(Thread& thread) {
  constexpr std::uint64_t second = 1'000'000'000;
  return thread.haste = thread.haste == 0 ? second : thread.haste * 8;
}

// Enables the awaiting threads for which something that they read has changed.
void Execution::resume_awaiting() {
  const bool all = point_.step >= options_.spins_from;
  if (options_.stops_round && !all) return;
  std::erase_if(awaiting_, [&](Thread* thread) {
    if (!all && !thread->spin.reads_changed()) return false;
    resume(*thread);
    return true;
  });
}

// Whether a stopped thread waits for a plain write that has come meanwhile. Where races are ignored a plain write is no step. A strategy that
// reduces then knows of no dependence between the write and the thread, and no other execution need show what the thread would do next.
bool Execution::waits_for_plain_write() const {
  return options_.stops_round && std::any_of(awaiting_.begin(), awaiting_.end(), [](const Thread* thread) { return thread->spin.only_plain_reads_changed(); });
}

// How the execution has ended, where no thread can step.
Ending Execution::ending() const {
  for (const Thread* thread : awaiting_)
    if (thread->spin.reads_changed()) return Ending::vain;
  if (anybody_unfinished()) return Ending::deadlock;
  return live_.empty() && awaiting_.empty() ? Ending::finished : Ending::quiescent;
}

}  // namespace interleave::engine
