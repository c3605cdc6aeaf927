#include <interleave/scheduler/explorer.hpp>

#include <stdio_ext.h>
#include <sys/single_threaded.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include <interleave/scheduler/confirm.hpp>
#include <interleave/scheduler/execution.hpp>
#include <interleave/scheduler/faults.hpp>
#include <interleave/scheduler/framework_code.hpp>
#include <interleave/scheduler/hooks.hpp>
#include <interleave/scheduler/linkage.hpp>
#include <interleave/scheduler/leaks.hpp>
#include <interleave/scheduler/memory.hpp>
#include <interleave/scheduler/observer.hpp>
#include <interleave/scheduler/onward.hpp>
#include <interleave/scheduler/outer_state.hpp>
#include <interleave/scheduler/shadow.hpp>
#include <interleave/scheduler/replay.hpp>
#include <interleave/scheduler/schedule.hpp>
#include <interleave/scheduler/stack_frames.hpp>
#include <interleave/scheduler/strategy.hpp>
#include <interleave/scheduler/trace.hpp>
#include <interleave/scheduler/watchdog.hpp>
#include <interleave/scheduler/witness.hpp>

namespace interleave::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t sample_executions = 10'000;  // of a sampler without any limit
constexpr std::size_t stack_cleared_most = std::size_t{32} << 10;
constexpr std::uint64_t probed_first = 64;            // from this execution on, now and then one is looked at for endless loops

// How much a strategy may keep: INTERLEAVE_MEMORY_MB, or half of what the machine has, but no more than 4 GiB.
std::size_t memory_limit() {
  if (const char* text = std::getenv("INTERLEAVE_MEMORY_MB")) {
    char* end = nullptr;
    const unsigned long mib = std::strtoul(text, &end, 10);
    if (end == text || *end != '\0' || mib == 0 || mib > std::size_t{1} << 30)
      throw UsageError(fmt::format("INTERLEAVE_MEMORY_MB must be a whole number of at least 1, not '{}'", text));
    return mib << 20;
  }
  const auto machine = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return std::min(machine / 2, std::size_t{4} << 30);
}

bool under_way = false;

