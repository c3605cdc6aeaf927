#include "scheduler/explore/shrink.hpp"

#include <time.h>

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "scheduler/explore/shrink_search.hpp"
#include "scheduler/explore/shrink_strategies.hpp"
#include "scheduler/report/report.hpp"

namespace interleave::engine {

using namespace shrinking;

namespace {

constexpr std::uint64_t as_long_as_it_can = std::numeric_limits<std::uint64_t>::max();

std::chrono::nanoseconds processor_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

Plan plan_of(const std::vector<Move>& moves) {
  Plan plan;
  std::vector<std::uint64_t> made;
  for (const Move& move : moves) {
    if (made.size() <= move.thread) made.resize(move.thread + 1);
    if (plan.empty() || plan.back().thread != move.thread) {
      if (!plan.empty() && move.preempts) plan.back().until = made[plan.back().thread];
      plan.push_back({move.thread, as_long_as_it_can});
    }
    ++made[move.thread];
  }
  return plan;
}

}  // namespace

Shrink::Shrink(Execute execute, const Limits& limits) : execute_(std::move(execute)), limits_(limits), began_(processor_time()) {}

bool Shrink::may_go_on() {
  if (!ended_by_.empty()) return false;
  if (executions_ >= limits_.executions) {
    ended_by_ = fmt::format("the limit of {} executions was met", grouped(limits_.executions));
  } else if (steps_ >= limits_.steps) {
    ended_by_ = fmt::format("the limit of {} steps was met", grouped(limits_.steps));
  } else if (std::chrono::steady_clock::now() >= limits_.time || processor_time() - began_ >= limits_.processor_time) {
    ended_by_ = "the time was over";
  }
  return ended_by_.empty() && executions_ < part_ends_;
}

// False: it ends the shrinking, and the execution does not count.
bool Shrink::execute(Strategy& strategy, std::uint64_t steps_max, Executed& executed) {
  executed = execute_(strategy, steps_max);
  ++executions_;
  steps_ += executed.steps;
  if (executed.goes_on) return true;
  ended_by_ = "a schedule crashed, or did what the model cannot control";
  return false;
}

// How long an execution may become that has fewer preemptions.
std::uint64_t Shrink::length_most() const {
  const std::uint64_t longer = std::max<std::uint64_t>(4 * found_.steps, found_.steps + 1'000);
  return limits_.steps_max == 0 ? longer : std::min(longer, limits_.steps_max);
}

void Shrink::keep(const std::vector<Move>& moves, Size size) { best_ = {size, moves, plan_of(moves)}; }

// Whether the plan leads to a smaller schedule that fails in the same way. It is kept then.
bool Shrink::attempt(const Plan& plan, Otherwise otherwise) {
  std::uint64_t hash = otherwise == Otherwise::highest;
  for (const Block& block : plan) hash = mix(mix(hash, block.thread), block.until);
  if (!may_go_on() || !attempted_.insert(hash).second) return false;
  Guided guided(plan, best_.moves, otherwise == Otherwise::highest);
  guided.begin_execution();
  Executed executed;
  if (!execute(guided, length_most(), executed) || !executed.alike) return false;
  const Size size{guided.preemptions(), executed.steps};
  if (size >= best_.size) return false;
  keep(guided.moves(), size);
  return true;
}

// Blocks are left out, first many at once. The steps of a block are made in a later one of its thread then, or behind the plan.
bool Shrink::leave_out() {
  bool any = false;
  for (std::size_t many = std::max<std::size_t>(best_.plan.size() / 2, 1); many > 0; many /= 2) {
    for (std::size_t at = 0; at < best_.plan.size();) {
      Plan plan = best_.plan;
      const auto begin = plan.begin() + static_cast<std::ptrdiff_t>(at);
      plan.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(many, plan.size() - at)));
      if (attempt(plan)) {
        any = true;
      } else {
        at += many;
      }
    }
  }
  return any;
}

// A thread that is preempted goes on as long as it can.
bool Shrink::prolong() {
  bool any = false;
  for (std::size_t i = 0; i < best_.plan.size(); ++i) {
    if (best_.plan[i].until == as_long_as_it_can) continue;
    Plan plan = best_.plan;
    plan[i].until = as_long_as_it_can;
    any |= attempt(plan);
  }
  return any;
}

