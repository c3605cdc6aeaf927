#include "scheduler/explore/explorer.hpp"

#include <stdio_ext.h>
#include <sys/single_threaded.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/api/checker_registry.hpp"
#include "scheduler/api/environment.hpp"
#include "scheduler/api/variables.hpp"
#include "scheduler/containment/signal_guard.hpp"
#include "scheduler/containment/crash_reporter.hpp"
#include "scheduler/explain/weak_orders.hpp"
#include "scheduler/fibers/tls_block.hpp"
#include "scheduler/memory/framework_isolation.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/model/schedule.hpp"
#include "scheduler/model/strategy_registry.hpp"
#include "scheduler/modules/instrumentation_check.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/report/report.hpp"
#include "scheduler/report/suppressions.hpp"
#include "scheduler/runtime/stdio_streams.hpp"
#include "scheduler/strategies/replay.hpp"
#include "scheduler/support/random.hpp"

namespace interleave::engine {
namespace {

constexpr std::uint64_t sample_executions = 10'000;  // of a sampler without any limit
constexpr std::uint64_t probed_first = 64;            // from this execution on, now and then one is looked at for endless loops

// How much a strategy may keep: INTERLEAVE_MEMORY_MB, or half of what the machine has, but no more than 4 GiB.
std::size_t memory_limit() {
  if (const std::uint64_t mib = number_of("INTERLEAVE_MEMORY_MB", 0)) return mib << 20;
  return std::min(half_of_the_machine(), std::size_t{4} << 30);
}

std::chrono::duration<double> seconds_for_process() {
  const char* text = std::getenv("INTERLEAVE_DEADLINE");
  return text == nullptr || *text == '\0' ? std::chrono::duration<double>(0) : parse_duration(text, "INTERLEAVE_DEADLINE");
}

void say(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t written = ::write(STDERR_FILENO, text.data() + at, text.size() - at);
    if (written < 0 && errno != EINTR) return;
    at += static_cast<std::size_t>(std::max<ssize_t>(written, 0));
  }
}

bool under_way = false;

bool leak_set_aside(std::uintptr_t block) { return shadow != nullptr && shadow->leak_set_aside(block); }

// What must be so before the state of the process is first looked at.
void prepare_process() {
  // A process that was forked since its parent last explored has none of the parent's parked threads.
  static pid_t process = getpid();
  if (std::exchange(process, getpid()) != process) tls_blocks::forget();
  require_instrumented_program();
  // The C library believes that the process has one thread, and shared_ptr would count without atomics.
  __libc_single_threaded = 0;
  // The buffer of stdout belongs to the process, not to the first execution that prints.
  static char buffer[BUFSIZ];
  if (__fbufsize(stdout) == 0) std::setvbuf(stdout, buffer, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, sizeof buffer);
  find_framework_code();
  // The first throw sets up the unwinder.
  try {
    throw 0;
  } catch (int) {
  }
}

}  // namespace

Explorer::Explorer(const std::function<void()>& body, const Options& options, const void* caller_frame, Learnt& learnt)
    : body_(body), options_(options), learnt_(learnt), frame_(caller_frame),
      outer_((prepare_process(), caller_frame), learnt.unseen), bridge_(options_),
      unseen_runs_(learnt.traces_unseen), progress_(progress_line(options.name)), keeps_states_(learnt.keeps_states),
      stack_cleared_(learnt.stack_cleared) {
  under_way = true;
  shared_lines = &learnt_.shared_lines;
  take_model_options();
}

// From options_, which are those of the token where one is replayed.
void Explorer::take_model_options() {
  model_ = ModelValues(options_);
  explores_races = model_.has(model_value(&Options::races, "explore"));
  reuses_blocks = model_.has(model_value(&Options::heap, "reuse"));
}

Explorer::~Explorer() {
  say(progress_.end());
  crash_reporter::end();
  under_way = false;
  shadow = nullptr;
  explores_races = false;
  shared_lines = nullptr;
  reuses_blocks = false;
}

