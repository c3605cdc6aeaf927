// A pass is not complete over code that ran and is not instrumented, which is named; and no order that it makes is taken for a race.
#include <dlfcn.h>
#include <sys/personality.h>

#include <atomic>
#include <chrono>
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
  decltype(&inside::try_lock) try_lock;
  decltype(&inside::is_zero) is_zero;
  decltype(&inside::mine) mine;
  decltype(&inside::twice) twice;
};

#define LIBRARY(name) \
  Library { name::lock, name::unlock, name::add, name::keep, name::call, name::try_lock, name::is_zero, name::mine, name::twice }

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
  SECTION("loops that poll it come to their end") {
    const auto polls = [&](auto between) {
      return explore([&, between] {
        int n = 0;
        on_two_threads([&] {
          while (!library.try_lock(0)) between();
          ++n;
          library.unlock(0);
        });
        require(n == 2);
      });
    };
    for (const Report& report : {polls([] { std::this_thread::yield(); }), polls([] {}), polls([] { std::this_thread::sleep_for(std::chrono::seconds(1)); })}) {
      CAPTURE(said(report), report.incomplete_reason);
      CHECK(report.verdict == Verdict::pass);
      CHECK_FALSE(report.complete);
      CHECK((report.executions >= 4 && report.executions <= 6));  // by where the compiler keeps the counter
    }
  }
  SECTION("what it changes may lie on the stack of another thread") {
    const Report report = explore([&] {
      int on_stack = 0;
      std::thread other([&] { library.add(on_stack); });
      while (library.is_zero(on_stack)) std::this_thread::yield();
      other.join();
      require(on_stack == 1);
    });
    CAPTURE(said(report), report.failure ? report.failure->message : "");
    CHECK(report.verdict == Verdict::pass);
    CHECK_FALSE(report.complete);
  }
  SECTION("polling for what nobody does is a livelock") {
    const Report report = explore([&] {
      library.lock(0);
      while (!library.try_lock(0)) std::this_thread::yield();
    });
    REQUIRE(report.failure);
    CHECK(report.failure->kind == "livelock");
    CHECK_THAT(report.failure->message, Catch::Contains("perhaps because of what was not seen: ") && !Catch::Contains("noun_"));
  }
  SECTION("a loop that gets on by its calls is none that waits") {
    const Report report = explore([&] {
      while (library.keep() % 5 != 0) std::this_thread::yield();
    });
    CAPTURE(said(report), report.incomplete_reason);
    CHECK(report.verdict == Verdict::pass);
    CHECK(report.executions == 1);
  }
  SECTION("its thread-local variables are each thread's") {
    const Report report = explore([&] {
      int other = 0;
      std::thread t([&] { other = library.mine(); });
      const int here = library.mine();
      t.join();
      require(here == 8 && other == 8);
    });
    CAPTURE(said(report));
    CHECK(report.verdict == Verdict::pass);
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

// Assembly in instrumented functions: the compiler does not look into it.
void lock_by_assembly(int& lock) {
  for (int one = 1;; one = 1, std::this_thread::yield()) {
    asm volatile("xchgl %0, %1" : "+r"(one), "+m"(lock) : : "memory");
    if (one == 0) return;
  }
}
void unlock_by_assembly(int& lock) {
  int zero = 0;
  asm volatile("xchgl %0, %1" : "+r"(zero), "+m"(lock) : : "memory");
}

TEST_CASE("assembly that locks or calls the kernel is named") {
  SECTION("a lock") {
    const Report report = explore([] {
      int lock = 0, n = 0;
      on_two_threads([&] {
        lock_by_assembly(lock);
        ++n;
        unlock_by_assembly(lock);
      });
      require(n == 2);
    });
    CAPTURE(said(report), report.failure ? report.failure->message : "");
    CHECK(report.verdict == Verdict::pass);
    CHECK_FALSE(report.complete);
    // By g++, the other function has nothing that is instrumented.
    CHECK_THAT(said(report), Catch::Contains("assembly in ") && Catch::Contains("(xchg)") && Catch::Contains("of test_unseen.cpp (not instrumented) ran"));
  }
  SECTION("a locked increment") {
    const Report report = explore([] {
      int n = 0;
      on_two_threads([&] { asm volatile("lock incl %0" : "+m"(n) : : "memory"); });
      require(n == 2);
    });
    CHECK(report.verdict == Verdict::pass);
    CHECK_FALSE(report.complete);
    CHECK_THAT(said(report), Catch::Contains("(inc)"));
  }
  SECTION("a system call") {
    const Report report = explore([] {
      long result;
      asm volatile("syscall" : "=a"(result) : "a"(39) : "rcx", "r11", "memory");
      require(result > 0);
    });
    CHECK_FALSE(report.complete);
    CHECK_THAT(said(report), Catch::Contains("(syscall)"));
  }
}

TEST_CASE("a plugin that is opened and closed within an execution is named") {
  const Report report = explore([] {
    void* const plugin = dlopen(UNSEEN_PLUGIN, RTLD_NOW);
    require(plugin != nullptr);
    auto* const add = reinterpret_cast<decltype(&inside::add)>(dlsym(plugin, "_ZN6plugin3addERi"));
    int n = 0;
    add(n);
    dlclose(plugin);
    require(n == 1);
  });
  CHECK(report.verdict == Verdict::pass);
  CHECK_FALSE(report.complete);
  CHECK_THAT(said(report), Catch::Contains("libunseen_plugin.so (not instrumented) ran"));
}

// With code that may not be changed, all that there is may have run: what is found in the whole program is seen in the report.
Report explore_without_traps() {
  const int before = personality(0xffffffff);
  personality(static_cast<unsigned long>(before) | READ_IMPLIES_EXEC);
  const Report report = explore([] {});
  personality(static_cast<unsigned long>(before));
  return report;
}

TEST_CASE("of a program with functions that are not instrumented each is found") {
  const Report report = explore_without_traps();
  CHECK_FALSE(report.complete);
  CHECK_THAT(said(report), Catch::Contains(" and 6 more functions of library.cpp (not instrumented) may have run"));
  CHECK_THAT(said(report), Catch::Contains("libunseen_beside.so (not instrumented) may have run"));
}

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
