#include <interleave/scheduler/unseen_runs.hpp>

#include <sys/mman.h>
#include <sys/personality.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <interleave/scheduler/door.hpp>
#include <interleave/scheduler/execution.hpp>
#include <interleave/scheduler/framework_code.hpp>
#include <interleave/scheduler/hooks.hpp>
#include <interleave/scheduler/loaded_modules.hpp>
#include <interleave/scheduler/mode.hpp>
#include <interleave/scheduler/symbols.hpp>
#include <interleave/scheduler/trust.hpp>
#include <interleave/scheduler/unseen_code.hpp>
#include <interleave/scheduler/whose_code.hpp>

extern "C" {
__attribute__((visibility("hidden"))) std::uint64_t what_is_not_seen = 0;
}

namespace interleave::engine {
namespace {

enum class Ran : std::uint8_t { no, perhaps, yes };

struct Module {
  const UnseenModule* code;
  bool trusted = false;
  Ran ran = Ran::no;
  bool closed = false;
};

constexpr std::uint8_t halt = 0xf4;

struct Function {
  const UnseenFunction* code;
  bool trusted = false;
  Ran ran = Ran::no;
  bool armed = false;
  std::uint8_t first = 0;  // the byte that the trap stands for
};

// Where a traced function returns to.
struct Return {
  std::uint8_t first = 0;
  bool armed = false;
};

struct Traps {
  std::uint64_t generation = 0;
  std::vector<Module> modules;
  std::vector<Function> functions;           // by address
  std::vector<std::string> loaded;           // modules that came while the exploration was under way
  bool under_way = false;
  bool blind = false;                        // traps could not be set: all that is there may have run
  bool ran = false;                          // any of it
  bool traces = false;
  std::map<std::uintptr_t, Return> returns;
  bool instrumented_closed = false;          // while a traced module may be executed
  std::vector<bool> inside;                  // by thread: whether it is in a traced module
  std::uintptr_t entry = 0;                  // where the call begins that is about to be traced
  std::uint8_t* stepping = nullptr;          // this instruction is executed, then it is armed again
  struct sigaction previous_trap {};
  bool catches_traps = false;
};

Traps& traps() {
  static auto* const only = new Traps;
  return *only;
}

// ---- modules: pages that may not be executed ------------------------------------------------------------------------

bool protect(const UnseenModule& module, int protection) {
  return std::all_of(module.code.begin(), module.code.end(), [&](const AddressRange& range) {
    return REAL(mprotect)(reinterpret_cast<void*>(range.low), range.high - range.low, protection) == 0;
  });
}

void open(Module& module) {
  if (module.closed) protect(*module.code, PROT_READ | PROT_EXEC);
  module.closed = false;
}

void close(Module& module) {
  if (module.closed || (module.ran == Ran::yes && (!traps().traces || module.trusted))) return;
  module.closed = protect(*module.code, PROT_READ);
  if (!module.closed) {
    protect(*module.code, PROT_READ | PROT_EXEC);
    module.ran = Ran::perhaps;
  }
}

// ---- functions: a first byte that faults ----------------------------------------------------------------------------

// By the C library's mprotect: ours would take it for the program's.
constexpr std::uintptr_t page = 4096;

bool protect_pages(const std::uint8_t* p, int protection) {
  const auto low = reinterpret_cast<std::uintptr_t>(p) & ~(page - 1);
  return REAL(mprotect)(reinterpret_cast<void*>(low), page, protection) == 0;
}

bool put(std::uint8_t* place, std::uint8_t byte) {
  if (!protect_pages(place, PROT_READ | PROT_WRITE | PROT_EXEC)) return false;
  *const_cast<volatile std::uint8_t*>(place) = byte;
  protect_pages(place, PROT_READ | PROT_EXEC);
  return true;
}

void arm(Function& function) {
  if (function.armed || (function.ran == Ran::yes && (!traps().traces || function.trusted))) return;
  function.first = *function.code->begin;
  function.armed = put(function.code->begin, halt);
  if (!function.armed) function.ran = Ran::perhaps;
}

void disarm(Function& function) {
  if (function.armed) put(function.code->begin, function.first);
  function.armed = false;
}

void arm_return(std::uintptr_t address) {
  Return& place = traps().returns[address];
  if (place.armed) return;
  auto* const code = reinterpret_cast<std::uint8_t*>(address);
  place.first = *code;
  place.armed = put(code, halt);
}

void disarm_return(std::uintptr_t address) {
  Return& place = traps().returns[address];
  if (std::exchange(place.armed, false)) put(reinterpret_cast<std::uint8_t*>(address), place.first);
}

Function* function_at(std::uintptr_t address) {
  auto& functions = traps().functions;
  const auto found = std::lower_bound(functions.begin(), functions.end(), address, [](const Function& function, std::uintptr_t at) {
    return reinterpret_cast<std::uintptr_t>(function.code->begin) < at;
  });
  return found != functions.end() && reinterpret_cast<std::uintptr_t>(found->code->begin) == address ? &*found : nullptr;
}

constexpr greg_t trap_flag = 0x100;

// The instruction at `place` is executed without its trap, which comes back behind it.
void step_over(std::uint8_t* place, greg_t* registers) {
  traps().stepping = place;
  registers[REG_EFL] |= trap_flag;
}

void after_step(greg_t* registers) {
  registers[REG_EFL] &= ~trap_flag;
  std::uint8_t* const place = std::exchange(traps().stepping, nullptr);
  const auto address = reinterpret_cast<std::uintptr_t>(place);
  if (Function* function = function_at(address)) arm(*function);
  if (traps().returns.contains(address)) arm_return(address);
}

// ---- who runs it ----------------------------------------------------------------------------------------------------

// Below code of a test framework, of the program's or of a library.
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

// `interrupted`: what was under way.
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

// ---- traced calls ---------------------------------------------------------------------------------------------------

const OperationType call_type{.name = "unseen call", .access = Access::write, .noun = "unseen code"};

// All calls of such code go through `what_is_not_seen`, as far as order is concerned.

void close_instrumented(bool closed) {
  if (std::exchange(traps().instrumented_closed, closed) == closed) return;
  for (const AddressRange& range : unseen_code().instrumented)
    REAL(mprotect)(reinterpret_cast<void*>(range.low), range.high - range.low, closed ? PROT_READ : PROT_READ | PROT_EXEC);
}

// A traced module may be executed from here on, and instrumented code may not.
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
  auto& threads = traps().inside;
  if (threads.size() <= thread) threads.resize(thread + 1);
  threads[thread] = inside;
}

bool is_inside(std::size_t thread) { return thread < traps().inside.size() && traps().inside[thread]; }

void order_after_calls() {
  if (shadow != nullptr) shadow->acquire(Execution::current->self().id, reinterpret_cast<std::uintptr_t>(&what_is_not_seen));
}

Module* module_at(std::uintptr_t address) {
  for (Module& module : traps().modules)
    if (std::any_of(module.code->code.begin(), module.code->code.end(), [&](const AddressRange& range) { return range.contains(address); })) return &module;
  return nullptr;
}

bool is_instrumented(std::uintptr_t address) {
  const auto& ranges = unseen_code().instrumented;
  return std::any_of(ranges.begin(), ranges.end(), [&](const AddressRange& range) { return range.contains(address); });
}

extern "C" __attribute__((visibility("hidden"))) const char interleave_traced_call[];
asm(".pushsection .text\n"
    "interleave_traced_call:\n"
    "int3\n"
    ".popsection\n");

// A signal for a handler that runs on the thread's own stack, where it may switch to other threads: the call begins when that is done.
void trace_call(std::uintptr_t entry, greg_t* registers) {
  traps().entry = entry;
  registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(interleave_traced_call));
}

