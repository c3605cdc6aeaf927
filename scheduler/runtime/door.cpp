#include "scheduler/runtime/door.hpp"

#include <link.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>

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

void unsupported(const char* name, const char* why) {
  Execution::current->fail("unsupported", why == nullptr ? fmt::format("unsupported operation {}", name)
                                                         : fmt::format("unsupported operation {}: {}", name, why));
}

void misuse(const char* sentence) { Execution::current->fail("misuse", sentence); }

}  // namespace interleave::engine
