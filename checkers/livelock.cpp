// Explains an execution in which threads spin for ever: who, on what, and who waits for them. Another kind of livelock, a loop without
// steps, explains itself.
#include <string>

#include <interleave/checkers/deadlock.hpp>
#include <interleave/scheduler/hooks.hpp>

namespace interleave::checkers {
namespace {

std::string explain_livelock(std::span<const ThreadState> threads, std::span<const TraceEvent> trace) {
  std::string text;
  for (const ThreadState& thread : threads) {
    if (thread.state != "spins") continue;
    if (!text.empty()) text += "; ";
    text += thread.name + " spins for ever" + (thread.location.empty() ? "" : " at " + thread.location) +
            (thread.object.empty() ? "" : ": nobody is left to change " + thread.object);
  }
  if (text.empty()) return "";
  const std::string stuck = explain_deadlock(threads, trace);
  return stuck.empty() ? text : text + "; " + stuck;
}

const hooks::Explainer livelock{"livelock", &explain_livelock};

}  // namespace
}  // namespace interleave::checkers
