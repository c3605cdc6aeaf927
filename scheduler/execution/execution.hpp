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
#include "scheduler/execution/thread.hpp"
#include "scheduler/execution/times.hpp"
#include "scheduler/liveness/states.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/model/choices.hpp"
#include "scheduler/model/operation.hpp"
#include "scheduler/model/strategy.hpp"
#include "scheduler/races/repeated_accesses.hpp"
#include "scheduler/support/mode.hpp"
#include "scheduler/support/ordered_list.hpp"
#include "scheduler/support/sequence.hpp"

namespace interleave::engine {

// Why an execution ended as a failure. `message` may be refined when the failure is explained.
struct Fault {
  std::string kind, message;
};

// Watches the steps of an execution: the recorder of traces, observers. Costs nothing where there is none. All but `ended`
// are called on the small stack of a fiber, or of a signal handler.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void announced(const Execution&, const Thread&) {}
  virtual void performed(Execution&, const Thread&) {}  // may call fail
  virtual void life(const void* /*object*/, std::size_t /*size*/) {}  // what was here ends, or another begins
  virtual void noted(const Execution&, const Thread&, const std::string& /*text*/) {}
  virtual void failing(const Execution&, const Thread&) {}  // the thread's execution fails at this point
  virtual void ended(Execution&, Ending) {}             // still with all its threads
};

struct ExecutionOptions {
  std::uint64_t steps_max = 0;
  ModelValues model;
  bool stops_round = false;       // a thread that has gone round stops (spin.hpp); as a strategy that reduces wants it
  bool keeps_states = false;      // states.hpp
  const Counters* counters = nullptr;  // REQUIRED where states are kept
  Lonely* lonely = nullptr;       // watches a thread
  std::size_t stack_cleared = 0;  // so much of each stack is cleared before it is used
  std::uint64_t spins_from = ~std::uint64_t{0};  // from this step on, threads that spin are threads like others
  // Not null: a failure only halts its thread, to learn what the others would do; called then, on that thread.
  void (*run_on)() = nullptr;
  bool break_on_failure = false;  // stop for the debugger (SIGTRAP) where the execution fails
};

class Execution final : public ExecutionView {
 public:
  Execution(Strategy& strategy, const ExecutionOptions& options, std::vector<Watcher*> watchers);
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
  const Fault& fault() const { return fault_; }
  std::uint64_t steps() const { return point_.step; }
  std::uint64_t ordinal() const { return ordinal_; }   // of all that ran in this process
  std::uint64_t failing_step() const { return failed_ ? failing_step_ : point_.step; }
  std::size_t thread_count() const { return thread_count_; }
  const Choices& choices() const { return choices_; }  // those of the failure, if it failed
  const std::string* outcome() const { return has_outcome_ ? &outcome_ : nullptr; }
  bool has_failed() const { return failed_; }
  bool abandoned() const { return ending_ != Ending::finished; }
  const Thread& culprit() const { return *threads_[culprit_]; }  // the thread that ran last

  // ---- for doors, on the fiber of a modelled thread, within an EngineScope ----
  Thread& self() { return *running_; }
  const ExecutionOptions& options() const { return options_; }

  // Announces `operation`; returns when it is this thread's turn. The caller carries out the effect at once, and sets
  // `self().pending.failed` if it fails. Returns the variant that was chosen.
  __attribute__((always_inline)) std::uint32_t step(const Operation& operation) {
    // Inlined, so that the operation is written where it belongs, field by field: what is put together elsewhere and copied in
    // larger pieces has to wait until its pieces have left the processor.
    repeated_accesses.forget();
    if (watching_) [[unlikely]] {
      if (explores_races) note_used(operation.bytes(), operation.object, operation.second, operation.second_size);
      if (states_ != nullptr) [[unlikely]] {
        const Operation whole = operation;  // whose address is taken here only
        return step_below(whole);
      }
      report_step();
    }
    if (time_has_passed_) [[unlikely]] settle();
    Thread& me = *running_;
    if (!operation.type->polls) {
      me.polling = false;
      me.pending = operation;
      return proceed();
    }
    const bool round = gone_round(*operation.type, operation.object);
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
    if (listener_ != nullptr) [[unlikely]] listener_->ordered(before.id, after.id);
  }

