#include "scheduler/execution/execution.hpp"

#include <algorithm>
#include <cassert>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/execution/candidate_set_inline.hpp"
#include "scheduler/fibers/tls_block.hpp"
#include "scheduler/memory/framework_isolation.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/races/shared_lines.hpp"

namespace interleave::engine {

__thread Mode mode = Mode::outside;
bool explores_races = false;
Execution* Execution::current = nullptr;

Execution::Execution(Strategy& strategy, const ExecutionOptions& options, std::vector<ExecutionListener*> listeners)
    : strategy_(strategy), options_(options), listeners_(std::move(listeners)), steps_max_(limit_of(options.steps_max)), time_(options.model.has(model_value(&Options::clock, "virtual"))) {
  Memory::instance();
  if (options_.keeps_states) states_ = std::make_unique<StateHasher>(*options_.counters, options_.solo_run);
  if (tls_blocks::needed() || explores_races) {  // libstdc++ keeps variables of its own between two accesses
    if (const char* obstacle = tls_blocks::obstacle())
      throw UsageError(fmt::format("{}, and {}", explores_races ? "races=explore needs thread-local variables for each thread"
                                                                : "the program has thread_local variables", obstacle));
    blocks_ = true;
  }
  strategy_.attach(*this);
  if (listeners_.none() && !options_.keeps_states && !time_.one_clock()) prefix_replay_ = strategy_.prefix_replay();
  if (prefix_replay_ != nullptr) prefix_replay_->available();
  explorer_.adopt_os_thread(blocks_);
}

Execution::~Execution() = default;

Ending Execution::run(const std::function<void()>& body) {
  static std::uint64_t begun = 0;
  ordinal_ = ++begun;
  thread_count_ = 0;
  awaiting_.clear();
  candidates_.begin();
  time_.begin();
  outcome_.begin();
  keys.clear();
  if (prefix_replay_ != nullptr) prefix_.begin(prefix_replay_->length(), prefix_replay_->wanted());
  listeners_.begin(strategy_.listener(), options_.keeps_states || explores_races, prefix_.records());
  if (prefix_.replaying()) listeners_.pause(prefix_.records());
  if (states_ != nullptr) states_->begin_execution();
  memory->tell_changes(states_.get());
  interleave_keeps_states = states_ != nullptr;

  if (shadow != nullptr) shadow->begin_execution();

  Thread& first = new_thread();
  first.body = &body;
  prepare(first);
  runs(first);
  current = this;
  explorer_.start(first.fiber);  // comes back when the execution has ended
  mode = Mode::outside;
  current = nullptr;
  running_ = nullptr;
  memory->tell_changes(nullptr);
  interleave_keeps_states = false;
  listeners_.each([this](ExecutionListener& listener) { listener.ended(*this, outcome_.ending); });
  return outcome_.ending;
}

// Brings the candidates up to date where they may have changed. Lets virtual time pass while there are none; ends the execution if that helps nothing.
void Execution::look_for_candidates() {
  if (!candidates_.refresh(*this)) {
    candidates_.collect(*this);
    while (candidates_.empty()) {
      if (!pass_time()) end(ending());
      candidates_.collect(*this);
    }
  }
  candidates_.settle(awaiting_.empty());
}

// REQUIRES: the step before has been reported.
__attribute__((always_inline)) inline Thread& Execution::choose_next_inline() {
  ChoicePoint& point = candidates_.point;
  if (!candidates_.settled()) {
    if (!awaiting_.empty()) resume_awaiting();
    const bool replaying = prefix_.replaying();
    if (replaying) {
      if (Thread* const next = replay_step()) return *next;
    }
    look_for_candidates();
    if (replaying && !prefix_.take_over(point.fingerprint)) [[unlikely]] differs("the program offers other candidates than under the same choices before");
  }
  if (point.step == steps_max_) [[unlikely]] end(Ending::cut);
  ++point.step;
  std::size_t index = 0;
  try {
    index = strategy_.choose(point);
  } catch (const Divergence& divergence) {
    fail("nondeterminism", divergence.what());
  }
  if (index == Strategy::prune) [[unlikely]] {
    --point.step;
    end(Ending::redundant);
  }
  const std::size_t many = point.enabled.size();
  assert(index < many);
  const Candidate& chosen = point.enabled.data()[index];
  Thread& next = *threads_[chosen.thread];
  if (many > 1) {
    if (outcome_.choices.full()) [[unlikely]] {
      if (prefix_.records()) prefix_.add(chosen, static_cast<std::uint32_t>(outcome_.choices.size()), point.fingerprint);
      end(Ending::cut);
    }
    outcome_.choices.push(index, point.fingerprint);
  }
  next.variant = chosen.variant;
  point.last = chosen.thread;
  if (listeners_.attentive()) [[unlikely]] {
    if (prefix_.records()) prefix_.add(chosen, static_cast<std::uint32_t>(outcome_.choices.size()), point.fingerprint);
    if (listeners_.watching()) listeners_.chosen(next);
    if (states_ != nullptr) states_->chosen(chosen.thread, chosen.variant);
  }
  return next;
}

Thread& Execution::choose_next() {
  if (listeners_.watching()) report_step();
  return choose_next_inline();
}

// Puts a thread that had gone round back among the live ones, because something that it read has changed.
void Execution::resume(Thread& thread) {
  thread.awaiting = thread.polling = false;
  candidates_.admit(thread);
  candidates_.announced(thread);
  if (listeners_.strategy() != nullptr) listeners_.strategy()->announced(thread.id, thread.pending);
}

// The operation has been announced: on to whoever is next, and back when it is this thread's turn.
std::uint32_t Execution::proceed() {
  Thread& me = *running_;
  candidates_.announced(me);
  if (listeners_.watching()) [[unlikely]] {
    if (listeners_.strategy() != nullptr) listeners_.strategy()->announced(me.id, me.pending);
    listeners_.each([&](ExecutionListener& listener) { listener.announced(*this, me); });
  }
  if (me.resumer != nullptr) [[unlikely]] {
    candidates_.offer_first(me);
    Thread& back = *std::exchange(me.resumer, nullptr);
    runs(back);
    me.fiber.switch_back_to(back.fiber);
  } else {
    Thread& next = choose_next_inline();
    if (&next != &me) switch_to(next);
  }
  return me.variant;
}

// `proceed`, called two kilobytes further down the stack. What `proceed` leaves in unused stack differs from schedule to schedule; the program's
// next functions use the stack right below the door, and their frames are compared (liveness/spin_detector.hpp).
__attribute__((noinline)) std::uint32_t Execution::proceed_below() {
  char gap[2048];
  asm volatile("" : : "r"(gap) : "memory");
  const std::uint32_t variant = proceed();
  asm volatile("" : : "r"(gap) : "memory");  // not before proceed() has returned: no tail call
  return variant;
}

bool Execution::anybody_unfinished() const {
  for (std::size_t id = 0; id < thread_count_; ++id)
    if (const Thread& thread = *threads_[id]; !thread.finished && (!thread.daemon || id == 0)) return true;
  return false;
}

// All threads sleep. With a virtual clock, the earliest of them wakes up.
bool Execution::pass_time() {
  if (!time_.one_clock()) return false;
  constexpr std::uint64_t never = ~std::uint64_t{0};
  std::uint64_t earliest = never;
  for (const Thread* thread : candidates_.live())
    if (thread->timed && thread->deadline > time_.clock()) earliest = std::min(earliest, thread->deadline);
  // Who spins until some time looks again whenever time has passed.
  const auto looks_at_clock = [](const Thread* thread) { return thread->read_clock; };
  const auto looker = std::find_if(awaiting_.begin(), awaiting_.end(), looks_at_clock);
  if (earliest == never && (looker == awaiting_.end() || time_.clock() > never / 4)) return false;
  time_.advance_to(earliest != never ? earliest : time_.clock() + VirtualTime::hurry(**looker));
  std::erase_if(awaiting_, [&](Thread* thread) {
    if (!looks_at_clock(thread)) return false;
    resume(*thread);
    return true;
  });
  return true;
}

// The running thread is about to make a step at these places.
void Execution::note_used(std::size_t size, const void* object, const void* second, std::size_t second_size) {
  constexpr std::size_t largest = 64;  // of the objects of the C library
  shared_lines->note(object, size == 1 ? largest : size);
  if (second != nullptr) shared_lines->note(second, second_size);
}

void Listeners::report_stepped(Execution& run) {
  Thread& thread = *std::exchange(stepped_, nullptr);
  if (strategy_ != nullptr) strategy_->performed({thread.id, thread.variant, &thread.pending});
  for (ExecutionListener* listener : all_) listener->performed(run, thread);
}

void Execution::end(Ending ending) {
  mode = Mode::outside;
  if (listeners_.watching()) report_step();
  if (listeners_.strategy() != nullptr) listeners_.strategy()->closing();
  if (outcome_.failed) ending = Ending::failed;
  if (options_.break_on_failure && (ending == Ending::failed || ending == Ending::deadlock)) std::raise(SIGTRAP);
  outcome_.ending = ending;
  outcome_.misses_plain_writes = ending == Ending::redundant && waits_for_plain_write();
  if (!outcome_.failed) outcome_.culprit = running_->id;
  running_->fiber.leave_to(explorer_);
}

// The first failure of an execution is the one that counts.
void Execution::record_failure(std::string kind, std::string message) {
  mode = Mode::outside;
  if (outcome_.failed) return;
  outcome_.violation = {std::move(kind), std::move(message)};
  outcome_.failed = true;
  outcome_.culprit = running_->id;
  outcome_.choices.keep();
  outcome_.failing_step = steps();
  listeners_.each([this](ExecutionListener& listener) { listener.failing(*this, *running_); });
}

void Execution::fail(std::string kind, std::string message) {
  const bool hopeless = is_uncontrolled(kind_of(kind));
  record_failure(std::move(kind), std::move(message));
  if (options_.run_on == nullptr || hopeless) end(Ending::failed);
  abandon_framework_frame();
  options_.run_on();
  if (listeners_.watching()) report_step();
  leave(*running_);
}

void Execution::fail_without_culprit(std::string kind, std::string message) {
  record_failure(std::move(kind), std::move(message));
  if (options_.run_on == nullptr) end(Ending::failed);
}

void Execution::crash(std::string kind, std::string message) { fail(std::move(kind), std::move(message)); }

void Execution::set_outcome(std::string_view value) {
  if (outcome_.failed) return;
  outcome_.value.assign(value);
  outcome_.has_value = true;
  if (states_ != nullptr) states_->has_outcome(value);
}

void Execution::tell_life(const void* object, std::size_t size) {
  if (listeners_.is_last(running_)) report_step();  // complete: the thread has left that door
  listeners_.each([&](ExecutionListener& listener) { listener.life(object, size); });
}

void Execution::note(const std::string& text) {
  listeners_.each([&](ExecutionListener& listener) { listener.noted(*this, *running_, text); });
}

}  // namespace interleave::engine
