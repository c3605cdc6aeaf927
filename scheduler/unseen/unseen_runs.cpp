#include "scheduler/unseen/unseen_runs.hpp"

#include <sys/personality.h>
#include <ucontext.h>
#include <unwind.h>

#include <algorithm>
#include <cstdio>

#include "scheduler/api/checker_registry.hpp"
#include "scheduler/execution/execution.hpp"
#include "scheduler/memory/framework_isolation.hpp"
#include "scheduler/modules/loaded_modules.hpp"
#include "scheduler/modules/unseen_activity.hpp"
#include "scheduler/support/interception_mode.hpp"
#include "scheduler/unseen/machine_instructions.hpp"
#include "scheduler/unseen/unseen_calls.hpp"
#include "scheduler/unseen/unseen_traps.hpp"

namespace interleave::engine {

using namespace unseen;

namespace {

// Whether a function of a test framework is among the callers, linked in or in a library.
bool below_framework() {
  bool framework = false;
  _Unwind_Backtrace(
      [](_Unwind_Context* frame, void* result) {
        if (!is_framework_code(reinterpret_cast<const void*>(_Unwind_GetIP(frame)))) return _URC_NO_REASON;
        *static_cast<bool*>(result) = true;
        return _URC_END_OF_STACK;
      },
      &framework);
  return framework;
}

// `interrupted`: the mode that the signal has interrupted.
bool on_modelled_thread(Mode interrupted) { return interrupted == Mode::modelled && Execution::current != nullptr && Execution::current->on_fiber() && !below_framework(); }

bool traced_by_debugger() {
  std::FILE* const file = std::fopen("/proc/self/status", "re");
  if (file == nullptr) return false;
  char line[128];
  int tracer = 0;
  while (std::fgets(line, sizeof line, file) != nullptr)
    if (std::sscanf(line, "TracerPid: %d", &tracer) == 1) break;
  std::fclose(file);
  return tracer != 0;
}

void before_execution() {
  Traps& all = traps();
  if (!all.under_way || (all.settled && modules_generation() == all.generation)) return;
  notice_loaded();
  if (all.traces) begin_calls();
  arm_machine_instructions(all.generation, !all.blind);
  set_traps();
  all.settled = all.modules.empty() && all.functions.empty();
}

const hooks::BeforeExecution watching(&before_execution);

}  // namespace

UnseenRuns::UnseenRuns(bool traces) {
  Traps& all = traps();
  all.modules.clear();
  all.functions.clear();
  all.returns.clear();
  all.gone.clear();
  all.generation = 0;
  all.traces = traces;
  unseen_activity.ran = false;
  all.settled = false;
  notice_loaded();
  all.under_way = true;
  if (!any_machine_instructions() && all.modules.empty() && all.functions.empty()) return;
  all.blind = (personality(0xffffffff) & READ_IMPLIES_EXEC) != 0 || traced_by_debugger();
  catch_debug_traps();
}

UnseenRuns::~UnseenRuns() {
  Traps& all = traps();
  remove_traps();
  disarm_machine_instructions();
  all.under_way = false;
  leave_debug_traps();
}

bool UnseenRuns::wants_traces() const {
  const Traps& all = traps();
  if (!unseen_activity.ran || all.traces || all.blind) return false;
  trust_by_file();
  const auto wants = [](const auto& each) { return each.ran == Ran::yes && !each.trusted; };
  return std::any_of(all.modules.begin(), all.modules.end(), wants) || std::any_of(all.functions.begin(), all.functions.end(), wants);
}

void before_unloading() {
  if (traps().under_way) notice_loaded();
}

namespace {

// Whether the fault is that of a page that may not be executed now; if so, it is answered.
bool is_crossing(std::uintptr_t at, greg_t* registers, Mode interrupted) {
  Traps& all = traps();
  Execution* const run = Execution::current;
  const bool on_fiber = run != nullptr && run->on_fiber();
  if (instrumented_is_closed() && is_instrumented(at)) {
    come_outside();
    if (on_fiber && interrupted != Mode::outside && is_inside(run->self().id)) {
      set_inside(run->self().id, false);
      order_after_calls();
    }
    return true;
  }
  Module* const module = module_at(at);
  if (module == nullptr || !module->closed) return false;
  if (!on_modelled_thread(interrupted)) {
    if (on_fiber) module->ran = std::max(module->ran, Ran::perhaps);
    open(*module);
    return true;
  }
  module->ran = Ran::yes;
  unseen_activity.ran = true;
  if (!all.traces || module->trusted) {
    open(*module);
  } else if (is_inside(run->self().id)) {
    go_inside(*module);
  } else {
    trace_call(at, registers);
  }
  return true;
}

}  // namespace

bool is_trap(int number, const siginfo_t& info, void* context) {
  Traps& all = traps();
  if (number != SIGSEGV || !all.under_way || info.si_code <= 0) return false;
  const Mode interrupted = mode;
  const EngineScope engine;
  greg_t* const registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const auto at = static_cast<std::uintptr_t>(registers[REG_RIP]);
  if (info.si_addr == reinterpret_cast<void*>(at)) return is_crossing(at, registers, interrupted);
  if (const auto found = all.returns.find(at); found != all.returns.end() && found->second.armed) {
    if (interrupted == Mode::modelled && Execution::current->on_fiber()) order_after_calls();
    disarm_return(at);
    step_over(reinterpret_cast<std::uint8_t*>(at), registers);
    return true;
  }
  Function* const function = function_at(at);
  if (function == nullptr || !function->armed)
    return answered_machine_instruction(at, registers, interrupted == Mode::modelled && Execution::current != nullptr && Execution::current->on_fiber());
  const bool counts = on_modelled_thread(interrupted);
  if (counts) {
    function->ran = Ran::yes;
    unseen_activity.ran = true;
  }
  if (counts && all.traces && !function->trusted) {
    trace_call(at, registers);
    return true;
  }
  disarm(*function);
  if (!counts) step_over(function->code->begin, registers);
  return true;
}

}  // namespace interleave::engine
