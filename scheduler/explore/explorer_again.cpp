#include "scheduler/explore/exploration.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/api/hooks.hpp"
#include "scheduler/api/phases.hpp"
#include "scheduler/containment/confirm.hpp"
#include "scheduler/containment/faults.hpp"
#include "scheduler/containment/other_threads.hpp"
#include "scheduler/explain/stack_frames.hpp"
#include "scheduler/explain/trace.hpp"
#include "scheduler/explain/weak_orders.hpp"
#include "scheduler/model/recorded_options.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/strategies/goes_on.hpp"
#include "scheduler/strategies/replay.hpp"

namespace interleave::engine {
namespace {

// Replays a prefix, then lets one thread step alone for as long as that thread has a candidate.
class Alone final : public GoesOn {
 public:
  Alone(const std::vector<std::uint32_t>& choices, std::uint64_t steps, Lonely& lonely) : GoesOn(choices, steps), lonely_(lonely) {}

 private:
  std::size_t go_on(const ChoicePoint& at, const Weight&) override {
    lonely_.begin();
    for (std::size_t i = 0; i < at.enabled.size(); ++i)
      if (at.enabled[i].thread == lonely_.thread()) return i;
    return prune;
  }

  Lonely& lonely_;
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
  record_options(options_, schedule);
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
  Replay replay(schedule_of({.kind = "leak", .message = "", .choices = execution.choices().copy(), .seed = {}, .strategy = ""}));
  replay.begin_execution();
  Execution again(replay, execution_options(), {});
  Fault fault;
  run_once(again, fault);
  return kind_of(fault.kind) == FailureKind::leak;
}

// Executes the last execution again, to learn which of its operations with an order weaker than seq_cst are on objects that several threads access.
void Explorer::look_at_orders(const Execution& execution) {
  if (execution.choices().full()) return;
  Finding finding;
  finding.choices = execution.choices().copy();
  finding.stopped = execution.has_stopped();
  Replay replay(schedule_of(finding));
  replay.begin_execution();
  weak_orders.begin_look();
  Execution again(replay, execution_options(), {&weak_orders.watcher()});
  Fault fault;
  run_once(again, fault, false);
  weak_orders.end_look();
}

// Whether a thread of the last execution came back to a state often enough to suspect an endless loop. If so, the exploration begins anew with
// states kept (liveness/states.hpp), or with the counters that were found.
bool Explorer::may_go_round(const Execution& execution) {
  constexpr std::size_t returns_least = 8;
  const bool recorded = !execution.choices().full();
  if (replaying_ || !recorded || !traits_.recognizes_states || options_.clock == "virtual" ||
      options_.spurious_wakeups || options_.interrupts)
    return false;
  Finding finding;
  finding.choices = execution.choices().copy_all();
  finding.stopped = execution.has_stopped();
  Replay replay(schedule_of(finding));
  replay.begin_execution();
  ExecutionOptions options = whole_execution_options();
  options.keeps_states = true;
  Execution again(replay, options, {});
  Fault fault;
  run_once(again, fault, false);
  goes_round_ = (!keeps_states_ && again.states()->returns() >= returns_least) || finds_counters(finding, *again.states());
  return goes_round_;
}

// Looks for threads in loops that wait and count (liveness/counters.hpp) in the execution of this finding: each suspect is run alone, and the
// words that its laps change are learnt as counters. True: there were new ones. `states`: those of that execution.
bool Explorer::finds_counters(const Finding& finding, const States& states) {
  constexpr unsigned probes_max = 4;        // of a thread at a place
  constexpr std::uint64_t for_ever = 100'000;  // steps, where an execution may have any number
  const std::vector<std::uint32_t> choices = without_checks(finding.choices);
  const std::uint64_t most = options_.steps_max == 0 ? for_ever : options_.steps_max;
  struct Loop {
    States::Suspect suspect;
    Lonely lonely;
  };
  std::map<std::uint32_t, Loop> found;  // by thread: that of the shortest rounds
  const std::vector<States::Suspect> suspects = states.suspects();
  for (const States::Suspect& suspect : suspects) {
    const auto known = found.find(suspect.thread);
    if (known != found.end() && known->second.lonely.rounds() <= 4 && known->second.lonely.comes_to(suspect.place)) continue;
    if (learnt_.probed[{suspect.thread, suspect.place}]++ >= probes_max) continue;
    Lonely lonely(suspect.thread, suspect.place);
    if (go_on_alone(choices, suspect.steps, lonely, suspect.steps + most, {}) != Ending::cut || lonely.rounds() == 0) continue;
    if (known == found.end()) {
      found.emplace(suspect.thread, Loop{suspect, std::move(lonely)});
    } else if (lonely.rounds() < known->second.lonely.rounds()) {
      known->second = {suspect, std::move(lonely)};
    }
  }
  bool any = false;
  for (const auto& [thread, loop] : found) {
    Symbols symbols;
    Recorder recorder(symbols);
    Lonely once(thread, loop.suspect.place);
    go_on_alone(choices, loop.suspect.steps, once, loop.suspect.steps + 1, {&recorder});
    const auto trace = recorder.take_trace();
    Counters counters = loop.lonely.counters();
    counters.add_loop(trace.empty() ? "?" : trace.back().location, loop.lonely.rounds());
    any |= learnt_.counters->add(counters);
  }
  return any;
}

Ending Explorer::go_on_alone(const std::vector<std::uint32_t>& choices, std::uint64_t steps, Lonely& lonely, std::uint64_t steps_max,
                             std::vector<Watcher*> watchers) {
  Alone alone(choices, steps, lonely);
  alone.begin_execution();
  ExecutionOptions options = whole_execution_options();
  options.keeps_states = true;
  options.lonely = &lonely;
  options.steps_max = steps_max;
  Execution execution(alone, options, std::move(watchers));
  Fault fault;
  return run_once(execution, fault, false);
}

// The statement of what was covered, for a program with loops that wait and count.
std::string Explorer::covered_by_counting() const {
  std::string loops;
  for (const std::string& loop : learnt_.counters->loops()) loops += (loops.empty() ? "" : ", ") + loop;
  return fmt::format("every schedule in which no thread goes more than {} times in vain round a loop that waits and counts ({})",
                     learnt_.counters->rounds(), loops);
}

// Whether some schedule leads from the end of this execution, which has come back to an earlier state, to an end (onward.hpp).
Onward::Answer Explorer::onward(const Execution& execution) {
  if (again_ == nullptr) again_ = std::make_unique<Execution>(stand_in_, execution_options(), std::vector<Watcher*>{});
  return onward_.ask(without_checks(execution.choices().copy()), execution.steps(), executing_again(execution.has_stopped()));
}

Onward::Execute Explorer::executing_again(bool stopped) {
  return [this, stopped](Strategy& strategy, std::uint64_t after, std::uint64_t steps_max) {
    stand_in_.stand_for(strategy);
    again_->limit(stopped, after, steps_max);
    Fault fault;
    return run_once(*again_, fault, false);
  };
}

// Extends the schedule of a livelock by one lap of its loop, so that the report shows the lap.
void Explorer::show_round(Finding& finding) {
  const std::vector<std::uint32_t> choices = without_checks(finding.choices);
  onward_.go_round(choices, finding.steps, executing_again(finding.stopped));
  finding.choices = again_->choices().copy();
  finding.stopped = false;
  Replay replay(schedule_of(finding));
  replay.begin_execution();
  executing_again(false)(replay, 0, options_.steps_max);
  finding.steps = again_->steps();
}

// The place of the last step of an execution that was cut: for a loop that waits by spinning, the loop.
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
  return in_own_process([&] { return explain_here(finding, failure); }, failure, patience);
}

// Executes the schedule of the finding once more, with everything recorded, and completes `failure` with names, places and a message.
Failure Explorer::explain_here(const Finding& finding, Failure failure) {
  const Schedule schedule = schedule_of(finding);
  Replay replay(schedule);
  replay.begin_execution();
  Symbols symbols;
  Recorder recorder(symbols);
  StackFrames frames;
  std::vector<Watcher*> watchers{&recorder, &frames};
  bridge_.explains(&recorder, &symbols);
  if (bridge_.watches()) watchers.push_back(&bridge_);
  Shadow memory_shadow(shadow_limits(), options_.races == "fail", true, learnt_.keeps_stacks);
  shadow = options_.races == "ignore" ? nullptr : &memory_shadow;
  Execution execution(replay, execution_options(finding), std::move(watchers));
  Fault fault;
  if (run_once(execution, fault) == Ending::vain && finding.comes_back) fault.kind = text_of(FailureKind::livelock);
  shadow = nullptr;
  bridge_.explains(nullptr, nullptr);
  failure.threads = recorder.take_threads();
  failure.trace = recorder.take_trace();
  for (const auto& [object, name] : recorder.numbered())
    if (std::string known = memory_shadow.known_at(reinterpret_cast<std::uintptr_t>(object), symbols, execution, frames); !known.empty())
      failure.objects.emplace_back(name, std::move(known));
  const FailureKind kind = kind_of(fault.kind);
  if (kind == FailureKind::nondeterminism || fault.kind != finding.kind) {
    failure.message = fmt::format("{} [found as {}: {}; the same schedule executed again {}]",
                                  fault.message.empty() ? "the program is not deterministic" : fault.message, finding.kind,
                                  finding.message,
                                  fault.kind.empty() ? "ended well" : fmt::format("ended in {}", fault.kind));
    failure.kind = text_of(FailureKind::nondeterminism);
    return failure;
  }
  failure.message = fault.kind == memory_shadow.found()
                        ? memory_shadow.describe(symbols, execution, frames)
                        : hooks::Checker::explain(options_.checks, fault.kind, failure.threads, failure.trace, fault.message);
  if (kind == FailureKind::leak && options_.races != "ignore")
    failure.message = fmt::format("{}, is referred to by nothing when the execution has ended{}",
                                  memory_shadow.describe_block(symbols, execution, leaks_.first),
                                  leaks_.blocks == 1 ? "" : fmt::format("; nor are {} others, {} bytes in all", leaks_.blocks - 1, leaks_.bytes));
  if (kind == FailureKind::unsupported || kind == FailureKind::misuse || kind == FailureKind::crash || kind == FailureKind::livelock) {
    for (const ThreadState& thread : failure.threads)
      if (phase_of(thread.state) == ThreadPhase::failed && !thread.location.empty()) failure.message += fmt::format(" ({})", thread.location);
  }
  return failure;
}

}  // namespace interleave::engine