void traced_call(greg_t* registers) {
  Traps& all = traps();
  const std::uintptr_t entry = std::exchange(all.entry, 0);
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
  if (traps().entry != 0 && static_cast<std::uintptr_t>(registers[REG_RIP]) == reinterpret_cast<std::uintptr_t>(interleave_traced_call) + 1) {
    traced_call(registers);
  } else if (traps().stepping != nullptr) {
    after_step(registers);
  } else {
    sigaction(number, &traps().previous_trap, nullptr);
    raise(number);
  }
}

// ---- the traps of an exploration ------------------------------------------------------------------------------------

void adopt(const UnseenCode& code) {
  Traps& all = traps();
  for (const UnseenModule& module : code.modules) all.modules.push_back({.code = &module, .trusted = trusted_module(module.path)});
  for (const UnseenFunction& function : code.functions)
    all.functions.push_back({.code = &function, .trusted = trusted_module(function.module) || trusted_function(demangled(function.name.c_str()), "")});
  std::sort(all.functions.begin(), all.functions.end(), [](const Function& a, const Function& b) { return a.code->begin < b.code->begin; });
}

void set_all() {
  Traps& all = traps();
  if (all.blind) return;
  for (Module& module : all.modules) close(module);
  for (Function& function : all.functions) arm(function);
}

