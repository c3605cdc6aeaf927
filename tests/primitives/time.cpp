#include <chrono>

#include <catch2/catch.hpp>

#include <interleave/primitives/time.hpp>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("Timeout: any duration is one, and none is for ever", "[primitives][time]") {
  const auto seconds = [](Timeout timeout) { return timeout ? timeout->count() : -1; };
  REQUIRE(seconds(250ms) == 0.25);
  REQUIRE(seconds(1.5s) == 1.5);
  REQUIRE(seconds(2min) == 120);
  REQUIRE(seconds(std::nullopt) == -1);
}

TEST_CASE("Deadline: of no timeout never passes", "[primitives][time]") {
  const Deadline never{std::nullopt};
  REQUIRE_FALSE(never.passed());
  REQUIRE_FALSE(never.remaining().has_value());
}

TEST_CASE("Deadline: what remains shrinks, and is not positive once it has passed", "[primitives][time]") {
  const Deadline far{1h};
  REQUIRE_FALSE(far.passed());
  REQUIRE(*far.remaining() > 59min);
  REQUIRE(*far.remaining() <= 1h);
  const Deadline past{-1ms};
  REQUIRE(past.passed());
  REQUIRE(*past.remaining() <= 0s);
  REQUIRE(Deadline{0s}.passed());
}

TEST_CASE("The time of day after a delay is a valid time", "[primitives][time]") {
  for (const Seconds delay : {Seconds{0}, Seconds{0.999999999}, Seconds{1.5}, timeout_max}) {
    timespec before{};
    clock_gettime(CLOCK_REALTIME, &before);
    const timespec at = detail::realtime_after(delay);
    CHECK(at.tv_nsec >= 0);
    CHECK(at.tv_nsec < 1'000'000'000);
    CHECK(static_cast<double>(at.tv_sec - before.tv_sec) >= std::floor(delay.count()));
  }
}
