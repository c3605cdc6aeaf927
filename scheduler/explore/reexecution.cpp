#include "scheduler/explore/explorer.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/api/checker_registry.hpp"
#include "scheduler/api/phases.hpp"
#include "scheduler/containment/forked_explanation.hpp"
#include "scheduler/containment/signal_guard.hpp"
#include "scheduler/containment/foreign_threads.hpp"
#include "scheduler/explain/named_objects.hpp"
#include "scheduler/explain/stack_frames.hpp"
#include "scheduler/explain/recorder.hpp"
#include "scheduler/explain/weak_orders.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/strategies/prefix_strategy.hpp"
#include "scheduler/strategies/replay.hpp"

namespace interleave::engine {
namespace {

// Replays a prefix, then lets one thread step alone for as long as that thread has a candidate.
class Alone final : public PrefixStrategy {
 public:
  Alone(const std::vector<std::uint32_t>& choices, std::uint64_t steps, SoloRun& solo_run) : PrefixStrategy(choices, steps), solo_run_(solo_run) {}

 private:
  std::size_t after_prefix(const ChoicePoint& at, const StateHash&) override {
    solo_run_.begin();
    for (std::size_t i = 0; i < at.enabled.size(); ++i)
      if (at.enabled[i].thread == solo_run_.thread()) return i;
    return prune;
  }

