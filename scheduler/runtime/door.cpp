#include "scheduler/runtime/door.hpp"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "scheduler/modules/dynamic_section.hpp"
#include "scheduler/modules/loaded_modules.hpp"

namespace interleave::engine {
namespace {

struct Range {
  std::uintptr_t low, high;
};

// Writable segments of the system's libraries.
struct ForeignStatics {
  std::vector<Range> ranges;
  std::uintptr_t low = ~std::uintptr_t{0}, high = 0;
};

// Only those of the system: the locks of a library of the user's are modelled, whether the rest of it is seen or not.
void add_module(ForeignStatics& found, const LoadedModule& module) {
  if (module.program || module.instrumented || !module.system) return;
  for (std::size_t i = 0; i < module.segment_count; ++i) {
    const auto& segment = module.segments[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) == 0) continue;
    const Range range{module.base + segment.p_vaddr, module.base + segment.p_vaddr + segment.p_memsz};
    found.ranges.push_back(range);
    found.low = std::min(found.low, range.low);
    found.high = std::max(found.high, range.high);
  }
}

const ForeignStatics& foreign_statics() {
  static const ForeignStatics* known = nullptr;
  if (known == nullptr) {
    auto* found = new ForeignStatics;
    for (const LoadedModule& module : loaded_modules()) add_module(*found, module);
    known = found;
  }
  return *known;
}

bool lies_in_foreign_statics(const void* object) {
  const Mode before = mode;
  mode = Mode::outside;
  const ForeignStatics& known = foreign_statics();
  mode = before;
  const auto p = reinterpret_cast<std::uintptr_t>(object);
  if (p - known.low >= known.high - known.low) return false;
  for (const Range& range : known.ranges)
    if (p - range.low < range.high - range.low) return true;
  return false;
}

}  // namespace

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

bool Model::foreign(const void* object) {
  if (memory->contains(object)) [[likely]] return false;
  // Few objects, asked for again and again.
  static const void* not_foreign[64];
  const void*& known_not = not_foreign[reinterpret_cast<std::uintptr_t>(object) / 8 % std::size(not_foreign)];
  if (known_not == object) [[likely]] return false;
  if (lies_in_foreign_statics(object)) return true;
  known_not = object;
  return false;
}

void* next_definition(const char* name, const char* version) {
  void* found = version != nullptr ? dlvsym(RTLD_NEXT, name, version) : dlsym(RTLD_NEXT, name);
  if (found == nullptr) {
    const auto say = [](const char* text) { [[maybe_unused]] auto n = ::write(2, text, std::strlen(text)); };
    say("interleave: the C library has no ");
    say(name);
    say("\n");
    _exit(70);
  }
  return found;
}

void unsupported(const char* name, const char* why) {
  Execution::current->fail("unsupported", why == nullptr ? fmt::format("unsupported operation {}", name)
                                                         : fmt::format("unsupported operation {}: {}", name, why));
}

void misuse(const char* sentence) { Execution::current->fail("misuse", sentence); }

}  // namespace interleave::engine
