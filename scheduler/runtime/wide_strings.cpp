// Strings of wchar_t, and what memcpy and its kin are also called: each by the door of the bytes (strings.cpp).
#include <cstddef>
#include <cstring>
#include <cwchar>

#include "scheduler/memory/framework_isolation.hpp"
#include "scheduler/runtime/door.hpp"

using namespace interleave::engine;

namespace {

inline void read(const wchar_t* text, std::size_t count) {
  if (mode == Mode::modelled && count > 0) [[unlikely]] accessed(text, count * sizeof *text, false);
}

// Through volatile, so that no compiler makes of a loop the call that it stands for.
std::size_t length(const wchar_t* text, std::size_t most) {
  std::size_t result = 0;
  while (result < most && static_cast<const volatile wchar_t*>(text)[result] != L'\0') ++result;
  return result;
}

}  // namespace

#pragma GCC visibility push(default)

extern "C" {

void* mempcpy(void* __restrict to, const void* __restrict from, std::size_t size) noexcept {
  return static_cast<char*>(memcpy(to, from, size)) + size;
}
void bcopy(const void* from, void* to, std::size_t size) noexcept { memmove(to, from, size); }
void explicit_bzero(void* to, std::size_t size) noexcept {
  memset(to, 0, size);
  asm volatile("" : : "r"(to) : "memory");
}
char* stpncpy(char* __restrict to, const char* __restrict from, std::size_t size) noexcept {
  const std::size_t copied = strnlen(from, size);
  strncpy(to, from, size);
  return to + copied;
}

wchar_t* wmemcpy(wchar_t* __restrict to, const wchar_t* __restrict from, std::size_t count) noexcept {
  memcpy(to, from, count * sizeof *to);
  return to;
}
wchar_t* wmempcpy(wchar_t* __restrict to, const wchar_t* __restrict from, std::size_t count) noexcept { return wmemcpy(to, from, count) + count; }
wchar_t* wmemmove(wchar_t* to, const wchar_t* from, std::size_t count) noexcept {
  memmove(to, from, count * sizeof *to);
  return to;
}
wchar_t* wmemset(wchar_t* to, wchar_t value, std::size_t count) noexcept {
  if (count == 0) return to;
  memset(to, 0, count * sizeof *to);
  for (std::size_t i = 0; i < count; ++i) static_cast<volatile wchar_t*>(to)[i] = value;
  return to;
}
std::size_t wcsnlen(const wchar_t* text, std::size_t most) noexcept {
  const std::size_t result = length(text, most);
  read(text, result < most ? result + 1 : most);
  return result;
}
std::size_t wcslen(const wchar_t* text) noexcept { return wcsnlen(text, ~std::size_t{0} / sizeof *text); }
int wmemcmp(const wchar_t* a, const wchar_t* b, std::size_t count) noexcept {
  read(a, count);
  read(b, count);
  for (std::size_t i = 0; i < count; ++i)
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
}
int wcsncmp(const wchar_t* a, const wchar_t* b, std::size_t count) noexcept {
  const std::size_t shorter = length(b, length(a, count));
  return wmemcmp(a, b, shorter < count ? shorter + 1 : count);
}
int wcscmp(const wchar_t* a, const wchar_t* b) noexcept { return wcsncmp(a, b, ~std::size_t{0} / sizeof *a); }
wchar_t* wcscpy(wchar_t* __restrict to, const wchar_t* __restrict from) noexcept { return wmemcpy(to, from, wcslen(from) + 1); }
wchar_t* wcpcpy(wchar_t* __restrict to, const wchar_t* __restrict from) noexcept {
  const std::size_t copied = wcslen(from);
  wmemcpy(to, from, copied + 1);
  return to + copied;
}
wchar_t* wcsncpy(wchar_t* __restrict to, const wchar_t* __restrict from, std::size_t count) noexcept {
  const std::size_t copied = wcsnlen(from, count);
  wmemcpy(to, from, copied);
  wmemset(to + copied, L'\0', count - copied);
  return to;
}
wchar_t* wcscat(wchar_t* __restrict to, const wchar_t* __restrict from) noexcept {
  wcscpy(to + wcslen(to), from);
  return to;
}

}  // extern "C"

#pragma GCC visibility pop
