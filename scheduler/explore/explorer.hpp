// One attempt at an exploration: executes a body again and again as a strategy says, and reports what was found. explorer.cpp has the loop,
// conclusion.cpp the verdict, shrunk_findings.cpp the shrinking of a failure. reexecution.cpp executes one schedule again: to confirm a leak, to
// classify a loop, to explain a failure.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <interleave/interleave.hpp>
#include "scheduler/adapters/framework_doors.hpp"
#include "scheduler/containment/signal_guard.hpp"
#include "scheduler/containment/watchdog.hpp"
#include "scheduler/execution/execution.hpp"
#include "scheduler/explore/explore.hpp"
#include "scheduler/explore/limits.hpp"
#include "scheduler/explore/observer_bridge.hpp"
#include "scheduler/explore/cycle_analysis.hpp"
#include "scheduler/explore/pace.hpp"
#include "scheduler/explore/search_size.hpp"
#include "scheduler/explore/tally.hpp"
#include "scheduler/memory/framework_isolation.hpp"
#include "scheduler/memory/leaks.hpp"
#include "scheduler/memory/static_snapshot.hpp"
#include "scheduler/memory/rolled_back.hpp"
#include "scheduler/model/schedule.hpp"
#include "scheduler/model/wrapper.hpp"
#include "scheduler/report/progress.hpp"
#include "scheduler/races/shared_lines.hpp"
#include "scheduler/runtime/stdio_streams.hpp"
#include "scheduler/unseen/unseen_runs.hpp"

namespace interleave::engine {

struct Finding {
  std::string kind, message;
  std::vector<std::uint32_t> choices;
  std::uint64_t steps = 0, execution = 0;
  std::optional<std::uint64_t> seed;
  std::string strategy;
  bool stopped = false;  // a thread that had gone round
  bool comes_back = false;  // to where it was, at its end
  bool by_observer = false; // an observer objected
  bool shrunk = false;      // the schedule is not the one that was found (shrunk_findings.cpp)
};

// Forwards to another strategy, which may be exchanged between executions: one Execution object serves several strategies.
class StandIn final : public Wrapper {
 public:
  // Before each execution. The caller begins that of `other`.
  void stand_for(Strategy& other) {
    hold(other);
    other.attach(*view_);
  }
  void attach(const ExecutionView& view) override { view_ = &view; }
  // One of them may not replay what another has made.
  PrefixReplay* prefix_replay() override { return nullptr; }

 private:
  const ExecutionView* view_ = nullptr;
};

// The choices alone, without the fingerprints that are recorded with them.
std::vector<std::uint32_t> without_checks(std::vector<std::uint32_t> choices);

// The part of an explorer that differs between a search and a sampler that draws beside it (drawn.cpp).
struct Drawer {
  std::unique_ptr<Strategy> strategy;
  Traits traits;
  bool stops_round = false, keeps_states = false, spins_freely = false;
  SharedLines shared_lines;
};

class Explorer {
 public:
  // What an earlier attempt has learnt.
  struct Learnt {
    StaticSnapshot::Places unseen;      // places that change unseen
    bool keeps_states = false;      // whether states are to be kept,
    std::shared_ptr<LoopCounters> counters = std::make_shared<LoopCounters>();  // without these
    std::map<std::pair<std::uint32_t, std::uint64_t>, unsigned> probed;  // threads alone, by where they stood: how often
    std::size_t stack_cleared = 0;  // how much of the stacks is to be cleared
    SharedLines shared_lines;       // where races are explored
    bool traces_unseen = false;     // whether calls of code that is not instrumented are traced
    bool keeps_stacks = false;      // whether stacks of all accesses are kept, by which suppressions match
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();  // of the first attempt,
    std::chrono::duration<double> processor_start = processor_time();  // by the clock of the processor. Later by what was drawn beside the search
    bool has_drawn = false;         // beside the search,
    std::uint64_t drawn = 0;        // so many executions
  };
  Explorer(const std::function<void()>& body, const Options& options, const void* caller_frame, Learnt& learnt);
  ~Explorer();

  // Nothing: this attempt has learnt something because of which all is to be explored anew, after `learn`. `budget`: null for none.
  std::optional<Report> run(const SearchBudget* budget);
  bool has_met_budget() const { return met_; }
  // For the next attempt.
  void learn();

  static constexpr std::size_t stack_cleared_most = std::size_t{32} << 10;

