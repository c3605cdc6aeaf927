// What a reader learns of a race: the object, both accesses, and the innermost frames of the program's own code of each.
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>

#include "programs.hpp"

using namespace interleave;
using namespace races;
using Catch::Contains;
using Catch::StartsWith;

namespace {

struct Pair {
  int first, second;
} pair_of_numbers;

struct Account {
  int before[4] = {};
  int balance = 0;
  __attribute__((noinline)) void deposit(int n) {
    put(balance, n);
    asm volatile("");  // no tail call
  }
};

__attribute__((noinline)) void transfer() {
  Account account;
  parallel([&] { account.deposit(1); }, [&] { account.deposit(2); });
  asm volatile("" : : "r"(&account) : "memory");
}

__attribute__((noinline)) void started_by_a_thread() {
  int count = 0;
  std::thread t([&] { put(count); });
  put(count);
  t.join();
}

__attribute__((noinline)) void count_and_fail() {
  std::atomic<int> count = 0;
  parallel([&] { ++count; }, [&] { ++count; });
  require(count != 2);
}

std::string message(const std::function<void()>& body) {
  const Report report = explore(body, {.name = "race"});
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "data-race");
  INFO(report.failure->message);
  CHECK_THAT(report.failure->message, Contains("\n  nothing orders them"));
  return report.failure->message;
}

}  // namespace

TEST_CASE("a race on a global variable names it, with the offset, and both accesses with their threads") {
  const std::string text = message([] { parallel([] { put(pair_of_numbers.second); }, [] { get(pair_of_numbers.second); }); });
  CHECK_THAT(text, StartsWith("the variable (anonymous namespace)::pair_of_numbers.second\n"));
  CHECK_THAT(text, Contains("\n  write by T1 at programs.hpp:") && Contains("\n  read by T2 at programs.hpp:"));
}

TEST_CASE("a race on a block of the heap says how large it is and where it was allocated") {
  const std::string text = message([] {
    auto x = std::make_unique<std::array<int, 4>>();
    parallel([&] { put((*x)[2]); }, [&] { get((*x)[2]); });
  });
  CHECK_THAT(text, StartsWith("x[2], byte 8 of a block of 16 bytes, allocated by main at reports.cpp:") || StartsWith("(*x)[2], byte 8 of a block of 16 bytes, allocated by main at reports.cpp:"));
}

TEST_CASE("a race on a local variable names it, the function, and the thread on whose stack it is") {
  CHECK_THAT(message(transfer), StartsWith("account.balance in transfer on the stack of main\n"));
  CHECK_THAT(message(started_by_a_thread), StartsWith("count in started_by_a_thread on the stack of main\n"));
}

TEST_CASE("so does a trace, of an atomic") {
  const Report report = explore(count_and_fail, {.name = "legend"});
  REQUIRE(report.failure);
  CHECK(report.failure->objects.empty());
  for (const TraceEvent& event : report.failure->trace) CHECK((event.object == "count" || event.object.empty()));
}

TEST_CASE("of both stacks the innermost frames of the program's own code are shown, and no library's") {
  const std::string text = message(transfer);
  CHECK_THAT(text, Contains("write by T1 at programs.hpp:") && Contains(" in races::put <- reports.cpp:"));
  CHECK_THAT(text, Contains(" in Account::deposit <- reports.cpp:") && Contains(" in a lambda"));
  CHECK_THAT(text, !Contains("std::") && !Contains("invoke"));
}

TEST_CASE("a race with an atomic access says so") {
  const std::string text = message([] {
    int x = 0;
    parallel([&] { std::atomic_ref(x).store(1); }, [&] { put(x); });
  });
  CHECK_THAT(text, Contains("\n  atomic write by T1 at reports.cpp:") && Contains("\n  write by T2 at programs.hpp:"));
}

TEST_CASE("a race on a thread_local variable says whose it is") {
  static thread_local int own = 0;
  const std::string text = message([] {
    put(own, 0);
    std::thread t([p = &own] { put(*p); });
    put(own);
    t.join();
  });
  CHECK_THAT(text, StartsWith("a thread_local variable of main: own\n"));
}

TEST_CASE("a race on what a caller of explore owns says that it is older than the execution") {
  const auto outer = std::make_unique<int>(0);
  CHECK_THAT(message([&] { parallel([&] { put(*outer); }, [&] { put(*outer); }); }), StartsWith("memory from before the execution\n"));
}
