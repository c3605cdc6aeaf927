// One execution of one program: its threads, what each is about to do, and the step that one of them makes next.
//
// A modelled thread *announces* each visible operation before it happens and goes on only when it has been chosen:
//
//     door (runtime/*.cpp)            execution
//     --------------------            ---------
//     step(operation)   ------------> collect the candidates of all threads, ask the strategy,
//                                     switch to the chosen thread's fiber (or just return, if it is the same)
//     carry out the effect <--------- ... later, chosen
//
// Invariants: at every choice point each unfinished thread has announced an operation; code between two announcements runs
// undisturbed; whether an operation can proceed is a function of the state of the execution only.
//
// A thread that is started, or woken by another one's step, runs on to its next announcement at once, as part of that step
// (`advance`): starting to run is not a step of its own.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/api/model_values.hpp"
#include "scheduler/execution/candidate_set.hpp"
#include "scheduler/execution/listeners.hpp"
#include "scheduler/execution/outcome.hpp"
#include "scheduler/execution/prefix_record.hpp"
#include "scheduler/execution/thread.hpp"
#include "scheduler/execution/virtual_time.hpp"
#include "scheduler/liveness/state_hasher.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/memory/object_names.hpp"
#include "scheduler/model/operation.hpp"
#include "scheduler/model/strategy.hpp"
#include "scheduler/races/repeated_accesses.hpp"
#include "scheduler/support/interception_mode.hpp"

namespace interleave::engine {

struct ExecutionOptions {
  std::uint64_t steps_max = 0;
  ModelValues model;
  bool stops_round = false;       // a thread that has gone round stops (spin_detector.hpp); as a strategy that reduces wants it
  bool keeps_states = false;      // state_hasher.hpp
  const LoopCounters* counters = nullptr;  // REQUIRED where states are kept
  SoloRun* solo_run = nullptr;       // watches a thread
  std::size_t stack_cleared = 0;  // so much of each stack is cleared before it is used
  std::uint64_t spins_from = ~std::uint64_t{0};  // from this step on, threads that spin are threads like others
  // Not null: a failure only halts its thread, to learn what the others would do; called then, on that thread.
  void (*run_on)() = nullptr;
  bool break_on_failure = false;  // stop for the debugger (SIGTRAP) where the execution fails
};

class Execution final : public ExecutionView {
 public:
  Execution(Strategy& strategy, const ExecutionOptions& options, std::vector<ExecutionListener*> listeners);
  ~Execution();

  // The execution that modelled code belongs to now. REQUIRES: mode != Mode::outside, or a door below modelled code.
  [[gnu::visibility("hidden")]] static Execution* current;

  // Runs `body` once, from begin to end. Called on the explorer's stack.
  Ending run(const std::function<void()>& body);

  // For the runs that follow.
  void limit(bool stops_round, std::uint64_t spins_from, std::uint64_t steps_max) {
    options_.stops_round = stops_round;
    options_.spins_from = spins_from;
    steps_max_ = limit_of(steps_max);
  }

  // ---- after run ----
  // How many bytes of a stack were compared at most, in all runs.
  std::size_t stack_compared() const {
    std::size_t most = 0;
    for (std::size_t id = 0; id < thread_count_; ++id) most = std::max(most, threads_[id]->spin.deepest());
    return most;
  }
  std::uint64_t steps() const { return candidates_.point.step; }
  std::uint64_t ordinal() const { return ordinal_; }   // of all that ran in this process
  const ExecutionOutcome& outcome() const { return outcome_; }
  std::uint64_t failing_step() const { return outcome_.failed ? outcome_.failing_step : steps(); }

  // ---- for doors, on the fiber of a modelled thread, within an EngineScope ----
  Thread& self() { return *running_; }
  const ExecutionOptions& options() const { return options_; }

