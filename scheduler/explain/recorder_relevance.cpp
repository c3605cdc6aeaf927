// What the recorder notes beside the steps themselves, so that it can be told which of them matter: which events are on the same object, which
// timeouts need not have been, and accesses that are no steps.
#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/explain/named_objects.hpp"
#include "scheduler/explain/recorder.hpp"
#include "scheduler/races/shadow.hpp"

namespace interleave::engine {
namespace {

bool may_be_timeout(const Operation& operation) {
  const OperationType& type = *operation.type;
  if (type.does == OperationClass::resumes) return std::string_view(type.shown != nullptr ? type.shown(operation, false) : type.name).find("timeout") != std::string_view::npos;
  if (type.tries && operation.failed && type.candidates != nullptr) return true;
  return std::string_view(type.name) == "sleep";
}

// Before that time: by a step that is no timeout, or by an earlier one.
bool can_go_on(const Execution& run, const Thread& thread, std::uint64_t deadline) {
  if (thread.finished || thread.pending.type == nullptr || thread.awaiting) return false;
  const OperationType& type = *thread.pending.type;
  if (type.candidates != nullptr && type.candidates(run, thread) == 0) return false;
  return thread.timed ? thread.deadline < deadline : type.does != OperationClass::resumes;
}

}  // namespace

bool Recorder::timed_out_early(const Execution& run, const Thread& thread) {
  if (run.time().one_clock() || !may_be_timeout(thread.pending)) return false;
  for (std::size_t id = 0; id < run.threads_created(); ++id)
    if (id != thread.id && can_go_on(run, run.thread(id), thread.deadline)) return true;
  return false;
}

void Recorder::number_objects() {
  struct Use {
    std::uintptr_t begin, end;
    std::size_t event;
    bool second;
  };
  std::vector<Use> uses;
  for (std::size_t i = 0; i < extents_.size(); ++i)
    for (const bool second : {false, true})
      if (const Extent& extent = extents_[i][second]; extent.size > 0) uses.push_back({extent.begin, extent.begin + extent.size, i, second});
  std::sort(uses.begin(), uses.end(), [](const Use& a, const Use& b) { return a.begin != b.begin ? a.begin < b.begin : a.event < b.event; });
  // Numbers in the order of the trace: addresses decide nothing.
  std::vector<std::size_t> group(uses.size());
  std::uintptr_t end = 0;
  std::size_t groups = 0;
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (uses[i].begin >= end || i == 0) ++groups;
    group[i] = groups;
    end = i == 0 ? uses[i].end : std::max(end, uses[i].end);
  }
  std::vector<std::size_t> first_event(groups + 1, ~std::size_t{0}), order, number(groups + 1);
  for (std::size_t i = 0; i < uses.size(); ++i) first_event[group[i]] = std::min(first_event[group[i]], uses[i].event * 2 + uses[i].second);
  for (std::size_t g = 1; g <= groups; ++g) order.push_back(g);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return first_event[a] < first_event[b]; });
  for (std::size_t i = 0; i < order.size(); ++i) number[order[i]] = i + 1;
  for (std::size_t i = 0; i < uses.size(); ++i) {
    TraceEvent& event = trace_[uses[i].event];
    (uses[i].second ? event.second_id : event.object_id) = number[group[i]];
  }
}

void Recorder::add_accesses(const Execution& run, const std::vector<Shadow::Told>& accesses) {
  std::vector<Shadow::Told> in_order = accesses;
  std::stable_sort(in_order.begin(), in_order.end(), [](const auto& a, const auto& b) { return a.moment > b.moment; });
  for (const Shadow::Told& access : in_order) {  // the last first, so that places of others stay
    std::size_t at = std::min<std::size_t>(access.moment, events_.size());
    // Its thread makes it behind the step that is noted next; but for a thread that has made a step before, and another's comes next.
    const bool own = at < events_.size() && events_[at].thread == access.thread;
    const bool begun = std::any_of(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(at), [&](const Event& each) { return each.thread == access.thread; });
    if (own && events_[at].operation.type != nullptr) {
      const Operation& step = events_[at].operation;
      const auto begin = reinterpret_cast<std::uintptr_t>(step.object);
      if (access.is_step || (step.object != nullptr && access.address - begin < std::max(step.bytes(), 1u) && step.type->does == access.does)) continue;
    }
    if (at < events_.size() && (own || !begun)) ++at;
    if (at > trace_.size()) continue;
    const Stack stack(access.stack.begin(), access.stack.end());
    trace_.insert(trace_.begin() + static_cast<std::ptrdiff_t>(at),
                  TraceEvent{.step = at == 0 ? 0 : trace_[at - 1].step,
                             .thread = name_of(run.thread(access.thread)),
                             .operation = access.what,
                             .object = object_of(reinterpret_cast<const void*>(access.address), access.does == OperationClass::ends ? "block" : "variable", 1, NamedObjects::now),
                             .location = symbols_.place(stack),
                             .does = access.does,
                             .stack = number_of(stack)});
    extents_.insert(extents_.begin() + static_cast<std::ptrdiff_t>(at), {Extent{access.address, 1}, Extent{}});
  }
  number_objects();
}

}  // namespace interleave::engine