 private:
  // What an execution was found to be.
  struct Judgement {
    Ending ending;
    bool comes_back;  // to where it was, for ever: a livelock
  };
  std::unique_ptr<Strategy> make();
  ExecutionOptions begin();
  void take_model_options();
  Limits limits(const SearchBudget* budget) const;
  bool over(const Limits& limits) {
    if (SignalGuard::request_to_end() == 0 && limits.time.count() == 0 && !pace_.due(begun_)) [[likely]] return false;
    return may_be_over(limits);
  }
  bool may_be_over(const Limits& limits);
  bool look_at_clocks(const Limits& limits);
  void draw_beside(const Limits& limits);
  bool draw(const Limits& limits);
  void exchange_roles(Drawer& drawer);
  bool wants_traces() const { return unseen_runs_.wants_traces(); }
  bool wants_lines() const { return learnt_.shared_lines.has_learnt() && !replaying_; }
  bool learns_from(const Execution& execution, Ending ending, const Violation& violation);
  Judgement judge(const Execution& execution, Ending ending, Violation& violation);
  void count(const Execution& execution, const Judgement& judged);
  void note_witness(const Execution& execution, const Judgement& judged);
  void note_what_it_opened(const Execution& execution);
  std::string how_large() const;
  std::string what_makes_it_large();
  bool keep_failure(const Execution& execution, const Judgement& judged, const Violation& violation);
  void conclude(bool exhausted);
  std::string why_incomplete(bool nothing_ended);
  std::string doubt(const std::string& kind) const;
  ExecutionOptions execution_options() const {
    return {.steps_max = options_.steps_max, .model = model_, .stops_round = stops_round_,
            .keeps_states = keeps_states_, .counters = learnt_.counters.get(), .stack_cleared = replaying_ || keeps_states_ ? stack_cleared_most : stack_cleared_,
            .spins_from = spins_freely_ ? 0 : ~std::uint64_t{0}};
  }
  // For executing an execution of this search again: goes on after a failure, as that one did.
  ExecutionOptions whole_execution_options() const {
    ExecutionOptions options = execution_options();
    options.run_on = runs_on_ ? &release_streams : nullptr;
    return options;
  }
  // For executions of this finding's schedule.
  ExecutionOptions execution_options(const Finding& finding) const {
    ExecutionOptions options = execution_options();
    if (finding.comes_back) options.spins_from = 0;
    if (finding.shrunk) {  // made as a replay of its token makes it
      options.stops_round = finding.stopped;
      options.keeps_states = false;
      options.stack_cleared = stack_cleared_most;
    }
    return options;
  }
  Ending run_once(Execution& execution, Violation& violation, bool observed = true);
  bool may_go_round(const Execution& execution);
  bool finds_counters(const Finding& finding, const StateHasher& states);
  Ending go_on_alone(const std::vector<std::uint32_t>& choices, std::uint64_t steps, SoloRun& solo_run, std::uint64_t steps_max,
                     std::vector<ExecutionListener*> listeners);
  std::string covered_by_counting() const;
  CycleAnalysis::Answer classify_cycle(const Execution& execution);
  CycleAnalysis::Execute executing_again(bool stopped);
  void show_cycle(Finding& finding);
  void keep(Finding finding);
  Failure explain(const Finding& finding);
  bool is_to_be_shrunk(const Finding& finding) const;
  std::optional<Finding> smaller(const Finding& finding, std::optional<Shrunk>& told);
  Failure explain_shrunk(const Finding& finding);
  Failure failure_of(const Finding& finding) const;
  Failure explain_alone(const Finding& finding);  // whatever else the process does
  Failure explain_here(const Finding& finding, Failure failure);
  std::vector<TraceEvent> trace_of(const Finding& finding);
  std::string place_of_cut(const Finding& finding);
  void look_at_orders(const Execution& execution);
  bool leaks_again(const Execution& execution);
  // Whether a suppression sets aside the deadlock or livelock in which the execution has ended.
  bool hang_set_aside(const Execution& execution, const std::string& kind, bool comes_back);
  Schedule schedule_of(const Finding& finding) const;

  const std::function<void()>& body_;
  Options options_;
  ModelValues model_;         // the model options of options_
  Learnt& learnt_;
  const void* frame_;         // where the stack of whoever asked begins
  doors::RunOfFrameworks frameworks_;  // before the state is first looked at
  RolledBackStatics rolled_back_;
  StaticSnapshot outer_;
  Leaks leaks_;               // of the last execution
  ObserverBridge bridge_;
  SignalGuard faults_;
  UnseenRuns unseen_runs_;
  Watchdog watchdog_;
  Report report_;
  Tally tally_;
  std::uint64_t begun_ = 0;   // how many executions
  Pace pace_;
  ProgressLine progress_;
  bool interrupted_ = false;  // by a signal
  bool met_ = false;          // the budget
  std::chrono::duration<double> draw_after_{0}, draw_for_{0};  // as SearchBudget
  bool begins_anew_ = false;  // what was drawn has shown something because of which all is to be explored anew
  Drawer other_;              // while executions are drawn, and where one of them has failed: what the search was
  SearchSize size_;           // of a search
  Finding widest_;            // the execution that has shown the most others to be needed,
  std::vector<std::uint32_t> opened_;  // and where
  std::optional<Finding> shortest_, first_cut_;
  std::unique_ptr<Strategy> strategy_;
  Traits traits_;             // of strategy_
  bool replaying_ = false;
  bool stops_round_ = false;  // as ExecutionOptions
  bool keeps_states_ = false, spins_freely_ = false;  // likewise
  std::size_t stack_cleared_ = 0, stack_compared_ = 0;
  bool wants_clear_stacks_ = false;
  bool wants_stacks_ = false;
  bool runs_on_ = false;      // whether executions go on after a failure
  bool goes_round_ = false;   // a thread comes back to where it was, again and again
  CycleAnalysis cycle_analysis_;
  StandIn stand_in_;
  std::unique_ptr<Execution> again_;  // what cycle_analysis_ executes
};

}  // namespace interleave::engine