// A thread makes the steps of its next block at once, in this one.
bool Shrink::merge() {
  bool any = false;
  for (std::size_t i = 0; i < best_.plan.size(); ++i) {
    Plan plan = best_.plan;
    const auto next = std::find_if(plan.begin() + static_cast<std::ptrdiff_t>(i) + 1, plan.end(), [&](const Block& each) { return each.thread == plan[i].thread; });
    if (next == plan.end()) continue;
    plan[i].until = next->until;
    plan.erase(next);
    any |= attempt(plan);
  }
  return any;
}

void Shrink::simplify() {
  begin_part(limits_.executions / 3);
  attempt({}, Otherwise::lowest);
  attempt({}, Otherwise::highest);
  while (may_go_on()) {
    const bool left_out = leave_out(), merged = merge(), prolonged = prolong();
    if (!left_out && !merged && !prolonged) break;
  }
}

// Executes every schedule with at most so many preemptions and steps, up to equivalence. What is smaller than all before is kept, and only smaller
// ones are looked for from there on.
Shrink::Searched Shrink::search(std::uint64_t preemptions, std::uint64_t steps_most) {
  Searched searched;
  for (bool merges = limits_.merges_equivalent;; merges = false) {
    Within within(preemptions, steps_most, merges);
    while (within.begin_execution()) {
      Executed executed;
      if (!may_go_on() || !execute(within, 0, executed)) return searched;
      if (within.merged_wrongly()) break;
      if (!executed.alike && executed.cut && !searched.found) searched.too_long = true;
      const Size size{within.preemptions(), executed.steps};
      if (!executed.alike || size >= best_.size) continue;
      searched.too_long |= !searched.found && within.left_out();
      searched.found = true;
      keep(within.moves(), size);
      if (size.preemptions == preemptions) within.at_most(size.steps - 1);
    }
    if (within.merged_wrongly()) continue;
    searched.too_long |= !searched.found && within.left_out();
    searched.whole = true;
    return searched;
  }
}

// Looks for fewer preemptions, exactly, where that can be done.
void Shrink::bound() {
  begin_part(limits_.executions / 3);
  while (bounds_ < best_.size.preemptions && !bounds_too_large_) {
    const Searched searched = search(bounds_, length_most());
    bounds_too_large_ = !searched.whole;
    if (bounds_too_large_) return;
    too_long_ |= searched.too_long;
    if (searched.found && best_.size.preemptions == bounds_) {
      shortened_ = true;
      return;
    }
    bounds_ += !searched.found;
  }
}

// Looks for fewer preemptions by chance.
bool Shrink::draw() {
  begin_part(limits_.executions / 5);
  if (best_.size.preemptions == 0) return false;
  Drawn drawn(best_.size.preemptions - 1, best_.size.steps);
  while (may_go_on()) {
    drawn.begin_execution();
    Executed executed;
    if (!execute(drawn, length_most(), executed)) return false;
    const Size size{drawn.preemptions(), executed.steps};
    if (!executed.alike || size >= best_.size) continue;
    keep(drawn.moves(), size);
    return true;
  }
  return false;
}

// Looks for fewer steps, exactly, where that can be done.
void Shrink::shorten() {
  begin_part(limits_.executions / 5);
  if (!shortened_ && may_go_on()) shortened_ = search(best_.size.preemptions, best_.size.steps - 1).whole;
}

bool Shrink::run(const std::vector<std::uint32_t>& choices) {
  AsFound as_found(choices);
  as_found.begin_execution();
  Executed executed;
  if (!execute(as_found, limits_.steps_max, executed) || !executed.alike) return false;
  found_ = {as_found.preemptions(), executed.steps};
  keep(as_found.moves(), found_);
  fewest_preemptions_ = fewest_steps_ = found_.steps == 0;
  begin_part(limits_.executions);
  if (found_.steps == 0 || !may_go_on()) return true;
  if (!again()) return false;
  do {
    simplify();
    bound();
  } while (bounds_ < best_.size.preemptions && draw());
  shorten();
  fewest_preemptions_ = bounds_ == best_.size.preemptions && !too_long_;
  fewest_steps_ = shortened_;
  if (!fewest_preemptions_ && ended_by_.empty())
    ended_by_ = bounds_too_large_ ? fmt::format("the schedules with {} preemption{} are too many to execute all of them", bounds_, bounds_ == 1 ? "" : "s")
                                  : "some schedules became too long";
  return best_.size == found_ || again();
}

// Whether the schedule that is left fails in the same way when it is executed once more.
bool Shrink::again() {
  Exactly exactly(best_.moves);
  exactly.begin_execution();
  const Executed executed = execute_(exactly, limits_.steps_max);
  ++executions_;
  return executed.alike && Size{exactly.preemptions(), executed.steps} == best_.size;
}

}  // namespace interleave::engine