  // The running thread goes into a section, or comes out of it.
  void entered(std::uint64_t section, std::size_t most) {
    if (listener_ == nullptr) return;
    if (stepped_ == running_) report_step();  // complete: the thread has left the door
    listener_->entered(running_->id, section, most);
  }
  void left(std::uint64_t section) {
    if (listener_ == nullptr) return;
    if (stepped_ == running_) report_step();
    listener_->left(running_->id, section);
  }

  // Runs the bodies side by side; returns when all have ended. No step.
  void parallel(const std::vector<std::function<void()>>& bodies);

  [[noreturn]] void fail(std::string kind, std::string message);
  // Fails the execution without blaming a thread. Where executions run on after a failure (`run_on`), it returns, and every thread goes on.
  void object(std::string kind, std::string message);
  void set_outcome(std::string_view value);
  void note(const std::string& text);
  bool watched_by_strategy() const { return strategy_listener_ != nullptr; }
  bool watched() const { return !watchers_.empty(); }
  // What was in these bytes ends, or something begins there, which need not be a step. REQUIRES: watched().
  void tell_life(const void* object, std::size_t size);

  // Threads that have gone round (liveness/spin.hpp) and that no change has brought back.
  const std::vector<Thread*>& awaiting() const { return awaiting_; }
  bool misses_plain_writes() const { return misses_plain_writes_; }
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
  const Weight* state() const override { return states_ != nullptr ? &states_->now() : nullptr; }
  const Weight& state_loosely() const override { return states_->now_loosely(); }
  bool counts() const override { return states_->counts(); }
  bool has_counters() const override { return !options_.counters->none(); }
  std::size_t counted_rounds() const override { return options_.counters->rounds(); }
  const States* states() const { return states_.get(); }
  // Other than daemons.
  bool anybody_unfinished() const;

  // ---- thread-specific data ----
  using KeyDestructor = void (*)(void*);
  std::vector<KeyDestructor> keys;  // that this execution created, by number; null: none

  // Whether the fiber that runs now belongs to a modelled thread.
  bool on_fiber() const { return running_ != nullptr; }
  // Ends the execution from a signal handler, wherever the program stands.
  [[noreturn]] void crash(std::string kind, std::string message);

  // ---- virtual time, nanoseconds ----
  std::uint64_t now() {
    settle();
    return has_virtual_clock() ? clock_ : running_->now;
  }
  bool due(const Thread& thread) const { return !has_virtual_clock() || clock_ >= thread.deadline; }
  void pass_until(std::uint64_t deadline);
  // `to` has waited for `from`: its clock shows no earlier time than that of `from`.
  static void pass_on_time(const Thread& from, Thread& to) { to.now = std::max(to.now, from.now); }

  // ---- for anybody ----
  std::size_t threads_created() const { return thread_count_; }
  const Thread& thread(std::size_t id) const { return *threads_[id]; }
  Thread& thread(std::size_t id) { return *threads_[id]; }
  Thread* known_by(std::uint64_t handle);  // null: none
  Thread* of_kernel_id(std::int32_t id);
  template <class F>
  void each_live(F f) const {
    for (Thread* thread : live_) f(*thread);
  }

  std::uint64_t name_of(const void* object) const override;
  const void* named(std::uint64_t name) const override;
  std::uintptr_t heap() const override;
  bool may_replay_prefixes() const { return watchers_.empty() && !options_.keeps_states && !has_virtual_clock(); }
  std::int64_t slack_of(std::uint32_t thread) const override {
    const Thread& asked = *threads_[thread];
    return asked.pending.type->slack == nullptr ? unblockable : asked.pending.type->slack(*this, asked);
  }