std::unique_ptr<Strategy> Explorer::make() {
  if (!options_.schedule.empty()) {
    const Schedule schedule = decode(options_.schedule, options_.name);
    replaying_ = true;
    // What decides which candidates there are comes from the recording.
    schedule.options.apply_recorded(options_);
    take_model_options();
    stops_round_ = schedule.stops_round;
    keeps_states_ = spins_freely_ = schedule.comes_back;
    if (schedule.keeps_private) learnt_.shared_lines.use(schedule.shared_lines);
    if (schedule.build != build_id())
      fmt::print(stderr, "interleave: the schedule was recorded from another build; replaying as long as it fits\n");
    return std::make_unique<Replay>(schedule);
  }
  const bool virtual_clock = model_.has(model_value(&Options::clock, "virtual"));
  if (options_.strategy.empty()) return make_strategy(virtual_clock ? "dfs" : "dpor", options_.seed);
  auto strategy = make_strategy(options_.strategy, options_.seed);
  if (virtual_clock && strategy->traits().reduces)
    throw UsageError(fmt::format("under the virtual clock time passes when nobody can step, so timed operations depend on all others and "
                                 "'{}' could leave out too much: use dfs", options_.strategy));
  return strategy;
}

Ending Explorer::run_once(Execution& execution, Violation& violation, bool observed) {
  hooks::BeforeExecution::call_all();
  if (observed) bridge_.begin();
  Ending ending = execution.run(body_);
  if (ending == Ending::failed) violation = execution.outcome().violation;
  abandon_framework_frame();
  if (ending == Ending::failed) release_streams();
  close_streams();
  leaks_ = model_.has(model_value(&Options::leaks)) && ending == Ending::finished && !execution.outcome().failed ? find_leaks(frame_, leak_set_aside) : Leaks{};
  memory->end_execution(!execution.outcome().abandoned());
  outer_.restore();
  if (ending == Ending::deadlock) {
    violation = {std::string(text_of(execution.awaiting().empty() ? FailureKind::deadlock : FailureKind::livelock)), ""};
  } else if (leaks_.blocks > 0) {
    ending = Ending::failed;
    violation = {std::string(text_of(FailureKind::leak)), fmt::format("{} block{} of {} bytes in all", leaks_.blocks, leaks_.blocks == 1 ? "" : "s", leaks_.bytes)};
  } else if (observed && (ending == Ending::finished || ending == Ending::quiescent)) {
    if (auto objection = bridge_.end()) {
      ending = Ending::failed;
      violation = {std::move(objection->kind), std::move(objection->message)};
    }
  }
  return ending;
}

void Explorer::keep(Finding finding) {
  if (shortest_ && finding.steps >= shortest_->steps) return;
  shortest_ = std::move(finding);
  crash_reporter::found(shortest_->kind, encode(schedule_of(*shortest_)));
}

// What the last execution showed of the program or of this attempt, because of which all is explored anew.
bool Explorer::learns_from(const Execution& execution, Ending ending, const Violation& violation) {
  // Suppressions match stacks, which are kept only once there is a finding that a line may be for.
  wants_stacks_ = !violation.kind.empty() && !learnt_.keeps_stacks && shadow != nullptr && (kind_of(violation.kind) == FailureKind::leak || violation.kind == shadow->found()) &&
                  suppressions::meant_for(violation.kind);
  if (wants_stacks_) return true;
  // What earlier executions left on the stacks was compared: begin anew with stacks that are cleared.
  stack_compared_ = execution.stack_compared();
  wants_clear_stacks_ = stack_compared_ > stack_cleared_ && stack_cleared_ < stack_cleared_most && !replaying_ && !keeps_states_;
  if (wants_clear_stacks_) return true;
  const bool looked_at = (ending == Ending::cut && tally_.cut == 0) || (begun_ >= probed_first && std::has_single_bit(begun_));
  return looked_at && kind_of(violation.kind) != FailureKind::crash && may_go_round(execution);
}

