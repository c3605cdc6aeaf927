// The first steps that an execution has in common with the one before it are made again without the strategy, where nobody watches: a search
// finds the same with an observer, for which every step is chosen anew.
#include <semaphore.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <interleave/checkers/mutual_exclusion.hpp>

#include "explored.hpp"

using namespace interleave;

namespace {

class Nothing final : public Observer {};

Report explore_watched(const std::function<void()>& body, Options options) {
  options.observers.push_back(std::make_shared<Nothing>());
  return explore_all(body, options);
}

// A thread that is created by one before which two others have happened, so that it begins with a row of its own of what happens before
// it; and that is woken, late, by a partner of whom it knows nothing at first.
struct Partners {
  std::atomic<int> x{0}, y{0};
  sem_t begun, may_write, written;
  std::mutex mutex;
  std::condition_variable changed;
  bool awake = false;
  std::array<int, 2> seen{};

  Partners() {
    for (sem_t* semaphore : {&begun, &may_write, &written}) sem_init(semaphore, 0, 0);
  }
  std::thread begin(const std::function<void()>& at_last = [] {}) {
    parallel([&] { y = 2; }, [&] { (void)x.load(); });
    std::thread first([&, at_last] {
      seen[0] = x;
      sem_post(&begun);
      sem_wait(&may_write);
      y = 1;
      {
        std::unique_lock lock(mutex);
        sem_post(&written);
        changed.wait(lock, [&] { return awake; });
      }
      at_last();
    });
    x = 1;
    sem_wait(&begun);
    return first;
  }
  void partner() {
    seen[1] = y;
    sem_wait(&written);
    {
      const std::lock_guard lock(mutex);
      awake = true;
    }
    changed.notify_one();
  }
  std::string outcome() const { return std::to_string(seen[0]) + std::to_string(seen[1]); }
};

}  // namespace

TEST_CASE("dpor goes back to before it knew of so many threads") {
  const auto body = [] {
    Partners partners;
    std::thread first = partners.begin();
    std::vector<std::thread> others;
    for (int i = 0; i < 5; ++i) others.emplace_back([] {});
    others.emplace_back([&] { partners.partner(); });
    others.emplace_back([&] { sem_post(&partners.may_write); });
    for (std::thread& other : others) other.join();
    first.join();
    outcome(partners.outcome());
  };
  // Of x one of two values is seen, and likewise of y; and nothing else depends on the order.
  for (const auto explore_so : {explore_all, explore_watched}) {
    const Report report = explore_so(body, {.strategy = "dpor"});
    CHECK_HOLDS(report, 4);
    CHECK_OUTCOMES(report, {{"02", 1}, {"01", 1}, {"12", 1}, {"11", 1}});
  }
}

TEST_CASE("dpor goes back over steps that it was told of but that were not new") {
  const auto body = [] {
    Section section;
    Partners partners;
    std::atomic<int> z{0};
    std::thread first = partners.begin([&] {
      parallel([&] { (void)z.load(); }, [&] { (void)z.load(); });
      std::thread([] {}).join();
    });
    std::thread second([&] { partners.partner(); });
    std::thread third([&] { sem_post(&partners.may_write); });
    second.join();
    third.join();
    first.join();
    // Steps of an execution without a visit are made again, and of one after a visit they are not.
    const bool visits = choose(2) == 0;
    if (visits) const Section::Visit visit(section);
    outcome(partners.outcome() + (visits ? " visit" : ""));
  };
  for (const auto explore_so : {explore_all, explore_watched}) {
    const Report report = explore_so(body, {.strategy = "dpor"});
    CHECK_HOLDS(report, 8);
    CHECK_OUTCOME_SET(report, {"01", "01 visit", "02", "02 visit", "11", "11 visit", "12", "12 visit"});
  }
}

// A search that shares little from one execution to the next, then much, then little, then much again: each time it goes on saving what it
// can go back to, or leaves off, after some thousands of steps.
TEST_CASE("dpor saves what it can go back to where executions have much in common, and goes over to that and back") {
  const auto shares_little = [] {
    std::atomic<int> x{0};
    std::array<int, 10> seen{};
    std::vector<std::function<void()>> bodies;
    for (int& each : seen) bodies.push_back([&] { each = x; });
    bodies.push_back([&] { x = 1; });
    parallel(std::move(bodies));
    std::string text;
    for (const int each : seen) text += std::to_string(each);
    outcome(text);
  };
  const auto shares_much = [] {
    std::array<std::atomic<int>, 10> x{};
    std::string seen[2];
    const auto go_through = [&](int id) {
      for (std::atomic<int>& each : x) seen[id] += std::to_string(each.fetch_add(1));
    };
    parallel([&] { go_through(0); }, [&] { go_through(1); });
    outcome(seen[0] + "/" + seen[1]);
  };
  const auto in_turn = [&] {
    if (choose(5) % 2 == 0) {
      shares_little();
    } else {
      shares_much();
    }
  };
  const Report report = explore_all(in_turn, {.name = "in turn", .strategy = "dpor"});
  INFO(text_of(report));
  REQUIRE(report.complete);
  CHECK(report.redundant == 0);
  CHECK(report.outcomes == explore_watched(in_turn, {.name = "in turn", .strategy = "dpor"}).outcomes);
  std::uint64_t little = 0, much = 0;
  for (const auto& [value, count] : report.outcomes) {
    const bool is_little = value.size() == 10;
    CHECK(count == (is_little ? 3 : 2));
    ++(is_little ? little : much);
  }
  CHECK(little == 1024);
  CHECK(much == 1024);
}