// What must be so before the state of the process is first looked at.
void prepare_process() {
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

// Without the checks.
std::vector<std::uint32_t> taken(const Choices& choices) {
  std::vector<std::uint32_t> result = choices.copy();
  for (std::uint32_t& entry : result) entry = Choices::taken(entry);
  return result;
}

// Hands the steps of an execution to the user's observers.
class ObserverBridge final : public Watcher {
 public:
  explicit ObserverBridge(const std::vector<std::shared_ptr<Observer>>& observers) : observers_(observers) {}

  void begin() {
    if (observers_.empty()) return;
    const FrameworkFrame frame;
    for (const auto& observer : observers_) observer->begin_execution();
  }
  void performed(Execution& run, const Thread& thread) override {
    const Operation& op = thread.pending;
    const char* name = op.type->shown != nullptr ? op.type->shown(op, false) : op.type->name;
    const ObservedStep step{run.steps(), thread.id, name, op.object, !op.failed, thread.variant};
    std::optional<Objection> objection;
    {
      const FrameworkFrame frame;
      for (const auto& observer : observers_)
        if (!objection) objection = observer->on_step(step);
    }
    if (objection) run.object(std::move(objection->kind), std::move(objection->message));
  }
  // After an execution that ended by itself: the first objection.
  std::optional<Objection> end() {
    if (observers_.empty()) return std::nullopt;
    const FrameworkFrame frame;
    for (const auto& observer : observers_)
      if (auto objection = observer->end_execution()) return objection;
    return std::nullopt;
  }

 private:
  const std::vector<std::shared_ptr<Observer>>& observers_;
};

struct Finding {
  std::string kind, message;
  std::vector<std::uint32_t> choices;
  std::uint64_t steps = 0, execution = 0;
  std::optional<std::uint64_t> seed;
  std::string strategy;
  bool stopped = false;  // a thread that had gone round
  bool comes_back = false;  // to where it was, at its end
};

// Chooses as another strategy does, one after the other.
class StandIn final : public Strategy {
 public:
  void stand_for(Strategy& other) {
    other_ = &other;
    other_->consult(*situation_);
  }
  bool begin_execution() override { return true; }
  std::size_t choose(const ChoicePoint& at) override { return other_->choose(at); }
  std::string resolved() const override { return other_->resolved(); }

 private:
  Strategy* other_ = nullptr;
};

class Explorer {
 public:
  // What an earlier attempt has learnt: places that change unseen, whether states are to be kept, and how much of the stacks is to be
  // cleared.
  Explorer(const std::function<void()>& body, const Options& options, const void* caller_frame, const OuterState::Places& unseen,
           bool keeps_states, std::size_t stack_cleared)
      : body_(body), options_(options), frame_(caller_frame), outer_((prepare_process(), caller_frame), unseen), bridge_(options_.observers),
        keeps_states_(keeps_states), stack_cleared_(stack_cleared) {
    under_way = true;
    explores_races = options_.races == "explore";
    reuses_blocks = options_.heap == "reuse";
  }
  ~Explorer() {
    witness::end();
    under_way = false;
    shadow = nullptr;
    explores_races = false;
    reuses_blocks = false;
  }

  // Not to be believed if this attempt was `misled`, or goes round.
  Report run(std::uint64_t steps_in_all);
  bool misled() const { return outer_.misled(); }
  bool goes_round() const { return goes_round_; }
  bool wants_clear_stacks() const { return wants_clear_stacks_; }
  std::size_t stack_compared() const { return stack_compared_; }
  OuterState::Places unseen() const { return outer_.unseen(); }

 private:
  std::unique_ptr<Strategy> make();
  ExecutionOptions execution_options() const {
    return {.steps_max = options_.steps_max, .virtual_clock = options_.clock == "virtual",
            .spurious_wakeups = options_.spurious_wakeups, .interrupts = options_.interrupts, .stops_round = stops_round_,
            .keeps_states = keeps_states_, .stack_cleared = replaying_ || keeps_states_ ? stack_cleared_most : stack_cleared_,
            .spins_from = spins_freely_ ? 0 : ~std::uint64_t{0}};
  }
  // For executions of this finding's schedule.
  ExecutionOptions execution_options(const Finding& finding) const {
    ExecutionOptions options = execution_options();
    if (finding.comes_back) options.spins_from = 0;
    return options;
  }
  Ending run_once(Execution& execution, Fault& fault, bool observed = true);
  bool may_go_round(const Execution& execution);
  Onward::Answer onward(const Execution& execution);
  Onward::Execute executing_again(bool stopped);
  void show_round(Finding& finding);
  void keep(Finding finding);
  Failure explain(const Finding& finding);
  Failure explain_here(const Finding& finding, Failure failure);
  std::string place_of_cut(const Finding& finding);
  bool leaks_again(const Execution& execution);
  Schedule schedule_of(const Finding& finding) const;

  const std::function<void()>& body_;
  Options options_;
  const void* frame_;         // where the stack of whoever asked begins
  OuterState outer_;
  Leaks leaks_;               // of the last execution
  ObserverBridge bridge_;
  FaultGuard faults_;
  Watchdog watchdog_;
  Report report_;
  std::optional<Finding> shortest_, first_cut_;
  std::unique_ptr<Strategy> strategy_;
  bool replaying_ = false;
  bool stops_round_ = false;  // as ExecutionOptions
  bool keeps_states_ = false, spins_freely_ = false;  // likewise
  std::size_t stack_cleared_ = 0, stack_compared_ = 0;
  bool wants_clear_stacks_ = false;
  bool goes_round_ = false;   // a thread comes back to where it was, again and again
  Onward onward_;
  StandIn stand_in_;
  std::unique_ptr<Execution> again_;  // what onward_ executes
};

std::unique_ptr<Strategy> Explorer::make() {
  if (!options_.schedule.empty()) {
    const Schedule schedule = decode(options_.schedule, options_.name);
    replaying_ = true;
    // What decides which candidates there are comes from the recording.
    options_.spurious_wakeups = schedule.spurious_wakeups;
    options_.interrupts = schedule.interrupts;
    options_.clock = schedule.virtual_clock ? "virtual" : "any";
    options_.races = schedule.races;
    options_.heap = schedule.reuses_blocks ? "reuse" : "fresh";
    reuses_blocks = schedule.reuses_blocks;
    stops_round_ = schedule.stops_round;
    keeps_states_ = spins_freely_ = schedule.comes_back;
    explores_races = options_.races == "explore";
    if (schedule.build != build_id())
      fmt::print(stderr, "interleave: the schedule was recorded from another build; replaying as long as it fits\n");
    return std::make_unique<Replay>(schedule);
  }
  const bool virtual_clock = options_.clock == "virtual";
  if (options_.strategy.empty()) return make_strategy(virtual_clock ? "dfs" : "dpor", options_.seed);
  auto strategy = make_strategy(options_.strategy, options_.seed);
  if (virtual_clock && strategy->reduces())
    throw UsageError(fmt::format("under the virtual clock time passes when nobody can step, so timed operations depend on all others and "
                                 "'{}' could leave out too much: use dfs", options_.strategy));
  return strategy;
}

Ending Explorer::run_once(Execution& execution, Fault& fault, bool observed) {
  hooks::BeforeExecution::call_all();
  if (observed) bridge_.begin();
  Ending ending = execution.run(body_);
  if (ending == Ending::failed) fault = execution.fault();
  abandon_framework_frame();
  if (ending == Ending::failed) release_streams();
  close_streams();
  leaks_ = options_.leaks && ending == Ending::finished && !execution.has_failed() ? find_leaks(frame_) : Leaks{};
  memory->end_execution(!execution.abandoned());
  outer_.restore();
  if (ending == Ending::deadlock) {
    fault = {execution.awaiting().empty() ? "deadlock" : "livelock", ""};
  } else if (leaks_.blocks > 0) {
    ending = Ending::failed;
    fault = {"leak", fmt::format("{} block{} of {} bytes in all", leaks_.blocks, leaks_.blocks == 1 ? "" : "s", leaks_.bytes)};
  } else if (observed && (ending == Ending::finished || ending == Ending::quiescent)) {
    if (auto objection = bridge_.end()) {
      ending = Ending::failed;
      fault = {std::move(objection->kind), std::move(objection->message)};
    }
  }
  return ending;
}

void Explorer::keep(Finding finding) {
  if (shortest_ && finding.steps >= shortest_->steps) return;
  shortest_ = std::move(finding);
  witness::found(shortest_->kind, encode(schedule_of(*shortest_)));
}

Report Explorer::run(std::uint64_t steps_in_all) {
  strategy_ = make();
  // A wakeup that may come at any moment leaves the virtual clock no moment at which nobody can step.
  if (options_.clock == "virtual" && (options_.spurious_wakeups || options_.interrupts))
    throw UsageError("the virtual clock moves when nobody can step, so it goes with neither spurious wakeups nor interrupts: leave out one");
  report_.seed = options_.seed;
  report_.strategy = strategy_->resolved();
  stops_round_ |= strategy_->reduces();
  const auto start = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start); };
  std::vector<Watcher*> watchers;
  if (!options_.observers.empty()) watchers.push_back(&bridge_);
  Shadow memory_shadow(options_.races == "fail", false);
  shadow = options_.races == "ignore" ? nullptr : &memory_shadow;
  ExecutionOptions execution_options = this->execution_options();
  execution_options.run_on = strategy_->reduces() && !options_.stop_at_first_failure;
  // INTERLEAVE_BREAK: a replay under a debugger stops where the execution fails, on the stack of the thread to blame.
  const char* stop = std::getenv("INTERLEAVE_BREAK");
  execution_options.break_on_failure = replaying_ && stop != nullptr && *stop != '\0';
  Execution execution(*strategy_, execution_options, std::move(watchers));
  std::uint64_t limit = options_.executions_max;
  if (limit == 0 && !strategy_->ends() && !replaying_ && options_.time_max.count() == 0) limit = sample_executions;

  witness::begin(schedule_of({}));
  const std::size_t memory_max = memory_limit();
  std::uint64_t begun = 0, undecided = 0;
  bool exhausted = false;
  while (true) {
    if (options_.time_max.count() > 0 && (begun & 15) == 0 && elapsed() > options_.time_max) {
      report_.incomplete_reason = fmt::format("the time limit of {} s was met", options_.time_max.count());
      break;
    }
    if (strategy_->memory() > memory_max) {
      if (may_go_round(execution)) return {};
      report_.incomplete_reason = fmt::format("the limit of {} MiB of memory was met (INTERLEAVE_MEMORY_MB raises it)", memory_max >> 20);
      break;
    }
    if (!strategy_->begin_execution()) {
      exhausted = true;
      break;
    }
    const bool again = strategy_->shows_failure();
    if (limit != 0 && begun == limit && !again) {  // and there would be another one
      report_.incomplete_reason = fmt::format("the limit of {} executions was met", limit);
      break;
    }
    if (steps_in_all != 0 && report_.steps >= steps_in_all && !again) {
      report_.incomplete_reason = fmt::format("the limit of {} steps in all was met", steps_in_all);
      break;
    }
    begun += !again;
    Fault fault;
    witness::executing(begun);
    Ending ending = run_once(execution, fault);
    witness::executing(0);
    if (fault.kind == "leak" && !leaks_again(execution)) {
      ending = Ending::finished;
      fault = {};
    }
    if (outer_.misled()) return {};
    // What earlier executions left on the stacks was compared: begin anew with stacks that are cleared.
    stack_compared_ = execution.stack_compared();
    wants_clear_stacks_ = stack_compared_ > stack_cleared_ && stack_cleared_ < stack_cleared_most && !replaying_ && !keeps_states_;
    if (wants_clear_stacks_) return {};
    if ((ending == Ending::cut && report_.cut == 0) || (begun >= probed_first && (begun & (begun - 1)) == 0)) {
      if (may_go_round(execution)) return {};
    }
    bool comes_back = ending == Ending::vain && keeps_states_;
    if (comes_back) {
      const Onward::Answer answer = onward(execution);
      comes_back = answer == Onward::Answer::never && execution.anybody_unfinished();
      if (comes_back) fault.kind = "livelock";
      if (answer == Onward::Answer::never && !comes_back) ending = Ending::quiescent;  // only daemons are left
      if (answer == Onward::Answer::unknown) ending = Ending::cut;
      undecided += answer == Onward::Answer::unknown;
      report_.rounds += answer == Onward::Answer::ends;
    }
    try {
      strategy_->end_execution(ending);
    } catch (const Divergence& divergence) {
      ending = Ending::failed;
      fault = {"nondeterminism", divergence.what()};
    }
    report_.steps += execution.steps();
    report_.steps_longest = std::max(report_.steps_longest, execution.steps());
    report_.threads_most = std::max(report_.threads_most, execution.thread_count());
    if (again) {
      // It was counted before.
    } else if (ending == Ending::cut) {
      ++report_.cut;
      if (!first_cut_)
        first_cut_ = Finding{.kind = "cut", .message = "", .choices = execution.choices().copy(), .steps = execution.steps(),
                             .execution = begun, .seed = {}, .strategy = "", .stopped = execution.has_stopped()};
    } else if ((strategy_->redundant() || ending == Ending::vain) && !comes_back) {
      ++report_.redundant;
    } else {
      ++report_.executions;
      if (const std::string* value = execution.outcome()) ++report_.outcomes[*value];
    }
    if (ending == Ending::failed || ending == Ending::deadlock || comes_back) {
      // One that was counted already fails anew only if it did not fail then.
      report_.failing += !strategy_->redundant() || report_.failing == 0;
      Finding finding{fault.kind, fault.message, execution.choices().copy(), execution.failing_step(), begun, strategy_->execution_seed(),
                      strategy_->execution_strategy(), execution.has_stopped(), comes_back};
      if (comes_back && !replaying_ && (!shortest_ || finding.steps < shortest_->steps)) show_round(finding);
      keep(std::move(finding));
      const bool hopeless = fault.kind == "nondeterminism" || fault.kind == "unsupported";
      if (options_.stop_at_first_failure || hopeless) break;
    }
  }
  outer_.compare();
  if (outer_.misled()) return {};
  report_.complete = exhausted && strategy_->exhaustive() && report_.cut == 0;
  report_.covered = report_.complete ? "" : strategy_->covered();
  report_.seconds = elapsed().count();
  if (undecided > 0)
    report_.incomplete_reason = fmt::format("{} came back to where {} been, the first one at {}, and whether threads go round for ever is not known",
                                            undecided == 1 ? "1 execution" : fmt::format("{} executions", undecided),
                                            undecided == 1 ? "it had" : "they had", place_of_cut(*first_cut_));
  else if (report_.cut > 0)
    report_.incomplete_reason = fmt::format("{} cut at the limit of {} steps, the first one at {}",
                                            report_.cut == 1 ? "1 execution was" : fmt::format("{} executions were", report_.cut),
                                            options_.steps_max, place_of_cut(*first_cut_));
  const bool goal_missed = report_.cut > 0 || (strategy_->ends() && !exhausted);
  report_.verdict = shortest_ ? Verdict::fail : goal_missed ? Verdict::incomplete : Verdict::pass;
  if (report_.verdict != Verdict::incomplete) report_.incomplete_reason.clear();
  if (shortest_) report_.failure = explain(*shortest_);
  return std::move(report_);
}

