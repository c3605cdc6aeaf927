#include "scheduler/unseen/unseen_calls.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "scheduler/execution/execution.hpp"
#include "scheduler/liveness/call_state.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/modules/loaded_modules.hpp"
#include "scheduler/modules/real.hpp"
#include "scheduler/modules/unseen_activity.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/support/interception_mode.hpp"
#include "scheduler/unseen/unseen_runs.hpp"

extern "C" {
__attribute__((visibility("hidden"))) std::uint64_t interleave_noun_code_that_is_not_instrumented = 0;
}

namespace interleave::engine {
namespace unseen {
namespace {

// All calls of such code go through `interleave_noun_code_that_is_not_instrumented`, as far as order is concerned.
const OperationType call_type{.name = "unseen call", .access = Access::write, .polls = true, .noun = "unseen code"};

struct Calls {
  bool instrumented_closed = false;          // while a traced module may be executed
  std::vector<bool> inside;                  // by thread: whether it is in a traced module
  std::uintptr_t entry = 0;                  // where the call begins that is about to be traced
  struct sigaction previous_trap {};
  bool catches_traps = false;
  std::vector<AddressRange> statics;         // that such code may change
  std::uint64_t statics_of = 0;              // traps().generation when they were found
  std::uint64_t contents = 0;                // of these and of the heap, when it was looked at last
  std::map<std::pair<std::size_t, std::uintptr_t>, std::uint64_t> callers;  // by thread and entry: how the thread stood at its last such call
};

Calls& calls = *new Calls;

void close_instrumented(bool closed) {
  if (std::exchange(calls.instrumented_closed, closed) == closed) return;
  for (const AddressRange& range : traps().code.instrumented)
    REAL(mprotect)(reinterpret_cast<void*>(range.low), range.high - range.low, closed ? PROT_READ : PROT_READ | PROT_EXEC);
}

extern "C" __attribute__((visibility("hidden"))) const char interleave_traced_call[];
asm(".pushsection .text\n"
    "interleave_traced_call:\n"
    "int3\n"
    ".popsection\n");

// The statics of the program and of its modules.
std::vector<AddressRange> find_statics() {
  std::vector<AddressRange> ranges;
  for (const LoadedModule& module : loaded_modules()) {
    if (module.system) continue;
    for (std::size_t i = 0; i < module.segment_count; ++i) {
      const auto& segment = module.segments[i];
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) == 0) continue;
      const std::uintptr_t low = module.base + segment.p_vaddr;
      ranges.push_back({(low + 7) & ~std::uintptr_t{7}, (low + segment.p_memsz) & ~std::uintptr_t{7}});
    }
  }
  return ranges;
}

std::uint64_t sum(const AddressRange& range, std::uint64_t start) {
  constexpr std::uint64_t factor = 0x9e37'79b9'7f4a'7c15;
  std::uint64_t a = start, b = ~start;
  const auto* word = reinterpret_cast<const volatile std::uint64_t*>(range.low);
  const auto* const end = reinterpret_cast<const volatile std::uint64_t*>(range.high);
  for (; word + 1 < end; word += 2) {
    a = (a ^ word[0]) * factor;
    b = (b ^ word[1]) * factor;
    a ^= a >> 29;
    b ^= b >> 31;
  }
  if (word < end) a = (a ^ word[0]) * factor;
  return (a ^ (b << 1 | b >> 63)) * factor;
}

// What UnseenActivity::note_changes promises.
void note_changes() {
  if (!traps().traces) return;
  constexpr std::size_t most = std::size_t{1} << 20;  // bytes that are looked through
  std::size_t size = 0;
  std::uint64_t contents = 1;
  const auto look_at = [&](const AddressRange& range) {
    size += range.high - range.low;
    if (size <= most) contents = sum(range, contents);
  };
  for (const AddressRange& range : calls.statics) look_at(range);
  const bool readable = memory->heap_is_plain();
  if (readable) look_at({memory->heap_begin(), memory->heap_begin() + (memory->heap_used() & ~std::size_t{7})});
  if (size <= most && readable && std::exchange(calls.contents, contents) == contents) return;
  ++interleave_noun_code_that_is_not_instrumented;
  memory->beyond();
}

// Where the thread stands that calls, for the question whether it only goes round (spin_detector.hpp).
void note_caller(const greg_t* registers) {
  constexpr int kept[] = {REG_RBX, REG_RBP, REG_R12, REG_R13, REG_R14, REG_R15};
  for (std::size_t i = 0; i < std::size(kept); ++i) interleave_call_state.registers[i] = static_cast<std::uintptr_t>(registers[kept[i]]);
  interleave_call_state.stack = reinterpret_cast<const std::uintptr_t*>(registers[REG_RSP]);
  constexpr int arguments[] = {REG_RDI, REG_RSI, REG_RDX, REG_RCX, REG_R8};
  for (std::size_t i = 0; i < std::size(arguments); ++i) interleave_call_state.arguments[i] = static_cast<std::uintptr_t>(registers[arguments[i]]);
}

std::uint64_t sum_of_caller(const greg_t* registers, const Thread& thread) {
  const auto low = static_cast<std::uintptr_t>(registers[REG_RSP]), high = reinterpret_cast<std::uintptr_t>(thread.stack_high);
  std::uint64_t result = sum({low, std::max(low, high)}, low);
  for (const std::uintptr_t value : interleave_call_state.registers) result = (result ^ value) * 0x9e37'79b9'7f4a'7c15 + (result >> 31);
  return result;
}

void traced_call(greg_t* registers) {
  const std::uintptr_t entry = std::exchange(calls.entry, 0);
  Module* const module = module_at(entry);
  {
    Execution* const model = Execution::current;
    note_caller(registers);
    model->step({.type = &call_type, .object = module != nullptr ? reinterpret_cast<const void*>(module->code->code.front().low) : &interleave_noun_code_that_is_not_instrumented});
    note_changes();
    // A call that changes nothing and is made again just as before is one that asks. Any other may have changed what was not looked at.
    std::uint64_t& before = calls.callers[{model->self().id, entry}];
    const std::uint64_t now = sum_of_caller(registers, model->self());
    if (std::exchange(before, now) != now) ++interleave_noun_code_that_is_not_instrumented;
    if (shadow != nullptr) {
      const auto order = reinterpret_cast<std::uintptr_t>(&interleave_noun_code_that_is_not_instrumented);
      shadow->acquire(model->self().id, order);
      shadow->release(model->self().id, order, true);
    }
    if (module != nullptr) set_inside(model->self().id, true);
  }
  registers[REG_RIP] = static_cast<greg_t>(entry);
  if (module != nullptr) {
    go_inside(*module);
    return;
  }
  Function* const function = function_at(entry);
  if (function == nullptr) return;
  if (function->code->assembly == nullptr) {
    std::uintptr_t back;
    std::memcpy(&back, reinterpret_cast<const void*>(registers[REG_RSP]), sizeof back);
    if (is_instrumented(back)) arm_return(back);
  }
  if (function->armed) {
    disarm(*function);
    step_over(function->code->begin, registers);
  }
}

void on_debug_trap(int number, siginfo_t*, void* context) {
  const EngineScope engine;
  greg_t* const registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  if (calls.entry != 0 && static_cast<std::uintptr_t>(registers[REG_RIP]) == reinterpret_cast<std::uintptr_t>(interleave_traced_call) + 1) {
    traced_call(registers);
  } else if (traps().stepping != nullptr) {
    after_step(registers);
  } else {
    sigaction(number, &calls.previous_trap, nullptr);
    raise(number);
  }
}

}  // namespace

