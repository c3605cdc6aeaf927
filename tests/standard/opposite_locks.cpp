// Two accounts, two transfers in opposite directions: each holds its own account's mutex and waits for the other's.
#include "standard.hpp"

#include <mutex>
#include <thread>
#include <utility>

namespace {

struct Account {
  std::mutex mutex;
  int        balance = 100;
};

void transfer_as_named(Account& from, Account& to, int amount) {
  const std::lock_guard a(from.mutex), b(to.mutex);
  from.balance -= amount;
  to.balance += amount;
}

// The repair: always in the order of addresses.
void transfer_in_order(Account& from, Account& to, int amount) {
  Account *first = &from, *second = &to;
  if (std::less<>{}(second, first)) std::swap(first, second);
  const std::lock_guard a(first->mutex), b(second->mutex);
  from.balance -= amount;
  to.balance += amount;
}

using Transfer = void (*)(Account&, Account&, int);

void two_transfers(Transfer transfer) {
  Account a, b;
  std::thread one([&] { transfer(a, b, 10); });
  std::thread two([&] { transfer(b, a, 30); });
  one.join();
  two.join();
  REQUIRE(a.balance == 120);
  REQUIRE(b.balance == 80);
}

}  // namespace

TEST_CASE("two locks taken in opposite orders: a deadlock") {
  found([] { two_transfers(transfer_as_named); }, "deadlock", true);
}

TEST_CASE("two locks taken in one order: proved") {
  proved([] { two_transfers(transfer_in_order); });
}

TEST_CASE("the deadlock's report names both threads, what each waits for, and who holds it") {
  if (!linked_with_the_model()) return;
  const auto report = interleave::explore([] { two_transfers(transfer_as_named); });
  REQUIRE(report.failure.has_value());
  int cycle = 0;
  for (const auto& thread : report.failure->threads) {
    if (thread.name == "main") continue;
    CHECK(thread.state == "waits");
    CHECK_FALSE(thread.holder.empty());
    CHECK(thread.holder != thread.name);
    CHECK_THAT(thread.location, Catch::Contains("opposite_locks.cpp:"));
    ++cycle;
  }
  CHECK(cycle == 2);
}