Schedule Explorer::schedule_of(const Finding& finding) const {
  Schedule schedule{.name = options_.name, .build = build_id(), .spurious_wakeups = options_.spurious_wakeups,
                    .interrupts = options_.interrupts, .virtual_clock = options_.clock == "virtual", .races = options_.races,
                    .reuses_blocks = options_.heap == "reuse", .stops_round = finding.stopped, .comes_back = finding.comes_back,
                    .choices = {}, .checks = {}};
  std::vector<std::uint32_t> fingerprints;
  for (const std::uint32_t entry : finding.choices) {
    schedule.choices.push_back(Choices::taken(entry));
    fingerprints.push_back(Choices::check(entry));
  }
  schedule.checks = schedule_checks(fingerprints);
  return schedule;
}

// Whether the schedule of this execution leaks whenever it is executed. What a library allocates once and keeps where nobody
// looks, it does not allocate again.
bool Explorer::leaks_again(const Execution& execution) {
  Replay replay(schedule_of({.kind = "leak", .message = "", .choices = execution.choices().copy(), .seed = {}, .strategy = ""}));
  replay.begin_execution();
  Execution again(replay, execution_options(), {});
  Fault fault;
  run_once(again, fault);
  return fault.kind == "leak";
}

// Whether threads of the last execution were time and again where they had been, as those of a program with endless loops are that it
// takes states to recognize. The exploration then begins anew.
bool Explorer::may_go_round(const Execution& execution) {
  constexpr std::size_t returns_least = 8;
  const bool recorded = !execution.has_failed() && !execution.choices().full();
  if (keeps_states_ || replaying_ || !recorded || !strategy_->recognizes_states() || options_.clock == "virtual" ||
      options_.spurious_wakeups || options_.interrupts)
    return false;
  Finding finding;
  finding.choices = execution.choices().copy();
  finding.stopped = execution.has_stopped();
  Replay replay(schedule_of(finding));
  replay.begin_execution();
  ExecutionOptions options = execution_options();
  options.keeps_states = true;
  Execution again(replay, options, {});
  Fault fault;
  run_once(again, fault, false);
  goes_round_ = again.states()->returns() >= returns_least;
  return goes_round_;
}

