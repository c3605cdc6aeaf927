#include "scheduler/unseen/unseen_traps.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "scheduler/modules/loaded_modules.hpp"
#include "scheduler/modules/patch.hpp"
#include "scheduler/modules/real.hpp"
#include "scheduler/modules/unseen_activity.hpp"
#include "scheduler/report/trust.hpp"
#include "scheduler/symbols/symbols.hpp"
#include "scheduler/unseen/unseen_calls.hpp"

namespace interleave::engine::unseen {
namespace {

constexpr greg_t trap_flag = 0x100;

bool protect(const UnseenModule& module, int protection) {
  return std::all_of(module.code.begin(), module.code.end(), [&](const AddressRange& range) {
    return REAL(mprotect)(reinterpret_cast<void*>(range.low), range.high - range.low, protection) == 0;
  });
}

void adopt() {
  Traps& all = traps();
  all.code = unseen_code();
  all.modules.clear();
  all.functions.clear();
  for (const UnseenModule& module : all.code.modules) all.modules.push_back({.code = &module, .trusted = trusted_module(module.path)});
  for (const UnseenFunction& function : all.code.functions)
    all.functions.push_back({.code = &function, .trusted = trusts_any() && (trusted_module(function.module) || trusted_function(demangled(function.name.c_str()), "") ||
                                                                            all.trusted_by_file.contains({function.module, function.offset}))});
  std::sort(all.functions.begin(), all.functions.end(), [](const Function& a, const Function& b) { return a.code->begin < b.code->begin; });
}

bool is_code(const std::vector<LoadedModule>& modules, std::uintptr_t address) {
  return std::any_of(modules.begin(), modules.end(), [=](const LoadedModule& module) {
    return std::any_of(module.segments, module.segments + module.segment_count, [&](const ElfW(Phdr)& segment) {
      return segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 && address - module.base - segment.p_vaddr < segment.p_memsz;
    });
  });
}

}  // namespace

Traps& all_traps = *new Traps;

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
  function.armed = put_code(function.code->begin, halt);
  if (!function.armed) function.ran = Ran::perhaps;
}

void disarm(Function& function) {
  if (function.armed) restore_code(function.code->begin, function.first);
  function.armed = false;
}

void arm_return(std::uintptr_t address) {
  Return& place = traps().returns[address];
  if (place.armed) return;
  auto* const code = reinterpret_cast<std::uint8_t*>(address);
  place.first = *code;
  place.armed = put_code(code, halt);
}

void disarm_return(std::uintptr_t address) {
  Return& place = traps().returns[address];
  if (std::exchange(place.armed, false)) restore_code(reinterpret_cast<std::uint8_t*>(address), place.first);
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

void trust_by_file() {
  if (!trusts_any()) return;
  Symbols symbols;
  for (Function& function : traps().functions) {
    if (function.ran != Ran::yes || function.trusted) continue;
    if (!trusted_function(demangled(function.code->name.c_str()), symbols.frames(function.code->begin + 1).back().file)) continue;
    function.trusted = true;
    traps().trusted_by_file.insert({function.code->module, function.code->offset});
  }
}

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

// Where a module was that has gone there may be anything now.
void forget_unloaded() {
  Traps& all = traps();
  for (Module& module : all.modules)
    if (!is_loaded(module.code->path, module.code->base)) module.closed = false;
  for (Function& function : all.functions)
    if (!is_loaded(function.code->module, reinterpret_cast<std::uintptr_t>(function.code->begin) - function.code->offset)) function.armed = false;
  const std::vector<LoadedModule> loaded = loaded_modules();
  std::erase_if(all.code.instrumented, [&](const AddressRange& range) { return !is_code(loaded, (range.low + range.high) / 2); });
  std::erase_if(all.returns, [&](const auto& each) { return !is_code(loaded, each.first); });
}

void notice_loaded() {
  Traps& all = traps();
  if (modules_generation() == all.generation) return;
  const bool first = all.generation == 0;  // since the exploration began: there are no traps yet
  if (!first) {
    forget_unloaded();
    remove_traps();
  }
  std::map<std::string, Ran> modules;
  std::map<std::uintptr_t, Ran> functions;
  for (const Module& module : all.modules) {
    modules[module.code->path] = module.ran;
    if (module.ran != Ran::no) all.gone[module.code->path] = module.ran;
  }
  for (const Function& function : all.functions) {
    functions[reinterpret_cast<std::uintptr_t>(function.code->begin)] = function.ran;
    if (function.ran != Ran::no) all.gone.try_emplace(function.code->module, function.ran);
  }
  adopt();
  all.generation = modules_generation();
  for (Module& module : all.modules) {
    const auto before = modules.find(module.code->path);
    if (before != modules.end()) module.ran = before->second;
    if (before == modules.end() && !first) {
      module.ran = Ran::yes;
      unseen_activity.ran = true;
    }
    all.gone.erase(module.code->path);
  }
  for (Function& function : all.functions) {
    const auto before = functions.find(reinterpret_cast<std::uintptr_t>(function.code->begin));
    if (before != functions.end()) function.ran = before->second;
    if (before == functions.end() && !first) function.ran = Ran::perhaps;
    all.gone.erase(function.code->module);
  }
}

}  // namespace interleave::engine::unseen
