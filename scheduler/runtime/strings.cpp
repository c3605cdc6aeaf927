// memcpy and its kin: plain calls in instrumented code too, so their writes are seen here.
#include <cstring>

#include "scheduler/memory/framework_isolation.hpp"
#include "scheduler/memory/rolled_back.hpp"
#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

inline void written(void* p, std::size_t size) {
  if (mode == Mode::outside || size == 0) [[likely]] return outside_access(p, size, true);
  if (mode == Mode::modelled) {
    accessed(p, size, true);
    memory->note_write(p, size);
  } else {
    framework_write(p, size);
  }
}

inline void copying(void* to, const void* from, std::size_t size) {
  if (mode == Mode::outside || size == 0) [[likely]] return outside_access(to, size, true);
  if (mode == Mode::modelled) {
    copied(to, from, size);
    memory->note_write(to, size);
  } else {
    framework_write(to, size);
  }
}

inline void read(const void* p, std::size_t size) {
  if (mode == Mode::modelled && size > 0) [[unlikely]] accessed(p, size, false);
}

// The C library's versions, looked up before anything can call them through us in the model. Until then (while libraries
// are being loaded) a plain loop serves.
using Copy = void* (*)(void*, const void*, std::size_t);
using Fill = void* (*)(void*, int, std::size_t);
Copy real_copy = nullptr, real_move = nullptr;
Fill real_fill = nullptr;
int (*real_compare)(const void*, const void*, std::size_t) = nullptr;
std::size_t (*real_length)(const char*) = nullptr;
int (*real_compare_text)(const char*, const char*, std::size_t) = nullptr;

__attribute__((constructor)) void look_up() {
  real_copy = reinterpret_cast<Copy>(next_definition("memcpy"));
  real_move = reinterpret_cast<Copy>(next_definition("memmove"));
  real_fill = reinterpret_cast<Fill>(next_definition("memset"));
  real_compare = reinterpret_cast<decltype(real_compare)>(next_definition("memcmp"));
  real_length = reinterpret_cast<decltype(real_length)>(next_definition("strlen"));
  real_compare_text = reinterpret_cast<decltype(real_compare_text)>(next_definition("strncmp"));
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
  copying(to, from, size);
  return real_copy != nullptr ? real_copy(to, from, size) : copy_forwards(to, from, size);
}

void* memmove(void* to, const void* from, std::size_t size) noexcept {
  copying(to, from, size);
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

// ---- what only reads -------------------------------------------------------------------------------------------------

// Through volatile, so that no compiler makes of a loop the call that it stands for.
#define BYTES(p) static_cast<const volatile unsigned char*>(static_cast<const void*>(p))

int memcmp(const void* a, const void* b, std::size_t size) noexcept {
  read(a, size);
  read(b, size);
  if (real_compare != nullptr) return real_compare(a, b, size);
  for (std::size_t i = 0; i < size; ++i)
    if (const int difference = BYTES(a)[i] - BYTES(b)[i]) return difference;
  return 0;
}

int bcmp(const void* a, const void* b, std::size_t size) noexcept { return memcmp(a, b, size); }

std::size_t strlen(const char* text) noexcept {
  std::size_t length = 0;
  if (real_length != nullptr) {
    length = real_length(text);
  } else {
    while (BYTES(text)[length] != 0) ++length;
  }
  read(text, length + 1);
  return length;
}

int strncmp(const char* a, const char* b, std::size_t size) noexcept {
  if (mode != Mode::modelled && real_compare_text != nullptr) return real_compare_text(a, b, size);
  std::size_t i = 0;
  while (i < size && BYTES(a)[i] == BYTES(b)[i] && BYTES(a)[i] != 0) ++i;
  const std::size_t seen = i < size ? i + 1 : size;
  read(a, seen);
  read(b, seen);
  return i < size ? BYTES(a)[i] - BYTES(b)[i] : 0;
}

int strcmp(const char* a, const char* b) noexcept { return strncmp(a, b, ~std::size_t{0}); }

}  // extern "C"

#pragma GCC visibility pop
