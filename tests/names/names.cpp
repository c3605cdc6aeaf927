// What the objects, the operations and the threads of a failure are called.
#include "programs.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>
#include <interleave/primitives/condition.hpp>
#include <interleave/scheduler/observer.hpp>

using namespace interleave;
using Catch::Contains;

namespace {

// The failure of the only execution that is made.
Failure failure_of(const std::function<void()>& body, Options options = {}) {
  options.executions_max = 1;
  options.shrink = false;
  options.strategy = "dfs";
  const Report report = explore(body, options);
  REQUIRE(report.failure);
  return *report.failure;
}

bool is_called(const std::string& object, const std::string& name) {
  return object == name || object.ends_with("::" + name) || (object.starts_with(name) && name.starts_with("an element of"));
}

std::string objects_of(const Failure& failure) {
  std::string text;
  for (const TraceEvent& event : failure.trace) text += event.operation + "   " + event.object + "\n";
  return text;
}

// Where optimised code keeps no variable that leads to a block, the block is called by its type: "Cell#1.n" instead of "shared->n".
bool is_called_by_type(const std::string& object, const std::string& name) {
  const auto arrow = name.rfind("->");
  return arrow != name.npos && object.find('#') != object.npos && object.ends_with("." + name.substr(arrow + 2));
}

void check_all(const std::vector<Program>& programs, bool optimised) {
  for (const Program& program : programs) {
    const Failure failure = failure_of(program.body);
    INFO(program.what << "\n" << objects_of(failure));
    CHECK(failure.kind == "require");
    for (const std::string& name : program.objects) {
      INFO("expected: " << name);
      CHECK(std::any_of(failure.trace.begin(), failure.trace.end(), [&](const TraceEvent& event) {
        return is_called(event.object, name) || (optimised && is_called_by_type(event.object, name));
      }));
    }
  }
}

void check_races(const std::vector<Program>& programs) {
  for (const Program& program : programs) {
    const Report report = explore(program.body, {.strategy = "dfs"});
    REQUIRE(report.failure);
    INFO(program.what << "\n" << report.failure->message);
    CHECK(report.failure->kind == "data-race");
    const std::string line = report.failure->message.substr(0, report.failure->message.find('\n'));
    const std::string& name = program.objects.front();
    CHECK((line.starts_with(name) || (line.starts_with("the variable ") && line.ends_with("::" + name))));
  }
}

std::vector<std::string> shown(const Failure& failure) {
  std::vector<std::string> all;
  for (const TraceEvent& event : failure.trace)
    if (!event.shown.empty()) all.push_back(event.shown);
  return all;
}

}  // namespace

TEST_CASE("names: members, elements and what pointers lead to") { check_all(at_O0::programs(), false); }

TEST_CASE("names: the same in optimised code") {
  check_all(at_O2::programs(), true);
}

TEST_CASE("names: of what races") {
  check_races(at_O0::races());
  check_races(at_O2::races());
}

TEST_CASE("names: atomic operations as C++ calls them, with their orders and values") {
  const Failure failure = failure_of([] {
    std::atomic<int> n{1};
    std::atomic<bool> flag{false};
    n.fetch_add(2, std::memory_order_relaxed);
    n.load(std::memory_order_acquire);
    n.store(5, std::memory_order_release);
    n.exchange(7);
    int expected = 0;
    n.compare_exchange_strong(expected, 9);
    n.compare_exchange_strong(expected, 9, std::memory_order_acq_rel);
    n.fetch_sub(10);
    n.fetch_or(1);
    flag.store(true);
    require(false);
  });
  CHECK(shown(failure) == std::vector<std::string>{"fetch_add(2, relaxed) 1 -> 3", "load(acquire) -> 3", "store(release) 3 -> 5",
                                                   "exchange 5 -> 7", "compare_exchange failed: 7, not 0",
                                                   "compare_exchange(acq_rel) 7 -> 9", "fetch_sub(10) 9 -> -1", "fetch_or -1 -> -1",
                                                   failure.trace.back().before == "false" ? "store false -> true" : "store 0 -> 1"});
  CHECK(failure.trace[0].operation == "fetch-modify <- 3");
  CHECK(failure.trace[0].order == "relaxed");
  CHECK(failure.trace[0].before == "1");
  CHECK(failure.trace[0].after == "3");
  CHECK(failure.trace[3].order == "seq_cst");
}

