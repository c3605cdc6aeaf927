// Compiled with _FORTIFY_SOURCE: where the size of a destination is known, memcpy and its kin are calls of __memcpy_chk and so on. And
// what else copies bytes, by its other names and of wide characters.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <cwchar>
#include <functional>

#include <catch2/catch.hpp>
#include <interleave/interleave.hpp>

static_assert(__USE_FORTIFY_LEVEL > 0);

using namespace interleave;

namespace {

char    text[64];
wchar_t wide[64];

std::size_t opaque(std::size_t n) {
  volatile std::size_t size = n;
  return size;
}

// Two threads do so at once.
bool found(const std::function<void(std::size_t)>& change) {
  const Report report = explore([&] {
    const std::size_t n = opaque(8);
    parallel([&] { change(n); }, [&] { change(n); });
  }, {.name = "fortified"});
  return report.failure && report.failure->kind == "data-race";
}

std::string kind(const std::function<void()>& body) {
  const Report report = explore(body, {.name = "fortified"});
  return report.failure ? report.failure->kind : report.complete ? "complete" : "pass";
}

}  // namespace

TEST_CASE("writes to a destination of known size are seen", "[fortified]") {
  static const char from[64] = "0123456789abcdef";
  CHECK(found([](std::size_t n) { memcpy(text, from, n); }));
  CHECK(found([](std::size_t n) { memmove(text, text + 4, n); }));
  CHECK(found([](std::size_t n) { mempcpy(text, from, n); }));
  CHECK(found([](std::size_t n) { memset(text, 1, n); }));
  CHECK(found([](std::size_t n) { explicit_bzero(text, n); }));
  CHECK(found([](std::size_t n) { bcopy(from, text, n); }));
  CHECK(found([](std::size_t n) { strcpy(text, from + n); }));
  CHECK(found([](std::size_t n) { stpcpy(text, from + n); }));
  CHECK(found([](std::size_t n) { strncpy(text, from, n); }));
  CHECK(found([](std::size_t n) { stpncpy(text, from, n); }));
  CHECK(found([](std::size_t n) { strcat(text, from + n); }));
  CHECK(found([](std::size_t n) { strncat(text, from, n); }));
}

TEST_CASE("writes of wide characters to a destination of known size are seen", "[fortified]") {
  static const wchar_t from[64] = L"0123456789abcdef";
  CHECK(found([](std::size_t n) { wmemcpy(wide, from, n); }));
  CHECK(found([](std::size_t n) { wmemmove(wide, wide + 4, n); }));
  CHECK(found([](std::size_t n) { wmempcpy(wide, from, n); }));
  CHECK(found([](std::size_t n) { wmemset(wide, L'x', n); }));
  CHECK(found([](std::size_t n) { wcscpy(wide, from + n); }));
  CHECK(found([](std::size_t n) { wcpcpy(wide, from + n); }));
  CHECK(found([](std::size_t n) { wcsncpy(wide, from, n); }));
  CHECK(found([](std::size_t n) { wcscat(wide, from + n); }));
}

TEST_CASE("wide characters mean what they do in the C library", "[fortified]") {
  CHECK(kind([] {
    wchar_t a[8] = L"abc", b[8] = L"abd";
    require(wcslen(a) == 3 && wcsnlen(a, 2) == 2 && wcscmp(a, b) < 0 && wcscmp(b, a) > 0 && wcscmp(a, L"abc") == 0);
    require(wcsncmp(a, b, 2) == 0 && wcsncmp(a, b, 3) < 0 && wcscmp(a, L"ab") > 0 && wmemcmp(a, b, 3) < 0 && wmemcmp(a, b, 0) == 0);
    require(wcscat(a, L"de") == a && wcscmp(a, L"abcde") == 0 && wcscpy(b, L"x") == b && wcslen(b) == 1);
    require(wcpcpy(b, L"yz") == b + 2 && wcsncpy(b, L"q", 4) == b && b[0] == L'q' && b[1] == L'\0' && b[3] == L'\0');
    require(wmemset(a, L'm', 2) == a && a[1] == L'm' && a[2] == L'c' && wmempcpy(a, b, 1) == a + 1 && a[0] == L'q');
    char c[8] = "abc";
    require(stpncpy(c, "xy", 5) == c + 2 && stpncpy(c, "xyz", opaque(2)) == c + 2 && mempcpy(c, "1", 1) == c + 1);
  }) == "complete");
}

TEST_CASE("too small a destination is the program's abort, and no modelled thread waits for the system", "[fortified]") {
  CHECK(kind([] {
    char small[4];
    memcpy(small, "0123456789", opaque(9));
    asm volatile("" : : "r"(small) : "memory");
  }) == "crash");
  CHECK(kind([] { memcpy(text, "0123456789", opaque(9)); }) == "complete");
  CHECK(kind([] {
    pollfd nothing[1] = {{-1, POLLIN, 0}};
    ppoll(nothing, opaque(1), nullptr, nullptr);
  }) == "unsupported");
  CHECK(kind([] {
    int ends[2];
    char got[8];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) recvfrom(ends[0], got, opaque(4), 0, nullptr, nullptr);
  }) == "unsupported");
}
