#include "scheduler/explain/trace.hpp"

#include <link.h>
#include <unwind.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "scheduler/memory/memory.hpp"

namespace interleave::engine {
namespace {

// The engine's own code, of which no reader wants to hear, and whose debug information takes long to read.
struct EngineCode {
  std::uintptr_t low = 0, high = 0;
  bool contains(const void* p) const { return reinterpret_cast<std::uintptr_t>(p) - low < high - low; }
};

int find_engine(dl_phdr_info* module, std::size_t, void* result) {
  if (module->dlpi_name == nullptr || *module->dlpi_name == '\0') return 0;  // the program
  for (int i = 0; i < module->dlpi_phnum; ++i) {
    const auto& segment = module->dlpi_phdr[i];
    const EngineCode code{module->dlpi_addr + segment.p_vaddr, module->dlpi_addr + segment.p_vaddr + segment.p_memsz};
    if (segment.p_type != PT_LOAD || !code.contains(reinterpret_cast<const void*>(&find_engine))) continue;
    *static_cast<EngineCode*>(result) = code;
    return 1;
  }
  return 0;
}

const EngineCode& engine_code() {
  static const EngineCode code = [] {
    EngineCode found;
    dl_iterate_phdr(&find_engine, &found);
    return found;
  }();
  return code;
}

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

jmp_buf* broken_stack = nullptr;

std::vector<const void*> stack_here() {
  std::vector<const void*> stack;
  constexpr std::size_t needed = std::size_t{6} << 10;
  if (memory->stack_room() < needed) return stack;
  // A program that has overwritten its stack must not take the walk with it.
  jmp_buf here;
  jmp_buf* const before = std::exchange(broken_stack, &here);
  if (_setjmp(here) != 0) {
    broken_stack = before;
    return stack;
  }
  stack.reserve(64);
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void* to) {
        auto& list = *static_cast<std::vector<const void*>*>(to);
        int interrupted = 0;  // by a signal: then the instruction is the one that was under way, not the one behind a call
        const std::uintptr_t at = _Unwind_GetIPInfo(context, &interrupted);
        const auto* address = reinterpret_cast<const void*>(at + static_cast<std::uintptr_t>(interrupted != 0));
        if (!engine_code().contains(address)) list.push_back(address);
        return list.size() < 64 ? _URC_NO_REASON : _URC_END_OF_STACK;
      },
      &stack);
  broken_stack = before;
  return stack;
}

std::string name_of(const Thread& thread) {
  if (!thread.extras().name.empty()) return thread.extras().name;
  return thread.id == 0 ? "main" : fmt::format("T{}", thread.id);
}

void Recorder::announced(const Execution&, const Thread& thread) {
  if (stacks_.size() <= thread.id) stacks_.resize(thread.id + 1);
  stacks_[thread.id] = stack_here();
}

void Recorder::performed(Execution& run, const Thread& thread) {
  events_.push_back({run.steps(), thread.id, thread.pending, "", stacks_[thread.id]});
}

void Recorder::noted(const Execution& run, const Thread& thread, const std::string& text) {
  events_.push_back({run.steps(), thread.id, {}, text, stack_here()});
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
                      .call = is_note ? "" : symbols_.primitive_call(event.stack)});
  }
  for (std::size_t id = 0; id < run.threads_created(); ++id) {
    const Thread& thread = run.thread(id);
    ThreadState state{.name = name_of(thread), .state = thread.finished ? "finished" : "ready", .operation = "", .object = "",
                      .location = "", .holder = "", .daemon = thread.daemon, .call = ""};
    if (!thread.finished && thread.pending.type != nullptr) {
      const OperationType& type = *thread.pending.type;
      const bool waits = type.candidates != nullptr && type.candidates(run, thread) == 0;
      if (waits) state.state = "waits";
      if (thread.awaiting) state.state = "spins";
      state.operation = type.shown != nullptr ? type.shown(thread.pending, waits) : type.name;
      state.object = thread.awaiting ? reads_of(thread) : object_of(thread.pending);
      if (id < stacks_.size()) {
        state.location = symbols_.place(stacks_[id]);
        state.call = symbols_.primitive_call(stacks_[id]);
      }
      if (const Thread* blocker = waits && type.blocker != nullptr ? type.blocker(run, thread) : nullptr)
        state.holder = name_of(*blocker);
    }
    if (ending == Ending::failed && &thread == &run.culprit()) {
      state.state = "failed";
      if (failing_.size() > 1) {
        state.location = symbols_.place(failing_);
        state.call = symbols_.primitive_call(failing_);
      }
    }
    if (ending == Ending::vain && run.states() != nullptr && (state.state == "ready" || state.state == "spins")) {
      state.round = run.states()->round(thread.id);
      if (state.round > 0) state.state = "goes round";
    }
    threads_.push_back(std::move(state));
  }
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
