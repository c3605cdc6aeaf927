#include "scheduler/report/relevance.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <interleave/scheduler/observer.hpp>
#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/api/phases.hpp"

namespace interleave {
namespace {

constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

// How far one link leads. That a thread came to a step by its own steps says least: they are many.
enum Cost : std::uint32_t { read_from = 1, read_between = 1, woken = 1, overwrites = 2, handed_over = 2, by_program = 2, started = 3, joined = 4 };

class Dependence {
 public:
  explicit Dependence(const Failure& failure) : failure_(failure), trace_(failure.trace) {
    number();
    find_shared();
    link();
  }

  std::vector<std::uint32_t> distances() {
    distance_.assign(trace_.size(), independent);
    seed();
    while (!near_.empty()) {
      const auto [far, event] = near_.top();
      near_.pop();
      if (far != distance_[event]) continue;
      for (std::size_t i = begin_of(event); i < ends_[event]; ++i) reach(links_[i].first, far + links_[i].second);
    }
    // Shown in any case, though nothing need depend on them.
    constexpr std::uint32_t with_room = 6;
    for (std::size_t thread = 0; thread < last_.size(); ++thread) at_least(last_[thread], is_finished(thread) ? with_room : 1);
    for (std::size_t i = 0; i < trace_.size(); ++i)
      if (is_access(i)) at_least(i, 0);
    return std::move(distance_);
  }

  std::vector<std::size_t> preemptions() const {
    std::vector<std::size_t> all;
    std::size_t before = none;
    for (std::size_t i = 0; i < trace_.size(); ++i) {
      if (trace_[i].does == OperationClass::note) continue;
      if (before != none && threads_[before] != threads_[i] && could_go_on(before)) all.push_back(before);
      before = i;
    }
    return all;
  }

 private:
  struct Object {
    std::size_t user = none;   // the first thread that uses it
    bool several = false, changes = false;
    std::size_t written = none, given = none, woke = none;
    std::vector<std::pair<std::size_t, std::size_t>> read;  // since it was written: thread, its last event
    bool shared() const { return several && changes; }
  };

  // An access that is no step: what the message of a race speaks of.
  bool is_access(std::size_t i) const {
    return trace_[i].does != OperationClass::note && trace_[i].step == (i == 0 ? 0 : trace_[i - 1].step) && (i > 0 || !trace_[i].operation.empty());
  }

  void number() {
    std::unordered_map<std::string_view, std::size_t> threads, objects;
    const auto of_thread = [&](std::string_view name) { return threads.try_emplace(name, threads.size()).first->second; };
    for (const ThreadState& thread : failure_.threads) of_thread(thread.name);
    std::size_t known = 0;
    for (const TraceEvent& event : trace_) known = std::max({known, event.object_id, event.second_id});
    // Traces that were made by hand have names only.
    const auto of_object = [&](std::size_t id, std::string_view name) -> std::size_t {
      return id != 0 ? id : name.empty() ? 0 : objects.try_emplace(name, known + 1 + objects.size()).first->second;
    };
    for (const TraceEvent& event : trace_) {
      threads_.push_back(of_thread(event.thread));
      firsts_.push_back(of_object(event.object_id, event.object));
      seconds_.push_back(of_object(event.second_id, event.second));
    }
    objects_.resize(known + 1 + objects.size());
    by_name_ = std::move(threads);
    last_.assign(by_name_.size(), none);
    next_.assign(trace_.size(), none);
    for (std::size_t i = 0; i < trace_.size(); ++i) {
      std::size_t& last = last_[threads_[i]];
      if (last != none) next_[last] = i;
      last = i;
    }
  }

  static bool changes(const TraceEvent& event) {
    switch (event.does) {
      case OperationClass::reads: return false;
      case OperationClass::writes: case OperationClass::takes: case OperationClass::wakes: return event.succeeded;
      default: return true;
    }
  }

  void find_shared() {
    const auto uses = [&](std::size_t id, std::size_t thread, bool changes) {
      if (id == 0) return;
      Object& object = objects_[id];
      if (object.user == none) object.user = thread;
      object.several |= object.user != thread;
      object.changes |= changes;
    };
    for (std::size_t i = 0; i < trace_.size(); ++i) {
      uses(firsts_[i], threads_[i], changes(trace_[i]));
      uses(seconds_[i], threads_[i], true);
    }
  }

