#include "scheduler/report/trace_graph.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "scheduler/api/phases.hpp"
#include "scheduler/report/report.hpp"

namespace interleave {
namespace {

class Reader {
 public:
  explicit Reader(const Failure& failure) : failure_(failure), trace_(failure.trace) {}

  TraceGraph read() {
    for (const ThreadState& thread : failure_.threads) lane_of(thread.name);
    for (const TraceEvent& event : trace_) graph_.lanes.push_back(lane_of(event.thread));
    open_.resize(graph_.threads.size());
    pending_.resize(graph_.threads.size(), none_waiting);
    last_.resize(graph_.threads.size(), none);
    find_starts();
    for (std::size_t i = 0; i < trace_.size(); ++i)
      if (trace_[i].does != OperationClass::note) event(i);
    finish();
    std::stable_sort(graph_.edges.begin(), graph_.edges.end(), [](const auto& a, const auto& b) { return a.to < b.to; });
    return std::move(graph_);
  }

 private:
  using Kind = TraceGraph::Kind;
  static constexpr std::size_t none = TraceGraph::none;

  std::size_t lane_of(const std::string& thread) {
    const auto [known, fresh] = lane_numbers_.try_emplace(thread, graph_.threads.size());
    if (fresh) graph_.threads.push_back(thread);
    return known->second;
  }

  // Threads are listed in order of creation, the body's first.
  void find_starts() {
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i < trace_.size(); ++i)
      if (trace_[i].does == OperationClass::starts && trace_[i].succeeded) starts.push_back(i);
    if (starts.size() + 1 != failure_.threads.size() || failure_.threads.size() != graph_.threads.size()) return;
    for (std::size_t i = 0; i < starts.size(); ++i) started_by_[i + 1] = starts[i];
  }

  void edge(std::size_t from, std::size_t to, Kind kind) {
    if (from != none && graph_.lanes[from] != graph_.lanes[to]) graph_.edges.push_back({from, to, kind});
  }

  void event(std::size_t i) {
    const TraceEvent& event = trace_[i];
    const std::size_t lane = graph_.lanes[i];
    if (last_[lane] == none)
      if (const auto start = started_by_.find(lane); start != started_by_.end()) edge(start->second, i, Kind::starts);
    if (pending_[lane] != none_waiting) go_on(lane, i);
    switch (event.does) {
      case OperationClass::reads: edge(last_write(event.object), i, Kind::read); break;
      case OperationClass::writes:
        if (event.succeeded) objects_[event.object].written = i;
        else edge(last_write(event.object), i, Kind::read);
        break;
      case OperationClass::takes:
        if (event.succeeded) take(lane, i);
        break;
      case OperationClass::gives:
        give(lane, i, event.object);
        break;
      case OperationClass::waits:
        if (!event.second.empty()) give(lane, i, event.second);
        pending_[lane] = i;
        objects_[event.object].waited = i;
        break;
      case OperationClass::wakes:
        if (event.succeeded) objects_[event.object].wakes.push_back({i, wakes_one(event.operation)});
        break;
      case OperationClass::joins:
        if (const auto joined = lane_numbers_.find(event.object); event.succeeded && joined != lane_numbers_.end())
          edge(last_[joined->second], i, Kind::joins);
        break;
      default: break;
    }
    last_[lane] = i;
  }

  static bool wakes_one(std::string_view operation) {
    return operation.find("signal") != operation.npos || operation.find("one") != operation.npos || operation.ends_with(" 1");
  }

  // The first event after `waits`.
  void go_on(std::size_t lane, std::size_t i) {
    const std::size_t waits = pending_[lane];
    pending_[lane] = none_waiting;
    graph_.waits.push_back({lane, waits, i, trace_[waits].object});
    const TraceEvent& event = trace_[i];
    auto& object = objects_[trace_[waits].object];
    if (event.does == OperationClass::resumes) {
      // Out of a barrier by whoever came last; of itself by nobody.
      if (event.succeeded && object.waited != none && object.waited > waits) edge(object.waited, i, Kind::wakes);
      return;
    }
    for (auto& wake : object.wakes) {
      if (wake.event < waits || wake.used) continue;
      wake.used = wake.one;
      edge(wake.event, i, Kind::wakes);
      return;
    }
  }

