// What _FORTIFY_SOURCE makes of memcpy and its kin where the compiler knows the size of the destination: __memcpy_chk and so on. The
// C library's would call its own memcpy, and nobody would see the accesses. Too small a destination ends as there: "buffer overflow
// detected", and an abort.
#include <cstddef>
#include <cstring>
#include <cwchar>

#include <interleave/scheduler/door.hpp>

#ifdef _FORTIFY_SOURCE
#error the doors themselves are compiled without it
#endif

extern "C" [[noreturn]] void __chk_fail();

namespace {

inline void check(std::size_t needed, std::size_t there) {
  if (needed > there) [[unlikely]] __chk_fail();
}

}  // namespace

#pragma GCC visibility push(default)

extern "C" {

void* __memcpy_chk(void* to, const void* from, std::size_t size, std::size_t there) {
  check(size, there);
  return memcpy(to, from, size);
}
void* __memmove_chk(void* to, const void* from, std::size_t size, std::size_t there) {
  check(size, there);
  return memmove(to, from, size);
}
void* __mempcpy_chk(void* to, const void* from, std::size_t size, std::size_t there) {
  check(size, there);
  return mempcpy(to, from, size);
}
void* __memset_chk(void* to, int byte, std::size_t size, std::size_t there) {
  check(size, there);
  return memset(to, byte, size);
}
void __explicit_bzero_chk(void* to, std::size_t size, std::size_t there) {
  check(size, there);
  explicit_bzero(to, size);
}
char* __strcpy_chk(char* to, const char* from, std::size_t there) {
  check(strlen(from) + 1, there);
  return strcpy(to, from);
}
char* __stpcpy_chk(char* to, const char* from, std::size_t there) {
  check(strlen(from) + 1, there);
  return stpcpy(to, from);
}
char* __strncpy_chk(char* to, const char* from, std::size_t size, std::size_t there) {
  check(size, there);
  return strncpy(to, from, size);
}
char* __stpncpy_chk(char* to, const char* from, std::size_t size, std::size_t there) {
  check(size, there);
  return stpncpy(to, from, size);
}
char* __strcat_chk(char* to, const char* from, std::size_t there) {
  check(strlen(to) + strlen(from) + 1, there);
  return strcat(to, from);
}
char* __strncat_chk(char* to, const char* from, std::size_t size, std::size_t there) {
  check(strlen(to) + strnlen(from, size) + 1, there);
  return strncat(to, from, size);
}

wchar_t* __wmemcpy_chk(wchar_t* to, const wchar_t* from, std::size_t count, std::size_t there) {
  check(count, there);
  return wmemcpy(to, from, count);
}
wchar_t* __wmemmove_chk(wchar_t* to, const wchar_t* from, std::size_t count, std::size_t there) {
  check(count, there);
  return wmemmove(to, from, count);
}
wchar_t* __wmempcpy_chk(wchar_t* to, const wchar_t* from, std::size_t count, std::size_t there) {
  check(count, there);
  return wmempcpy(to, from, count);
}
wchar_t* __wmemset_chk(wchar_t* to, wchar_t value, std::size_t count, std::size_t there) {
  check(count, there);
  return wmemset(to, value, count);
}
wchar_t* __wcscpy_chk(wchar_t* to, const wchar_t* from, std::size_t there) {
  check(wcslen(from) + 1, there);
  return wcscpy(to, from);
}
wchar_t* __wcpcpy_chk(wchar_t* to, const wchar_t* from, std::size_t there) {
  check(wcslen(from) + 1, there);
  return wcpcpy(to, from);
}
wchar_t* __wcscat_chk(wchar_t* to, const wchar_t* from, std::size_t there) {
  check(wcslen(to) + wcslen(from) + 1, there);
  return wcscat(to, from);
}
wchar_t* __wcsncpy_chk(wchar_t* to, const wchar_t* from, std::size_t count, std::size_t there) {
  check(count, there);
  return wcsncpy(to, from, count);
}

}  // extern "C"

#pragma GCC visibility pop
