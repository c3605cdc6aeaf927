#include <interleave/checkers/deadlock.hpp>

#include <algorithm>
#include <set>
#include <vector>

#include "scheduler/api/checker_registry.hpp"
#include "scheduler/api/phases.hpp"

namespace interleave::checkers {
namespace {

using Threads = std::span<const ThreadState>;
using Trace = std::span<const TraceEvent>;

bool waits(const ThreadState& thread) { return phase_of(thread.state) == ThreadPhase::waits; }
bool takes(const ThreadState& thread, Hold hold) { return thread.does == OperationClass::takes && thread.hold == hold; }

const ThreadState* named(Threads threads, const std::string& name) {
  const auto found = std::find_if(threads.begin(), threads.end(), [&](const ThreadState& t) { return t.name == name; });
  return found == threads.end() ? nullptr : &*found;
}

// A semaphore knows no owner; but if it is used as a lock, whoever took it last, with no post since, has it.
const TraceEvent* last_taker(const std::string& semaphore, Trace trace) {
  for (auto event = trace.rbegin(); event != trace.rend(); ++event) {
    if (event->object != semaphore || !event->succeeded) continue;
    if (event->does == OperationClass::gives) return nullptr;
    if (event->does == OperationClass::takes) return &*event;
  }
  return nullptr;
}

// Of the readers of a reader-writer lock, which knows only how many they are: the one that has been in for longest.
const TraceEvent* first_reader(const std::string& lock, Trace trace) {
  std::vector<const TraceEvent*> inside;
  for (const TraceEvent& event : trace) {
    if (event.object != lock || !event.succeeded || event.hold != Hold::shared) continue;
    const auto same = std::find_if(inside.begin(), inside.end(), [&](const TraceEvent* each) { return each->thread == event.thread; });
    if (event.does == OperationClass::gives) {
      if (same != inside.end()) inside.erase(same);
    } else {
      inside.push_back(&event);
    }
  }
  return inside.empty() ? nullptr : inside.front();
}

bool waits_to_read(const ThreadState& thread) { return takes(thread, Hold::shared); }

// Who has what the thread waits for, where the object itself does not know.
const TraceEvent* taker(const ThreadState& thread, Trace trace) {
  if (!thread.holder.empty() || waits_to_read(thread)) return nullptr;
  if (takes(thread, Hold::permit)) return last_taker(thread.object, trace);
  return takes(thread, Hold::exclusive) ? first_reader(thread.object, trace) : nullptr;
}

// The writer that waits, where a reader is kept out although no writer is inside.
const ThreadState* writer_before(const ThreadState& thread, Threads threads) {
  if (!thread.holder.empty() || !waits_to_read(thread)) return nullptr;
  const auto found = std::find_if(threads.begin(), threads.end(), [&](const ThreadState& other) {
    return waits(other) && other.object == thread.object && takes(other, Hold::exclusive);
  });
  return found == threads.end() ? nullptr : &*found;
}

// Calls of Python's primitives that wait by taking a lock of their own a second time, until another thread gives it back. Such a
// thread does not wait for itself.
bool waits_by_lock(const ThreadState& thread) {
  const std::string kind = thread.call.substr(0, thread.call.find("::"));
  return kind == "Condition" || kind == "Event" || kind == "Barrier" || kind == "Thread" || kind.ends_with("Queue");
}

std::string holder_of(const ThreadState& thread, Threads threads, Trace trace) {
  if (const ThreadState* writer = writer_before(thread, threads)) return writer->name;
  const TraceEvent* event = taker(thread, trace);
  if (event != nullptr && event->thread == thread.name && thread.hold == Hold::permit && waits_by_lock(thread)) return "";
  return event != nullptr ? event->thread : thread.holder;
}

std::string waits_for(const ThreadState& thread, Threads threads, Trace trace) {
  std::string text = thread.name + " waits";
  if (!thread.object.empty()) text += " for " + thread.object;
  const std::string holder = holder_of(thread, threads, trace);
  if (holder.empty()) return text;
  if (thread.object.empty()) return text + " for " + holder;
  if (writer_before(thread, threads) != nullptr) return text + ", which " + holder + " waits to write";
  text += " held by " + (holder == thread.name ? "itself" : holder);
  if (const TraceEvent* event = taker(thread, trace))
    text += " since step " + std::to_string(event->step) + " (" + event->location + ")";
  return text;
}

// The threads that wait for each other in a ring, or nothing.
std::vector<const ThreadState*> cycle(Threads threads, Trace trace) {
  for (const ThreadState& start : threads) {
    std::vector<const ThreadState*> path;
    for (const ThreadState* at = &start; at != nullptr && waits(*at); at = named(threads, holder_of(*at, threads, trace))) {
      if (!path.empty() && at == path.front()) return path;
      if (std::find(path.begin(), path.end(), at) != path.end()) break;
      path.push_back(at);
    }
  }
  return {};
}

bool is_signal(const TraceEvent& event) {
  return event.does == OperationClass::wakes;
}

// Whether a thread looked at what the signal told of, and took it up: it held the mutex that goes with the wait, and gave it back other than
// by waiting, between the signal and the step by which `thread` began to wait. An idle worker that has done its work has done so, or another
// worker has.
bool taken_up(const TraceEvent& signal, const TraceEvent& wait, Trace trace) {
  if (wait.second.empty()) return false;
  return std::any_of(trace.begin(), trace.end(), [&](const TraceEvent& event) {
    return event.step > signal.step && event.step < wait.step && event.thread != signal.thread && event.does == OperationClass::gives &&
           event.object == wait.second;
  });
}

// The last signal to what `thread` sleeps on that found nobody, and that nobody has taken up.
const TraceEvent* lost_signal(const ThreadState& thread, Trace trace) {
  const TraceEvent* wait = nullptr;
  for (auto event = trace.rbegin(); event != trace.rend(); ++event) {
    if (event->object != thread.object) continue;
    if (event->thread == thread.name && event->does == OperationClass::waits && wait == nullptr) wait = &*event;
    if (is_signal(*event) && !event->succeeded) return wait != nullptr && taken_up(*event, *wait, trace) ? nullptr : &*event;
  }
  return nullptr;
}

// Whether some thread waits for the end of this one. One for which nobody waits may well be idle.
bool is_awaited(const ThreadState& thread, Threads threads) {
  return std::any_of(threads.begin(), threads.end(), [&](const ThreadState& other) {
    return waits(other) &&
           (other.does == OperationClass::joins_all || (other.does == OperationClass::joins && other.holder == thread.name));
  });
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

// What was called, without what came of it: "notify_one".
std::string called(const TraceEvent& event) {
  const std::string& text = event.shown.empty() ? event.operation : event.shown;
  return text.substr(0, std::min(text.find(" ("), text.find(" woke ")));
}

std::string at(const TraceEvent& event) {
  return called(event) + " at step " + std::to_string(event.step) + " (" + event.thread + ", " +
         event.location + ")";
}

// Why `thread` still sleeps although there were signals: the last one since woke another; or none came since it was woken before.
std::string spent_signal(const ThreadState& thread, Trace trace) {
  const TraceEvent* signal = nullptr;  // to what it sleeps on, since it does
  for (auto event = trace.rbegin(); event != trace.rend(); ++event) {
    if (event->object != thread.object) continue;
    if (signal == nullptr && is_signal(*event)) signal = &*event;
    if (event->thread != thread.name) continue;
    if (signal != nullptr) return "the " + at(*signal) + " woke another thread" + (signal->woke.empty() ? "" : ", " + signal->woke);
    const auto before = std::find_if(std::next(event), trace.rend(), [&](const TraceEvent& earlier) {
      return earlier.thread == thread.name && earlier.object == thread.object && earlier.does == event->does;
    });
    if (before == trace.rend()) return "";
    return thread.name + " was woken before, and waits again since step " + std::to_string(event->step) + "; no signal came since";
  }
  return "";
}

std::string lost_sentence(const ThreadState& thread, Threads threads, Trace trace) {
  if (const TraceEvent* lost = lost_signal(thread, trace))
    return "the " + at(*lost) + " found nobody waiting (lost signal)";
  if (!waits_in_primitive(thread)) return is_awaited(thread, threads) ? spent_signal(thread, trace) : "";
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
  for (const ThreadState* thread : ring) add(waits_for(*thread, threads, trace));
  if (!ring.empty()) text = "cycle: " + text;
  for (const ThreadState& thread : threads) {
    if (!waits(thread) || std::find(ring.begin(), ring.end(), &thread) != ring.end()) continue;
    if (thread.does == OperationClass::joins_all) continue;  // waits for the others, whatever they wait for
    add(waits_for(thread, threads, trace));
    if (holder_of(thread, threads, trace).empty()) add(lost_sentence(thread, threads, trace));
  }
  return text;
}

namespace {

const hooks::Checker deadlock{{.name = "deadlock",
                               .help = "explains a deadlock: who waits for what, who holds it, the cycle, and signals that found nobody",
                               .watches = "executions in which nobody can go on",
                               .by_default = true,
                               .kind = "deadlock",
                               .explanation = &explain_deadlock}};

}  // namespace
}  // namespace interleave::checkers
