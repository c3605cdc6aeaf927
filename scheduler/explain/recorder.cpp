#include "scheduler/explain/recorder.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "scheduler/api/phases.hpp"
#include "scheduler/explain/library_calls.hpp"
#include "scheduler/explain/named_objects.hpp"
#include "scheduler/explain/weak_orders.hpp"
#include "scheduler/memory/stack_walk.hpp"
#include "scheduler/symbols/stack_text.hpp"

namespace interleave::engine {
namespace {

// An address differs from process to process; a trace must not. Nor may what lock-free code makes of one: an address with a count
// in the 16 bits above it.
std::string value_text(std::uint64_t value, std::uint32_t size) {
  // Nobody says whether it is signed; a little below 0 is likelier than a little below 2^32.
  if (size == 4 && value >= 0xffff0000 && value <= 0xffffffff) return fmt::format("{}", static_cast<std::int32_t>(value));
  constexpr std::uint64_t least_address = std::uint64_t{1} << 32, end_of_addresses = std::uint64_t{1} << 47;
  const std::uint64_t address = value & ((std::uint64_t{1} << 48) - 1), tag = value >> 48;
  if (address < least_address || address >= end_of_addresses) return fmt::format("{}", static_cast<std::int64_t>(value));
  return tag == 0 ? "pointer" : fmt::format("pointer, tag {}", tag);
}

std::string text_of(const Operation& operation) {
  const OperationType& type = *operation.type;
  std::string text = type.shown != nullptr ? type.shown(operation, false) : type.name;
  if (type.shows_value) {
    const bool writes = operation.access() == Access::write;
    text += fmt::format(" {} {}", writes ? "<-" : "->", value_text(operation.argument, operation.size));
  }
  if (operation.failed && *type.failure != '\0') text += fmt::format(" ({})", type.failure);
  return text;
}

const void* shown_object(const Operation& operation) {
  return operation.object == nullptr || operation.type == nullptr ? nullptr
                                                                  : static_cast<const char*>(operation.object) - operation.type->inside;
}

// A futex has a queue of its own, which is at its address with the highest bit set.
const void* queue_word(const void* object) {
  return reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(object) & ~(std::uintptr_t{1} << 63));
}

std::string text_of(const KernelCall& call) {
  return fmt::format("{}({})", call.name, call.descriptor < 0 ? "" : std::to_string(call.descriptor));
}

// The order of a memory operation, as C++ calls it.
const char* order_text(int order) {
  constexpr const char* names[] = {"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};
  return order >= 0 && order < static_cast<int>(std::size(names)) ? names[order] : "";
}

}  // namespace

namespace {

constinit const CalledInCxx* all_calls = nullptr;

}  // namespace

CalledInCxx::CalledInCxx(const OperationType& type, const char* call) : type_(type), call_(call), next_(std::exchange(all_calls, this)) {}

const char* CalledInCxx::of(const OperationType& type) {
  for (const CalledInCxx* each = all_calls; each != nullptr; each = each->next_)
    if (&each->type_ == &type) return each->call_;
  return nullptr;
}

KernelCall kernel_call;

std::string name_of(const Thread& thread) {
  if (!thread.extras().name.empty()) return thread.extras().name;
  return thread.id == 0 ? "main" : fmt::format("T{}", thread.id);
}

Recorder::Recorder(Symbols& symbols, NamedObjects* names) : symbols_(symbols), names_(names) {
  weak_orders.tell(&order_);
  kernel_call = {};  // of an earlier execution
}
Recorder::~Recorder() { weak_orders.tell(nullptr); }

void Recorder::announced(const Execution&, const Thread& thread) {
  if (stacks_.size() <= thread.id) stacks_.resize(thread.id + 1);
  stacks_[thread.id] = stack_here();
  if (calls_.size() <= thread.id) calls_.resize(thread.id + 1);
  calls_[thread.id] = std::exchange(kernel_call, {});
  if (names_ == nullptr) return;
  if (sights_.size() <= thread.id) sights_.resize(thread.id + 1);
  sights_[thread.id] = {names_->sight(thread, queue_word(shown_object(thread.pending))),
                        names_->sight(thread, queue_word(thread.pending.second))};
}

void Recorder::performed(Execution& run, const Thread& thread) {
  const Operation& operation = thread.pending;
  const auto [sight, second_sight] = names_ != nullptr ? sights_[thread.id] : std::pair(NamedObjects::now, NamedObjects::now);
  events_.push_back({run.steps(), thread.id, operation, "", stacks_[thread.id], sight, second_sight,
                     std::exchange(order_, -1), calls_[thread.id], woken_by(run, thread), timed_out_early(run, thread)});
  moment_ = events_.size();
}

// Threads that have been about to sleep, or asleep, and are woken, or about to do something else.
std::vector<std::uint32_t> Recorder::woken_by(const Execution& run, const Thread& thread) {
  std::vector<std::uint32_t> woken;
  asleep_.resize(run.threads_created());
  for (std::uint32_t id = 0; id < asleep_.size(); ++id) {
    const Thread& each = run.thread(id);
    Asleep& before = asleep_[id];
    const Asleep now{each.pending.type, each.pending.object, each.woken};
    const bool slept = before.type != nullptr && before.type->waits && before.type->does == OperationClass::resumes && !before.woken;
    if (id != thread.id && slept && (now.woken || now.type != before.type || now.object != before.object)) woken.push_back(id);
    before = now;
  }
  if (thread.pending.type->does != OperationClass::wakes) woken.clear();
  return woken;
}

void Recorder::noted(const Execution& run, const Thread& thread, const std::string& text) {
  events_.push_back({run.steps(), thread.id, {}, text, stack_here(), NamedObjects::now, NamedObjects::now});
  moment_ = events_.size();
}

void Recorder::failing(const Execution&, const Thread&) {
  if (!failing_.empty()) return;  // a crash while looking at a broken stack: what there was will do
  failing_.push_back(nullptr);
  failing_ = stack_here();
}

// A value of an object, as its type has it; else as value_text, and so where the type takes for a number what is an address.
std::string Recorder::value_of(const Event& event, std::uint64_t value) {
  const std::string plain = value_text(value, event.operation.size);
  if (names_ == nullptr) return plain;
  const std::string typed = names_->value(shown_object(event.operation), value, event.sight);
  const bool is_number = typed.find_first_not_of("-0123456789") == typed.npos;
  return typed.empty() || (is_number && plain.starts_with("pointer")) ? plain : typed;
}

// What an atomic operation has read and written, and how C++ calls it: "compare_exchange(acquire) 0 -> 1", "fetch_add(1) 2 -> 3".
void Recorder::tell_values(const Event& event, TraceEvent& told) {
  const Operation& operation = event.operation;
  const OperationType& type = *operation.type;
  const std::string_view call = CalledInCxx::of(type);
  told.order = order_text(event.order);
  std::string arguments = event.order != __ATOMIC_SEQ_CST ? told.order : "";
  if (!type.shows_value || operation.size > sizeof(std::uint64_t)) {
    told.shown = std::string(call) + (arguments.empty() ? "" : "(" + arguments + ")") + (operation.failed ? " failed" : "");
    return;
  }
  const bool writes = operation.access() == Access::write;
  told.before = value_of(event, operation.state);
  told.after = writes ? value_of(event, operation.argument) : told.before;
  if (call == "fetch_add" || call == "fetch_sub") {
    // What was added is what the difference is, in as many bytes as the object has.
    const std::uint64_t difference = call == "fetch_add" ? operation.argument - operation.state : operation.state - operation.argument;
    const unsigned unused = operation.size < 8 ? 64 - operation.size * 8 : 0;
    const std::string by = std::to_string(static_cast<std::int64_t>(difference << unused) >> unused);
    arguments = by + (arguments.empty() ? "" : ", " + arguments);
  }
  told.shown = arguments.empty() ? std::string(call) : fmt::format("{}({})", call, arguments);
  if (operation.failed) {
    told.shown += fmt::format(" failed: {}, not {}", told.before, value_of(event, operation.second_state));
  } else {
    told.shown += writes ? fmt::format(" {} -> {}", told.before, told.after) : fmt::format(" -> {}", told.before);
  }
}

TraceEvent Recorder::told(const Execution& run, const Event& event) {
  const bool is_note = event.operation.type == nullptr;
  TraceEvent told{.step = event.step,
                  .thread = name_of(run.thread(event.thread)),
                  .operation = is_note ? "note: " + event.note : text_of(event.operation),
                  .object = is_note ? "" : object_of(event.operation, event.sight),
                  .location = symbols_.place(event.stack),
                  .call = is_note ? "" : call_of(event.stack),
                  .does = is_note ? OperationClass::note : event.operation.type->does,
                  .hold = is_note ? Hold{} : event.operation.type->hold,
                  .succeeded = !event.operation.failed,
                  .second = is_note ? "" : second_of(event.operation),
                  .stack = number_of(event.stack),
                  .timed_out_early = event.early};
  if (is_note) return told;
  if (event.call.name != nullptr) {
    told.operation = text_of(event.call);
    told.object = event.call.descriptor < 0 ? "the kernel" : fmt::format("descriptor {}", event.call.descriptor);
    told.shown = told.operation;
  }
  if (told.does == OperationClass::joins && event.operation.argument < run.threads_created())
    told.object = name_of(run.thread(static_cast<std::uint32_t>(event.operation.argument)));
  if (CalledInCxx::of(*event.operation.type) != nullptr) tell_values(event, told);
  for (const std::uint32_t thread : event.woken) told.woke += (told.woke.empty() ? "" : ", ") + name_of(run.thread(thread));
  if (told.does == OperationClass::wakes) {
    const char* call = event.operation.type->name;
    const bool cxx = names_ != nullptr && names_->is_in(event.operation.object, "condition_variable", event.sight);
    if (cxx) call = std::string_view(call) == "condition broadcast" ? "notify_all" : "notify_one";
    told.shown = told.woke.empty() ? cxx ? fmt::format("{} (nobody waits)", call) : "" : fmt::format("{} woke {}", call, told.woke);
  }
  return told;
}

void Recorder::ended(Execution& run, Ending ending) {
  if (names_ != nullptr) names_->settle(run);
  for (const Event& event : events_) {
    trace_.push_back(told(run, event));
    extents_.push_back(extents_of(event.operation));
  }
  number_objects();
  for (std::size_t id = 0; id < run.threads_created(); ++id) {
    const Thread& thread = run.thread(id);
    ThreadPhase phase = thread.finished ? ThreadPhase::finished : ThreadPhase::ready;
    ThreadState state{.name = name_of(thread), .state = "", .operation = "", .object = "",
                      .location = "", .holder = "", .daemon = thread.daemon, .call = ""};
    if (!thread.finished && thread.pending.type != nullptr) {
      const OperationType& type = *thread.pending.type;
      const bool waits = type.candidates != nullptr && type.candidates(run, thread) == 0;
      if (waits) phase = ThreadPhase::waits;
      if (thread.awaiting) phase = ThreadPhase::spins;
      state.operation = type.shown != nullptr ? type.shown(thread.pending, waits) : type.name;
      const KernelCall call = id < calls_.size() ? calls_[id] : KernelCall{};
      if (call.name != nullptr) state.operation = text_of(call);
      state.does = type.does;
      state.hold = type.hold;
      state.object = call.name != nullptr ? "" : thread.awaiting ? reads_of(thread) : object_of(thread.pending, NamedObjects::now);
      if (id < stacks_.size()) {
        state.location = symbols_.place(stacks_[id]);
        state.call = call_of(stacks_[id]);
        state.stack = number_of(stacks_[id]);
      }
      if (const Thread* blocker = waits && type.blocker != nullptr ? type.blocker(run, thread) : nullptr)
        state.holder = name_of(*blocker);
    }
    if (ending == Ending::failed && &thread == &run.thread(run.outcome().culprit)) {
      phase = ThreadPhase::failed;
      if (failing_.size() > 1) {
        state.location = symbols_.place(failing_);
        state.call = call_of(failing_);
        state.stack = number_of(failing_);
      }
    }
    if (ending == Ending::redundant && run.states() != nullptr && (phase == ThreadPhase::ready || phase == ThreadPhase::spins)) {
      state.round = run.states()->round(thread.id);
      if (state.round > 0) phase = ThreadPhase::goes_round;
    }
    state.state = text_of(phase);
    threads_.push_back(std::move(state));
  }
}

std::string Recorder::call_of(const Stack& stack) {
  std::string call = symbols_.primitive_call(stack);
  return call.empty() ? library_call(symbols_, stack) : call;
}

std::array<Recorder::Extent, 2> Recorder::extents_of(const Operation& operation) {
  const auto extent = [](const void* object, std::uint32_t size) {
    return object == nullptr ? Extent{} : Extent{reinterpret_cast<std::uintptr_t>(object), std::max(size, 1u)};
  };
  if (operation.type == nullptr) return {};
  return {extent(operation.object, operation.bytes()), extent(operation.second, operation.second_size)};
}

std::span<const void* const> Recorder::stack_of(std::uint64_t step) const {
  const auto event = std::lower_bound(events_.begin(), events_.end(), step, [](const Event& each, std::uint64_t s) { return each.step < s; });
  for (auto each = event; each != events_.end() && each->step == step; ++each)
    if (each->operation.type != nullptr) return each->stack;
  return {};
}

bool Recorder::lacks_lines() const {
  return any_calls_ && !has_lines_;
}

std::string Recorder::known_name(const void* object) const {
  const auto found = object_names_.find(object);
  return found == object_names_.end() ? "" : found->second;
}

std::string Recorder::name_now(const Execution& run, const void* object) {
  const auto about = [&](const Event& event) {
    return event.operation.type != nullptr && (shown_object(event.operation) == object || event.operation.second == object);
  };
  const auto event = std::find_if(events_.rbegin(), events_.rend(), about);
  if (event == events_.rend()) return "";
  if (names_ != nullptr) names_->glance(run);
  if (shown_object(event->operation) == object) return object_of(event->operation, event->sight);
  return object_of(object, event->operation.type->does_to_second == OperationClass::gives ? "mutex" : "object", 0, event->second_sight);
}

// What a thread has read that spins.
std::string Recorder::reads_of(const Thread& thread) {
  std::vector<std::string> names;
  thread.spin.each_read([&](const void* object) {
    const std::string name = object_of(object, "variable", 0, NamedObjects::now);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  });
  return fmt::format("{}", fmt::join(names, ", "));
}

// Library code is left out. Stacks of library code only, and empty ones: 0.
std::size_t Recorder::number_of(const Stack& stack) {
  constexpr std::size_t calls_most = 12;
  const auto [known, fresh] = stack_numbers_.try_emplace(stack, 0);
  if (!fresh) return known->second;
  std::vector<CodePlace> calls;
  for (const void* address : stack) {
    for (const Frame& frame : symbols_.frames(address))
      if (!frame.library && !(frame.function.empty() && frame.file.empty()) && calls.size() < calls_most)
        calls.push_back({.function = reader_name(frame.function), .file = frame.file, .line = frame.line});
    if (calls.size() == calls_most) break;
  }
  if (calls.empty()) return 0;
  any_calls_ = true;
  for (const CodePlace& call : calls) has_lines_ |= call.line != 0;
  stacks_in_text_.push_back(std::move(calls));
  return known->second = stacks_in_text_.size();
}

// What a condition wait gives back, by the name that it got when it was taken.
std::string Recorder::second_of(const Operation& operation) const {
  return operation.second != nullptr && operation.type->does_to_second == OperationClass::gives ? known_name(operation.second) : "";
}

std::string Recorder::object_of(const Operation& operation, std::uint32_t sight) {
  if (operation.object == nullptr) return "";
  std::string noun = operation.type->noun != nullptr ? operation.type->noun : operation.type->name;
  noun.resize(std::min(noun.find(' '), noun.size()));
  return object_of(shown_object(operation), noun, operation.bytes(), sight);
}

std::string Recorder::object_of(const void* object, const std::string& noun, std::size_t size, std::uint32_t sight) {
  const void* const where = queue_word(object);
  std::string base = names_ != nullptr ? names_->name(where, size, sight) : symbols_.data_name(where, size);
  if (base.empty() && names_ != nullptr) base = symbols_.object_name(object);
  std::string& name = object_names_[object];
  if (base.empty()) {
    if (!name.empty()) return name;
    name = fmt::format("{} {}", noun, ++nouns_[noun]);
    numbered_.push_back({object, name});
    return name;
  }
  std::vector<const void*>& all = named_[base];
  auto known = std::find(all.begin(), all.end(), where);
  if (known == all.end()) known = all.insert(all.end(), where);
  const auto number = known - all.begin() + 1;
  name = number == 1 ? base : fmt::format("{} ({})", base, number);
  if (number > 1 || (names_ != nullptr && names_->is_made_up(where)))
    if (std::none_of(numbered_.begin(), numbered_.end(), [&](const Numbered& each) { return each.name == name; }))
      numbered_.push_back({where, name});
  return name;
}

}  // namespace interleave::engine
