// Barrier: nobody passes before all have arrived, each gets another index, and it opens again.
#include <array>
#include <string>

#include <interleave/primitives/barrier.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

const Scenario two_parties{{
    .name = "barrier/two_parties",
    .summary = "Both see what the other did before it; each gets another index",
    .outcomes = {"0 1", "1 0"},
    .body = [] {
      Barrier barrier{2};
      std::array<int, 2> before{};
      std::array<std::ptrdiff_t, 2> index{};
      const auto party = [&](std::size_t me) {
        before[me] = 1;
        index[me] = barrier.wait();
        require(before[1 - me] == 1, "the other has arrived");
      };
      parallel([&] { party(0); }, [&] { party(1); });
      outcome(std::to_string(index[0]) + " " + std::to_string(index[1]));
    },
}};

const Scenario abort{{
    .name = "barrier/abort",
    .summary = "An abort frees whoever waits, or would wait, with an error",
    .outcomes = {"broken"},
    .body = [] {
      Barrier barrier{2};
      bool broken = false;
      parallel(
          [&] {
            try {
              barrier.wait();
            } catch (const BrokenBarrierError&) {
              broken = true;
            }
          },
          [&] { barrier.abort(); });
      outcome(broken ? "broken" : "passed");
    },
}};

}  // namespace
}  // namespace interleave::scenarios