  SoloRun& solo_run_;
};

}  // namespace

std::vector<std::uint32_t> without_checks(std::vector<std::uint32_t> choices) {
  for (std::uint32_t& entry : choices) entry = Choices::taken(entry);
  return choices;
}

Schedule Explorer::schedule_of(const Finding& finding) const {
  Schedule schedule;
  schedule.name = options_.name;
  schedule.build = build_id();
  schedule.options = model_.recorded();
  schedule.stops_round = finding.stopped;
  schedule.comes_back = finding.comes_back;
  schedule.keeps_private = learnt_.shared_lines.in_use();
  schedule.shared_lines = learnt_.shared_lines.lines();
  std::vector<std::uint32_t> fingerprints;
  for (const std::uint32_t entry : finding.choices) {
    schedule.choices.push_back(Choices::taken(entry));
    fingerprints.push_back(Choices::check(entry));
  }
  schedule.checks = schedule_checks(fingerprints);
  return schedule;
}

// Executes the schedule of this execution again; returns whether it leaks again. A library that allocates something once and keeps it where the
// search for references does not look does not allocate it a second time, and is no leak.
bool Explorer::leaks_again(const Execution& execution) {
  Replay replay(schedule_of({.kind = "leak", .message = "", .choices = execution.outcome().choices.copy(), .seed = {}, .strategy = ""}));
  replay.begin_execution();
  Execution again(replay, execution_options(), {});
  Violation violation;
  run_once(again, violation);
  return kind_of(violation.kind) == FailureKind::leak;
}

// Executes the last execution again, to learn which of its operations with an order weaker than seq_cst are on objects that several threads access.
void Explorer::look_at_orders(const Execution& execution) {
  if (execution.outcome().choices.full()) return;
  Finding finding;
  finding.choices = execution.outcome().choices.copy();
  finding.stopped = execution.has_stopped();
  Replay replay(schedule_of(finding));
  replay.begin_execution();
  weak_orders.begin_look();
  Execution again(replay, execution_options(), {&weak_orders.listener()});
  Violation violation;
  run_once(again, violation, false);
  weak_orders.end_look();
}

// Whether a thread of the last execution came back to a state often enough to suspect an endless loop. If so, the exploration begins anew with
// states kept (liveness/state_hasher.hpp), or with the counters that were found.
bool Explorer::may_go_round(const Execution& execution) {
  constexpr std::size_t returns_least = 8;
  const bool recorded = !execution.outcome().choices.full();
  if (replaying_ || !recorded || !traits_.recognizes_states || model_.has(model_value(&Options::clock, "virtual")) ||
      model_.has(model_value(&Options::spurious_wakeups)) || model_.has(model_value(&Options::interrupts)))
    return false;
  Finding finding;
  finding.choices = execution.outcome().choices.copy_all();
  finding.stopped = execution.has_stopped();
  Replay replay(schedule_of(finding));
  replay.begin_execution();
  ExecutionOptions options = whole_execution_options();
  options.keeps_states = true;
  Execution again(replay, options, {});
  Violation violation;
  run_once(again, violation, false);
  goes_round_ = (!keeps_states_ && again.states()->returns() >= returns_least) || finds_counters(finding, *again.states());
  return goes_round_;
}

// Looks for threads in loops that wait and count (liveness/loop_counters.hpp) in the execution of this finding: each suspect is run alone, and the
// words that its laps change are learnt as counters. True: there were new ones. `states`: those of that execution.
bool Explorer::finds_counters(const Finding& finding, const StateHasher& states) {
  constexpr unsigned probes_max = 4;        // of a thread at a place
  constexpr std::uint64_t for_ever = 100'000;  // steps, where an execution may have any number
  const std::vector<std::uint32_t> choices = without_checks(finding.choices);
  const std::uint64_t most = options_.steps_max == 0 ? for_ever : options_.steps_max;
  struct Loop {
    StateHasher::Suspect suspect;
    SoloRun solo_run;
  };
  std::map<std::uint32_t, Loop> found;  // by thread: that of the shortest rounds
  const std::vector<StateHasher::Suspect> suspects = states.suspects();
  for (const StateHasher::Suspect& suspect : suspects) {
    const auto known = found.find(suspect.thread);
    if (known != found.end() && known->second.solo_run.rounds() <= 4 && known->second.solo_run.comes_to(suspect.place)) continue;
    if (learnt_.probed[{suspect.thread, suspect.place}]++ >= probes_max) continue;
    SoloRun solo_run(suspect.thread, suspect.place);
    if (go_on_alone(choices, suspect.steps, solo_run, suspect.steps + most, {}) != Ending::cut || solo_run.rounds() == 0) continue;
    if (known == found.end()) {
      found.emplace(suspect.thread, Loop{suspect, std::move(solo_run)});
    } else if (solo_run.rounds() < known->second.solo_run.rounds()) {
      known->second = {suspect, std::move(solo_run)};
    }
  }
  bool any = false;
  for (const auto& [thread, loop] : found) {
    Symbols symbols;
    Recorder recorder(symbols);
    SoloRun once(thread, loop.suspect.place);
    go_on_alone(choices, loop.suspect.steps, once, loop.suspect.steps + 1, {&recorder});
    const auto trace = recorder.take_trace();
    LoopCounters counters = loop.solo_run.counters();
    counters.add_loop(trace.empty() ? "?" : trace.back().location, loop.solo_run.rounds());
    any |= learnt_.counters->add(counters);
  }
  return any;
}

Ending Explorer::go_on_alone(const std::vector<std::uint32_t>& choices, std::uint64_t steps, SoloRun& solo_run, std::uint64_t steps_max,
                             std::vector<ExecutionListener*> listeners) {
  Alone alone(choices, steps, solo_run);
  alone.begin_execution();
  ExecutionOptions options = whole_execution_options();
  options.keeps_states = true;
  options.solo_run = &solo_run;
  options.steps_max = steps_max;
  Execution execution(alone, options, std::move(listeners));
  Violation violation;
  return run_once(execution, violation, false);
}

// The statement of what was covered, for a program with loops that wait and count.
std::string Explorer::covered_by_counting() const {
  std::string loops;
  for (const std::string& loop : learnt_.counters->loops()) loops += (loops.empty() ? "" : ", ") + loop;
  return fmt::format("every schedule in which no thread goes more than {} times in vain round a loop that waits and counts ({})",
                     learnt_.counters->rounds(), loops);
}

// Whether some schedule leads from the end of this execution, which has come back to an earlier state, to an end (cycle_analysis.hpp).
CycleAnalysis::Answer Explorer::classify_cycle(const Execution& execution) {
  if (again_ == nullptr) again_ = std::make_unique<Execution>(stand_in_, execution_options(), std::vector<ExecutionListener*>{});
  return cycle_analysis_.classify(without_checks(execution.outcome().choices.copy()), execution.steps(), executing_again(execution.has_stopped()));
}

CycleAnalysis::Execute Explorer::executing_again(bool stopped) {
  return [this, stopped](Strategy& strategy, std::uint64_t after, std::uint64_t steps_max) {
    stand_in_.stand_for(strategy);
    again_->limit(stopped, after, steps_max);
    Violation violation;
    return run_once(*again_, violation, false);
  };
}

// Extends the schedule of a livelock by one lap of its loop, so that the report shows the lap.
void Explorer::show_cycle(Finding& finding) {
  const std::vector<std::uint32_t> choices = without_checks(finding.choices);
  cycle_analysis_.exhibit(choices, finding.steps, executing_again(finding.stopped));
  finding.choices = again_->outcome().choices.copy();
  finding.stopped = false;
  Replay replay(schedule_of(finding));
  replay.begin_execution();
  executing_again(false)(replay, 0, options_.steps_max);
  finding.steps = again_->steps();
}

// The place of the last step of an execution that was cut: for a loop that waits by spinning, the loop.
std::vector<TraceEvent> Explorer::trace_of(const Finding& finding) {
  Replay replay(schedule_of(finding));
  replay.begin_execution();
  Symbols symbols;
  Recorder recorder(symbols);
  Execution execution(replay, execution_options(), {&recorder});
  Violation violation;
  run_once(execution, violation);
  return recorder.take_trace();
}

std::string Explorer::place_of_cut(const Finding& finding) {
  const auto trace = trace_of(finding);
  return trace.empty() || trace.back().location.empty() ? "a place that is not known" : trace.back().location;
}

Failure Explorer::explain(const Finding& finding) {
  Failure failure = is_to_be_shrunk(finding) ? explain_shrunk(finding) : explain_alone(finding);
  failure.message += remark_on_other_threads(failure.kind);
  return failure;
}

// What is known without executing anything again.
Failure Explorer::failure_of(const Finding& finding) const {
  return {.kind = finding.kind, .message = finding.message, .schedule = encode(schedule_of(finding)),
          .seed = finding.seed.value_or(0), .strategy = finding.strategy,
          .step = static_cast<std::size_t>(finding.steps), .threads = {}, .trace = {}};
}

Failure Explorer::explain_alone(const Finding& finding) {
  Failure failure = failure_of(finding);
  const FailureKind kind = kind_of(finding.kind);
  if (kind == FailureKind::nondeterminism) return failure;  // executing it again would do something else
  const bool dangerous = kind == FailureKind::crash || (kind == FailureKind::livelock && !finding.message.empty());
  if (!dangerous || std::getenv("INTERLEAVE_BREAK") != nullptr) return explain_here(finding, std::move(failure));
  constexpr double patience = 120;  // seconds, of which a loop without steps takes ten
  return explain_in_child([&] { return explain_here(finding, failure); }, failure, patience);
}

// Executes the schedule of the finding once more, with everything recorded, and completes `failure` with names, places and a message.
Failure Explorer::explain_here(const Finding& finding, Failure failure) {
  const Schedule schedule = schedule_of(finding);
  Replay replay(schedule);
  replay.begin_execution();
  Symbols& symbols = Symbols::kept();
  StackFrames frames;
  NamedObjects names(symbols, frames);
  Recorder recorder(symbols, &names);
  std::vector<ExecutionListener*> listeners{&frames, &recorder};
  bridge_.explains(&recorder, &symbols);
  if (bridge_.watches()) listeners.push_back(&bridge_);
  Shadow memory_shadow(shadow_limits(), model_.has(model_value(&Options::races, "fail")), true, learnt_.keeps_stacks);
  shadow = model_.has(model_value(&Options::races, "ignore")) ? nullptr : &memory_shadow;
  memory_shadow.notes_moments(recorder.moment());
  Execution execution(replay, execution_options(finding), std::move(listeners));
  Violation violation;
  if (run_once(execution, violation) == Ending::redundant && finding.comes_back) violation.kind = text_of(FailureKind::livelock);
  shadow = nullptr;
  bridge_.explains(nullptr, nullptr);
  if (violation.kind == memory_shadow.found()) recorder.add_accesses(execution, memory_shadow.told());
  failure.threads = recorder.take_threads();
  failure.trace = recorder.take_trace();
  failure.stacks = recorder.take_stacks();
  for (const auto& [object, name] : recorder.numbered())
    if (std::string known = memory_shadow.known_at(reinterpret_cast<std::uintptr_t>(object), symbols, execution, names); !known.empty())
      failure.objects.emplace_back(name, std::move(known));
  const FailureKind kind = kind_of(violation.kind);
  if (kind == FailureKind::nondeterminism || violation.kind != finding.kind) {
    failure.message = fmt::format("{} [found as {}: {}; the same schedule executed again {}]",
                                  violation.message.empty() ? "the program is not deterministic" : violation.message, finding.kind,
                                  finding.message,
                                  violation.kind.empty() ? "ended well" : fmt::format("ended in {}", violation.kind));
    failure.kind = text_of(FailureKind::nondeterminism);
    return failure;
  }
  failure.message = violation.kind == memory_shadow.found()
                        ? memory_shadow.describe(symbols, execution, names)
                        : hooks::Checker::explain(options_.checks, violation.kind, failure.threads, failure.trace, violation.message);
  if (kind == FailureKind::leak && !model_.has(model_value(&Options::races, "ignore")))
    failure.message = fmt::format("{}, is referred to by nothing when the execution has ended{}",
                                  memory_shadow.describe_block(symbols, execution, leaks_.first),
                                  leaks_.blocks == 1 ? "" : fmt::format("; nor are {} others, {} bytes in all", leaks_.blocks - 1, leaks_.bytes));
  if (kind == FailureKind::unsupported || kind == FailureKind::misuse || kind == FailureKind::crash || kind == FailureKind::livelock) {
    for (const ThreadState& thread : failure.threads)
      if (phase_of(thread.state) == ThreadPhase::failed && !thread.location.empty()) failure.message += fmt::format(" ({})", thread.location);
  }
  if (recorder.lacks_lines()) failure.message += " (for places and for names of objects, compile the program with debug information: -g)";
  return failure;
}

}  // namespace interleave::engine
