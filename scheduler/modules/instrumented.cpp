#include "scheduler/modules/instrumented.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "scheduler/modules/dynamic_section.hpp"

namespace interleave::engine {

bool instrumented(const dl_phdr_info& info) {
  // Not every function of ThreadSanitizer's: what a program may ask of it by hand is no hook.
  return DynamicSection(info).imports([](const char* name) {
    if (name[0] != '_' || name[1] != '_' || name[2] != 't') return false;  // nearly all; comparing texts is interposed, and slower
    for (const char* hook : {"__tsan_init", "__tsan_func_", "__tsan_read", "__tsan_write", "__tsan_unaligned_", "__tsan_vptr_", "__tsan_atomic", "__tsan_volatile_", "__tsan_mem"})
      if (std::strncmp(name, hook, std::strlen(hook)) == 0) return true;
    return false;
  });
}

bool is_program(const void* caller) {
  struct Code {
    std::uintptr_t low, high;
    bool program;
  };
  static auto* const known = new std::vector<Code>;
  const auto find = [caller]() -> const Code* {
    const auto at = reinterpret_cast<std::uintptr_t>(caller);
    const auto found = std::find_if(known->begin(), known->end(), [at](const Code& code) { return at - code.low < code.high - code.low; });
    return found == known->end() ? nullptr : &*found;
  };
  const Code* code = find();
  if (code == nullptr) {
    known->clear();
    dl_iterate_phdr([](dl_phdr_info* module, std::size_t, void*) {
      const bool program = instrumented(*module);
      for (int i = 0; i < module->dlpi_phnum; ++i) {
        const auto& segment = module->dlpi_phdr[i];
        if (segment.p_type == PT_LOAD)
          known->push_back({module->dlpi_addr + segment.p_vaddr, module->dlpi_addr + segment.p_vaddr + segment.p_memsz, program});
      }
      return 0;
    }, nullptr);
    code = find();
  }
  return code != nullptr && code->program;
}

}  // namespace interleave::engine