  void take(std::size_t lane, std::size_t i) {
    const TraceEvent& event = trace_[i];
    auto& object = objects_[event.object];
    if (object.given != none) edge(object.given, i, Kind::hands_over);
    if (event.hold != Hold::shared) object.given = none;
    for (auto& bar : open_[lane])
      if (bar.object == event.object && bar.hold == event.hold && event.hold != Hold::permit) {  // a recursive lock
        ++bar.depth;
        return;
      }
    open_[lane].push_back({event.object, i, event.hold, 1});
  }

  void give(std::size_t lane, std::size_t i, const std::string& name) {
    objects_[name].given = i;
    auto& mine = open_[lane];
    const auto bar = std::find_if(mine.rbegin(), mine.rend(), [&](const Open& each) { return each.object == name; });
    if (bar == mine.rend()) return;  // a permit that another thread has taken, or that nobody had
    if (--bar->depth > 0 && trace_[i].does == OperationClass::gives) return;
    graph_.bars.push_back({lane, bar->from, i, bar->object, bar->hold});
    mine.erase(std::next(bar).base());
  }

  std::size_t last_write(const std::string& object) const {
    const auto known = objects_.find(object);
    return known == objects_.end() ? none : known->second.written;
  }

  void finish() {
    for (std::size_t lane = 0; lane < open_.size(); ++lane) {
      for (const Open& bar : open_[lane])
        if (bar.hold != Hold::permit) graph_.bars.push_back({lane, bar.from, none, bar.object, bar.hold});
      if (pending_[lane] != none_waiting) graph_.waits.push_back({lane, pending_[lane], none, trace_[pending_[lane]].object});
    }
    // In the middle of an operation that cannot be done.
    for (const ThreadState& thread : failure_.threads) {
      const std::size_t lane = lane_of(thread.name);
      if (is_stuck(phase_of(thread.state)) && lane < pending_.size() && pending_[lane] == none_waiting)
        graph_.waits.push_back({lane, last_[lane], none, thread.object});
    }
    std::stable_sort(graph_.bars.begin(), graph_.bars.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  }

  struct Open {
    std::string object;
    std::size_t from;
    Hold        hold;
    unsigned    depth;
  };
  struct Wake {
    std::size_t event;
    bool        one, used = false;
  };
  struct Object {
    std::size_t written = none, given = none, waited = none;
    std::vector<Wake> wakes;
  };
  static constexpr std::size_t none_waiting = none;

  const Failure& failure_;
  const std::vector<TraceEvent>& trace_;
  TraceGraph graph_;
  std::unordered_map<std::string, std::size_t> lane_numbers_;
  std::map<std::string, Object> objects_;
  std::map<std::size_t, std::size_t> started_by_;
  std::vector<std::vector<Open>> open_;
  std::vector<std::size_t> pending_, last_;
};

}  // namespace

std::string_view text_of(TraceGraph::Kind kind) {
  switch (kind) {
    case TraceGraph::Kind::wakes: return "wakes";
    case TraceGraph::Kind::hands_over: return "hands over";
    case TraceGraph::Kind::read: return "is read by";
    case TraceGraph::Kind::starts: return "starts";
    case TraceGraph::Kind::joins: return "is joined by";
  }
  return "?";
}

TraceGraph graph_of(const Failure& failure) { return Reader(failure).read(); }

// The end explains more than the beginning.
ShownPart part_of(std::size_t events, std::size_t most) {
  if (events <= most) return {0, 0};
  const std::size_t first = most / 4;
  return {first, events - (most - first)};
}

std::string sentence_of(const ShownPart& part, const std::vector<TraceEvent>& trace) {
  if (part.left_out() == 0) return "";
  return fmt::format("{} of {} steps are left out, from step {} to step {}; the JSON document (--json, INTERLEAVE_JSON) has all.",
                     grouped(part.left_out()), grouped(trace.size()), grouped(trace[part.first].step), grouped(trace[part.from - 1].step));
}

const CodePlace* place_of(const Failure& failure) {
  const auto innermost = [&](std::size_t stack) -> const CodePlace* {
    if (stack == 0 || stack > failure.stacks.size()) return nullptr;
    for (const CodePlace& place : failure.stacks[stack - 1])
      if (!place.file.empty() && place.line > 0) return &place;
    return nullptr;
  };
  for (const ThreadState& thread : failure.threads)
    if (phase_of(thread.state) == ThreadPhase::failed)
      if (const CodePlace* place = innermost(thread.stack)) return place;
  for (auto event = failure.trace.rbegin(); event != failure.trace.rend(); ++event)
    if (const CodePlace* place = innermost(event->stack)) return place;
  return nullptr;
}

}  // namespace interleave
