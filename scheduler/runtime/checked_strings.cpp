// What _FORTIFY_SOURCE makes of memcpy and its kin where the compiler knows the size of the destination: __memcpy_chk and so on. The
// C library's would call its own memcpy, and nobody would see the accesses. Too small a destination ends as there: "buffer overflow
// detected", and an abort.
#include <cstddef>
#include <cstring>
#include <cwchar>

#include "scheduler/runtime/door.hpp"

#ifdef _FORTIFY_SOURCE
#error the doors themselves are compiled without it
#endif

extern "C" [[noreturn]] void __chk_fail();

namespace {

inline void check(std::size_t needed, std::size_t there) {
  if (needed > there) [[unlikely]] __chk_fail();
}

}  // namespace

#define INTERLEAVE_UNPACKED(...) __VA_ARGS__
// A door for __NAME_chk: what NAME does with these arguments, if `needed` bytes or characters are `there`.
#define INTERLEAVE_CHECKED(result, name, parameters, arguments, needed)                    \
  result __##name##_chk(INTERLEAVE_UNPACKED parameters, std::size_t there) {               \
    check(needed, there);                                                                  \
    return name arguments;                                                                 \
  }

#pragma GCC visibility push(default)

extern "C" {

INTERLEAVE_CHECKED(void*, memcpy, (void* to, const void* from, std::size_t size), (to, from, size), size)
INTERLEAVE_CHECKED(void*, memmove, (void* to, const void* from, std::size_t size), (to, from, size), size)
INTERLEAVE_CHECKED(void*, mempcpy, (void* to, const void* from, std::size_t size), (to, from, size), size)
INTERLEAVE_CHECKED(void*, memset, (void* to, int byte, std::size_t size), (to, byte, size), size)
INTERLEAVE_CHECKED(void, explicit_bzero, (void* to, std::size_t size), (to, size), size)
INTERLEAVE_CHECKED(char*, strcpy, (char* to, const char* from), (to, from), strlen(from) + 1)
INTERLEAVE_CHECKED(char*, stpcpy, (char* to, const char* from), (to, from), strlen(from) + 1)
INTERLEAVE_CHECKED(char*, strncpy, (char* to, const char* from, std::size_t size), (to, from, size), size)
INTERLEAVE_CHECKED(char*, stpncpy, (char* to, const char* from, std::size_t size), (to, from, size), size)
INTERLEAVE_CHECKED(char*, strcat, (char* to, const char* from), (to, from), strlen(to) + strlen(from) + 1)
INTERLEAVE_CHECKED(char*, strncat, (char* to, const char* from, std::size_t size), (to, from, size), strlen(to) + strnlen(from, size) + 1)

INTERLEAVE_CHECKED(wchar_t*, wmemcpy, (wchar_t* to, const wchar_t* from, std::size_t count), (to, from, count), count)
INTERLEAVE_CHECKED(wchar_t*, wmemmove, (wchar_t* to, const wchar_t* from, std::size_t count), (to, from, count), count)
INTERLEAVE_CHECKED(wchar_t*, wmempcpy, (wchar_t* to, const wchar_t* from, std::size_t count), (to, from, count), count)
INTERLEAVE_CHECKED(wchar_t*, wcsncpy, (wchar_t* to, const wchar_t* from, std::size_t count), (to, from, count), count)
INTERLEAVE_CHECKED(wchar_t*, wmemset, (wchar_t* to, wchar_t value, std::size_t count), (to, value, count), count)
INTERLEAVE_CHECKED(wchar_t*, wcscpy, (wchar_t* to, const wchar_t* from), (to, from), wcslen(from) + 1)
INTERLEAVE_CHECKED(wchar_t*, wcpcpy, (wchar_t* to, const wchar_t* from), (to, from), wcslen(from) + 1)
INTERLEAVE_CHECKED(wchar_t*, wcscat, (wchar_t* to, const wchar_t* from), (to, from), wcslen(to) + wcslen(from) + 1)

}  // extern "C"

#pragma GCC visibility pop
