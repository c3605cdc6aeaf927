#include "scheduler/fibers/fp_environment.hpp"

#include <link.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string_view>

#include "scheduler/modules/dynamic_section.hpp"
#include "scheduler/modules/instrumented.hpp"

namespace interleave::engine {
namespace {

// Those that read or write more than the rounding mode as it is by default.
bool of_the_environment(const char* name) {
  constexpr std::string_view names[] = {"feclearexcept", "fedisableexcept", "feenableexcept", "fegetenv", "fegetexceptflag", "fegetmode",
                                        "feholdexcept", "feraiseexcept", "fesetenv", "fesetexcept", "fesetexceptflag", "fesetmode",
                                        "fesetround", "fetestexcept", "fetestexceptflag", "feupdateenv"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// stmxcsr and ldmxcsr: 0f ae, or f8 ae behind the prefix c5, and an operand in memory.
bool reads_or_writes_mxcsr(const unsigned char* code, std::size_t size) {
  const unsigned char* const end = code + size;
  for (const unsigned char* at = code; at + 2 < end; ++at) {
    at = static_cast<const unsigned char*>(std::memchr(at + 1, 0xae, static_cast<std::size_t>(end - at - 2)));
    if (at == nullptr) return false;
    const unsigned operand = at[1] >> 3 & 7;
    if ((at[-1] == 0x0f || at[-1] == 0xf8) && at[1] >> 6 != 3 && (operand == 2 || operand == 3)) return true;
  }
  return false;
}

int look_at(dl_phdr_info* module, std::size_t, void* result) {
  const bool program = module->dlpi_name == nullptr || *module->dlpi_name == '\0';
  if (!program && !instrumented(*module)) return 0;
  bool& used = *static_cast<bool*>(result);
  used |= DynamicSection(*module).imports(&of_the_environment);
  for (int i = 0; i < module->dlpi_phnum && !used; ++i) {
    const auto& segment = module->dlpi_phdr[i];
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0)
      used = reads_or_writes_mxcsr(reinterpret_cast<const unsigned char*>(module->dlpi_addr + segment.p_vaddr), segment.p_memsz);
  }
  return used;
}

}  // namespace

bool FpEnvironment::used() {
  static const bool known = [] {
    bool result = false;
    dl_iterate_phdr(&look_at, &result);
    return result;
  }();
  return known;
}

}  // namespace interleave::engine
