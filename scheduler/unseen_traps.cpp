#include <interleave/scheduler/unseen_traps.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include <interleave/scheduler/door.hpp>
#include <interleave/scheduler/symbols.hpp>
#include <interleave/scheduler/trust.hpp>
#include <interleave/scheduler/unseen_calls.hpp>

namespace interleave::engine::unseen {
namespace {

constexpr std::uint8_t halt = 0xf4;
constexpr greg_t trap_flag = 0x100;

bool protect(const UnseenModule& module, int protection) {
  return std::all_of(module.code.begin(), module.code.end(), [&](const AddressRange& range) {
    return REAL(mprotect)(reinterpret_cast<void*>(range.low), range.high - range.low, protection) == 0;
  });
}

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

void adopt(const UnseenCode& code) {
  Traps& all = traps();
  for (const UnseenModule& module : code.modules) all.modules.push_back({.code = &module, .trusted = trusted_module(module.path)});
  for (const UnseenFunction& function : code.functions)
    all.functions.push_back({.code = &function, .trusted = trusted_module(function.module) || trusted_function(demangled(function.name.c_str()), "")});
  std::sort(all.functions.begin(), all.functions.end(), [](const Function& a, const Function& b) { return a.code->begin < b.code->begin; });
}

}  // namespace

Traps& traps() {
  static auto* const only = new Traps;
  return *only;
}

// ---- modules: pages that may not be executed ------------------------------------------------------------------------

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

Module* module_at(std::uintptr_t address) {
  for (Module& module : traps().modules)
    if (std::any_of(module.code->code.begin(), module.code->code.end(), [&](const AddressRange& range) { return range.contains(address); })) return &module;
  return nullptr;
}

// ---- functions: a first byte that faults ----------------------------------------------------------------------------

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

// ---- all of them ----------------------------------------------------------------------------------------------------

void set_traps() {
  Traps& all = traps();
  if (all.blind) return;
  for (Module& module : all.modules) close(module);
  for (Function& function : all.functions) arm(function);
}

void remove_traps() {
  Traps& all = traps();
  open_instrumented();
  for (Module& module : all.modules) open(module);
  for (Function& function : all.functions) disarm(function);
  for (const auto& [address, place] : all.returns) disarm_return(address);
}

// What has been loaded in the last execution: its constructors have run there, at least.
void notice_loaded() {
  Traps& all = traps();
  if (modules_generation() == all.generation) return;
  remove_traps();
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

}  // namespace interleave::engine::unseen
