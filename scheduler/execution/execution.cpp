#include "scheduler/execution/execution.hpp"

#include <link.h>

#include <algorithm>
#include <cassert>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/fibers/thread_block.hpp"
#include "scheduler/memory/framework_code.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/races/shared_lines.hpp"

namespace interleave::engine {
namespace {

std::uint32_t mark_of(const Thread& thread, std::uint32_t variant) {
  const std::uint32_t h = (thread.pending.type->hash + thread.id * 0x9e3779b9u + variant * 0xc2b2ae35u) * 0x85ebca6bu;
  return h ^ h >> 15;
}

// Where the program's image begins.
std::uintptr_t program_base() {
  static std::uintptr_t base = 0;
  if (base == 0)
    dl_iterate_phdr([](dl_phdr_info* info, std::size_t, void*) {
      base = info->dlpi_addr + info->dlpi_phdr[0].p_vaddr;
      return 1;
    }, nullptr);
  return base;
}

}  // namespace

__thread Mode mode = Mode::outside;
bool explores_races = false;
Execution* Execution::current = nullptr;

Execution::Execution(Strategy& strategy, const ExecutionOptions& options, std::vector<Watcher*> watchers)
    : strategy_(strategy), options_(options), watchers_(std::move(watchers)),
      watching_(is_watching()), attentive_(watching_),
      steps_max_(limit_of(options.steps_max)) {
  Memory::instance();
  if (options_.keeps_states) states_ = std::make_unique<States>(*options_.counters, options_.lonely);
  if (thread_blocks::needed() || explores_races) {  // libstdc++ keeps variables of its own between two accesses
    if (const char* obstacle = thread_blocks::obstacle())
      throw UsageError(fmt::format("{}, and {}", explores_races ? "races=explore needs thread-local variables for each thread"
                                                                : "the program has thread_local variables", obstacle));
    blocks_ = true;
  }
  strategy_.attach(*this);
  if (may_replay_prefixes()) prefix_replay_ = strategy_.prefix_replay();
  if (prefix_replay_ != nullptr) prefix_replay_->available();
  explorer_.adopt_os_thread(blocks_);
}

Execution::~Execution() = default;

Ending Execution::run(const std::function<void()>& body) {
  static std::uint64_t begun = 0;
  ordinal_ = ++begun;
  thread_count_ = 0;
  live_.clear();
  awaiting_.clear();
  conditional_ = 0;
  candidates_changed();
  point_.step = 0;
  point_.last = 0;
  clock_ = 0;
  if (std::exchange(time_has_passed_, false)) times_.clear();
  stepped_ = nullptr;
  has_outcome_ = false;
  choices_.clear();
  if (failed_) fault_ = {};
  failed_ = false;
  keys.clear();
  listener_ = strategy_listener_ = strategy_.listener();
  attentive_ = watching_ = is_watching();
  if (prefix_replay_ != nullptr) begin_repeating();
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
  for (Watcher* watcher : watchers_) watcher->ended(*this, ending_);
  return ending_;
}

// Brings candidates_ up to date where they may have changed. Lets virtual time pass while there are none; ends the execution if that helps nothing.
void Execution::look_for_candidates() {
  if (!candidates_valid_ || (conditional_ != 0 && !ask_again())) {
    collect();
    while (candidates_.empty()) {
      if (!pass_time()) end(ending());
      collect();
    }
  }
  candidates_stay_ = conditional_ == 0 && awaiting_.empty();
}

// REQUIRES: the step before has been reported.
__attribute__((always_inline)) inline Thread& Execution::choose_next_inline() {
  if (!candidates_stay_) {
    if (!awaiting_.empty()) resume_awaiting();
    const bool repeating = repeating_;
    if (repeating) {
      if (Thread* const next = repeat_step()) return *next;
    }
    look_for_candidates();
    if (repeating) compare_with_last();
  }
  if (point_.step == steps_max_) [[unlikely]] end(Ending::cut);
  ++point_.step;
  std::size_t index = 0;
  try {
    index = strategy_.choose(point_);
  } catch (const Divergence& divergence) {
    fail("nondeterminism", divergence.what());
  }
  if (index == Strategy::prune) [[unlikely]] {
    --point_.step;
    end(Ending::vain);
  }
  const std::size_t many = point_.enabled.size();
  assert(index < many);
  const Candidate& chosen = point_.enabled.data()[index];
  Thread& next = *threads_[chosen.thread];
  if (many > 1) {
    if (choices_.full()) [[unlikely]] {
      if (records_) record(chosen);
      end(Ending::cut);
    }
    choices_.push(index, point_.fingerprint);
  }
  next.variant = chosen.variant;
  point_.last = chosen.thread;
  if (attentive_) [[unlikely]] {
    if (records_) record(chosen);
    if (watching_) stepped_ = &next;
    if (states_ != nullptr) states_->chosen(chosen.thread, chosen.variant);
  }
  return next;
}

Thread& Execution::choose_next() {
  if (watching_) report_step();
  return choose_next_inline();
}

// Updates what is derived from the type of the announced operation. Cheap where the type is that of the announcement before, as in a loop.
inline void Execution::announce(Thread& thread) {
  const OperationType* const type = thread.pending.type;
  if (thread.marked == type) return;
  const bool conditional = type->candidates != nullptr;
  if (conditional != thread.conditional) depends_on_state(thread, conditional);
  const std::uint32_t mark = mark_of(thread, 0);
  if (thread.offered != 0) point_.fingerprint ^= thread.mark ^ mark;  // of use only as long as the candidates are valid
  thread.mark = mark;
  thread.marked = type;
}

void Execution::tell_announced(const Thread& thread) {
  if (listener_ != nullptr) listener_->announced(thread.id, thread.pending);
}

// Puts a thread that had gone round back among the live ones, because something that it read has changed.
void Execution::resume(Thread& thread) {
  thread.awaiting = thread.polling = false;
  admit(thread);
  announce(thread);
  tell_announced(thread);
}

// The operation has been announced: on to whoever is next, and back when it is this thread's turn.
std::uint32_t Execution::proceed() {
  Thread& me = *running_;
  announce(me);
  if (watching_) [[unlikely]] {
    tell_announced(me);
    for (Watcher* watcher : watchers_) watcher->announced(*this, me);
  }
  if (me.resumer != nullptr) [[unlikely]] {
    if (candidates_valid_ && me.offered == 0 && !me.conditional) offer(me);
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
// next functions use the stack right below the door, and their frames are compared (liveness/spin.hpp).
__attribute__((noinline)) std::uint32_t Execution::proceed_below() {
  char gap[2048];
  asm volatile("" : : "r"(gap) : "memory");
  const std::uint32_t variant = proceed();
  asm volatile("" : : "r"(gap) : "memory");  // not before proceed() has returned: no tail call
  return variant;
}

void Execution::collect() {
  candidates_.clear();
  std::uint32_t threads = 0, fingerprint = 0;
  for (Thread* thread : live_) {
    const OperationType& type = *thread->pending.type;
    if (thread->marked != &type) [[unlikely]] announce(*thread);  // another thread has announced it, by waking this one
    const std::uint32_t n = type.candidates == nullptr ? 1 : type.candidates(*this, *thread);
    thread->offered = n;
    if (n == 0) continue;
    ++threads;
    candidates_.push_back({thread->id, 0, &thread->pending});
    fingerprint ^= thread->mark;
    for (std::uint32_t variant = 1; variant < n; ++variant) {
      candidates_.push_back({thread->id, variant, &thread->pending});
      fingerprint ^= mark_of(*thread, variant);
    }
  }
  point_.enabled = candidates_;
  point_.threads = threads;
  point_.fingerprint = fingerprint;
  candidates_valid_ = true;
}

// Asks the threads with conditional operations anew; all other candidates have stayed as they were. False: call `collect`, which is less work then.
bool Execution::ask_again() {
  if (conditional_ * 4 > live_.size() + 3) return false;
  std::size_t left = conditional_;
  for (auto at = live_.begin(); left != 0; ++at) {
    Thread* const thread = *at;
    if (!thread->conditional) continue;
    --left;
    const OperationType& type = *thread->pending.type;
    const std::uint32_t n = type.candidates == nullptr ? 1 : type.candidates(*this, *thread);
    if ((n | thread->offered) > 1) return false;
    if (n == thread->offered) continue;
    if (n == 1) {
      offer(*thread);
    } else {
      withdraw(*thread);
    }
  }
  return !candidates_.empty();
}

bool Execution::anybody_unfinished() const {
  for (std::size_t id = 0; id < thread_count_; ++id)
    if (const Thread& thread = *threads_[id]; !thread.finished && (!thread.daemon || id == 0)) return true;
  return false;
}

// All threads sleep. With a virtual clock, the earliest of them wakes up.
bool Execution::pass_time() {
  if (!has_virtual_clock()) return false;
  std::uint64_t earliest = ~std::uint64_t{0};
  for (const Thread* thread : live_)
    if (thread->timed && thread->deadline > clock_) earliest = std::min(earliest, thread->deadline);
  // Who spins until some time looks again whenever time has passed.
  constexpr std::uint64_t never = ~std::uint64_t{0};
  const auto looks_at_clock = [](const Thread* thread) { return thread->read_clock; };
  const auto looker = std::find_if(awaiting_.begin(), awaiting_.end(), looks_at_clock);
  if (earliest == never && (looker == awaiting_.end() || clock_ > never / 4)) return false;
  clock_ = earliest != never ? earliest : clock_ + hurry(**looker);
  std::erase_if(awaiting_, [&](Thread* thread) {
    if (!looks_at_clock(thread)) return false;
    resume(*thread);
    return true;
  });
  return true;
}

void Execution::pass_until(std::uint64_t deadline) {
  if (has_virtual_clock() || deadline <= running_->now) return;
  running_->now = deadline;
  time_has_passed_ = true;
}

// The running thread is about to make a step at these places.
void Execution::note_used(std::size_t size, const void* object, const void* second, std::size_t second_size) {
  constexpr std::size_t largest = 64;  // of the objects of the C library
  shared_lines->note(object, size == 1 ? largest : size);
  if (second != nullptr) shared_lines->note(second, second_size);
}

void Execution::report_stepped() {
  Thread& thread = *std::exchange(stepped_, nullptr);
  if (listener_ != nullptr) listener_->performed({thread.id, thread.variant, &thread.pending});
  for (Watcher* watcher : watchers_) watcher->performed(*this, thread);
}

void Execution::end(Ending ending) {
  mode = Mode::outside;
  if (watching_) report_step();
  if (listener_ != nullptr) listener_->closing();
  if (failed_) ending = Ending::failed;
  if (options_.break_on_failure && (ending == Ending::failed || ending == Ending::deadlock)) std::raise(SIGTRAP);
  ending_ = ending;
  misses_plain_writes_ = ending == Ending::vain && waits_for_plain_write();
  if (!failed_) culprit_ = running_->id;
  running_->fiber.leave_to(explorer_);
}

// The first failure of an execution is the one that counts.
void Execution::record_failure(std::string kind, std::string message) {
  mode = Mode::outside;
  if (failed_) return;
  fault_ = {std::move(kind), std::move(message)};
  failed_ = true;
  culprit_ = running_->id;
  choices_.keep();
  failing_step_ = point_.step;
  for (Watcher* watcher : watchers_) watcher->failing(*this, *running_);
}

void Execution::fail(std::string kind, std::string message) {
  const bool hopeless = is_uncontrolled(kind_of(kind));
  record_failure(std::move(kind), std::move(message));
  if (options_.run_on == nullptr || hopeless) end(Ending::failed);
  abandon_framework_frame();
  options_.run_on();
  if (watching_) report_step();
  leave(*running_);
}

void Execution::object(std::string kind, std::string message) {
  record_failure(std::move(kind), std::move(message));
  if (options_.run_on == nullptr) end(Ending::failed);
}

void Execution::crash(std::string kind, std::string message) { fail(std::move(kind), std::move(message)); }

void Execution::set_outcome(std::string_view value) {
  if (failed_) return;
  outcome_.assign(value);
  has_outcome_ = true;
  if (states_ != nullptr) states_->has_outcome(value);
}

// By offset, in what executions use or in the program's own image.
std::uint64_t Execution::name_of(const void* object) const {
  const auto p = reinterpret_cast<std::uintptr_t>(object);
  if (memory->contains(object)) return (p - memory->base()) << 1 | 1;
  return (p - program_base()) << 1;
}

const void* Execution::named(std::uint64_t name) const {
  return reinterpret_cast<const void*>((name >> 1) + ((name & 1) != 0 ? memory->base() : program_base()));
}

std::uintptr_t Execution::heap() const { return memory->start(); }

void Execution::tell_life(const void* object, std::size_t size) {
  if (stepped_ == running_) report_step();  // complete: the thread has left that door
  for (Watcher* watcher : watchers_) watcher->life(object, size);
}

void Execution::note(const std::string& text) {
  for (Watcher* watcher : watchers_) watcher->noted(*this, *running_, text);
}

}  // namespace interleave::engine
