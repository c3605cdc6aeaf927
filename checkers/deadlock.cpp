#include <interleave/checkers/deadlock.hpp>

#include <algorithm>
#include <vector>

#include <interleave/scheduler/hooks.hpp>

namespace interleave::checkers {
namespace {

const ThreadState* named(std::span<const ThreadState> threads, const std::string& name) {
  const auto found = std::find_if(threads.begin(), threads.end(), [&](const ThreadState& t) { return t.name == name; });
  return found == threads.end() ? nullptr : &*found;
}

std::string waits_for(const ThreadState& thread) {
  std::string text = thread.name + " waits";
  if (!thread.object.empty()) text += " for " + thread.object;
  if (!thread.holder.empty()) text += " held by " + (thread.holder == thread.name ? "itself" : thread.holder);
  return text;
}

// The threads that wait for each other in a ring, or nothing.
std::vector<const ThreadState*> cycle(std::span<const ThreadState> threads) {
  for (const ThreadState& start : threads) {
    std::vector<const ThreadState*> path;
    for (const ThreadState* at = &start; at != nullptr && at->state == "waits"; at = named(threads, at->holder)) {
      if (!path.empty() && at == path.front()) return path;
      if (std::find(path.begin(), path.end(), at) != path.end()) break;
      path.push_back(at);
    }
  }
  return {};
}

bool is_signal(const TraceEvent& event) {
  return event.operation.starts_with("condition signal") || event.operation.starts_with("condition broadcast") ||
         event.operation.starts_with("futex wake");
}

// The last signal to what `thread` sleeps on that found nobody.
const TraceEvent* lost_signal(const ThreadState& thread, std::span<const TraceEvent> trace) {
  for (auto event = trace.rbegin(); event != trace.rend(); ++event)
    if (event->object == thread.object && is_signal(*event) && event->operation.ends_with("(failed)")) return &*event;
  return nullptr;
}

}  // namespace

std::string explain_deadlock(std::span<const ThreadState> threads, std::span<const TraceEvent> trace) {
  std::string text;
  const auto add = [&](const std::string& sentence) { text += (text.empty() ? "" : "; ") + sentence; };
  const auto ring = cycle(threads);
  for (const ThreadState* thread : ring) add(waits_for(*thread));
  if (!ring.empty()) text = "cycle: " + text;
  for (const ThreadState& thread : threads) {
    if (thread.state != "waits" || std::find(ring.begin(), ring.end(), &thread) != ring.end()) continue;
    add(waits_for(thread));
    if (thread.holder.empty())
      if (const TraceEvent* lost = lost_signal(thread, trace))
        add("the " + lost->operation.substr(0, lost->operation.find(" (")) + " at step " + std::to_string(lost->step) + " (" +
            lost->thread + ", " + lost->location + ") found nobody waiting (lost signal)");
  }
  return text;
}

namespace {

const hooks::Explainer deadlock{"deadlock", &explain_deadlock};

}  // namespace
}  // namespace interleave::checkers