TEST_CASE("names: whom a signal woke") {
  const Failure failure = failure_of([] {
    std::mutex m;
    std::condition_variable c;
    bool waits = false;
    parallel(
        [&] {
          std::unique_lock lock(m);
          waits = true;
          c.wait(lock);
        },
        [&] {
          const std::lock_guard lock(m);
          if (waits) c.notify_one();
        });
    require(false);
  });
  const auto signal =
      std::find_if(failure.trace.begin(), failure.trace.end(), [](const TraceEvent& event) { return event.does == OperationClass::wakes; });
  REQUIRE(signal != failure.trace.end());
  CHECK(signal->woke == "T1");
  CHECK((signal->shown == "notify_one woke T1" || signal->shown == "condition signal woke T1"));
}

TEST_CASE("names: system calls are named, with the descriptor") {
  const Failure failure = failure_of([] {
    const int d = eventfd(0, EFD_NONBLOCK);
    std::thread t([d] {
      const std::uint64_t one = 1;
      (void)!write(d, &one, sizeof one);
    });
    std::uint64_t got = 0;
    (void)!read(d, &got, sizeof got);
    t.join();
    close(d);
    require(false);
  });
  std::vector<std::string> calls;
  for (const TraceEvent& event : failure.trace)
    if (event.object.starts_with("descriptor ")) calls.push_back(event.operation.substr(0, event.operation.find('(')));
  std::sort(calls.begin(), calls.end());
  CHECK(calls == std::vector<std::string>{"close", "read", "write"});
}

TEST_CASE("names: an idle worker is no lost signal") {
  const Report report = explore([] {
    std::mutex m;
    std::condition_variable work;
    int tasks = 0, done = 0;
    std::mutex never;
    const auto worker = [&] {
      std::unique_lock lock(m);
      while (done < 1) {
        while (tasks == 0) work.wait(lock);
        --tasks;
        ++done;
        lock.unlock();
        lock.lock();
      }
      work.wait(lock);
    };
    {
      const std::lock_guard lock(m);
      ++tasks;
    }
    work.notify_one();  // nobody waits yet, and nothing is lost
    std::thread t(worker);
    never.lock();
    std::thread stuck([&] { never.lock(); });
    stuck.join();
    t.join();
  }, {.strategy = "dfs", .executions_max = 1, .shrink = false});
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "deadlock");
  CHECK_THAT(report.failure->message, !Contains("lost signal"));
}

TEST_CASE("names: who waits at a condition does not wait for itself") {
  const Report report = explore([] {
    Condition ready;
    std::thread t([&] {
      ready.acquire();
      ready.wait();
      ready.release();
    });
    t.join();
  }, {.strategy = "dfs", .executions_max = 1, .shrink = false});
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "deadlock");
  CHECK_THAT(report.failure->message, !Contains("itself") && Contains("T1 waits"));
}

TEST_CASE("names: a lock that a thread takes twice is held by itself") {
  const Report report = explore([] {
    std::mutex m;
    m.lock();
    m.lock();
  }, {.strategy = "dfs", .executions_max = 1, .shrink = false});
  REQUIRE(report.failure);
  CHECK_THAT(report.failure->message, Contains("held by itself"));
}

namespace {

// Objects to the first store, and names its object.
class Objects final : public Observer {
 public:
  std::optional<Objection> on_step(const ObservedStep& step) override {
    if (step.does != OperationClass::writes) return std::nullopt;
    return Objection{"store", step.thread_name() + " writes " + step.object_name()};
  }
};

}  // namespace

TEST_CASE("names: observers know them while they watch, when a failure is explained") {
  const Failure failure = failure_of(
      [] {
        std::atomic<int> counter{0};
        std::thread t([&] { ++counter; });
        t.join();
      },
      {.observers = {std::make_shared<Objects>()}});
  CHECK((failure.message == "T1 writes counter" || failure.message == "T1 writes atomic 1"));
}