Explorer::Judgement Explorer::judge(const Execution& execution, Ending ending, Violation& violation) {
  if (ending == Ending::redundant && execution.outcome().misses_plain_writes) {
    ending = Ending::cut;
    ++tally_.missing_writes;
  }
  bool comes_back = ending == Ending::redundant && keeps_states_;
  if (comes_back) {
    const CycleAnalysis::Answer answer = classify_cycle(execution);
    const bool never = answer == CycleAnalysis::Answer::never, unfinished = execution.anybody_unfinished();
    comes_back = never && unfinished && learnt_.counters->none();
    if (comes_back) violation.kind = text_of(FailureKind::livelock);
    if (never && !unfinished) ending = Ending::quiescent;  // only daemons are left
    if (answer == CycleAnalysis::Answer::unknown || (never && unfinished && !comes_back)) {
      ending = Ending::cut;
      ++tally_.undecided;
    }
    tally_.rounds += answer == CycleAnalysis::Answer::ends && !strategy_->redundant();
  }
  const bool set_aside = (ending == Ending::deadlock || comes_back) && hang_set_aside(execution, violation.kind, comes_back);
  try {
    strategy_->end_execution(ending);
  } catch (const Divergence& divergence) {
    ending = Ending::failed;
    violation = {std::string(text_of(FailureKind::nondeterminism)), divergence.what()};
  }
  if (set_aside && ending != Ending::failed) return {Ending::quiescent, false};  // an execution that ended
  return {ending, comes_back};
}

void Explorer::count(const Execution& execution, const Judgement& judged) {
  tally_.add_work(execution);
  if (strategy_->shows_failure()) return;  // it was counted before
  if (judged.ending == Ending::cut) {
    ++tally_.cut;
    if (!first_cut_)
      first_cut_ = Finding{.kind = "cut", .message = "", .choices = execution.outcome().choices.copy(), .steps = execution.steps(),
                           .execution = begun_, .seed = {}, .strategy = "", .stopped = execution.has_stopped()};
  } else if (strategy_->redundant() || (judged.ending == Ending::redundant && !judged.comes_back)) {
    ++tally_.redundant;
  } else {
    if (tally_.add_execution(execution)) [[unlikely]] note_witness(execution, judged);
  }
}

// The execution is the first with its outcome.
void Explorer::note_witness(const Execution& execution, const Judgement& judged) {
  constexpr std::size_t most = 1000;  // outcomes; a token takes about as long as a short execution
  const Choices& choices = execution.outcome().choices;
  if (tally_.witnesses.size() >= most || choices.size() > schedule_choices_max || judged.comes_back) return;
  Finding witness;
  witness.choices = choices.copy();
  witness.stopped = execution.has_stopped();
  tally_.witnesses.emplace(execution.outcome().value, encode(schedule_of(witness)));
}

// False: it ends the search.
bool Explorer::keep_failure(const Execution& execution, const Judgement& judged, const Violation& violation) {
  // One that was counted already fails anew only if it did not fail then.
  tally_.failing += !strategy_->redundant() || tally_.failing == 0;
  Finding finding{violation.kind, violation.message, execution.outcome().choices.copy(), execution.failing_step(), begun_, {}, {}, execution.has_stopped(), judged.comes_back};
  finding.by_observer = bridge_.objected();
  Recipe recipe = strategy_->recipe();
  finding.seed = recipe.seed;
  finding.strategy = std::move(recipe.spec);
  if (judged.comes_back && !replaying_ && (!shortest_ || finding.steps < shortest_->steps)) show_cycle(finding);
  keep(std::move(finding));
  const bool hopeless = is_uncontrolled(kind_of(violation.kind));
  if (hopeless) report_.incomplete_reason = fmt::format("a failure of the kind {} ends the search", violation.kind);
  return !options_.stop_at_first_failure && !hopeless;
}

