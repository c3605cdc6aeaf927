// Explains an execution in which threads spin or go round for ever: who, on what or by which steps, and who waits for them. Another kind
// of livelock, a loop without steps, explains itself.
#include <algorithm>
#include <string>
#include <vector>

#include <interleave/checkers/deadlock.hpp>
#include "scheduler/api/checker_registry.hpp"
#include "scheduler/api/phases.hpp"
#include "scheduler/api/step_text.hpp"

namespace interleave::checkers {
namespace {

// The last steps of a thread, which are its way round: "mutex try_lock failed (a.cpp:5), yield (a.cpp:6)".
std::string way_round(const ThreadState& thread, std::span<const TraceEvent> trace) {
  constexpr std::size_t shown_max = 12;
  std::vector<const TraceEvent*> steps;
  for (auto event = trace.rbegin(); event != trace.rend() && steps.size() < thread.round; ++event)
    if (event->thread == thread.name && event->does != OperationClass::note) steps.push_back(&*event);
  std::reverse(steps.begin(), steps.end());
  std::string text;
  for (std::size_t i = 0; i < std::min(steps.size(), shown_max); ++i) {
    const TraceEvent& step = *steps[i];
    text += (i == 0 ? "" : ", ") + step_text(step) +
            (step.location.empty() ? "" : " (" + step.location + ")");
  }
  return text + (steps.size() > shown_max ? ", ..." : "");
}

std::string explain_livelock(std::span<const ThreadState> threads, std::span<const TraceEvent> trace) {
  std::string text;
  bool round = false;
  for (const ThreadState& thread : threads) {
    if (phase_of(thread.state) != ThreadPhase::goes_round) continue;
    text += (round ? "; " : "no schedule leads on from here: ") + thread.name + " goes round in " + std::to_string(thread.round) +
            (thread.round == 1 ? " step: " : " steps: ") + way_round(thread, trace);
    round = true;
  }
  for (const ThreadState& thread : threads) {
    if (phase_of(thread.state) != ThreadPhase::spins) continue;
    if (!text.empty()) text += "; ";
    text += thread.name + " spins for ever" + (thread.location.empty() ? "" : " at " + thread.location) +
            (thread.object.empty() ? "" : ": nobody is left to change " + thread.object);
  }
  if (text.empty()) return "";
  const std::string stuck = explain_deadlock(threads, trace);
  return stuck.empty() ? text : text + "; " + stuck;
}

const hooks::Checker livelock{{.name = "livelock",
                               .help = "explains an execution that never ends: which threads spin or go round, and by which steps",
                               .watches = "executions in which threads spin or go round for ever",
                               .by_default = true,
                               .kind = "livelock",
                               .explanation = &explain_livelock}};

}  // namespace
}  // namespace interleave::checkers
