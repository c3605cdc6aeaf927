// Everything that ends an execution as a failure, and that the next execution, and the next exploration, are none the worse.
#include "explored.hpp"

#include <atomic>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace interleave;

namespace {

volatile int sink = 0;

__attribute__((noinline)) int overflow(int n) {
  volatile char frame[512];
  if (n < 0) return 0;
  frame[0] = static_cast<char>(n);
  return overflow(n + 1) + frame[0];
}

void throws(const char* text) { throw std::runtime_error(text); }

// Fails in those of the four interleavings and choices where `when` does; the others must run to their ends.
void check_kind(const std::function<void()>& fault, const std::string& kind, const std::string& sentence) {
  int captured = 0;
  const Report report = explore_all([&] {
    require(++captured == 1, "state of another execution");
    std::atomic<int> n = 0;
    parallel([&] { ++n; }, [&] {
      if (++n == 2 && choose(2) == 0) fault();
    });
    outcome("well");
  });
  // Second thread first: n is 1, well. First thread first: n is 2, a fault or not.
  CHECK_FAILS(report, 3u, 1u, kind);
  CHECK_OUTCOMES(report, {{"well", 2}});
  CHECK_THAT(report.failure->message, Catch::Contains(sentence));
  CHECK(captured == 0);
  // Its token does it again.
  Options replay;
  replay.name = "explore_all";
  replay.schedule = report.failure->schedule;
  const Report again = explore_all([&] {
    require(++captured == 1);
    std::atomic<int> n = 0;
    parallel([&] { ++n; }, [&] {
      if (++n == 2 && choose(2) == 0) fault();
    });
  }, replay);
  CHECK_FAILS(again, 1u, 1u, kind);
  CHECK(again.failure->message == report.failure->message);
  // And the next exploration works.
  CHECK_HOLDS(explore_all([] {
    std::atomic<int> n = 0;
    const auto three = [&] { ++n, ++n, ++n; };
    parallel(three, three);
  }), 20u);
}

// Where the failing execution stood: in its message or in its trace or threads.
bool names_place(const Failure& failure, const std::string& place) {
  if (failure.message.find(place) != std::string::npos) return true;
  for (const auto& thread : failure.threads)
    if (thread.location.find(place) != std::string::npos) return true;
  return !failure.trace.empty() && failure.trace.back().location.find(place) != std::string::npos;
}

}  // namespace

TEST_CASE("a requirement that does not hold") { check_kind([] { require(false, "as asked"); }, "require", "as asked"); }

TEST_CASE("an exception that nobody catches") {
  check_kind([] { throw std::runtime_error("nobody catches me"); }, "exception", "nobody catches me");
  check_kind([] { throw 7; }, "exception", "int");
}

TEST_CASE("an exception that leaves the body itself") {
  const Report report = explore_all([] { throw std::logic_error("out of the body"); });
  CHECK_FAILS(report, 1u, 1u, "exception");
  CHECK_THAT(report.failure->message, Catch::Contains("out of the body"));
}

TEST_CASE("an exception that leaves a std::thread") {
  const Report report = explore_all([] { std::thread([] { throw std::runtime_error("out of the thread"); }).join(); });
  CHECK(report.verdict == Verdict::fail);
  REQUIRE(report.failure);
  CHECK_THAT(report.failure->message, Catch::Contains("out of the thread"));
}

TEST_CASE("a null pointer") {
  check_kind([] {
    volatile int* volatile null = nullptr;
    *null = 1;
  }, "crash", "SEGV");
}

TEST_CASE("a division by zero") {
  check_kind([] { sink = 1000 / sink; }, "crash", "FPE");
}

TEST_CASE("abort and assert") {
  check_kind([] { std::abort(); }, "crash", "abort");
  check_kind([] { __assert_fail("never", "file", 1, "function"); }, "crash", "abort");
}

TEST_CASE("a stack overflow") {
  check_kind([] { sink = overflow(0); sink = 0; }, "crash", "stack overflow");
}

TEST_CASE("exit in every form") {
  check_kind([] { std::exit(3); }, "crash", "exit(3)");
  check_kind([] { std::quick_exit(4); }, "crash", "quick_exit(4)");
  check_kind([] { _exit(5); }, "crash", "exit(5)");
}

TEST_CASE("std::terminate, and what leads there") {
  check_kind([] { std::terminate(); }, "crash", "terminate");
  check_kind([] { std::thread joinable([] {}); }, "crash", "terminate");
  check_kind([]() noexcept { throws("out of noexcept"); }, "crash", "out of noexcept");
}

