// Memory that is unmapped. When an execution has ended, what it wrote is written back as it was; where nothing is mapped any more there is
// nothing to write to. And the kernel gives out the same addresses again, so what was done there before races with nothing. What is only
// protected is still there, and is made writable again.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdint>

#include <interleave/scheduler/door.hpp>

namespace interleave::engine {
namespace {

// As the kernel does, in whole pages.
std::uintptr_t end_of(const void* p, std::size_t size) {
  static const auto page = static_cast<std::uintptr_t>(getpagesize());
  return (reinterpret_cast<std::uintptr_t>(p) + size + page - 1) & ~(page - 1);
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

int munmap(void* p, size_t size) noexcept {
  const Model model;
  const int result = REAL(munmap)(p, size);
  if (model && result == 0) unmapped(p, size);
  return result;
}

void* mremap(void* p, size_t size, size_t wanted, int flags, ...) noexcept {
  va_list arguments;
  va_start(arguments, flags);
  void* const place = (flags & MREMAP_FIXED) != 0 ? va_arg(arguments, void*) : nullptr;
  va_end(arguments);
  const Model model;
  void* const result = REAL(mremap)(p, size, wanted, flags, place);
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
  const int result = REAL(mprotect)(p, size, protection);
  if (model && result == 0 && (protection & PROT_WRITE) == 0)
    memory->write_protected(reinterpret_cast<std::uintptr_t>(p), end_of(p, size), (protection & PROT_READ) != 0);
  return result;
}

}  // extern "C"

#pragma GCC visibility pop
