// Volatile accesses as steps, where the program is compiled with INTERLEAVE_VOLATILE_ATOMIC (as this file is).
#include <atomic>
#include <cstdint>

#include <interleave/catch2.hpp>

using namespace interleave;

namespace {

Report all_of(std::function<void()> body) {
  Options options;
  options.name = "volatiles";
  options.strategy = "dpor";
  options.stop_at_first_failure = false;
  return explore(std::move(body), options);
}

volatile std::uint8_t  one;
volatile std::uint16_t two;
volatile std::uint32_t four;
volatile std::uint64_t eight;

template <class T>
void increment_both(volatile T& n) {
  n = 0;
  parallel([&] { n = static_cast<T>(n + 1); }, [&] { n = static_cast<T>(n + 1); });
  outcome(std::to_string(static_cast<int>(n)));
}

}  // namespace

TEST_CASE("A volatile read and a volatile write are a step each: two increments have four classes", "[volatiles]") {
  for (const auto& body : std::vector<std::function<void()>>{[] { increment_both(one); }, [] { increment_both(two); },
                                                             [] { increment_both(four); }, [] { increment_both(eight); }}) {
    const Report report = all_of(body);
    CHECK(report.verdict == Verdict::pass);  // no data race
    CHECK(report.executions == 4);
    CHECK(report.outcomes == std::map<std::string, std::uint64_t>{{"1", 2}, {"2", 2}});
  }
}

TEST_CASE("A volatile access orders nothing by itself", "[volatiles]") {
  const Report report = all_of([] {
    volatile bool ready = false;
    int data = 0;
    parallel([&] { data = 1; ready = true; }, [&] { if (ready) require(data == 1); });
  });
  CHECK(report.failure.has_value());
  CHECK((report.failure ? report.failure->kind : "") == "data-race");
}

TEST_CASE("A volatile access between fences publishes, as a relaxed atomic does", "[volatiles]") {
  const Report report = all_of([] {
    volatile bool ready = false;
    int data = 0;
    parallel(
        [&] {
          data = 1;
          std::atomic_thread_fence(std::memory_order_release);
          ready = true;
        },
        [&] {
          if (!ready) return;
          std::atomic_thread_fence(std::memory_order_acquire);
          require(data == 1);
        });
  });
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.executions == 2);
}

TEST_CASE("A volatile access and a plain one are a data race", "[volatiles]") {
  const Report report = all_of([] {
    int n = 0;
    parallel([&] { n = 1; }, [&] { require(*const_cast<volatile int*>(&n) < 2); });
  });
  CHECK((report.failure ? report.failure->kind : "") == "data-race");
}

TEST_CASE("What was written to a volatile variable is taken back after the execution", "[volatiles]") {
  four = 7;
  const Report report = all_of([] {
    require(four == 7);
    parallel([] { four = 1; }, [] { four = 2; });
  });
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.executions == 2);
  CHECK(four == 7);
}
