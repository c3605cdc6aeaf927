// Checkers in general: their names, switching them off, and what an observer is told of a step.
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include <interleave/interleave.hpp>

#include "explored.hpp"

using namespace interleave;

static std::mutex first_lock, second_lock;  // whose names a reader is told

TEST_CASE("an unknown checker is refused, with the nearest name") {
  const auto message = [](const char* checks) -> std::string {
    try {
      explore([] {}, {.checks = checks});
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message("lock-oder") == "checks=lock-oder: there is no checker 'lock-oder'; did you mean lock-order? (interleave checkers names them all)");
  CHECK_THAT(message("lock-order,no-dedlock"), Catch::Contains("there is no checker 'dedlock'; did you mean deadlock?"));
  CHECK(message("lock-order,no-deadlock,") == "");
}

TEST_CASE("an explanation is a checker too: without it a deadlock is found and not explained") {
  const auto message = [](const char* checks) {
    const Report report = explore([] {
      std::mutex a;
      a.lock();
      a.lock();
    }, {.checks = checks});
    REQUIRE(report.failure.has_value());
    CHECK(report.failure->kind == "deadlock");
    return report.failure->message;
  };
  CHECK_THAT(message(""), Catch::Contains("cycle: main waits for"));
  CHECK(message("no-deadlock") == "");
}

namespace {

// Writes down every step as an observer is told of it.
class Notes final : public Observer {
 public:
  explicit Notes(bool places) : places_(places) {}
  bool wants_places() const override { return places_; }
  void begin_execution() override { text.clear(); }
  std::optional<Objection> on_step(const ObservedStep& step) override {
    text += step.thread_name() + " " + std::string(step.operation) + " " + std::to_string(static_cast<int>(step.does)) +
            (step.succeeded ? "" : " failed") + (step.hold == Hold::shared ? " shared" : "") + (step.tries ? " tries" : "") +
            (step.second != nullptr ? " second " + std::to_string(static_cast<int>(step.does_to_second)) : "") +
            (step.second != nullptr && step.second == mutex ? " mutex" : "") + (step.object_name() == "first_lock" ? " first_lock" : "") + "\n";
    placed += !step.place().empty();
    ++steps;
    return std::nullopt;
  }
  std::string text;
  const void* mutex = nullptr;
  std::size_t placed = 0, steps = 0;

 private:
  bool places_;
};

}  // namespace

TEST_CASE("observers are told of the class of an operation, its second object, the names, and of a try that fails") {
  const auto notes = std::make_shared<Notes>(true);
  notes->mutex = first_lock.native_handle();
  Options options;
  options.observers.push_back(notes);
  options.executions_max = 1;
  explore([] {
    name_thread("waiter");
    std::condition_variable condition;
    std::unique_lock lock(first_lock);
    if (first_lock.try_lock()) return;
    condition.notify_all();
    condition.wait_for(lock, std::chrono::seconds(1));
  }, options);
  const auto number = [](OperationClass does) { return std::to_string(static_cast<int>(does)); };
  CHECK(notes->text ==
        "waiter mutex lock " + number(OperationClass::takes) + " first_lock\n" +
        "waiter mutex try_lock " + number(OperationClass::takes) + " failed tries first_lock\n" +
        "waiter condition broadcast " + number(OperationClass::wakes) + " failed\n" +
        "waiter condition wait " + number(OperationClass::waits) + " tries second " + number(OperationClass::gives) + " mutex\n" +
        "waiter condition timeout " + number(OperationClass::resumes) + " failed\n" +
        "waiter mutex lock " + number(OperationClass::takes) + " first_lock\n" +
        "waiter mutex unlock " + number(OperationClass::gives) + " first_lock\n");
  CHECK(notes->placed == notes->steps);

  const auto cheap = std::make_shared<Notes>(false);
  options.observers = {cheap};
  explore([] {
    const std::lock_guard first(first_lock), second(second_lock);
  }, options);
  CHECK(cheap->placed == 0);
}
