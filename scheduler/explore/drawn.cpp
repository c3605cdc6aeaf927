// Executions that are drawn beside a search.
//
// A search begins at one end of a tree, and may come to a failure at the other end late, or never; a sampler goes everywhere at once. So a search
// of the default policy that has not ended after a while is interrupted between two of its executions: the portfolio of samplers draws for a
// while, and the search goes on where it was. The search does not notice: strategy, counts, estimate, and what was learnt for it stay as they are, and the time
// that the drawing takes is not the search's. A drawn execution that fails is the failure of the exploration, and ends it.
//
// A drawn execution is one that `auto` makes by itself from the same seed, in an exploration of its own. So while executions are drawn, the
// explorer is what it is in such an exploration: no states are kept, no thread stops, every access of threads to their stacks is a step where races
// are explored.
#include "scheduler/explore/explorer.hpp"

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/api/variables.hpp"
#include "scheduler/containment/crash_reporter.hpp"
#include "scheduler/model/strategy_registry.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/report/suppressions.hpp"

namespace interleave::engine {
namespace {

constexpr const char* portfolio = "auto";

// Before the first of them: whatever becomes of the process, they can be drawn again.
void say_seed(const std::string& name, std::chrono::duration<double> after, std::chrono::duration<double> for_so_long, std::uint64_t seed) {
  if (is_on("INTERLEAVE_QUIET")) return;
  const std::string text = fmt::format("interleave: {}  the search has not ended after {} s, so executions are drawn beside it for {} s  strategy {}  seed {}\n",
                                       name, after.count(), for_so_long.count(), portfolio, seed);
  while (::write(STDERR_FILENO, text.data(), text.size()) < 0 && errno == EINTR) {
  }
}

}  // namespace

// The explorer becomes what the drawer was, and the other way round.
void Explorer::exchange_roles(Drawer& drawer) {
  std::swap(strategy_, drawer.strategy);
  std::swap(traits_, drawer.traits);
  std::swap(stops_round_, drawer.stops_round);
  std::swap(keeps_states_, drawer.keeps_states);
  std::swap(spins_freely_, drawer.spins_freely);
  std::swap(learnt_.shared_lines, drawer.shared_lines);
}

// Afterwards `shortest_` is the failure that was drawn, if one was; or `begins_anew_` is set; or the search goes on.
void Explorer::draw_beside(const Limits& limits) {
  say_seed(options_.name, draw_after_, draw_for_, options_.seed);
  other_.strategy = make_strategy(portfolio, options_.seed);
  other_.traits = other_.strategy->traits();
  const auto begun = processor_time();
  exchange_roles(other_);
  learnt_.drawn = 0;
  const bool search_goes_on = draw(limits);
  // Where one has failed, the explorer stays what it was when it failed: so it is shrunk and explained.
  if (search_goes_on || begins_anew_) exchange_roles(other_);
  learnt_.has_drawn = search_goes_on;
  learnt_.processor_start += processor_time() - begun;
}

// False: one has failed, or the exploration has to begin anew.
bool Explorer::draw(const Limits& limits) {
  const crash_reporter::Beside beside;
  std::vector<ExecutionListener*> listeners;
  if (bridge_.watches()) listeners.push_back(&bridge_);
  std::size_t cleared = stack_cleared_;
  std::optional<Execution> execution;
  const auto begun = processor_time();
  Pace pace;
  while (SignalGuard::request_to_end() == 0) {
    if (pace.due(learnt_.drawn)) {
      const auto used = processor_time() - begun;
      pace.looked(learnt_.drawn, used);
      if (used >= draw_for_ || limits.deadline_is_near(Limits::Clock::now())) return true;
    }
    if (!execution) {
      ExecutionOptions options = execution_options();
      options.stack_cleared = cleared;
      execution.emplace(*strategy_, options, listeners);
    }
    if (!strategy_->begin_execution()) return true;
    crash_reporter::executing(++learnt_.drawn);
    Violation violation;
    Ending ending = run_once(*execution, violation);
    begins_anew_ = outer_.misled() || wants_traces();
    if (!begins_anew_ && kind_of(violation.kind) == FailureKind::leak && !leaks_again(*execution)) ending = Ending::finished;
    const bool fails = ending == Ending::failed || ending == Ending::deadlock;
    if (fails && !begins_anew_ && !learnt_.keeps_stacks && shadow != nullptr && suppressions::meant_for(violation.kind) &&
        (kind_of(violation.kind) == FailureKind::leak || violation.kind == shadow->found()))
      begins_anew_ = wants_stacks_ = true;  // as where the search finds it
    if (begins_anew_) return false;
    const bool set_aside = ending == Ending::deadlock && hang_set_aside(*execution, violation.kind, false);
    strategy_->end_execution(ending);
    // What earlier executions left on the stacks was compared: who draws this one again may not see it end like this.
    const bool doubtful = execution->stack_compared() > cleared && cleared < stack_cleared_most;
    if (fails && !set_aside && !doubtful) {
      Finding finding{violation.kind, violation.message, execution->outcome().choices.copy(), execution->failing_step(), learnt_.drawn, {}, {}, false, false};
      finding.by_observer = bridge_.objected();
      Recipe recipe = strategy_->recipe();
      finding.seed = recipe.seed;
      finding.strategy = std::move(recipe.spec);
      keep(std::move(finding));
      crash_reporter::executing(0);
      return false;
    }
    crash_reporter::executing(0);
    if (doubtful) {
      cleared = stack_cleared_most;
      execution.reset();
    }
  }
  return true;
}

}  // namespace interleave::engine