void remove_all() {
  Traps& all = traps();
  close_instrumented(false);
  for (Module& module : all.modules) open(module);
  for (Function& function : all.functions) disarm(function);
  for (const auto& [address, place] : all.returns) disarm_return(address);
}

// What has been loaded in the last execution: its constructors have run there, at least.
void notice_loaded() {
  Traps& all = traps();
  if (modules_generation() == all.generation) return;
  remove_all();
  const auto modules = std::move(all.modules);
  const auto functions = std::move(all.functions);
  std::map<std::string, Ran> ran_modules;
  for (const Module& module : modules) ran_modules[module.code->path] = module.ran;
  all.modules.clear();
  all.functions.clear();
  // `unseen_code` forgets what the traps refer to.
  std::vector<std::pair<std::uint8_t*, Ran>> ran_functions;
  for (const Function& function : functions) ran_functions.emplace_back(function.code->begin, function.ran);
  const bool first = all.generation == 0;
  adopt(unseen_code());
  all.generation = modules_generation();
  for (Module& module : all.modules) {
    const auto known = ran_modules.find(module.code->path);
    if (known != ran_modules.end()) module.ran = known->second;
    if (known == ran_modules.end() && !first) module.ran = Ran::yes;
  }
  for (const auto& [begin, ran] : ran_functions)
    if (Function* function = function_at(reinterpret_cast<std::uintptr_t>(begin))) function->ran = ran;
}

void before_execution() {
  Traps& all = traps();
  if (!all.under_way) return;
  notice_loaded();
  all.inside.clear();
  all.entry = 0;
  what_is_not_seen = 0;
  close_instrumented(false);
  set_all();
}

// ---- what is said of it ---------------------------------------------------------------------------------------------

std::string capped(std::string text) {
  constexpr std::size_t most = 120;
  if (text.size() > most) text = text.substr(0, most - 3) + "...";
  return text;
}

void tell_modules(Report& report) {
  for (const Module& module : traps().modules) {
    if (module.ran == Ran::no) continue;
    const std::string name(base_name(module.code->path));
    if (trusted_module(module.code->path)) {
      report.trusted.push_back(fmt::format("{} (not instrumented) {}", name, module.ran == Ran::yes ? "ran" : "may have run"));
    } else {
      report.unseen.push_back(fmt::format("{} (not instrumented) {}: what it reads, writes and locks was not seen", name,
                                          module.ran == Ran::yes ? "ran" : "may have run"));
    }
  }
}

struct Group {
  std::string first;
  std::size_t count = 0;
};

