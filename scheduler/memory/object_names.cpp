#include "scheduler/memory/object_names.hpp"

#include <link.h>

#include "scheduler/memory/memory.hpp"

namespace interleave::engine {
namespace {

// Where the program's image begins.
std::uintptr_t program_base() {
  static std::uintptr_t base = 0;
  if (base == 0)
    dl_iterate_phdr([](dl_phdr_info* info, std::size_t, void*) {
      base = info->dlpi_addr + info->dlpi_phdr[0].p_vaddr;
      return 1;
    }, nullptr);
  return base;
}

}  // namespace

std::uint64_t name_of_object(const void* object) {
  const auto p = reinterpret_cast<std::uintptr_t>(object);
  if (memory->contains(object)) return (p - memory->base()) << 1 | 1;
  return (p - program_base()) << 1;
}

const void* object_of_name(std::uint64_t name) {
  return reinterpret_cast<const void*>((name >> 1) + ((name & 1) != 0 ? memory->base() : program_base()));
}

}  // namespace interleave::engine
