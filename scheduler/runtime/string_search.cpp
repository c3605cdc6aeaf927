// Functions of the C library that look for something in a text: they only read, and only as far as they must.
//
// The names are given by assembler labels: C++ declares some of them twice, for constant texts and others.
#include <cstring>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <type_traits>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

inline void seen(const void* p, std::size_t size) {
  if (mode == Mode::modelled && size > 0) [[unlikely]] accessed(p, size, false);
}

std::size_t length_of(const char* text) {
  std::size_t length = 0;
  while (static_cast<const volatile char*>(text)[length] != '\0') ++length;
  return length;
}

void seen_text(const char* text) {
  if (mode == Mode::modelled) [[unlikely]] seen(text, length_of(text) + 1);
}

// Up to what was found, or all of it.
inline void seen_up_to(const char* text, const char* found) {
  if (found == nullptr) return seen_text(text);
  seen(text, static_cast<std::size_t>(found - text) + 1);
}

template <class F>
F* real(const char* name, F*& known) {
  if (known == nullptr) known = reinterpret_cast<F*>(next_definition(name));
  return known;
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#define NAMED(name) __asm__(name) __attribute__((visibility("default")))
#define REAL_NAMED(name, type)                 \
  ([] {                                        \
    using Function = std::type_identity_t<type>; \
    static Function* known = nullptr;          \
    return real<Function>(name, known);        \
  }())

extern "C" {

const void* interleave_memchr(const void* p, int c, std::size_t size) NAMED("memchr");
const char* interleave_strchr(const char* text, int c) NAMED("strchr");
const char* interleave_strrchr(const char* text, int c) NAMED("strrchr");
const char* interleave_strstr(const char* text, const char* part) NAMED("strstr");
std::size_t interleave_strnlen(const char* text, std::size_t size) NAMED("strnlen");
std::size_t interleave_strspn(const char* text, const char* set) NAMED("strspn");
std::size_t interleave_strcspn(const char* text, const char* set) NAMED("strcspn");
const char* interleave_strpbrk(const char* text, const char* set) NAMED("strpbrk");
char* interleave_strdup(const char* text) NAMED("strdup");
char* interleave_strndup(const char* text, std::size_t size) NAMED("strndup");
int interleave_strcasecmp(const char* a, const char* b) NAMED("strcasecmp");

const void* interleave_memchr(const void* p, int c, std::size_t size) {
  const void* found = REAL_NAMED("memchr", const void*(const void*, int, std::size_t))(p, c, size);
  seen(p, found == nullptr ? size : static_cast<std::size_t>(static_cast<const char*>(found) - static_cast<const char*>(p)) + 1);
  return found;
}

const char* interleave_strchr(const char* text, int c) {
  const char* found = REAL_NAMED("strchr", const char*(const char*, int))(text, c);
  seen_up_to(text, found);
  return found;
}

const char* interleave_strrchr(const char* text, int c) {
  seen_text(text);
  return REAL_NAMED("strrchr", const char*(const char*, int))(text, c);
}

const char* interleave_strstr(const char* text, const char* part) {
  const char* found = REAL_NAMED("strstr", const char*(const char*, const char*))(text, part);
  seen_text(part);
  if (mode == Mode::modelled) seen_up_to(text, found == nullptr || *part == '\0' ? found : found + length_of(part) - 1);
  return found;
}

std::size_t interleave_strnlen(const char* text, std::size_t size) {
  const std::size_t length = REAL_NAMED("strnlen", std::size_t(const char*, std::size_t))(text, size);
  seen(text, std::min(length + 1, size));
  return length;
}

std::size_t interleave_strspn(const char* text, const char* set) {
  const std::size_t length = REAL_NAMED("strspn", std::size_t(const char*, const char*))(text, set);
  seen_text(set);
  seen(text, length + 1);
  return length;
}

std::size_t interleave_strcspn(const char* text, const char* set) {
  const std::size_t length = REAL_NAMED("strcspn", std::size_t(const char*, const char*))(text, set);
  seen_text(set);
  seen(text, length + 1);
  return length;
}

const char* interleave_strpbrk(const char* text, const char* set) {
  const char* found = REAL_NAMED("strpbrk", const char*(const char*, const char*))(text, set);
  seen_text(set);
  seen_up_to(text, found);
  return found;
}

char* interleave_strndup(const char* text, std::size_t size) {
  const std::size_t length = interleave_strnlen(text, size);
  auto* copy = static_cast<char*>(std::malloc(length + 1));
  if (copy == nullptr) return nullptr;
  std::memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

char* interleave_strdup(const char* text) { return interleave_strndup(text, ~std::size_t{0} >> 1); }

int interleave_strcasecmp(const char* a, const char* b) {
  const int result = REAL_NAMED("strcasecmp", int(const char*, const char*))(a, b);
  std::size_t compared = 0;
  while (mode == Mode::modelled && a[compared] != '\0' && std::tolower(a[compared]) == std::tolower(b[compared])) ++compared;
  seen(a, compared + 1);
  seen(b, compared + 1);
  return result;
}

}  // extern "C"
