// The candidates of an execution's next step, kept up to date from step to step.
//
// Each live thread has announced one operation. Its type says how many candidates it offers now (OperationType::candidates): most types always offer
// one, those of a *conditional* type (a lock, a wait) as many as the state of the execution allows. So the list changes by little: while it is valid,
// only the threads with conditional operations are asked again, and while it is settled, not even they.
//
//     settled   nothing is conditional and no thread that spins may come back: the list is right as it is
//     valid     right but for the conditional operations, whose threads are asked again (`refresh`)
//     else      collected anew from all live threads (`collect`)
#pragma once

#include <cstddef>
#include <cstdint>

#include "scheduler/execution/thread.hpp"
#include "scheduler/model/operation.hpp"
#include "scheduler/model/strategy.hpp"
#include "scheduler/support/ordered_list.hpp"

namespace interleave::engine {

class CandidateSet {
 public:
  // Before an execution: no thread, no step.
  void begin() {
    live_.clear();
    conditional_ = 0;
    changed();
    point.step = 0;
    point.last = 0;
  }

  // What the strategy is asked at the next step. It is kept up to date, not put together at each: `enabled` are the candidates, `step` is how many
  // steps were made, and `fingerprint` is the exclusive or of one fingerprint per candidate.
  ChoicePoint point{};

  // Unfinished threads that do not wait in parallel(), by id.
  const OrderedList<Thread*>& live() const { return live_; }
  void add(Thread& thread) { live_.push_back(&thread); }
  bool empty() const { return candidates_.empty(); }

  bool settled() const { return settled_; }
  // The list may be settled from now on. `nobody_may_come_back`: no thread is out of the live ones because it spins.
  void settle(bool nobody_may_come_back) { settled_ = conditional_ == 0 && nobody_may_come_back; }
  void unsettle() { settled_ = false; }
  // Some thread may offer other candidates than before, for another reason than its type's condition.
  void changed() { valid_ = settled_ = false; }

  // Updates what is derived from the type of the operation that `thread` has announced. Cheap where the type is that of the announcement before.
  void announced(Thread& thread) {
    const OperationType* const type = thread.pending.type;
    if (thread.fingerprinted == type) return;
    const bool conditional = type->candidates != nullptr;
    if (conditional != thread.conditional) depends_on_state(thread, conditional);
    const std::uint32_t fingerprint = fingerprint_of(thread, 0);
    if (thread.offered != 0) point.fingerprint ^= thread.fingerprint ^ fingerprint;  // of use only as long as the candidates are valid
    thread.fingerprint = fingerprint;
    thread.fingerprinted = type;
  }
  // Adds the candidate of a thread that has announced its first operation, if the list is kept.
  void offer_first(Thread& thread) {
    if (valid_ && thread.offered == 0 && !thread.conditional) offer(thread);
  }

  // Brings a list that is not settled up to date if that takes less than `collect`. False: call `collect`.
  __attribute__((always_inline)) bool refresh(const Execution& run) { return valid_ && (conditional_ == 0 || ask_again(run)); }
  // Asks all live threads.
  void collect(const Execution& run);

  // Takes `thread` out of the live threads: it offers no candidate until `admit`.
  void dismiss(Thread& thread);
  // Puts a thread that was dismissed back among the live ones.
  void admit(Thread& thread);

 private:
  static std::uint32_t fingerprint_of(const Thread& thread, std::uint32_t variant) {
    const std::uint32_t h = (thread.pending.type->hash + thread.id * 0x9e3779b9u + variant * 0xc2b2ae35u) * 0x85ebca6bu;
    return h ^ h >> 15;
  }
  // `conditional`: whether the number of candidates of `thread` depends on the state from now on.
  void depends_on_state(Thread& thread, bool conditional) {
    thread.conditional = conditional;
    conditional_ += static_cast<std::size_t>(conditional ? 1 : -1);
    settled_ &= !conditional;
    if (!conditional && thread.offered > 1) changed();
  }
  bool ask_again(const Execution& run);
  void offer(Thread& thread);
  void withdraw(Thread& thread);

  OrderedList<Thread*> live_;
  OrderedList<Candidate> candidates_;
  bool valid_ = false;
  bool settled_ = false;
  std::size_t conditional_ = 0;  // live threads whose pending operation is conditional
};

}  // namespace interleave::engine