void catch_debug_traps() {
  struct sigaction action {};
  action.sa_sigaction = &on_debug_trap;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
  sigaction(SIGTRAP, &action, &calls.previous_trap);
  calls.catches_traps = true;
}

void leave_debug_traps() {
  if (std::exchange(calls.catches_traps, false)) sigaction(SIGTRAP, &calls.previous_trap, nullptr);
}

void begin_calls() {
  calls.inside.clear();
  calls.entry = 0;
  interleave_noun_code_that_is_not_instrumented = 0;
  if (const std::uint64_t now = traps().generation; std::exchange(calls.statics_of, now) != now) calls.statics = find_statics();
  calls.contents = 0;
  calls.callers.clear();
  close_instrumented(false);
}

bool instrumented_is_closed() { return calls.instrumented_closed; }

void open_instrumented() { close_instrumented(false); }

void go_inside(Module& module) {
  open(module);
  close_instrumented(true);
}

void come_outside() {
  close_instrumented(false);
  for (Module& module : traps().modules)
    if (!module.trusted) close(module);
}

void set_inside(std::size_t thread, bool inside) {
  auto& threads = calls.inside;
  if (threads.size() <= thread) threads.resize(thread + 1);
  threads[thread] = inside;
}

bool is_inside(std::size_t thread) { return thread < calls.inside.size() && calls.inside[thread]; }

void order_after_calls() {
  note_changes();
  if (shadow != nullptr) shadow->acquire(Execution::current->self().id, reinterpret_cast<std::uintptr_t>(&interleave_noun_code_that_is_not_instrumented));
}

bool is_instrumented(std::uintptr_t address) {
  const auto& ranges = traps().code.instrumented;
  return std::any_of(ranges.begin(), ranges.end(), [&](const AddressRange& range) { return range.contains(address); });
}

// A signal for a handler that runs on the thread's own stack, where it may switch to other threads: the call begins when that is done.
void trace_call(std::uintptr_t entry, greg_t* registers) {
  calls.entry = entry;
  registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(interleave_traced_call));
}

}  // namespace unseen

UnseenActivity unseen_activity{.note_changes = &unseen::note_changes};

}  // namespace interleave::engine