void tell_functions(Report& report) {
  std::map<std::pair<std::string, Ran>, Group> unseen, trusted;  // by file
  Symbols symbols;
  for (const Function& function : traps().functions) {
    if (function.ran == Ran::no) continue;
    const std::string name = function.code->name.empty()
                                 ? fmt::format("the function at {}+{:#x}", base_name(function.code->module), function.code->offset)
                                 : demangled(function.code->name.c_str());
    const Frame& frame = symbols.frames(function.code->begin + 1).back();
    const std::string file(base_name(frame.file));
    auto& groups = trusted_module(function.code->module) || trusted_function(name, frame.file) ? trusted : unseen;
    Group& group = groups[{file, function.ran}];
    if (group.count++ == 0) group.first = capped(name);
  }
  const auto sentence = [](const auto& key, const Group& group) {
    std::string text = group.first;
    if (group.count > 1) text += fmt::format(" and {} more function{}", group.count - 1, group.count == 2 ? "" : "s");
    if (!key.first.empty()) text += " of " + key.first;
    return text + (key.second == Ran::yes ? " (not instrumented) ran" : " (not instrumented) may have run");
  };
  for (const auto& [key, group] : unseen)
    report.unseen.push_back(fmt::format("{}: what {} and {} was not seen", sentence(key, group), group.count == 1 ? "it reads, writes" : "they read, write",
                                        group.count == 1 ? "locks" : "lock"));
  for (const auto& [key, group] : trusted) report.trusted.push_back(sentence(key, group));
}

void tell(Report& report) {
  Traps& all = traps();
  notice_loaded();
  remove_all();
  if (all.blind) {
    for (Module& module : all.modules) module.ran = std::max(module.ran, Ran::perhaps);
    for (Function& function : all.functions) function.ran = std::max(function.ran, Ran::perhaps);
  }
  tell_modules(report);
  if (std::any_of(all.functions.begin(), all.functions.end(), [](const Function& function) { return function.ran != Ran::no; })) tell_functions(report);
  for (const std::string& path : unseen_code().unreadable)
    if (!trusted_module(path))
      report.unseen.push_back(fmt::format("{} has no symbols that can be read: which of its functions are not instrumented is not known", base_name(path)));
  if (const std::string names = unused_trust(); !names.empty())
    fmt::print(stderr, "interleave: INTERLEAVE_TRUST names {}, and nothing of that name that is not instrumented has run\n", names);
}

const hooks::BeforeExecution watching(&before_execution);
const hooks::Basis telling(nullptr, &tell);

}  // namespace

UnseenRuns::UnseenRuns(bool traces) {
  Traps& all = traps();
  all.modules.clear();
  all.functions.clear();
  all.returns.clear();
  all.generation = 0;
  all.traces = traces;
  all.ran = false;
  notice_loaded();
  all.under_way = true;
  if (all.modules.empty() && all.functions.empty()) return;
  all.blind = (personality(0xffffffff) & READ_IMPLIES_EXEC) != 0 || traced_by_debugger();
  struct sigaction action {};
  action.sa_sigaction = &on_debug_trap;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
  sigaction(SIGTRAP, &action, &all.previous_trap);
  all.catches_traps = true;
}

UnseenRuns::~UnseenRuns() {
  Traps& all = traps();
  remove_all();
  all.under_way = false;
  if (std::exchange(all.catches_traps, false)) sigaction(SIGTRAP, &all.previous_trap, nullptr);
}

bool UnseenRuns::wants_traces() const {
  const Traps& all = traps();
  const auto wants = [](const auto& each) { return each.ran == Ran::yes && !each.trusted; };
  return !all.traces && !all.blind &&
         (std::any_of(all.modules.begin(), all.modules.end(), wants) || std::any_of(all.functions.begin(), all.functions.end(), wants));
}

bool unseen_code_ran() { return traps().ran; }

namespace {

// A fault of what may not be executed now.
bool is_crossing(std::uintptr_t at, greg_t* registers, Mode interrupted) {
  Traps& all = traps();
  Execution* const run = Execution::current;
  const bool on_fiber = run != nullptr && run->on_fiber();
  if (all.instrumented_closed && is_instrumented(at)) {
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
  all.ran = true;
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
  if (function == nullptr || !function->armed) return false;
  const bool counts = on_modelled_thread(interrupted);
  if (counts) {
    function->ran = Ran::yes;
    all.ran = true;
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
