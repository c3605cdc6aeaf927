// memcpy and its kin: plain calls in instrumented code too, so their writes are seen here.
#include <cstring>

#include <interleave/scheduler/framework_code.hpp>
#include <interleave/scheduler/door.hpp>

namespace interleave::engine {
namespace {

inline void written(void* p, std::size_t size) {
  if (mode == Mode::outside || size == 0) [[likely]] return;
  if (mode == Mode::modelled) {
    if (races != nullptr) plain_access(p, size, true);
    memory->note_write(p, size);
  } else {
    framework_write(p, size);
  }
}

inline void read(const void* p, std::size_t size) {
  if (mode == Mode::modelled && races != nullptr && size > 0) [[unlikely]] plain_access(p, size, false);
}

// The C library's versions, looked up before anything can call them through us in the model. Until then (while libraries
// are being loaded) a plain loop serves.
using Copy = void* (*)(void*, const void*, std::size_t);
using Fill = void* (*)(void*, int, std::size_t);
Copy real_copy = nullptr, real_move = nullptr;
Fill real_fill = nullptr;

__attribute__((constructor)) void look_up() {
  real_copy = reinterpret_cast<Copy>(next_definition("memcpy"));
  real_move = reinterpret_cast<Copy>(next_definition("memmove"));
  real_fill = reinterpret_cast<Fill>(next_definition("memset"));
}

// `rep movsb`, which no compiler turns into a call of memcpy.
void* copy_forwards(void* to, const void* from, std::size_t size) {
  void* result = to;
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
  return result;
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

void* memcpy(void* __restrict to, const void* __restrict from, std::size_t size) noexcept {
  read(from, size);
  written(to, size);
  return real_copy != nullptr ? real_copy(to, from, size) : copy_forwards(to, from, size);
}

void* memmove(void* to, const void* from, std::size_t size) noexcept {
  read(from, size);
  written(to, size);
  if (real_move != nullptr) return real_move(to, from, size);
  if (to <= from) return copy_forwards(to, from, size);
  auto* t = static_cast<volatile char*>(to);
  auto* f = static_cast<const volatile char*>(from);
  while (size-- > 0) t[size] = f[size];
  return to;
}

void* memset(void* p, int value, std::size_t size) noexcept {
  written(p, size);
  if (real_fill != nullptr) return real_fill(p, value, size);
  void* result = p;
  asm volatile("rep stosb" : "+D"(p), "+c"(size) : "a"(value) : "memory");
  return result;
}

void* __tsan_memcpy(void* to, const void* from, std::size_t size) { return memcpy(to, from, size); }
void* __tsan_memmove(void* to, const void* from, std::size_t size) { return memmove(to, from, size); }
void* __tsan_memset(void* p, int value, std::size_t size) { return memset(p, value, size); }

void bzero(void* p, std::size_t size) noexcept { memset(p, 0, size); }

char* strcpy(char* __restrict to, const char* __restrict from) noexcept {
  memcpy(to, from, strlen(from) + 1);
  return to;
}

char* stpcpy(char* __restrict to, const char* __restrict from) noexcept {
  const std::size_t length = strlen(from);
  memcpy(to, from, length + 1);
  return to + length;
}

char* strncpy(char* __restrict to, const char* __restrict from, std::size_t size) noexcept {
  const std::size_t length = strnlen(from, size);
  memcpy(to, from, length);
  memset(to + length, 0, size - length);
  return to;
}

char* strcat(char* __restrict to, const char* __restrict from) noexcept {
  strcpy(to + strlen(to), from);
  return to;
}

char* strncat(char* __restrict to, const char* __restrict from, std::size_t size) noexcept {
  char* end = to + strlen(to);
  const std::size_t length = strnlen(from, size);
  memcpy(end, from, length);
  memset(end + length, 0, 1);
  return to;
}

}  // extern "C"

#pragma GCC visibility pop