 private:
  bool has_virtual_clock() const { return options_.model.has(model_value(&Options::clock, "virtual")); }
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
  void weigh(const Operation* operation, bool ends);
  // Makes `thread` the running thread. Nothing else may set running_.
  void runs(Thread& thread) {
    running_ = &thread;
    repeated_accesses.forget();
    memory->runs(thread);
  }
  static void note_performed(Thread& thread);
  bool gone_round(const OperationType& type, const void* object);
  std::uint32_t await();
  void announce(Thread& thread);
  void tell_announced(const Thread& thread);
  void admit(Thread& thread);
  void resume(Thread& thread);
  void resume_awaiting();
  static std::uint64_t hurry(Thread& thread);
  Ending ending() const;
  bool waits_for_plain_write() const;
  void dismiss(Thread& thread);
  Thread& choose_next();
  void begin_repeating();
  Thread* repeat_step();
  void record(const Candidate& chosen) {
    made_.append() = {.type = chosen.operation->type, .object = chosen.operation->object, .thread = chosen.thread, .variant = chosen.variant,
                      .choices = static_cast<std::uint32_t>(choices_.size()), .fingerprint = point_.fingerprint};
  }
  void compare_with_last();
  [[noreturn]] void differs(const char* how);
  Thread& choose_next_inline();
  bool pass_time();
  void look_for_candidates();
  void collect();
  bool ask_again();
  void offer(Thread& thread);
  void withdraw(Thread& thread);
  // `conditional`: whether the number of candidates of `thread` depends on the state from now on.
  void depends_on_state(Thread& thread, bool conditional) {
    thread.conditional = conditional;
    conditional_ += conditional ? 1 : -1;
    candidates_stay_ &= !conditional;
    if (!conditional && thread.offered > 1) candidates_changed();
  }
  void candidates_changed() { candidates_valid_ = candidates_stay_ = false; }
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
  void report_step() {
    if (stepped_ != nullptr) report_stepped();
  }
  void report_stepped();
  static void note_used(std::size_t size, const void* object, const void* second, std::size_t second_size);
  bool is_watching() const { return listener_ != nullptr || !watchers_.empty() || options_.keeps_states || explores_races; }
  // The running thread's clock takes notice of its last operation.
  void settle() {
    if (time_has_passed_ && running_->pending.type != nullptr) times_.settle(running_->pending, running_->now);
  }

  Strategy& strategy_;
  ExecutionOptions options_;
  std::vector<Watcher*> watchers_;
  bool blocks_ = false;             // each thread has a block of thread-local variables of its own
  PrefixReplay* prefix_replay_ = nullptr;       // of the strategy, where prefixes may be replayed
  StepListener* strategy_listener_ = nullptr;   // of the strategy, in this execution
  StepListener* listener_ = nullptr;            // the same, or null while steps are made that it is not told of
  bool watching_;                   // anybody does
  bool records_ = false;            // the steps that are made, for the execution that follows
  bool attentive_;                  // one of these
  std::vector<std::unique_ptr<Thread>> threads_;  // by id; reused between executions
  std::size_t thread_count_ = 0;
  OrderedList<Thread*> live_;       // unfinished and not waiting in parallel(), by id
  std::vector<Thread*> awaiting_;   // not in live_
  OrderedList<Candidate> candidates_;
  // While they are valid, they are what the live threads offered when they announced: a thread whose operation is conditional is
  // asked again at every choice point.
  bool candidates_valid_ = false;
  bool candidates_stay_ = false;    // they are valid, nothing is conditional, and no thread that spins may come back
  std::size_t conditional_ = 0;     // live threads whose pending operation is conditional
  // What the strategy is asked at the next step. It is kept up to date, not put together at each: `enabled` are candidates_, `step` is
  // how many steps were made, and `fingerprint` is the exclusive or of one mark per candidate.
  ChoicePoint point_{};
  Thread* running_ = nullptr;
  Thread* stepped_ = nullptr;       // whose step has not been reported yet
  std::uint64_t steps_max_, failing_step_ = 0;
  std::uint64_t ordinal_ = 0;
  // Steps that are those of the execution before are made again without asking anybody (PrefixReplay).
  struct Made {
    const OperationType* type;
    const void*   object;
    std::uint32_t thread, variant;
    std::uint32_t choices;          // that were recorded, with it
    std::uint32_t fingerprint;      // of the candidates that it was chosen from
  };
  Sequence<Made> made_;             // by this execution; while steps are made again, by the one before
  std::uint64_t repeated_ = 0;      // how many are made again
  bool repeating_ = false;          // that is what happens now
  std::uint64_t clock_ = 0;
  Times times_;
  bool time_has_passed_ = false;    // for some thread of this execution: until then all clocks agree
  std::uint32_t culprit_ = 0;
  Ending ending_ = Ending::finished;
  bool misses_plain_writes_ = false;  // at the end
  Fault fault_;
  bool failed_ = false;             // and runs on
  std::string outcome_;
  bool has_outcome_ = false;
  Choices choices_;
  std::unique_ptr<States> states_;
  Fiber explorer_;
};

}  // namespace interleave::engine