// Whether an execution that has come back to where it was leads anywhere.
Onward::Answer Explorer::onward(const Execution& execution) {
  if (again_ == nullptr) again_ = std::make_unique<Execution>(stand_in_, execution_options(), std::vector<Watcher*>{});
  return onward_.ask(taken(execution.choices()), execution.steps(), executing_again(execution.has_stopped()));
}

Onward::Execute Explorer::executing_again(bool stopped) {
  return [this, stopped](Strategy& strategy, std::uint64_t after, std::uint64_t steps_max) {
    stand_in_.stand_for(strategy);
    again_->limit(stopped, after, steps_max);
    Fault fault;
    return run_once(*again_, fault, false);
  };
}

// Goes on with an execution that never ends until it has gone round once.
void Explorer::show_round(Finding& finding) {
  std::vector<std::uint32_t> choices;
  for (const std::uint32_t entry : finding.choices) choices.push_back(Choices::taken(entry));
  onward_.go_round(choices, finding.steps, executing_again(finding.stopped));
  finding.choices = again_->choices().copy();
  finding.stopped = false;
  Replay replay(schedule_of(finding));
  replay.begin_execution();
  executing_again(false)(replay, 0, options_.steps_max);
  finding.steps = again_->steps();
}

// Where the threads of an execution stood that went on for too long: for a loop that waits by spinning, the loop.
std::string Explorer::place_of_cut(const Finding& finding) {
  Replay replay(schedule_of(finding));
  replay.begin_execution();
  Symbols symbols;
  Recorder recorder(symbols);
  Execution execution(replay, execution_options(), {&recorder});
  Fault fault;
  run_once(execution, fault);
  const auto trace = recorder.take_trace();
  return trace.empty() || trace.back().location.empty() ? "a place that is not known" : trace.back().location;
}