  // Whether what others do can make a difference to the event, or the event to others.
  bool counts(std::size_t i) const {
    switch (trace_[i].does) {
      case OperationClass::note: case OperationClass::starts: case OperationClass::joins: case OperationClass::joins_all: case OperationClass::resumes:
        return true;
      case OperationClass::waits: return true;
      default: break;
    }
    if (trace_[i].timed_out_early || trace_[i].operation.substr(0, 6) == "choose") return true;
    return (firsts_[i] != 0 && objects_[firsts_[i]].shared()) || (seconds_[i] != 0 && objects_[seconds_[i]].shared()) || is_access(i);
  }

  void to(std::size_t event, std::uint32_t cost) {
    if (event != none) links_.emplace_back(event, cost);
  }
  void to_other(std::size_t event, std::size_t thread, std::uint32_t cost) {
    if (event != none && threads_[event] != thread) links_.emplace_back(event, cost);
  }

  void link() {
    std::vector<std::size_t> before(last_.size(), none), waiting(last_.size(), none), latest(last_.size(), none), started_by(last_.size(), none);
    std::size_t children = 0;  // threads are listed in order of creation, the body's first
    ends_.reserve(trace_.size());
    for (std::size_t i = 0; i < trace_.size(); ++i) {
      const TraceEvent& event = trace_[i];
      const std::size_t thread = threads_[i];
      if (latest[thread] == none) to(started_by[thread], started);
      to(before[thread], by_program);
      if (waiting[thread] != none && event.does != OperationClass::note) {
        to_other(objects_[firsts_[waiting[thread]]].woke, thread, woken);
        waiting[thread] = none;
      }
      if (firsts_[i] != 0) link_object(i, objects_[firsts_[i]]);
      if (seconds_[i] != 0) objects_[seconds_[i]].given = i;
      if (event.does == OperationClass::waits) waiting[thread] = i;
      if (event.does == OperationClass::starts && event.succeeded && ++children < failure_.threads.size() && children < started_by.size())
        started_by[children] = i;
      if (event.does == OperationClass::joins && event.succeeded)
        if (const auto other = by_name_.find(event.object); other != by_name_.end()) to(latest[other->second], joined);
      if (event.does == OperationClass::joins_all)
        for (const std::size_t other : latest) to_other(other, thread, joined);
      latest[thread] = i;
      if (counts(i)) before[thread] = i;
      ends_.push_back(links_.size());
    }
  }

  void link_object(std::size_t i, Object& object) {
    const TraceEvent& event = trace_[i];
    const std::size_t thread = threads_[i];
    const auto reads = [&] {
      to_other(object.written, thread, read_from);
      const auto mine = std::find_if(object.read.begin(), object.read.end(), [&](const auto& each) { return each.first == thread; });
      if (mine == object.read.end()) object.read.emplace_back(thread, i);
      else mine->second = i;
    };
    const auto writes = [&] {
      to(object.written, threads_[object.written == none ? i : object.written] == thread ? overwrites : read_from);
      for (const auto& [reader, last] : object.read)
        if (reader != thread) to(last, read_between);
      object.read.clear();
      object.written = i;
    };
    switch (event.does) {
      case OperationClass::note: case OperationClass::starts: case OperationClass::joins: case OperationClass::joins_all: break;
      case OperationClass::reads: reads(); break;
      case OperationClass::writes: event.succeeded ? writes() : reads(); break;
      case OperationClass::takes: to_other(object.given, thread, handed_over); break;
      case OperationClass::gives: object.given = i; break;
      case OperationClass::waits: to_other(object.woke, thread, woken); break;
      case OperationClass::wakes: object.woke = i; break;
      default: writes(); break;
    }
  }

  bool is_finished(std::size_t thread) const {
    return thread < failure_.threads.size() && phase_of(failure_.threads[thread].state) == ThreadPhase::finished;
  }

  void reach(std::size_t event, std::uint32_t far) {
    if (event == none || far >= distance_[event]) return;
    distance_[event] = far;
    near_.emplace(far, event);
  }
  void at_least(std::size_t event, std::uint32_t far) {
    if (event != none) distance_[event] = std::min(distance_[event], far);
  }