  // Announces `operation`; returns when it is this thread's turn. The caller carries out the effect at once, and sets
  // `self().pending.failed` if it fails. Returns the variant that was chosen.
  __attribute__((always_inline)) std::uint32_t step(const Operation& operation) {
    // Inlined, so that the operation is written where it belongs, field by field: what is put together elsewhere and copied in
    // larger pieces has to wait until its pieces have left the processor.
    repeated_accesses.forget();
    if (listeners_.watching()) [[unlikely]] {
      if (explores_races) note_used(operation.bytes(), operation.object, operation.second, operation.second_size);
      if (states_ != nullptr) [[unlikely]] {
        const Operation whole = operation;  // whose address is taken here only
        return step_below(whole);
      }
      report_step();
    }
    Thread& me = *running_;
    if (time_.has_passed()) [[unlikely]] time_.settle(me);
    if (!operation.type->polls) {
      me.polling = false;
      me.pending = operation;
      return proceed();
    }
    const bool round = has_cycled(*operation.type, operation.object);
    me.pending = operation;
    return round ? await() : proceed_below();
  }

  // `step` for a plain read that is a step: a thread that has changed nothing before still counts as having changed nothing.
  void step_between(const Operation& operation);

  // Starts a thread and lets it run to its first announcement. Null if there is no stack left.
  std::string too_many_threads() const;  // for a message
  Thread* spawn(void* (*start)(void*), void* argument, const std::function<void()>* body);

  // Lets `thread`, whose sleep has just ended, run on to its next announcement.
  void advance(Thread& thread);

  // The sleep of `thread` ends with this step; what it is about to do now is `operation`. Before `advance`, or instead of it.
  void wake(Thread& thread, const Operation& operation);
  // Ends the sleep of `thread`, which announces its next operation by itself.
  void wake(Thread& thread);

  // What `before` has done happens before what `after` does next.
  void ordered(const Thread& before, const Thread& after) {
    if (listeners_.strategy() != nullptr) [[unlikely]] listeners_.strategy()->ordered(before.id, after.id);
  }

  // The running thread goes into a section, or comes out of it.
  void entered(std::uint64_t section, std::size_t most) {
    if (listeners_.strategy() == nullptr) return;
    if (listeners_.is_last(running_)) report_step();  // complete: the thread has left the door
    listeners_.strategy()->entered(running_->id, section, most);
  }
  void left(std::uint64_t section) {
    if (listeners_.strategy() == nullptr) return;
    if (listeners_.is_last(running_)) report_step();
    listeners_.strategy()->left(running_->id, section);
  }

  // Runs the bodies side by side; returns when all have ended. No step.
  void parallel(const std::vector<std::function<void()>>& bodies);

  [[noreturn]] void fail(std::string kind, std::string message);
  // Fails the execution without blaming a thread. Where executions run on after a failure (`run_on`), it returns, and every thread goes on.
  void fail_without_culprit(std::string kind, std::string message);
  void set_outcome(std::string_view value);
  void note(const std::string& text);
  bool watched_by_strategy() const { return listeners_.of_strategy() != nullptr; }
  bool watched() const { return !listeners_.none(); }
  // What was in these bytes ends, or something begins there, which need not be a step. REQUIRES: watched().
  void tell_life(const void* object, std::size_t size);

  // Threads that have gone round (liveness/spin_detector.hpp) and that no change has brought back.
  const std::vector<Thread*>& awaiting() const { return awaiting_; }
  bool has_stopped() const { return options_.stops_round && !awaiting_.empty(); }
  // The running thread reads something that is no step, perhaps in order to wait for its change.
  void polled(const void* object, std::size_t size) {
    if (running_->polling) [[unlikely]] note_polled(object, size);
  }
  void note_polled(const void* object, std::size_t size);  // REQUIRES: the running thread is polling
  // The running thread looks at the clock.
  void look_at_clock() {
    running_->read_clock = true;
    if (states_ != nullptr) states_->looks_at_clock();
  }
  const StateHash* state() const override { return states_ != nullptr ? &states_->now() : nullptr; }
  const StateHash& state_modulo_counters() const override { return states_->now_modulo_counters(); }
  bool counts() const override { return states_->counts(); }
  bool has_counters() const override { return !options_.counters->none(); }
  std::size_t counted_rounds() const override { return options_.counters->rounds(); }
  const StateHasher* states() const { return states_.get(); }
  // Other than daemons.
  bool anybody_unfinished() const;

