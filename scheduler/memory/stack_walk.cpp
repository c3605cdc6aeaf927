#include "scheduler/memory/stack_walk.hpp"

#include <link.h>
#include <unwind.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "scheduler/memory/memory.hpp"

namespace interleave::engine {
namespace {

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

}  // namespace

bool is_engine_code(const void* address) { return engine_code().contains(address); }

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

}  // namespace interleave::engine
