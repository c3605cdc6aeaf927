// The times of threads, compared with their definition on random operations.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "random_numbers.hpp"
#include "scheduler/execution/causal_time.hpp"

namespace interleave::engine {
namespace {

TEST_CASE("a thread's time is never before that of an operation that its own depends on") {
  const OperationType types[] = {{.name = "read", .access = Access::read},
                                 {.name = "post", .access = Access::post},
                                 {.name = "write", .access = Access::write},
                                 {.name = "enqueue", .access = Access::enqueue, .second = When::done}};
  RandomNumbers random;
  int moved = 0;
  for (int execution = 0; execution < 50; ++execution) {
    CausalTime times;
    std::vector<std::pair<Operation, std::uint64_t>> made;  // with the time after each
    char objects[4];
    for (int i = 0; i < 60; ++i) {
      Operation op{.type = &types[random.below(4)], .object = random.one_in(9) ? nullptr : &objects[random.below(4)]};
      op.failed = random.one_in(4);
      if (random.one_in(3)) {
        op.second = &objects[random.below(4)];
        op.second_access = random.one_in(2) ? Access::write : Access::share;
      }
      const std::uint64_t before = random.below(1'000);
      std::uint64_t expected = before, now = before;
      for (const auto& [other, time] : made)
        if (dependent(op, other)) expected = std::max(expected, time);
      times.settle(op, now);
      REQUIRE(now == expected);
      times.settle(op, now);
      REQUIRE(now == expected);
      moved += now != before;
      made.emplace_back(op, now);
    }
    times.clear();
    std::uint64_t now = 1;
    times.settle({.type = &types[2], .object = &objects[0]}, now);
    REQUIRE(now == 1);
  }
  CHECK(moved > 500);
}

}  // namespace
}  // namespace interleave::engine
