// Rounding modes and the flags of floating-point arithmetic belong to a thread. A program of its own: one that uses them has
// another switch of fibers than one that does not.
#include <atomic>
#include <cfenv>
#include <cmath>
#include <string>

#include <catch2/catch.hpp>

#include <interleave/interleave.hpp>

namespace {

using interleave::explore;
using interleave::outcome;
using interleave::parallel;
using interleave::Report;
using interleave::Verdict;

volatile double one = 1.0, three = 3.0;  // or the compiler divides

std::string name_of_mode(int mode) { return mode == FE_UPWARD ? "upward" : mode == FE_DOWNWARD ? "downward" : "nearest"; }

}  // namespace

TEST_CASE("each thread rounds as it was told, whoever runs in between") {
  const Report report = explore([] {
    std::atomic<int> steps{0};
    const auto rounds = [&](int mode) {
      return [&steps, mode] {
        std::fesetround(mode);
        const double before = one / three;
        ++steps;
        interleave::require(std::fegetround() == mode);
        ++steps;
        interleave::require(one / three == before, "the quotient was rounded otherwise");
        std::fesetround(FE_TONEAREST);
      };
    };
    parallel(rounds(FE_UPWARD), rounds(FE_DOWNWARD));
    interleave::require(std::fegetround() == FE_TONEAREST);
  }, {.name = "rounding", .executions_max = 100});
  CHECK(report.verdict == Verdict::pass);
}

TEST_CASE("a thread begins with the rounding mode of the one that creates it") {
  const Report report = explore([] {
    std::fesetround(FE_UPWARD);
    int seen = 0;
    parallel([&] { seen = std::fegetround(); });
    std::fesetround(FE_TONEAREST);
    outcome(name_of_mode(seen));
  }, {.name = "inherited", .executions_max = 10});
  CHECK(report.outcomes.size() == 1);
  CHECK(report.outcomes.contains("upward"));
}

TEST_CASE("the flags that arithmetic raises are those of the thread that computes") {
  const Report report = explore([] {
    std::atomic<int> steps{0};
    parallel(
        [&] {
          std::feclearexcept(FE_ALL_EXCEPT);
          ++steps;
          interleave::require(std::fetestexcept(FE_DIVBYZERO) == 0, "the flag of another thread");
        },
        [&] {
          std::feclearexcept(FE_ALL_EXCEPT);
          ++steps;
          volatile double zero = 0;
          volatile double infinite = one / zero;
          ++steps;
          interleave::require(std::fetestexcept(FE_DIVBYZERO) != 0, "the flag is gone");
          interleave::require(std::isinf(infinite));
        });
  }, {.name = "flags", .executions_max = 100});
  CHECK(report.verdict == Verdict::pass);
}
