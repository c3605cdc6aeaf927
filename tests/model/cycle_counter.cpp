// The processor's cycle counter, read in line, and the random bytes that the kernel gives a program.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>

#include <sys/auxv.h>
#include <x86intrin.h>

#include "explored.hpp"

using namespace interleave;

TEST_CASE("A pass over code that reads the cycle counter is not complete, and says where", "[cycle counter]") {
  const Report report = explore(
      [] {
        std::atomic<int> x{0};
        std::thread t([&] {
          if ((__rdtsc() & 64) != 0)
            x = 1;
          else
            x.load();
        });
        x = 2;
        t.join();
      },
      {.name = "rdtsc", .strategy = "dpor"});
  CHECK(report.verdict == Verdict::pass);
  CHECK_FALSE(report.complete);
  REQUIRE(report.unseen.size() == 1);
  CHECK_THAT(report.unseen[0], Catch::Contains("cycle_counter.cpp:") && Catch::Contains("reads the processor's cycle counter (rdtsc)"));
}

TEST_CASE("The cycle counter shows the model's clock: it moves by what is slept, and across a hand-over", "[cycle counter]") {
  const Report report = explore(
      [] {
        const auto begin = __rdtsc();
        require(__rdtsc() == begin);
        std::atomic<bool> slept{false};
        std::thread t([&] {
          std::this_thread::sleep_for(std::chrono::seconds(3));
          slept = true;
        });
        if (slept) require(__rdtsc() - begin == 3'000'000'000u);
        t.join();
        unsigned processor = 7;
        require(__rdtscp(&processor) - begin == 3'000'000'000u);
        require(processor == 0);
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        require(__rdtsc() == static_cast<unsigned long long>(now.tv_sec) * 1'000'000'000u + static_cast<unsigned long long>(now.tv_nsec));
      },
      {.name = "rdtsc", .strategy = "dfs"});
  INFO((report.failure ? report.failure->message : ""));
  CHECK(report.verdict == Verdict::pass);
}

TEST_CASE("Code that does not read the cycle counter is complete, and after an exploration the counter counts", "[cycle counter]") {
  const Report report = explore([] { std::atomic<int>(0).store(1); }, {.name = "no rdtsc", .strategy = "dpor"});
  CHECK(report.complete);
  CHECK(report.unseen.empty());
  const auto before = __rdtsc();
  const auto start = std::chrono::steady_clock::now();
  CHECK(std::chrono::steady_clock::now() >= start);
  CHECK(__rdtsc() > before);
}

TEST_CASE("The random bytes that the kernel gives a program are the same in every process", "[cycle counter]") {
  const Report report = explore(
      [] {
        std::uint64_t seed = 0;
        std::memcpy(&seed, reinterpret_cast<const void*>(getauxval(AT_RANDOM)), sizeof seed);
        outcome(std::to_string(seed));
        require(getauxval(AT_PAGESZ) == 4096);
      },
      {.name = "AT_RANDOM", .strategy = "dpor"});
  CHECK(report.verdict == Verdict::pass);
  CHECK_OUTCOMES(report, {{"1548194284341639070", 1}});
}