  // ---- thread-specific data ----
  using KeyDestructor = void (*)(void*);
  std::vector<KeyDestructor> keys;  // that this execution created, by number; null: none

  // Whether the fiber that runs now belongs to a modelled thread.
  bool on_fiber() const { return running_ != nullptr; }
  // Ends the execution from a signal handler, wherever the program stands.
  [[noreturn]] void crash(std::string kind, std::string message);

  VirtualTime& time() { return time_; }
  const VirtualTime& time() const { return time_; }

  // ---- for anybody ----
  std::size_t threads_created() const { return thread_count_; }
  const Thread& thread(std::size_t id) const { return *threads_[id]; }
  Thread& thread(std::size_t id) { return *threads_[id]; }
  Thread* known_by(std::uint64_t handle);  // null: none
  Thread* of_kernel_id(std::int32_t id);
  template <class F>
  void each_live(F f) const {
    for (Thread* thread : candidates_.live()) f(*thread);
  }

  std::uint64_t name_of(const void* object) const override { return name_of_object(object); }
  const void* named(std::uint64_t name) const override { return object_of_name(name); }
  std::uintptr_t heap() const override { return memory->start(); }
  std::int64_t slack_of(std::uint32_t thread) const override {
    const Thread& asked = *threads_[thread];
    return asked.pending.type->slack == nullptr ? unblockable : asked.pending.type->slack(*this, asked);
  }

 private:
  static std::uint64_t limit_of(std::uint64_t steps_max) { return steps_max != 0 ? steps_max : ~std::uint64_t{0}; }
  static Fiber& thread_main(void* thread);
  static void destroy_thread_locals(Thread& thread);
  Thread& new_thread();
  void prepare(Thread& thread);
  void launch(Thread& thread);
  std::uint32_t proceed();
  std::uint32_t proceed_below();
  std::uint32_t step_below(const Operation& operation);
  void clear_stack(const Thread& thread);
  void hash_step(const Operation* operation, bool ends);
  // Makes `thread` the running thread. Nothing else may set running_.
  void runs(Thread& thread) {
    running_ = &thread;
    repeated_accesses.forget();
    memory->runs(thread);
  }
  static void note_performed(Thread& thread);
  bool has_cycled(const OperationType& type, const void* object);
  std::uint32_t await();
  void resume(Thread& thread);
  void resume_awaiting();
  Ending ending() const;
  bool waits_for_plain_write() const;
  Thread& choose_next();
  void begin_prefix();
  Thread* replay_step();
  [[noreturn]] void differs(const char* how);
  Thread& choose_next_inline();
  bool pass_time();
  void look_for_candidates();
  __attribute__((always_inline)) void switch_to(Thread& to) {
    Thread& from = *running_;
    runs(to);
    from.fiber.switch_to(to.fiber);
  }
  [[noreturn]] void end(Ending ending);
  Thread& finish_thread(void* result);
  Thread& go_on_without(Thread& thread);
  [[noreturn]] void leave(Thread& thread) { thread.fiber.leave_to(go_on_without(thread).fiber); }
  void record_failure(std::string kind, std::string message);
  void report_step() { listeners_.report(*this); }
  static void note_used(std::size_t size, const void* object, const void* second, std::size_t second_size);

  Strategy& strategy_;
  ExecutionOptions options_;
  bool blocks_ = false;             // each thread has a block of thread-local variables of its own
  PrefixReplay* prefix_replay_ = nullptr;  // of the strategy, where prefixes may be replayed
  Listeners listeners_;
  std::vector<std::unique_ptr<Thread>> threads_;  // by id; reused between executions
  std::size_t thread_count_ = 0;
  std::vector<Thread*> awaiting_;   // they have gone round, and are not live
  CandidateSet candidates_;
  Thread* running_ = nullptr;
  std::uint64_t steps_max_;
  std::uint64_t ordinal_ = 0;
  PrefixRecord prefix_;
  VirtualTime time_;
  ExecutionOutcome outcome_;
  std::unique_ptr<StateHasher> states_;
  Fiber explorer_;
};

}  // namespace interleave::engine
