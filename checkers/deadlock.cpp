#include <interleave/checkers/deadlock.hpp>

#include <algorithm>
#include <set>
#include <vector>

#include <interleave/scheduler/hooks.hpp>

namespace interleave::checkers {
namespace {

using Threads = std::span<const ThreadState>;
using Trace = std::span<const TraceEvent>;

bool failed(const TraceEvent& event) { return event.operation.ends_with("(failed)"); }
bool begins_with(const std::string& text, const char* word) { return text.starts_with(word); }

const ThreadState* named(Threads threads, const std::string& name) {
  const auto found = std::find_if(threads.begin(), threads.end(), [&](const ThreadState& t) { return t.name == name; });
  return found == threads.end() ? nullptr : &*found;
}

// A semaphore knows no owner; but if it is used as a lock, whoever took it last, with no post since, has it.
const TraceEvent* last_taker(const std::string& semaphore, Trace trace) {
  for (auto event = trace.rbegin(); event != trace.rend(); ++event) {
    if (event->object != semaphore || failed(*event)) continue;
    if (begins_with(event->operation, "sem_post")) return nullptr;
    if (begins_with(event->operation, "sem_wait") || begins_with(event->operation, "sem_trywait") ||
        begins_with(event->operation, "sem_timedwait"))
      return &*event;
  }
  return nullptr;
}

std::string holder_of(const ThreadState& thread, Trace trace) {
  if (!thread.holder.empty() || !begins_with(thread.operation, "sem_")) return thread.holder;
  const TraceEvent* taker = last_taker(thread.object, trace);
  return taker != nullptr ? taker->thread : "";
}

std::string waits_for(const ThreadState& thread, Trace trace) {
  std::string text = thread.name + " waits";
  if (!thread.object.empty()) text += " for " + thread.object;
  const std::string holder = holder_of(thread, trace);
  if (holder.empty()) return text;
  if (thread.object.empty()) return text + " for " + holder;
  text += " held by " + (holder == thread.name ? "itself" : holder);
  if (const TraceEvent* taker = last_taker(thread.object, trace); taker != nullptr && thread.holder.empty())
    text += " since step " + std::to_string(taker->step) + " (" + taker->location + ")";
  return text;
}

// The threads that wait for each other in a ring, or nothing.
std::vector<const ThreadState*> cycle(Threads threads, Trace trace) {
  for (const ThreadState& start : threads) {
    std::vector<const ThreadState*> path;
    for (const ThreadState* at = &start; at != nullptr && at->state == "waits"; at = named(threads, holder_of(*at, trace))) {
      if (!path.empty() && at == path.front()) return path;
      if (std::find(path.begin(), path.end(), at) != path.end()) break;
      path.push_back(at);
    }
  }
  return {};
}

bool is_signal(const TraceEvent& event) {
  return begins_with(event.operation, "condition signal") || begins_with(event.operation, "condition broadcast") ||
         begins_with(event.operation, "futex wake");
}

// The last signal to what `thread` sleeps on that found nobody.
const TraceEvent* lost_signal(const ThreadState& thread, Trace trace) {
  for (auto event = trace.rbegin(); event != trace.rend(); ++event)
    if (event->object == thread.object && is_signal(*event) && failed(*event)) return &*event;
  return nullptr;
}

bool waits_in_primitive(const ThreadState& thread) {
  return thread.call == "Event::wait" || thread.call == "Condition::wait" || thread.call == "Condition::wait_for";
}

bool wakes(const std::string& call) {
  return call == "Event::set" || call == "Condition::notify" || call == "Condition::notify_all";
}

// The last call that should have woken `thread` from its wait in one of Python's primitives, but came before it: made by
// another thread on an object that the wait uses, too, and followed by the whole of that wait.
const TraceEvent* early_wake(const ThreadState& thread, Trace trace) {
  std::set<std::string> objects;  // that the wait has touched
  std::size_t wait_begins = 0;
  for (auto event = trace.rbegin(); event != trace.rend(); ++event) {
    if (event->thread != thread.name) continue;
    if (event->call != thread.call) break;
    if (!event->object.empty()) objects.insert(event->object);
    wait_begins = event->step;
  }
  if (wait_begins == 0) return nullptr;
  for (auto event = trace.rbegin(); event != trace.rend(); ++event)
    if (event->step < wait_begins && event->thread != thread.name && wakes(event->call) && objects.contains(event->object))
      return &*event;
  return nullptr;
}

std::string lost_sentence(const ThreadState& thread, Trace trace) {
  if (const TraceEvent* lost = lost_signal(thread, trace))
    return "the " + lost->operation.substr(0, lost->operation.find(" (")) + " at step " + std::to_string(lost->step) + " (" +
           lost->thread + ", " + lost->location + ") found nobody waiting (lost signal)";
  if (!waits_in_primitive(thread)) return "";
  const TraceEvent* early = early_wake(thread, trace);
  if (early == nullptr) return "";
  const auto arrow = early->location.find("<- ");
  return early->thread + "'s " + early->call + " (" + (arrow == std::string::npos ? early->location : early->location.substr(arrow + 3)) +
         ", over by step " + std::to_string(early->step) + ") came before " + thread.name + " waited (lost signal)";
}

}  // namespace

std::string explain_deadlock(Threads threads, Trace trace) {
  std::string text;
  const auto add = [&](const std::string& sentence) {
    if (!sentence.empty()) text += (text.empty() ? "" : "; ") + sentence;
  };
  const auto ring = cycle(threads, trace);
  for (const ThreadState* thread : ring) add(waits_for(*thread, trace));
  if (!ring.empty()) text = "cycle: " + text;
  for (const ThreadState& thread : threads) {
    if (thread.state != "waits" || std::find(ring.begin(), ring.end(), &thread) != ring.end()) continue;
    if (thread.operation == "parallel") continue;  // waits for the others, whatever they wait for
    add(waits_for(thread, trace));
    if (holder_of(thread, trace).empty()) add(lost_sentence(thread, trace));
  }
  return text;
}

namespace {

const hooks::Explainer deadlock{"deadlock", &explain_deadlock};

}  // namespace
}  // namespace interleave::checkers
