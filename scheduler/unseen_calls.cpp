#include <interleave/scheduler/unseen_calls.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include <interleave/scheduler/door.hpp>
#include <interleave/scheduler/execution.hpp>
#include <interleave/scheduler/mode.hpp>
#include <interleave/scheduler/unseen_runs.hpp>

extern "C" {
__attribute__((visibility("hidden"))) std::uint64_t what_is_not_seen = 0;
}

namespace interleave::engine::unseen {
namespace {

// All calls of such code go through `what_is_not_seen`, as far as order is concerned.
const OperationType call_type{.name = "unseen call", .access = Access::write, .noun = "unseen code"};

struct Calls {
  bool instrumented_closed = false;          // while a traced module may be executed
  std::vector<bool> inside;                  // by thread: whether it is in a traced module
  std::uintptr_t entry = 0;                  // where the call begins that is about to be traced
  struct sigaction previous_trap {};
  bool catches_traps = false;
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

void traced_call(greg_t* registers) {
  const std::uintptr_t entry = std::exchange(calls.entry, 0);
  Module* const module = module_at(entry);
  {
    Execution* const model = Execution::current;
    model->step({.type = &call_type, .object = module != nullptr ? reinterpret_cast<const void*>(module->code->code.front().low) : &what_is_not_seen});
    ++what_is_not_seen;
    if (shadow != nullptr) {
      const auto order = reinterpret_cast<std::uintptr_t>(&what_is_not_seen);
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
  std::uintptr_t back;
  std::memcpy(&back, reinterpret_cast<const void*>(registers[REG_RSP]), sizeof back);
  if (is_instrumented(back)) arm_return(back);
  if (Function* const function = function_at(entry); function != nullptr && function->armed) {
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
  what_is_not_seen = 0;
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
  if (shadow != nullptr) shadow->acquire(Execution::current->self().id, reinterpret_cast<std::uintptr_t>(&what_is_not_seen));
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

}  // namespace interleave::engine::unseen