// What is decided once for all executions of this attempt.
ExecutionOptions Explorer::begin() {
  strategy_ = make();
  traits_ = strategy_->traits();
  hooks::Basis::begin_all(options_);
  // A wakeup that may come at any moment leaves the virtual clock no moment at which nobody can step.
  if (model_.has(model_value(&Options::clock, "virtual")) &&
      (model_.has(model_value(&Options::spurious_wakeups)) || model_.has(model_value(&Options::interrupts))))
    throw UsageError("the virtual clock moves when nobody can step, so it goes with neither spurious wakeups nor interrupts: leave out one");
  // An execution that a sampler draws is to be drawn again from its seed alone, by whoever has learnt nothing.
  if (explores_races && !replaying_ && traits_.ends) learnt_.shared_lines.begin();
  report_.seed = options_.seed;
  report_.strategy = strategy_->spec();
  stops_round_ |= traits_.reduces;
  ExecutionOptions execution_options = this->execution_options();
  runs_on_ = traits_.runs_on && !options_.stop_at_first_failure;
  execution_options.run_on = runs_on_ ? &release_streams : nullptr;
  // INTERLEAVE_BREAK: a replay under a debugger stops where the execution fails, on the stack of the thread to blame.
  const char* stop = std::getenv("INTERLEAVE_BREAK");
  execution_options.break_on_failure = replaying_ && stop != nullptr && *stop != '\0';
  return execution_options;
}

Limits Explorer::limits(const SearchBudget* budget) const {
  std::uint64_t executions = options_.executions_max;
  if (executions == 0 && !traits_.ends && !replaying_ && options_.time_max.count() == 0) executions = sample_executions;
  return {.time = options_.time_max, .start = learnt_.start, .memory = memory_limit(), .executions = executions,
          .steps = budget != nullptr ? budget->steps : 0,
          .processor_time = budget != nullptr ? budget->processor_time : std::chrono::duration<double>(0),
          .deadline = deadline_of(start_of_process(), seconds_for_process())};
}

// Whether the exploration is to end before the next execution, and why. Looks at clocks now and then, and shows how far it has come.
bool Explorer::may_be_over(const Limits& limits) {
  if (const int signal = SignalGuard::request_to_end(); signal != 0) [[unlikely]] {
    interrupted_ = true;
    report_.incomplete_reason = fmt::format("SIG{} interrupted it", sigabbrev_np(signal));
    return true;
  }
  if (limits.time.count() != 0) {
    if (std::optional<std::string> reason = limits.time_is_over(begun_)) {
      report_.incomplete_reason = std::move(*reason);
      return true;
    }
  }
  return pace_.due(begun_) && look_at_clocks(limits);
}

bool Explorer::look_at_clocks(const Limits& limits) {
  const auto used = processor_time() - learnt_.processor_start;
  pace_.looked(begun_, used);
  std::optional<std::string> reason = limits.processor_time_is_over(used);
  met_ = reason.has_value();
  if (!reason) reason = limits.deadline_is_near(Limits::Clock::now());
  if (reason) {
    report_.incomplete_reason = std::move(*reason);
    return true;
  }
  if (draw_for_.count() > 0 && used >= draw_after_ && !learnt_.has_drawn) {
    draw_beside(limits);
    return begins_anew_ || shortest_.has_value();
  }
  if (const double seconds = used.count(); progress_.due(seconds) && !replaying_)
    say(progress_.line(seconds, {.executions = begun_, .failing = tally_.failing, .steps_longest = tally_.steps_longest,
                                 .threads_most = tally_.threads_most, .of_how_many = how_large()}));
  return false;
}

