// Random programs that wait by spinning: dfs and dpor leave out what goes round each in its own way, and come to the same.
#include <sched.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "explored.hpp"

using interleave::outcome;
using interleave::parallel;

TEST_CASE("random programs that spin have the same outcomes, whichever way the rounds are left out") {
  std::uint64_t state = 20261124;
  const auto below = [&](std::uint64_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % n;
  };
  struct Instruction {
    std::uint64_t what, variable;
    int value;
  };
  constexpr int programs = INTERLEAVE_BRIEF_TESTS ? 30 : 120;
  int compared = 0, stuck = 0;
  for (int program = 0; program < programs; ++program) {
    std::vector<std::vector<Instruction>> threads(2 + below(2));
    for (auto& instructions : threads) {
      instructions.resize(1 + below(threads.size() == 2 ? 4 : 2));
      for (auto& each : instructions) each = {below(7), below(2), static_cast<int>(1 + below(2))};
    }
    const auto body = [&] {
      std::array<std::atomic<int>, 3> x{};
      std::vector<std::string> seen(threads.size());
      std::vector<std::function<void()>> bodies;
      for (std::size_t t = 0; t < threads.size(); ++t) {
        bodies.push_back([&, t] {
          for (const Instruction& i : threads[t]) {
            std::atomic<int>& v = x[i.variable];
            int old = 0;
            switch (i.what) {
              case 0: v.store(i.value); break;
              case 1: v.fetch_add(1); break;
              case 2: while ((old = v.load()) < i.value) {} seen[t] += std::to_string(old); break;
              case 3: while (v.load() == 0 && x[1 - i.variable].load() == 0) sched_yield(); break;
              case 4: while (!v.compare_exchange_strong(old, i.value)) old = 0; break;
              case 5: while (x[2].exchange(1) != 0) {} seen[t] += std::to_string(v.load()); x[2].store(0); break;
              default: seen[t] += std::to_string(v.load()); break;
            }
          }
        });
      }
      parallel(std::move(bodies));
      std::string result = std::to_string(x[0]) + std::to_string(x[1]);
      for (const auto& each : seen) result += "/" + each;
      outcome(result);
    };
    const auto all = explore_all(body, {.executions_max = 20'000});
    if (!all.complete) continue;
    const auto some = explore_all(body, {.strategy = "dpor"});
    INFO("program " << program << ": " << text_of(all) << " against " << text_of(some));
    REQUIRE(some.complete);
    REQUIRE(names_of(some.outcomes) == names_of(all.outcomes));
    REQUIRE((some.failing > 0) == (all.failing > 0));
    ++compared;
    stuck += all.failing > 0;
  }
  CHECK(compared > programs / 2);
  CHECK(stuck > programs / 20);
}
