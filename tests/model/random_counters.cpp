// Random programs whose threads wait for each other's flags: if they count while they wait, in whatever manner, they come to the same.
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "explored.hpp"

using interleave::outcome;
using interleave::parallel;

namespace {

// Some threads that store, load and wait for flags.
struct Action {
  enum Kind { store, load, wait } kind;
  std::size_t where;
};
using Script = std::vector<Action>;

std::vector<Script> random_scripts(std::mt19937& random) {
  std::vector<Script> scripts(2 + random() % 2);
  for (Script& script : scripts) {
    const std::size_t length = 1 + random() % 3;
    for (std::size_t i = 0; i < length; ++i)
      script.push_back({.kind = static_cast<Action::Kind>(random() % 3), .where = random() % 2});
  }
  return scripts;
}

// How a thread goes round while it waits; 0: without a trace.
void wait_for(const std::atomic<int>& flag, int manner, long& own, std::atomic<int>& shared) {
  long rounds = 0;
  while (flag.load() == 0) {
    switch (manner) {
      case 1: interleave::require(++rounds < 1'000'000); break;
      case 2: ++own; break;
      case 3: ++shared; break;
      case 4: own += static_cast<long>(std::string(40, 'x').size()); break;
      case 5: own = std::chrono::steady_clock::now().time_since_epoch().count(); break;
      case 6:
        ++own;
        std::this_thread::yield();
        break;
      default: break;
    }
  }
}

interleave::Report run(const std::vector<Script>& scripts, int manner) {
  return explore_all([&] {
    std::array<std::atomic<int>, 2> flags{0, 0};
    std::array<std::atomic<int>, 3> polls{0, 0, 0};
    std::array<long, 3> own{0, 0, 0};
    std::array<std::string, 3> seen;
    std::vector<std::function<void()>> bodies;
    for (std::size_t me = 0; me < scripts.size(); ++me) {
      bodies.push_back([&, me] {
        for (const Action& action : scripts[me]) {
          switch (action.kind) {
            case Action::store: flags[action.where] = 1; break;
            case Action::load: seen[me] += flags[action.where].load() != 0 ? '1' : '0'; break;
            case Action::wait: wait_for(flags[action.where], manner, own[me], polls[me]); break;
          }
        }
      });
    }
    parallel(bodies);
    outcome(seen[0] + "," + seen[1] + "," + seen[2]);
  }, {.strategy = "dpor", .steps_max = 5'000});
}

}  // namespace

TEST_CASE("random programs whose loops count come to what they come to without counting") {
  std::mt19937 random(20261125);
  std::size_t counting = 0, stuck = 0;
  for (int i = 0; i < 60; ++i) {
    const std::vector<Script> scripts = random_scripts(random);
    const auto plain = run(scripts, 0);
    const int manner = 1 + i % 6;
    const auto counted = run(scripts, manner);
    INFO("program " << i << ", manner " << manner << ": " << text_of(plain) << " | " << text_of(counted));
    CHECK(values(counted) == values(plain));
    CHECK_FALSE(counted.failure.has_value());
    // What waits for ever without counting is not followed to an end with it.
    CHECK((counted.verdict == interleave::Verdict::incomplete) == plain.failure.has_value());
    counting += !counted.covered.empty();
    stuck += plain.failure.has_value();
  }
  CHECK(counting > 10);
  CHECK(stuck > 10);
}
