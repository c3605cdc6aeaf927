// Memory that the program maps, which has a place of its own in every execution, and what it unmaps. When an execution has ended, what it
// wrote is written back as it was; where nothing is mapped any more there is nothing to write to. And the kernel gives out the same
// addresses again, so what was done there before races with nothing. What is only protected is still there, and is made writable again.
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

// As the kernel does, in whole pages.
std::uintptr_t end_of(const void* p, std::size_t size) {
  static const auto page = static_cast<std::uintptr_t>(getpagesize());
  return (reinterpret_cast<std::uintptr_t>(p) + size + page - 1) & ~(page - 1);
}

const OperationType unmap_type{.name = "munmap", .access = Access::write, .noun = "pages", .does = OperationClass::ends};
const OperationType remap_type{.name = "mremap", .access = Access::write, .noun = "pages", .does = OperationClass::ends};
const OperationType protect_type{.name = "mprotect", .access = Access::write, .noun = "pages"};

// Only for calls by the program: nothing is known of the accesses to a library's own pages.
void life_step_of(const OperationType& type, const void* p, std::size_t size, const void* caller) {
  if (!explores_races || size == 0 || !is_program(caller)) return;
  Operation operation{.type = &type};
  touch_all(operation, p, size);
  life_step(operation);
}

void unmapped(const void* p, std::size_t size) {
  const auto begin = reinterpret_cast<std::uintptr_t>(p), end = end_of(p, size);
  memory->unmapped(begin, end);
  if (shadow != nullptr) shadow->unmapped(begin, end);
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

void* mmap(void* p, size_t size, int protection, int flags, int descriptor, off_t offset) noexcept {
  const Model model;
  constexpr int where = MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_32BIT | MAP_GROWSDOWN | MAP_HUGETLB;
  if (!model || p != nullptr || (flags & where) != 0 || !is_program(__builtin_return_address(0)))
    return REAL(mmap)(p, size, protection, flags, descriptor, offset);
  void* const result = memory->map(size, protection, flags, descriptor, offset);
  return result != MAP_FAILED || errno != ENOMEM ? result : REAL(mmap)(p, size, protection, flags, descriptor, offset);
}
void* mmap64(void* p, size_t size, int protection, int flags, int descriptor, off64_t offset) noexcept
    __attribute__((alias("mmap")));

int munmap(void* p, size_t size) noexcept {
  const Model model;
  if (model) life_step_of(unmap_type, p, size, __builtin_return_address(0));
  const int result = model && memory->in_arena(p) ? memory->unmap(p, size) : REAL(munmap)(p, size);
  if (model && result == 0) unmapped(p, size);
  return result;
}

void* mremap(void* p, size_t size, size_t wanted, int flags, ...) noexcept {
  va_list arguments;
  va_start(arguments, flags);
  void* const place = (flags & MREMAP_FIXED) != 0 ? va_arg(arguments, void*) : nullptr;
  va_end(arguments);
  const Model model;
  if (model) life_step_of(remap_type, p, size, __builtin_return_address(0));
  void* const result = model && memory->in_arena(p) ? memory->remap(p, size, wanted, flags, place) : REAL(mremap)(p, size, wanted, flags, place);
  if (!model || result == MAP_FAILED) return result;
  if (result != p) {
    unmapped(p, size);
  } else if (wanted < size) {
    unmapped(static_cast<char*>(p) + wanted, size - wanted);
  }
  return result;
}

int mprotect(void* p, size_t size, int protection) noexcept {
  const Model model;
  if (model) life_step_of(protect_type, p, size, __builtin_return_address(0));
  const int result = REAL(mprotect)(p, size, protection);
  if (model && result == 0 && (protection & PROT_WRITE) == 0)
    memory->write_protected(reinterpret_cast<std::uintptr_t>(p), end_of(p, size), (protection & PROT_READ) != 0);
  return result;
}

}  // extern "C"

#pragma GCC visibility pop
