// Memory that is unmapped. When an execution has ended, what it wrote is written back as it was; where nothing is mapped any more there is
// nothing to write to. And the kernel gives out the same addresses again, so what was done there before races with nothing.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdint>

#include <interleave/scheduler/door.hpp>

namespace interleave::engine {
namespace {

// As the kernel does, in whole pages.
void unmapped(const void* p, std::size_t size) {
  static const auto page = static_cast<std::uintptr_t>(getpagesize());
  const auto begin = reinterpret_cast<std::uintptr_t>(p), end = (begin + size + page - 1) & ~(page - 1);
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

}  // extern "C"

#pragma GCC visibility pop
