// What the detector sees of precompiled library code, and what it does not: each gap of docs/races.md, pinned. A test that fails because
// more is seen is good news for the page.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <iostream>
#include <locale>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>

#include "programs.hpp"

using namespace interleave;
using namespace races;

namespace {

bool found(const std::function<void()>& body) {
  const Report report = explore(body, {.name = "gap"});
  if (report.failure) {
    INFO(report.failure->message);
    CHECK(report.failure->kind == "data-race");
  }
  return report.failure.has_value();
}

// One thread reads the text by `look`, the other writes its second byte.
bool found_beside_a_write(const std::function<void(char*)>& look) {
  return found([&] {
    char text[32] = "12345";
    parallel([&] { look(text); }, [&] { put(text[1], 'x'); });
  });
}

template <class T>
void use(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

}  // namespace

TEST_CASE("std::string is instantiated in the program, as of C++20, and so seen") {
  CHECK(found([] {
    std::string text;
    parallel([&] { text.append("ab"); }, [&] { use(text.size()); });
  }));
  CHECK(found([] {
    std::string text(40, 'x');
    parallel([&] { text.reserve(400); }, [&] { use(text[3]); });
  }));
}

TEST_CASE("functions of the C library that read or write text are seen as far as they go", "[shared_with_asan]") {
  CHECK(found_beside_a_write([](char* text) { use(std::memchr(text, '5', 8)); }));
  CHECK(found_beside_a_write([](char* text) { use(std::strchr(text, '5')); }));
  CHECK(found_beside_a_write([](char* text) { use(std::strrchr(text, '1')); }));
  CHECK(found_beside_a_write([](char* text) { use(std::strstr(text, "45")); }));
  CHECK(found_beside_a_write([](char* text) { use(std::strspn(text, "123")); }));
  CHECK(found_beside_a_write([](char* text) { use(std::strcspn(text, "5")); }));
  CHECK(found_beside_a_write([](char* text) { use(std::strpbrk(text, "5")); }));
  CHECK(found_beside_a_write([](char* text) { use(strnlen(text, 20)); }));
  CHECK(found_beside_a_write([](char* text) {
    char* copy = strdup(text);
    use(*copy);
    std::free(copy);
  }));
  CHECK(found_beside_a_write([](char* text) { use(strcasecmp(text, "12346")); }));
  CHECK(found_beside_a_write([](char* text) { use(std::strcmp(text, "12346")); }));
  CHECK(found_beside_a_write([](char* text) { use(std::memcmp(text, "12346", 5)); }));
}

TEST_CASE("and no farther", "[shared_with_asan]") {
  CHECK_FALSE(found_beside_a_write([](char* text) { use(std::memchr(text, '1', 8)); }));
  CHECK_FALSE(found_beside_a_write([](char* text) { use(std::strchr(text, '1')); }));
  CHECK_FALSE(found_beside_a_write([](char* text) { use(std::strspn(text, "2")); }));
  CHECK_FALSE(found_beside_a_write([](char* text) { use(std::strcspn(text, "1")); }));
  CHECK_FALSE(found_beside_a_write([](char* text) { use(strnlen(text, 1)); }));
  CHECK_FALSE(found_beside_a_write([](char* text) { use(strcasecmp(text, "x")); }));
  CHECK_FALSE(found_beside_a_write([](char* text) { use(std::strncmp(text, "1", 1)); }));
}

TEST_CASE("giving up an exception orders its uses before its end") {
  CHECK_FALSE(found([] {
    std::exception_ptr thrown;
    try {
      throw std::runtime_error("a text on the heap that both read, and the last one frees");
    } catch (const std::runtime_error&) {
      thrown = std::current_exception();
    }
    const auto look = [](std::exception_ptr& mine) {
      try {
        std::rethrow_exception(mine);
      } catch (const std::runtime_error& error) {
        use(error.what()[5]);
      }
      mine = nullptr;
    };
    std::exception_ptr other = thrown;
    parallel([&] { look(thrown); }, [&] { look(other); });
  }));
}

TEST_CASE("gap: the C library's conversions and printf do not show what they read and write") {
  CHECK_FALSE(found_beside_a_write([](char* text) { use(std::strtol(text, nullptr, 10)); }));
  CHECK_FALSE(found_beside_a_write([](char* text) { char to[32]; use(std::snprintf(to, sizeof to, "%s", text)); }));
  CHECK_FALSE(found_beside_a_write([](char* text) { use(std::snprintf(text, 8, "%d", 12345)); }));
}

TEST_CASE("gap: qsort shows what its comparison reads, not what it moves") {
  const auto sorting = [](bool looks) {
    return found([=] {
      int numbers[4] = {3, 2, 1, 0};
      parallel([&] {
        if (looks) {
          std::qsort(numbers, 4, sizeof(int), [](const void* a, const void* b) { return *static_cast<const int*>(a) - *static_cast<const int*>(b); });
        } else {
          std::qsort(numbers, 4, sizeof(int), [](const void*, const void*) { return 1; });
        }
      }, [&] { put(numbers[1], 7); });
    });
  };
  CHECK(sorting(true));
  CHECK_FALSE(sorting(false));
}

TEST_CASE("gap: streams are precompiled, and two threads that write to one are not seen") {
  CHECK_FALSE(found([] {
    std::ostringstream text;
    parallel([&] { text << 1; }, [&] { text << 2; });
  }));
}

TEST_CASE("gap: the links of trees and lists are set out of sight; what the program's part of a container counts is seen") {
  CHECK(found([] {
    std::map<int, int> numbers;
    parallel([&] { numbers.emplace(1, 1); }, [&] { numbers.emplace(2, 2); });
  }));
}

TEST_CASE("no false alarm: copies of a locale, and standard output") {
  CHECK_FALSE(found([] {
    const std::locale shared;
    const auto copy = [&] { const std::locale mine = shared; use(mine); };
    parallel(copy, copy);
  }));
  CHECK_FALSE(found([] { parallel([] { std::cout << ""; }, [] { std::cout << ""; }); }));
}
