// Threads that wait by spinning: while (!flag) {}, spinlocks, and loops around a try or a yield.
//
// A thread that is back where it was -- at the same operation, with the same live stack and registers -- and that has changed
// nothing in between has gone *round*. What it went round in can be left out of the execution: nobody could tell, and the thread
// stands where it stood. So it need not go round again until something that it read there has changed, and a loop that waits has
// finitely many executions. (The field's word: a spin loop without side effects, or a non-progress cycle.)
//
//     announced   load a   load b   load a   load b   load a
//     state       -        -        S0       S1       S0        gone round: a and b were read, and nothing else was done
//
// What happens to a thread that has gone round depends on the strategy (ExecutionOptions::stops_round):
//
//   * Strategies that look at enabled threads only: the thread is disabled until something that it read has changed.
//   * Strategies that reduce: the thread *stops* for the rest of the execution. The executions in which the thread goes on are those in
//     which it did not go round before; the search visits these anyway. Whether a thread stops depends on what the thread itself has
//     read, so the dependence between operations stays as it is. An execution that ends while a stopped thread could go on
//     has shown nothing new: it is redundant (Ending::redundant).
//
// If all that such threads have read is still the same when nobody else can step, they spin for ever: a livelock.
//
// Going round may hold loads, compare-exchanges and tries that fail, read-modify-writes that store what was there, yields and
// sleeps. A thread's stack is what it has of its own; words of it that other threads write are shared memory and are left out of the
// comparison. A stack also holds words that this thread has not written yet. So the thread's second and third visit of the
// operation are compared, and not its first and second. And so that no execution meets what another one left,
// stacks are cleared between executions as far down as they were ever compared. What precompiled code changes is not seen, so a loop
// whose only progress lies in such a call is taken for one that waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "scheduler/liveness/call_state.hpp"
#include "scheduler/memory/shared_words.hpp"
#include "scheduler/model/operation.hpp"

namespace interleave::engine {

// What a thread has done since it last changed anything. Allocates nothing once warm.
class SpinDetector {
 public:
  // A thread that has changed something announces an operation in this state. Most threads change something again before
  // their next announcement, so the rest of the work is left to `remember_first`.
  void begin(const CallState& state) {
    first_stack_ = state.stack;
    begun_ = watching_ = false;
  }

  // The thread has changed nothing since `begin`, at which it announced `operation`.
  void remember_first(const Operation& operation) {
    if (std::exchange(begun_, true)) return;
    clear();
    snapshot_[snapshots_++] = {.type = operation.type, .object = operation.object, .stack = first_stack_};
  }

  // The thread's last step changed nothing and read these bytes; or (`plain`) a plain access, which is no step, read them.
  void read(const void* object, std::size_t size, bool plain = false) {
    if (watching_) note_read(object, size, plain);
  }

  // The thread announces an operation of `type` on `object` in this state; its stack ends at `high`. True: the thread has gone round.
  // `reads_changed` is about the reads of that lap from now on.
  bool has_cycled(const OperationType& type, const void* object, const CallState& state, const std::uintptr_t* high, const SharedWords& shared);

  // How many bytes of stack were compared at most, ever.
  std::size_t deepest() const { return deepest_; }

  // Whether anything that was read while going round has changed since it was read.
  bool reads_changed() const;

  // Whether all changed reads were plain accesses. (If a step's read has changed, the strategy knows by that step that the thread may go on.)
  bool only_plain_reads_changed() const;

  // Calls f(object) for what was read while going round.
  template <class F>
  void each_read(F f) const {
    for (std::size_t i = first_read_; i < reads_.size(); ++i) f(reads_[i].object);
  }

 private:
  static constexpr std::size_t snapshots_max = 8, kept_max = std::size_t{1} << 16;
  struct Snapshot {
    const OperationType* type = nullptr;
    const void* object = nullptr;
    const std::uintptr_t* stack = nullptr;
    std::uint32_t times = 0;   // that the thread has been back
    bool taken = false;
    std::size_t words = 0;     // where its copy begins, in kept_: of the stack, then the registers
    std::size_t read = 0;      // how many reads had been noted
  };
  struct Read {
    const void* object;
    std::size_t size, bytes;  // where the bytes begin, in kept_
    bool plain;
  };
  void clear() {
    snapshots_ = 0;
    watching_ = false;
    first_read_ = 0;
    reads_.clear();
    kept_.clear();
  }
  void keep(const void* from, std::size_t size);
  void note_read(const void* object, std::size_t size, bool plain);
  bool changed(const Read& read) const;
  void take(Snapshot& snapshot, const CallState& state, std::size_t words);

  const std::uintptr_t* first_stack_ = nullptr;
  bool begun_ = false;            // the first one is remembered
  Snapshot snapshot_[snapshots_max];
  std::size_t snapshots_ = 0;
  bool watching_ = false;         // it has been back
  std::size_t first_read_ = 0, deepest_ = 0;
  std::vector<Read> reads_;
  std::vector<std::uintptr_t> kept_;  // copies of stacks and of what was read
};

}  // namespace interleave::engine
