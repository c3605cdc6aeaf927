// A pass is not complete over code that ran and is not instrumented, which is named; and no order that it makes is taken for a race.
#include <atomic>
#include <string>
#include <thread>

#include <catch2/catch.hpp>
#include <interleave/interleave.hpp>

#include "library.hpp"

extern "C" const char* const interleave_trusted_modules[] = {"libunseen_trusted", nullptr};

namespace {

using namespace interleave;

struct Library {
  decltype(&inside::lock) lock, unlock;
  decltype(&inside::add) add;
  decltype(&inside::keep) keep;
  decltype(&inside::call) call;
  decltype(&inside::twice) twice;
};

#define LIBRARY(name) \
  Library { name::lock, name::unlock, name::add, name::keep, name::call, name::twice }

template <class F>
void on_two_threads(F f) {
  std::thread other(f);
  f();
  other.join();
}

std::string said(const Report& report) {
  std::string text;
  for (const std::string& sentence : report.unseen) text += sentence + "\n";
  return text;
}

void check_library(const Library& library, const std::string& name) {
  SECTION("a call") {
    int n = 0;
    const Report report = explore([&] { library.add(n); });
    CHECK(report.verdict == Verdict::pass);
    CHECK_FALSE(report.complete);
    REQUIRE(report.unseen.size() == 1);
    CHECK_THAT(report.unseen.front(), Catch::Contains(name) && Catch::Contains("(not instrumented) ran: what it"));
  }
  SECTION("a counter under its lock is no race") {
    const Report report = explore([&] {
      int n = 0;
      on_two_threads([&] {
        library.lock(0);
        ++n;
        library.unlock(0);
      });
      require(n == 2);
    });
    CAPTURE(said(report));
    CHECK(report.verdict == Verdict::pass);
    CHECK_FALSE(report.complete);
    CHECK(report.executions == 3);
    CHECK(report.unseen.size() == 1);
  }
  SECTION("without its lock it is") {
    const Report report = explore([&] {
      int n = 0;
      std::thread other([&] { ++n; });
      ++n;
      library.lock(0);
      library.unlock(0);
      other.join();
    });
    REQUIRE(report.failure);
    CHECK(report.failure->kind == "data-race");
  }
  SECTION("opposite orders of its locks") {
    const Report report = explore([&] {
      std::thread other([&] { library.lock(1); library.lock(0); library.unlock(0); library.unlock(1); });
      library.lock(0); library.lock(1); library.unlock(1); library.unlock(0);
      other.join();
    });
    REQUIRE(report.failure);
    CHECK(report.failure->kind == "livelock");
    CHECK_THAT(report.failure->message, Catch::Contains("perhaps because of what was not seen: ") && Catch::Contains(name));
  }
  SECTION("a lost update between two sections") {
    const Report report = explore([&] {
      int n = 0;
      on_two_threads([&] {
        library.lock(0);
        const int before = n;
        library.unlock(0);
        library.lock(0);
        n = before + 1;
        library.unlock(0);
      });
      require(n == 2);
    });
    REQUIRE(report.failure);
    CHECK(report.failure->kind == "require");
  }
  SECTION("what it keeps is taken back") {
    const Report report = explore([&] {
      std::atomic<int> n{0};
      on_two_threads([&] { n = n + 1; });
      outcome(std::to_string(library.keep()));
    });
    CHECK(report.outcomes.size() == 1);
    CHECK(report.verdict == Verdict::pass);
  }
  SECTION("a lock that an execution leaves held is taken back") {
    const Report report = explore([&] {
      library.lock(0);
      require(choose(3) == 0);
      library.unlock(0);
    }, {.stop_at_first_failure = false});
    CHECK(report.executions == 3);
    CHECK(report.failing == 2);
    CHECK(report.failure->kind == "require");
  }
  SECTION("it calls back") {
    const Report report = explore([&] {
      std::atomic<int> n{0};
      on_two_threads([&] { library.call([](void* p) { auto& m = *static_cast<std::atomic<int>*>(p); m = m + 1; }, &n); });
      outcome(std::to_string(n));
    });
    CHECK(report.outcomes.size() == 2);
    CHECK_FALSE(report.complete);
  }
  SECTION("what does not run does not count") {
    library.keep();
    const Report report = explore([&] {
      if (choose(2) == 2) library.keep();
    });
    CHECK(report.complete);
    CHECK(said(report).empty());
  }
}

TEST_CASE("code of a library among the program's objects is named when it runs, and its calls are steps that order") { check_library(LIBRARY(inside), " of library.cpp"); }
TEST_CASE("code of a shared library is named when it runs, and its calls are steps that order") { check_library(LIBRARY(beside), "libunseen_beside.so"); }

TEST_CASE("a function that touches no memory is nothing that was not seen") {
  const Report report = explore([] { require(inside::twice(1) == 2); });
  CHECK(report.complete);
}

namespace {

__attribute__((noinline)) void go_on() { asm volatile("" ::: "memory"); }

// clang calls the hooks of a function's begin and end here, for the sake of the function that it calls.
__attribute__((noinline, no_sanitize("thread"))) void excluded(int& n) {
  ++n;
  go_on();
}

__attribute__((noinline, no_sanitize("thread"))) void excluded_leaf(int& n) { ++n; }

}  // namespace

TEST_CASE("a single function that is excluded from the instrumentation is named when it runs") {
  for (const auto function : {excluded, excluded_leaf}) {
    int n = 0;
    const Report report = explore([&] { function(n); });
    CHECK(report.verdict == Verdict::pass);
    CHECK_FALSE(report.complete);
    REQUIRE(report.unseen.size() == 1);
    CHECK_THAT(report.unseen.front(), Catch::Contains("excluded") && Catch::Contains("(not instrumented) ran: what it"));
  }
}

TEST_CASE("what is trusted leaves a pass complete") {
  int n = 0;
  const Report report = explore([&] { trusted::add(n); });
  CHECK(report.complete);
  CHECK(report.unseen.empty());
  REQUIRE(report.trusted.size() == 1);
  CHECK(report.trusted.front() == "libunseen_trusted.so (not instrumented) ran");
}

}  // namespace