  void seed() {
    if (trace_.empty()) return;
    const bool hangs = is_hang(kind_of(failure_.kind));
    bool any = false;
    for (std::size_t thread = 0; thread < failure_.threads.size(); ++thread) {
      const ThreadState& state = failure_.threads[thread];
      const ThreadPhase phase = phase_of(state.state);
      if (phase != ThreadPhase::failed && !(hangs && is_stuck(phase))) continue;
      any |= last_[thread] != none;
      reach(last_[thread], 0);
      if (const auto holder = by_name_.find(state.holder); holder != by_name_.end()) held_.emplace(holder->second, state.object);
    }
    for (std::size_t i = trace_.size(); i-- > 0 && !held_.empty();)  // by which the holder took what somebody waits for
      if (trace_[i].does == OperationClass::takes && trace_[i].succeeded && held_.erase({threads_[i], trace_[i].object}) > 0) reach(i, 0);
    if (!any) reach(trace_.size() - 1, 0);
    seed_message();
    // A few switches made the difference; many are how the schedule was drawn.
    constexpr std::size_t few = 8;
    const std::vector<std::size_t> switches = preemptions();
    if (switches.size() > few) return;
    for (const std::size_t i : switches) {
      std::size_t next = i + 1;
      while (trace_[next].does == OperationClass::note) ++next;
      if (counts(i)) reach(i, 1);
      if (counts(next)) reach(next, 1);
    }
  }

  // The message names places: the last step of each thread at each of them.
  void seed_message() {
    constexpr std::size_t places_most = 6;
    std::unordered_map<std::string_view, bool> in_message;
    std::size_t places = 0;
    std::set<std::pair<std::size_t, std::string_view>> done;
    std::vector<std::size_t> spoken;
    for (std::size_t i = trace_.size(); i-- > 0;) {
      const std::string_view place = std::string_view(trace_[i].location).substr(0, trace_[i].location.find(' '));
      if (place.find(':') == place.npos) continue;
      const auto [known, fresh] = in_message.try_emplace(place, false);
      if (fresh) places += known->second = names(failure_.message, place);
      if (!known->second) continue;
      if (!done.emplace(threads_[i], place).second) continue;
      if (names(failure_.message, trace_[i].thread)) spoken.push_back(i);
    }
    if (places > places_most) return;
    for (const std::size_t i : spoken) reach(i, 0);
  }

  // As a word of its own.
  static bool names(std::string_view text, std::string_view word) {
    const auto is_word = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    if (word.empty()) return false;
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
      const std::size_t end = at + word.size();
      if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) return true;
    }
    return false;
  }

  // Whether its thread could have made its next step already when another one went on.
  bool could_go_on(std::size_t i) const {
    if (trace_[i].does == OperationClass::waits) return false;
    std::size_t next = next_[i];
    while (next != none && trace_[next].does == OperationClass::note) next = next_[next];
    if (next == none) {
      const std::size_t thread = threads_[i];
      const ThreadPhase phase = thread < failure_.threads.size() ? phase_of(failure_.threads[thread].state) : ThreadPhase::unknown;
      return phase == ThreadPhase::ready || phase == ThreadPhase::failed;
    }
    const OperationClass does = trace_[next].does;
    if (does == OperationClass::joins || does == OperationClass::joins_all || does == OperationClass::resumes) return false;
    if (does != OperationClass::takes) return true;
    for (std::size_t j = i + 1; j < next; ++j)  // it may have been held until then
      if ((trace_[j].does == OperationClass::gives && firsts_[j] == firsts_[next]) || (seconds_[j] != 0 && seconds_[j] == firsts_[next])) return false;
    return true;
  }

  std::size_t begin_of(std::size_t event) const { return event == 0 ? 0 : ends_[event - 1]; }

  const Failure& failure_;
  const std::vector<TraceEvent>& trace_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
  std::vector<std::size_t> threads_, firsts_, seconds_;  // of each event
  std::vector<std::size_t> next_;                        // of each event: of the same thread
  std::vector<std::size_t> last_;                        // of each thread
  std::vector<Object> objects_;
  std::vector<std::pair<std::size_t, std::uint32_t>> links_;
  std::vector<std::size_t> ends_;                        // of each event, its links; they begin where those of the event before end
  std::vector<std::uint32_t> distance_;
  std::set<std::pair<std::size_t, std::string_view>> held_;  // at the end: by which thread, what somebody waits for
  using Near = std::pair<std::uint32_t, std::size_t>;
  std::priority_queue<Near, std::vector<Near>, std::greater<>> near_;
};

}  // namespace

std::vector<std::uint32_t> distances_from_failure(const Failure& failure) { return Dependence(failure).distances(); }

std::vector<std::size_t> preemptions_of(const Failure& failure) { return Dependence(failure).preemptions(); }

}  // namespace interleave