Failure Explorer::explain(const Finding& finding) {
  const Schedule schedule = schedule_of(finding);
  Failure failure{.kind = finding.kind, .message = finding.message, .schedule = encode(schedule),
                  .seed = finding.seed.value_or(0), .strategy = finding.strategy,
                  .step = static_cast<std::size_t>(finding.steps), .threads = {}, .trace = {}};
  if (finding.kind == "nondeterminism") return failure;  // executing it again would do something else
  const bool dangerous = finding.kind == "crash" || (finding.kind == "livelock" && !finding.message.empty());
  if (!dangerous || std::getenv("INTERLEAVE_BREAK") != nullptr) return explain_here(finding, std::move(failure));
  constexpr double patience = 120;  // seconds, of which a loop without steps takes ten
  return in_own_process([&] { return explain_here(finding, failure); }, failure, patience);
}

// `failure`: what is known of it.
Failure Explorer::explain_here(const Finding& finding, Failure failure) {
  const Schedule schedule = schedule_of(finding);
  Replay replay(schedule);
  replay.begin_execution();
  Symbols symbols;
  Recorder recorder(symbols);
  StackFrames frames;
  std::vector<Watcher*> watchers{&recorder, &frames};
  if (!options_.observers.empty()) watchers.push_back(&bridge_);
  Shadow memory_shadow(options_.races == "fail", true);
  shadow = options_.races == "ignore" ? nullptr : &memory_shadow;
  Execution execution(replay, execution_options(finding), std::move(watchers));
  Fault fault;
  if (run_once(execution, fault) == Ending::vain && finding.comes_back) fault.kind = "livelock";
  shadow = nullptr;
  failure.threads = recorder.take_threads();
  failure.trace = recorder.take_trace();
  if (fault.kind == "nondeterminism" || fault.kind != finding.kind) {
    failure.message = fmt::format("{} [found as {}: {}; the same schedule executed again {}]",
                                  fault.message.empty() ? "the program is not deterministic" : fault.message, finding.kind,
                                  finding.message,
                                  fault.kind.empty() ? "ended well" : fmt::format("ended in {}", fault.kind));
    failure.kind = "nondeterminism";
    return failure;
  }
  failure.message = fault.kind == memory_shadow.found()
                        ? memory_shadow.describe(symbols, execution, frames)
                        : hooks::Explainer::explain(fault.kind, failure.threads, failure.trace, fault.message);
  if (fault.kind == "leak" && options_.races != "ignore")
    failure.message = fmt::format("{}, is referred to by nothing when the execution has ended{}",
                                  memory_shadow.describe_block(symbols, execution, leaks_.first),
                                  leaks_.blocks == 1 ? "" : fmt::format("; nor are {} others, {} bytes in all", leaks_.blocks - 1, leaks_.bytes));
  if (fault.kind == "unsupported" || fault.kind == "misuse" || fault.kind == "crash" || fault.kind == "livelock") {
    for (const ThreadState& thread : failure.threads)
      if (thread.state == "failed" && !thread.location.empty()) failure.message += fmt::format(" ({})", thread.location);
  }
  return failure;
}

}  // namespace

bool exploring() { return under_way; }

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

__attribute__((noinline)) Report explore(const std::function<void()>& body, const Options& options, std::uint64_t steps_in_all) {
  OuterState::Places unseen;
  bool keeps_states = false;
  std::size_t stack_cleared = 0;
  while (true) {
    Explorer explorer(body, options, __builtin_frame_address(0), unseen, keeps_states, stack_cleared);
    Report report = explorer.run(steps_in_all);
    if (!explorer.misled() && !explorer.goes_round() && !explorer.wants_clear_stacks()) return report;
    keeps_states |= explorer.goes_round();
    if (explorer.wants_clear_stacks()) stack_cleared = std::min(2 * explorer.stack_compared() + 1024, stack_cleared_most);
    unseen = explorer.unseen();
  }
}

}  // namespace interleave::engine
