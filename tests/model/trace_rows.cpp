// What a failure's trace has beside its steps: accesses that are no steps, which events are on the same object, and timeouts that need not have been.
#include "explored.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <interleave/scheduler/observer.hpp>

using namespace interleave;
using namespace std::chrono_literals;

namespace {

Failure failure_of(const std::function<void()>& body, Options options = {}) {
  options.name = "rows";
  const Report report = explore(body, options);
  REQUIRE(report.failure);
  return *report.failure;
}

// Accesses that are no steps: they have the number of the step before.
std::vector<TraceEvent> accesses(const Failure& failure) {
  std::vector<TraceEvent> all;
  std::size_t before = 0;
  for (const TraceEvent& event : failure.trace) {
    if (event.step == before && event.does != OperationClass::note) all.push_back(event);
    before = event.step;
  }
  return all;
}

}  // namespace

TEST_CASE("trace: both accesses of a data race have rows, each of its thread, on the same object") {
  const Failure failure = failure_of([] {
    int n = 0;
    std::atomic<int> noise{0};
    std::thread a([&] { ++noise; n = 1; ++noise; ++noise; });
    std::thread b([&] { ++noise; ++noise; n = 2; });
    a.join();
    b.join();
  });
  REQUIRE(failure.kind == "data-race");
  const auto rows = accesses(failure);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].thread != rows[1].thread);
  CHECK(rows[0].operation == "write");
  CHECK(rows[1].operation == "write");
  CHECK(rows[0].object_id == rows[1].object_id);
  CHECK(rows[0].object_id != 0);
  CHECK(rows[0].location.find("trace_rows.cpp:") == 0);
  // Of one thread, what it does afterwards stands behind its access.
  for (const TraceEvent& row : rows) {
    const auto steps_before = std::count_if(failure.trace.begin(), failure.trace.end(), [&](const TraceEvent& event) {
      return event.thread == row.thread && event.step <= row.step && event.does == OperationClass::writes && event.operation != "write";
    });
    CHECK(steps_before == (row.thread == "T1" ? 1 : 2));
  }
}

TEST_CASE("trace: an access that is a step gets no second row") {
  const Failure failure = failure_of([] {
    int n = 0;
    std::thread a([&] { __atomic_store_n(&n, 1, __ATOMIC_SEQ_CST); });
    n = 2;
    a.join();
  });
  REQUIRE(failure.kind == "data-race");
  CHECK(accesses(failure).size() == 1);
}

TEST_CASE("trace: a use after free has rows for the end and for the use") {
  const Failure failure = failure_of([] {
    auto* shared = new int(1);
    std::thread a([&] { delete shared; });
    volatile int seen = *shared;
    static_cast<void>(seen);
    a.join();
  });
  REQUIRE(failure.kind == "use-after-free");
  const auto rows = accesses(failure);
  REQUIRE(rows.size() == 2);
  CHECK(std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.operation == "free"; }) == 1);
  CHECK(std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.operation == "read"; }) == 1);
}

TEST_CASE("trace: events on parts of the same object have the same number, others another") {
  const Failure failure = failure_of([] {
    std::atomic<int> a{0}, b{0};
    std::mutex m;
    std::thread t([&] { const std::scoped_lock lock(m); ++a; });
    ++b;
    t.join();
    const std::scoped_lock lock(m);
    require(a == 0);
  });
  std::vector<std::size_t> of_a, of_m;
  for (const TraceEvent& event : failure.trace) {
    if (event.does == OperationClass::takes || event.does == OperationClass::gives) of_m.push_back(event.object_id);
    if (event.does == OperationClass::reads) of_a.push_back(event.object_id);
  }
  REQUIRE(of_m.size() >= 2);
  REQUIRE(of_a.size() == 1);
  CHECK(std::all_of(of_m.begin(), of_m.end(), [&](std::size_t id) { return id == of_m.front(); }));
  CHECK(of_a.front() != of_m.front());
  CHECK(of_a.front() != 0);
}

TEST_CASE("trace: a timeout while another thread can go on is early; with clock=virtual there is none") {
  const auto body = [] {
    std::mutex m;
    std::condition_variable cv;
    bool ready = false;
    std::thread t([&] {
      { const std::scoped_lock lock(m); ready = true; }
      cv.notify_one();
    });
    std::unique_lock lock(m);
    const bool in_time = cv.wait_for(lock, 10s, [&] { return ready; });
    lock.unlock();
    t.join();
    require(in_time, "not in time");
  };
  const Failure failure = failure_of(body);
  CHECK(failure.kind == "require");
  CHECK(std::any_of(failure.trace.begin(), failure.trace.end(), [](const TraceEvent& event) { return event.timed_out_early; }));
  CHECK(explore(body, {.name = "rows", .clock = "virtual"}).verdict == Verdict::pass);
}

TEST_CASE("trace: steps inside of a future name the call that the program makes") {
  const Failure failure = failure_of([] {
    std::promise<int> promise;
    std::future<int> future = promise.get_future();
    std::thread t([&] { promise.set_value(1); });
    const int got = future.get();
    t.join();
    require(got == 2);
  });
  const auto has = [&](std::string_view call) {
    return std::any_of(failure.trace.begin(), failure.trace.end(), [&](const TraceEvent& event) { return event.call == call; });
  };
  CHECK(has("promise.set_value"));
  CHECK((has("future.get") || has("promise.get_future")));
}
