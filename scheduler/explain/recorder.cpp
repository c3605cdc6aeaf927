#include "scheduler/explain/recorder.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "scheduler/api/phases.hpp"
#include "scheduler/explain/library_calls.hpp"
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

}  // namespace

std::string name_of(const Thread& thread) {
  if (!thread.extras().name.empty()) return thread.extras().name;
  return thread.id == 0 ? "main" : fmt::format("T{}", thread.id);
}

void Recorder::announced(const Execution&, const Thread& thread) {
  if (stacks_.size() <= thread.id) stacks_.resize(thread.id + 1);
  stacks_[thread.id] = stack_here();
}

void Recorder::performed(Execution& run, const Thread& thread) {
  events_.push_back({run.steps(), thread.id, thread.pending, "", stacks_[thread.id], timed_out_early(run, thread)});
  moment_ = events_.size();
}

void Recorder::noted(const Execution& run, const Thread& thread, const std::string& text) {
  events_.push_back({run.steps(), thread.id, {}, text, stack_here()});
  moment_ = events_.size();
}

void Recorder::failing(const Execution&, const Thread&) {
  if (!failing_.empty()) return;  // a crash while looking at a broken stack: what there was will do
  failing_.push_back(nullptr);
  failing_ = stack_here();
}

void Recorder::ended(Execution& run, Ending ending) {
  for (const Event& event : events_) {
    const bool is_note = event.operation.type == nullptr;
    trace_.push_back({.step = event.step,
                      .thread = name_of(run.thread(event.thread)),
                      .operation = is_note ? "note: " + event.note : text_of(event.operation),
                      .object = is_note ? "" : object_of(event.operation),
                      .location = symbols_.place(event.stack),
                      .call = is_note ? "" : call_of(event.stack),
                      .does = is_note ? OperationClass::note : event.operation.type->does,
                      .hold = is_note ? Hold{} : event.operation.type->hold,
                      .succeeded = !event.operation.failed,
                      .second = is_note ? "" : second_of(event.operation),
                      .stack = number_of(event.stack),
                      .timed_out_early = event.early});
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
      state.does = type.does;
      state.hold = type.hold;
      state.object = thread.awaiting ? reads_of(thread) : object_of(thread.pending);
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

std::string Recorder::known_name(const void* object) const {
  const auto found = object_names_.find(object);
  return found == object_names_.end() ? "" : found->second;
}

// What a thread has read that spins.
std::string Recorder::reads_of(const Thread& thread) {
  std::vector<std::string> names;
  thread.spin.each_read([&](const void* object) {
    const std::string name = object_of(object, "variable");
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
  stacks_in_text_.push_back(std::move(calls));
  return known->second = stacks_in_text_.size();
}

// What a condition wait gives back, by the name that it got when it was taken.
std::string Recorder::second_of(const Operation& operation) const {
  return operation.second != nullptr && operation.type->does_to_second == OperationClass::gives ? known_name(operation.second) : "";
}

std::string Recorder::object_of(const Operation& operation) {
  if (operation.object == nullptr) return "";
  std::string noun = operation.type->noun != nullptr ? operation.type->noun : operation.type->name;
  noun.resize(std::min(noun.find(' '), noun.size()));
  return object_of(static_cast<const char*>(operation.object) - operation.type->inside, noun);
}

std::string Recorder::object_of(const void* object, const std::string& noun) {
  std::string& name = object_names_[object];
  if (name.empty()) name = symbols_.object_name(object);
  if (!name.empty()) return name;
  name = fmt::format("{} {}", noun, ++nouns_[noun]);
  numbered_.push_back({object, name});
  return name;
}

}  // namespace interleave::engine
