// Observers: what they are told, and what becomes of their objections.
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include <semaphore.h>

#include "explored.hpp"

using namespace interleave;

namespace {

// Objects to a step or an end.
class Objects final : public Observer {
 public:
  Objects(std::string operation, bool at_end) : operation_(std::move(operation)), at_end_(at_end) {}
  void begin_execution() override { ++begun; }
  std::optional<Objection> on_step(const ObservedStep& step) override {
    ++steps;
    if (step.operation == operation_) return Objection{"my-kind", "no " + operation_ + " here"};
    return std::nullopt;
  }
  std::optional<Objection> end_execution() override {
    ++ended;
    if (at_end_) return Objection{"my-end", "it should not have ended"};
    return std::nullopt;
  }
  int begun = 0, steps = 0, ended = 0;

 private:
  std::string operation_;
  bool        at_end_;
};

}  // namespace

TEST_CASE("observers hear of every execution and step") {
  const auto observer = std::make_shared<Objects>("", false);
  Options options;
  options.observers.push_back(observer);
  CHECK_HOLDS(explore_all([] {
    std::atomic<int> n = 0;
    parallel([&] { ++n, ++n, ++n; }, [&] { ++n, ++n, ++n; });
  }, options), 20u);
  CHECK(observer->begun == 20);
  CHECK(observer->ended == 20);
  CHECK(observer->steps == 120);
}

namespace {

// What has failed of the steps that were seen, by name.
class Failing final : public Observer {
 public:
  std::optional<Objection> on_step(const ObservedStep& step) override {
    if (!step.succeeded) names.insert(std::string(step.operation));
    seen.insert(std::string(step.operation));
    return std::nullopt;
  }
  std::set<std::string> names, seen;
};

}  // namespace

TEST_CASE("observers are told what failed: tries, timeouts, compare-exchanges, signals that find nobody") {
  const auto observer = std::make_shared<Failing>();
  Options options;
  options.spurious_wakeups = true;
  options.observers.push_back(observer);
  explore_all([] {
    std::atomic<int> n = 0;
    int expected = 1;
    n.compare_exchange_strong(expected, 2);
    std::mutex mutex;
    std::condition_variable condition;
    std::unique_lock lock(mutex);
    condition.notify_one();
    condition.wait_for(lock, std::chrono::seconds(1));
    sem_t semaphore;
    sem_init(&semaphore, 0, 0);
    sem_trywait(&semaphore);
  }, options);
  CHECK(observer->names == std::set<std::string>{"compare-exchange", "condition signal", "condition timeout", "sem_trywait"});
  CHECK(observer->seen.contains("condition spurious wakeup"));
  CHECK(observer->seen.contains("condition wait"));
}

TEST_CASE("an observer's objection to a step ends the execution as a failure of its kind") {
  const auto observer = std::make_shared<Objects>("store", false);
  Options options;
  options.observers.push_back(observer);
  std::atomic<int> n = 0;  // out here: a compiler may leave out stores to an atomic that nobody else can see
  const Report report = explore_all([&] {
    if (choose(2) == 0) n = 1;
    std::this_thread::yield();
    outcome("ended");
  }, options);
  CHECK_FAILS(report, 2u, 1u, "my-kind");
  CHECK(report.failure->message == "no store here");
  CHECK_OUTCOMES(report, {{"ended", 1}});
}

TEST_CASE("an observer's objection at the end is a failure of the execution that has ended") {
  const auto observer = std::make_shared<Objects>("", true);
  Options options;
  options.observers.push_back(observer);
  const Report report = explore_all([] { outcome("ended"); }, options);
  CHECK_FAILS(report, 1u, 1u, "my-end");
  CHECK_OUTCOMES(report, {{"ended", 1}});
}

