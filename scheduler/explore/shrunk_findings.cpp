// Failures are shrunk (shrink.hpp) before they are explained.
//
// What is shrunk fails in the same way: with the same kind and, but for the numbers in it, the same message; what the shadow finds, at the same
// places; where nobody can go on, with as many threads that wait in the same operations. Left as they were found:
//
//   nondeterminism, unsupported    their schedules mean nothing
//   livelock by a lap, or by a loop without steps    the end of the schedule is not where the failure is; or each try would take seconds
//   deadlock and livelock, where a suppression could set some of them aside
//
// A crash is shrunk and explained in a process of its own, where it harms nobody. Of what was found nothing is lost if that process, or this one,
// comes to grief: the crash reporter has the token (containment/crash_reporter.hpp).
#include "scheduler/explore/explorer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/containment/forked_explanation.hpp"
#include "scheduler/explore/shrink.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/report/suppressions.hpp"
#include "scheduler/symbols/symbols.hpp"

namespace interleave::engine {
namespace {

// What the program prints to stdout in thousands of executions goes nowhere while its failure is shrunk.
class Silence {
 public:
  Silence() {
    constexpr int out_of_the_way = 900;  // a program's own descriptors stay the numbers that they were
    std::fflush(stdout);
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0) return;
    kept_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, out_of_the_way);
    if (kept_ >= 0) ::dup2(nowhere, STDOUT_FILENO);
    ::close(nowhere);
  }
  ~Silence() {
    std::fflush(stdout);
    if (kept_ < 0) return;
    ::dup2(kept_, STDOUT_FILENO);
    ::close(kept_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  int kept_ = -1;
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Without the numbers behind the place: "counter.cpp:12: # == 4" would be another failure of the same kind with every value that was lost.
std::string without_numbers(std::string_view message) {
  const std::size_t place = message.find(": ");
  std::string text(message.substr(0, place == message.npos ? 0 : place));
  for (std::size_t i = text.size(); i < message.size(); ++i) {
    const bool number = std::isdigit(static_cast<unsigned char>(message[i])) != 0 && (i == 0 || !is_word(message[i - 1]));
    text += number ? '#' : message[i];
    while (number && i + 1 < message.size() && is_word(message[i + 1])) ++i;
  }
  return text;
}

// What the threads wait in that have not ended, of an execution in which nobody can go on. Which thread waits in what may differ.
std::vector<std::uint32_t> waits_of(const Execution& execution) {
  std::vector<std::uint32_t> waits;
  for (std::size_t id = 0; id < execution.threads_created(); ++id) {
    const Thread& thread = execution.thread(id);
    if (!thread.finished && (!thread.daemon || id == 0) && thread.pending.type != nullptr) waits.push_back(thread.pending.type->hash);
  }
  std::sort(waits.begin(), waits.end());
  return waits;
}

using Places = std::array<std::string, 2>;

Places places_of(const Shadow& shadow, Symbols& symbols) {
  const auto stacks = shadow.found_at();
  Places places{symbols.place(stacks[0]), symbols.place(stacks[1])};
  if (places[1] < places[0]) std::swap(places[0], places[1]);
  return places;
}

}  // namespace

bool Explorer::is_to_be_shrunk(const Finding& finding) const {
  const FailureKind kind = kind_of(finding.kind);
  if (!options_.shrink || replaying_ || finding.comes_back || finding.choices.size() == ChoiceList::capacity) return false;
  if (is_uncontrolled(kind) || (kind == FailureKind::livelock && !finding.message.empty())) return false;
  return !is_hang(kind) || !suppressions::meant_for(finding.kind);
}

// The same failure with a smaller schedule; nothing: there is none, or none was found. `told`: what became of it, unless the failure did not come
// again.
std::optional<Finding> Explorer::smaller(const Finding& finding, std::optional<Shrunk>& told) {
  const Silence silence;
  const FailureKind kind = kind_of(finding.kind);
  // What the shadow finds is told apart by places, so stacks are kept.
  const bool by_shadow = shadow != nullptr && finding.kind == shadow->found();
  std::optional<Shadow> with_stacks;
  if (by_shadow) with_stacks.emplace(shadow_limits(), options_.races == "fail", true, learnt_.keeps_stacks);
  Shadow* const without = std::exchange(shadow, by_shadow ? &*with_stacks : shadow);
  Symbols symbols;
  std::optional<Places> places;
  std::optional<std::vector<std::uint32_t>> waits;
  const std::string message = without_numbers(finding.message);
  const auto alike = [&](Ending ending, const Violation& violation, const Execution& execution) {
    if ((ending != Ending::failed && ending != Ending::deadlock) || violation.kind != finding.kind) return false;
    if (ending == Ending::deadlock) {
      const std::vector<std::uint32_t> its = waits_of(execution);
      if (!waits) waits = its;
      return its == *waits;
    }
    if (!by_shadow) return kind == FailureKind::leak || without_numbers(violation.message) == message;
    const Places its = places_of(*with_stacks, symbols);
    if (!places) places = its;
    return its == *places;
  };
  // What is not known here, or goes on and on, is not executed again and again.
  const auto harms = [&](const Violation& violation) {
    const FailureKind its = kind_of(violation.kind);
    return is_uncontrolled(its) || (its == FailureKind::crash && kind != its) || (its == FailureKind::livelock && !violation.message.empty());
  };

  ExecutionOptions options = execution_options();
  options.keeps_states = false;
  options.counters = nullptr;
  options.stack_cleared = stack_cleared_most;
  std::vector<ExecutionListener*> listeners;
  if (finding.by_observer) listeners.push_back(&bridge_);  // other observers are told of the search's executions, and of the explanation's
  StandIn stand_in;
  Execution execution(stand_in, options, std::move(listeners));
  Shrink::Limits limits{.steps_max = options_.steps_max,
                        .merges_equivalent = !finding.by_observer && options_.races != "ignore" && options_.clock != "virtual"};
  if (options_.time_max.count() > 0) {
    const auto now = Limits::Clock::now();
    const std::chrono::duration<double> left = options_.time_max - (now - learnt_.start), enough = 2 * limits.processor_time;
    if (left < enough) limits.time = now + std::chrono::duration_cast<Limits::Clock::duration>(left);
  }

  // Threads that had gone round stopped, if the search reduces; without that, there are more schedules to find a smaller one among.
  std::optional<Finding> result;
  std::uint64_t executions = 0;
  for (const bool stops : {false, true}) {
    if (stops && !finding.stopped) break;
    bool first = true;
    Shrink shrink([&](Strategy& strategy, std::uint64_t steps_max) {
      stand_in.stand_for(strategy);
      execution.limit(std::exchange(first, false) ? finding.stopped : stops, ~std::uint64_t{0}, steps_max == 0 ? options_.steps_max : steps_max);
      Violation violation;
      const Ending ending = run_once(execution, violation, finding.by_observer);
      return Shrink::Executed{.alike = alike(ending, violation, execution), .goes_on = !harms(violation) && !outer_.misled() && !wants_traces(), .cut = ending == Ending::cut,
                              .steps = execution.steps()};
    }, limits);
    const bool sound = shrink.run(without_checks(finding.choices));
    executions += shrink.executions();
    if (!sound) continue;
    told = Shrunk{.schedule = encode(schedule_of(finding)), .steps = shrink.found().steps, .preemptions = shrink.found().preemptions,
                  .preemptions_left = shrink.left().preemptions, .executions = executions, .fewest_preemptions = shrink.fewest_preemptions(),
                  .fewest_steps = shrink.fewest_steps(), .ended_by = shrink.ended_by()};
    if (shrink.left() < shrink.found()) {
      result = finding;
      result->choices = execution.outcome().choices.copy();
      result->steps = execution.failing_step();
      result->stopped = execution.has_stopped();
      result->shrunk = true;
    }
    break;
  }
  shadow = without;
  return result;
}

// Shrinks the failure and explains what is left of it.
Failure Explorer::explain_shrunk(const Finding& finding) {
  const SharedLines lines = learnt_.shared_lines;  // what other schedules would teach is not for this search
  std::optional<Shrunk> told;
  Failure failure;
  if (kind_of(finding.kind) == FailureKind::crash) {
    constexpr double patience = 120;  // seconds
    failure = explain_in_child([&] {
      const std::optional<Finding> small = smaller(finding, told);
      Failure explained = explain_here(small ? *small : finding, failure_of(small ? *small : finding));
      explained.shrunk = told;
      return explained;
    }, Failure{}, patience);
  } else {
    const std::optional<Finding> small = smaller(finding, told);
    failure = explain_alone(small ? *small : finding);
    failure.shrunk = std::move(told);
  }
  const bool sound = failure.kind == finding.kind;
  if (!sound) failure = explain_alone(finding);
  if (learnt_.shared_lines.has_learnt()) learnt_.shared_lines = lines;
  return failure;
}

}  // namespace interleave::engine