std::optional<Report> Explorer::run(const SearchBudget* budget) {
  const ExecutionOptions execution_options = begin();
  Shadow memory_shadow(shadow_limits(), model_.has(model_value(&Options::races, "fail")), learnt_.keeps_stacks, learnt_.keeps_stacks);
  shadow = model_.has(model_value(&Options::races, "ignore")) ? nullptr : &memory_shadow;
  std::vector<ExecutionListener*> listeners;
  if (bridge_.watches()) listeners.push_back(&bridge_);
  crash_reporter::open();
  Execution execution(*strategy_, execution_options, std::move(listeners));
  const Limits limits = this->limits(budget);
  if (budget != nullptr && options_.stop_at_first_failure) {
    draw_after_ = budget->draw_after;
    draw_for_ = budget->draw_for;
  }
  crash_reporter::begin(schedule_of({}));
  const auto ended_by = [&](std::optional<std::string> reason) {
    if (reason) report_.incomplete_reason = std::move(*reason);
    return reason.has_value();
  };
  bool exhausted = false;
  while (true) {
    if (over(limits)) {
      if (begins_anew_) return std::nullopt;
      break;
    }
    if (strategy_->memory() > limits.memory) {
      if (may_go_round(execution)) return std::nullopt;
      if (ended_by(limits.memory_is_full(strategy_->memory()))) break;
    }
    if (!strategy_->begin_execution()) {
      exhausted = true;
      break;
    }
    const bool again = strategy_->shows_failure();
    if (!again && limits.are_met(begun_, tally_.steps)) [[unlikely]] {
      ended_by(limits.enough(begun_, tally_.steps));
      met_ = budget != nullptr && budget->steps != 0 && tally_.steps >= budget->steps;
      break;
    }
    begun_ += !again;
    Violation violation;
    crash_reporter::executing(begun_);
    Ending ending = run_once(execution, violation);
    if (wants_traces()) return std::nullopt;
    if (kind_of(violation.kind) == FailureKind::leak && !leaks_again(execution)) {
      ending = Ending::finished;
      violation = {};
    }
    if (outer_.misled() || wants_lines() || learns_from(execution, ending, violation)) return std::nullopt;
    if (ending != Ending::failed && ending != Ending::deadlock && weak_orders.wants_to_look(begun_)) look_at_orders(execution);
    const Judgement judged = judge(execution, ending, violation);
    count(execution, judged);
    if (traits_.ends && !again) note_what_it_opened(execution);
    const bool fails = judged.ending == Ending::failed || judged.ending == Ending::deadlock || judged.comes_back;
    const bool goes_on = !fails || keep_failure(execution, judged, violation);
    crash_reporter::executing(0);  // not before a failure is on record: a program that has ruined the heap may end the process at any allocation
    if (!goes_on) break;
  }
  say(progress_.end());
  outer_.compare();
  if (outer_.misled() || wants_lines()) return std::nullopt;
  conclude(exhausted);
  if (outer_.misled() || wants_traces() || wants_lines()) return std::nullopt;
  return std::move(report_);
}

void Explorer::learn() {
  learnt_.keeps_states |= goes_round_;
  learnt_.keeps_stacks |= wants_stacks_;
  learnt_.shared_lines.learn();
  if (wants_clear_stacks_) learnt_.stack_cleared = std::min(2 * stack_compared_ + 1024, stack_cleared_most);
  learnt_.traces_unseen |= wants_traces();
  learnt_.unseen = outer_.unseen();
}

std::string command_line() {
  std::string text, argument;
  std::FILE* file = std::fopen("/proc/self/cmdline", "r");
  if (file == nullptr) return "PROGRAM";
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
    if (c != '\0') {
      argument += static_cast<char>(c);
      continue;
    }
    const bool plain = argument.find_first_of(" \t\n'\"\\$&|;<>()*?[]#~`!{}") == std::string::npos && !argument.empty();
    text += (text.empty() ? "" : " ") + (plain ? argument : "'" + argument + "'");
    argument.clear();
  }
  std::fclose(file);
  return text;
}

std::uint64_t fresh_seed() {
  // 48 bits: short enough to be typed.
  const auto now = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  return (Random(now ^ static_cast<std::uint64_t>(getpid()) << 40).next() >> 16) | 1;
}

__attribute__((noinline)) Report explore(const std::function<void()>& body, const Options& options, SearchBudget* budget) {
  Explorer::Learnt learnt;
  while (true) {
    Explorer explorer(body, options, __builtin_frame_address(0), learnt);
    std::optional<Report> report = explorer.run(budget);
    if (report && budget != nullptr) budget->met = explorer.has_met_budget();  // not before: it may lie where writes unseen are looked for
    if (report) return std::move(*report);
    explorer.learn();
  }
}

}  // namespace interleave::engine