TEST_CASE("a crash inside the C library") {
  check_kind([] {
    const char* volatile null = nullptr;
    sink = static_cast<int>(std::strlen(null));
    sink = 0;
  }, "crash", "SEGV");
}

TEST_CASE("a deadlock") {
  check_kind([] {
    std::mutex mutex;
    mutex.lock();
    mutex.lock();
  }, "deadlock", "");
}

TEST_CASE("unlocking a mutex that the thread does not hold is a misuse, at its place") {
  check_kind([] {
    std::mutex mutex;
    mutex.unlock();
  }, "misuse", "not locked");
  const Report report = explore_all([] {
    std::mutex mutex;
    mutex.lock();
    std::thread([&] { mutex.unlock(); }).join();
  });
  CHECK_FAILS(report, 1u, 1u, "misuse");
  CHECK_THAT(report.failure->message, Catch::Contains("another thread holds"));
  CHECK(names_place(*report.failure, "failures.cpp:"));
}

TEST_CASE("an operation that the model does not know is refused by name, at its place") {
  struct Row {
    const char* name;
    void (*call)();
  };
  const auto row = GENERATE(values<Row>({
      {"pthread_kill", [] { pthread_kill(pthread_self(), 0); }},
      {"pthread_cancel", [] { pthread_cancel(pthread_self()); }},
      {"fork", [] { static_cast<void>(fork()); }},
      {"syscall", [] { syscall(SYS_getppid); }},
  }));
  INFO(row.name);
  Options options;
  options.stop_at_first_failure = false;  // and yet nothing more is learned from going on
  const Report report = explore_all([&] { row.call(); }, options);
  CHECK(report.verdict == Verdict::fail);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "unsupported");
  CHECK_THAT(report.failure->message, Catch::Contains("unsupported operation") && Catch::Contains(row.name));
  CHECK(names_place(*report.failure, "failures.cpp:"));
  CHECK(report.executions == 1);
  CHECK_HOLDS(explore_all([] {}), 1u);
}

TEST_CASE("a crash while stdout is half written does not stop the next execution from printing") {
  alarm(20);  // a lock of stdout that stays taken stops the whole process
  const Report report = explore_all([] {
    if (choose(2) == 0) {
      char* volatile null = nullptr;
      std::printf("half a line %s", null + 1);  // SEGV inside printf, which holds the lock of stdout
    }
    std::printf("failures: printed\n");
    outcome("printed");
  });
  CHECK_FAILS(report, 2u, 1u, "crash");
  CHECK_OUTCOMES(report, {{"printed", 1}});
  std::printf("failures: printed by the test\n");
  std::fflush(stdout);
  alarm(0);
}

TEST_CASE("a failure's threads say what each was doing") {
  const Report report = explore_all([] {
    name_thread("body");
    std::mutex first, second;
    std::thread a([&] { name_thread("a"); first.lock(); second.lock(); });
    std::thread b([&] { name_thread("b"); second.lock(); first.lock(); });
    a.join();
    b.join();
  });
  REQUIRE(report.failure);
  REQUIRE(report.failure->kind == "deadlock");
  REQUIRE(report.failure->threads.size() == 3);
  const auto& [body, a, b] = std::tie(report.failure->threads[0], report.failure->threads[1], report.failure->threads[2]);
  CHECK(body.state == "waits");
  CHECK(body.operation == "thread join");
  CHECK(body.holder == "a");
  CHECK(a.name == "a");
  CHECK(a.state == "waits");
  CHECK(a.operation == "mutex lock");
  CHECK(a.holder == "b");
  CHECK(b.holder == "a");
  CHECK_THAT(a.location, Catch::Contains("failures.cpp:"));
  CHECK(a.object != b.object);
}

TEST_CASE("a trace shows no address, nor one with a count in the bits above it") {
  const Report report = explore_all([] {
    int here = 0;
    const auto address = reinterpret_cast<std::uintptr_t>(&here);
    std::atomic<std::uintptr_t> word{0};
    word = address;
    word = address | std::uintptr_t{5} << 48;
    word = ~std::uintptr_t{0};
    word = std::uintptr_t{5} << 48;
    require(false);
  });
  REQUIRE(report.failure);
  const auto& trace = report.failure->trace;
  REQUIRE(trace.size() == 4);
  CHECK(trace[0].operation == "store <- pointer");
  CHECK(trace[1].operation == "store <- pointer, tag 5");
  CHECK(trace[2].operation == "store <- -1");
  CHECK(trace[3].operation == "store <- 1407374883553280");
}
