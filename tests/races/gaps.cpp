// What the detector sees of precompiled library code, and what it does not: each gap of docs/races.md, pinned. A test that fails because
// more is seen is good news for the page.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <list>
#include <locale>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>

#include "programs.hpp"

using namespace interleave;
using namespace races;

// not_seen.c
extern "C" {
void not_seen_put(int* x, int value);
void not_seen_release(int* x);
int not_seen_acquire(const int* x);
}

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

// One thread writes to the text by `change`, the other reads its second byte.
bool found_beside_a_read(const std::function<void(char*)>& change) {
  return found([&] {
    char text[32] = "12345";
    parallel([&] { change(text); }, [&] { get(text[1]); });
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
  CHECK(found_beside_a_write([](char* text) { use(std::strncmp(text, "12346", 5)); }));
  CHECK(found_beside_a_write([](char* text) { use(std::memcmp(text, "12346", 5)); }));
  CHECK(found_beside_a_write([](char* text) { use(std::memcmp(text, "1234", 4) == 0); }));  // a compiler may do it in line
  CHECK(found_beside_a_write([](char* text) { use(std::strcmp(text, "12") == 0); }));
  CHECK(found_beside_a_write([](char* text) { use(std::strncmp(text, "12", 2) == 0); }));
  CHECK(found_beside_a_write([](char* text) { use(bcmp(text, "12346", 5)); }));
  CHECK(found_beside_a_write([](char* text) { use(std::strlen(text)); }));
  CHECK(found_beside_a_write([](char* text) {
    char* copy = strndup(text, 3);
    use(*copy);
    std::free(copy);
  }));
  // The second byte is what is read of the text, or written to it.
  char other[64] = "abc";
  CHECK(found_beside_a_write([&](char* text) { std::memcpy(other, text, 3); }));
  CHECK(found_beside_a_write([&](char* text) { std::memmove(other, text, 3); }));
  CHECK(found_beside_a_write([&](char* text) { std::strcpy(other, text); }));
  CHECK(found_beside_a_write([&](char* text) { std::strncpy(other, text, 3); }));
  CHECK(found_beside_a_write([&](char* text) { use(stpcpy(other, text)); }));
  CHECK(found_beside_a_write([&](char* text) { std::strcat(other, text); }));
  CHECK(found_beside_a_write([&](char* text) { std::strncat(other, text, 3); }));
  CHECK(found_beside_a_read([](char* text) { std::memcpy(text, "abc", 3); }));
  CHECK(found_beside_a_read([](char* text) { std::memmove(text, "abc", 3); }));
  CHECK(found_beside_a_read([](char* text) { std::memset(text, 'x', 3); }));
  CHECK(found_beside_a_read([](char* text) { bzero(text, 3); }));
  CHECK(found_beside_a_read([](char* text) { std::strcpy(text, "abc"); }));
  CHECK(found_beside_a_read([&](char* text) { std::strncpy(text, other, 3); }));
  CHECK(found_beside_a_read([](char* text) { use(stpcpy(text, "abc")); }));
  CHECK(found_beside_a_read([](char* text) { text[0] = '\0'; std::strcat(text, "abc"); }));
  CHECK(found_beside_a_read([&](char* text) { text[0] = '\0'; std::strncat(text, other, 3); }));
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
  CHECK_FALSE(found_beside_a_write([](char* text) { use(std::strtod(text, nullptr)); }));
  CHECK_FALSE(found_beside_a_write([](char* text) { use(std::atoi(text)); }));
  CHECK_FALSE(found_beside_a_write([](char* text) { int n = 0; use(std::sscanf(text, "%d", &n)); }));
  CHECK_FALSE(found_beside_a_read([](char* text) { use(std::sscanf("abc", "%3s", text)); }));
  CHECK_FALSE(found_beside_a_read([](char* text) {
    const std::tm date{};
    use(std::strftime(text, 8, "%Y", &date));
  }));
  CHECK_FALSE(found([] {
    const std::time_t time = 0;
    std::tm date{};
    parallel([&] { gmtime_r(&time, &date); }, [&] { get(date.tm_year); });
  }));
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
  CHECK(found([] {
    int numbers[4] = {0, 1, 2, 3};
    parallel([&] {
      const int one = 1;
      use(std::bsearch(&one, numbers, 4, sizeof(int), [](const void* a, const void* b) { return *static_cast<const int*>(a) - *static_cast<const int*>(b); }));
    }, [&] { put(numbers[1], 7); });
  }));
}

TEST_CASE("gap: streams are precompiled, and two threads that write to one are not seen") {
  CHECK_FALSE(found([] {
    std::ostringstream text;
    parallel([&] { text << 1; }, [&] { text << 2; });
  }));
  CHECK_FALSE(found([] {
    std::istringstream text("1 2");
    int n[2];
    parallel([&] { text >> n[0]; }, [&] { text >> n[1]; });
  }));
  CHECK_FALSE(found([] {
    std::ofstream file("/dev/null");
    parallel([&] { file << 1; }, [&] { file << 2; });
  }));
}

TEST_CASE("gap: the links of trees and lists are set out of sight; what the program's part of a container counts is seen") {
  CHECK(found([] {
    std::map<int, int> numbers;
    parallel([&] { numbers.emplace(1, 1); }, [&] { numbers.emplace(2, 2); });
  }));
  CHECK(found([] {
    std::set<int> numbers;
    parallel([&] { numbers.insert(1); }, [&] { numbers.insert(2); });
  }));
  CHECK(found([] {
    std::list<int> numbers;
    parallel([&] { numbers.push_back(1); }, [&] { numbers.push_front(2); });
  }));
  CHECK_FALSE(found([] {
    std::list<int> numbers{1, 2, 3};
    parallel([&] { numbers.reverse(); }, [&] { use(*std::next(numbers.begin())); });
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

TEST_CASE("no false alarm: variables that precompiled libraries keep for each thread") {
  CHECK_FALSE(found([] {
    int made[2] = {};
    const auto make = [&](int i) {
      std::once_flag once;
      std::call_once(once, [&] { made[i] = 1; });  // hands the callable over in thread-local variables of libstdc++
    };
    parallel([&] { make(0); }, [&] { make(1); });
  }));
}

TEST_CASE("gap: inline assembly is not seen, neither what it accesses nor what it orders") {
  CHECK_FALSE(found([] {
    int x = 0;
    parallel([&] { asm volatile("movl $1, %0" : "=m"(x)); }, [&] { get(x); });
  }));
  CHECK(found([] {
    int x = 0, taken = 0;
    const auto add = [&] {
      int before = 1;
      do asm volatile("xchgl %0, %1" : "+r"(before), "+m"(taken) : : "memory");
      while (before != 0);
      put(x, get(x) + 1);
      asm volatile("movl $0, %0" : "=m"(taken) : : "memory");
    };
    parallel(add, add);
  }));
}

TEST_CASE("gap: what is compiled without -fsanitize=thread is not seen; what it may order is no race") {
  CHECK_FALSE(found([] {
    int x = 0;
    parallel([&] { not_seen_put(&x, 1); }, [&] { get(x); });
  }));
  CHECK_FALSE(found([] {
    int x = 0, given = 0;
    parallel([&] { put(x); not_seen_release(&given); }, [&] { if (not_seen_acquire(&given)) get(x); });
  }));
}
