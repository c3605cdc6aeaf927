// Bounded searches of the CS programs against the numbers of schedules, and of failing ones, that an independent enumerator counted.
#include <string>
#include <vector>

#include <interleave/catch2.hpp>
#include <interleave/scenarios/scenario.hpp>

using namespace interleave;

namespace {

constexpr std::uint64_t uncounted = ~std::uint64_t{0};  // nobody published how many of them fail

struct Count {
  std::uint64_t schedules, failing = uncounted;
  bool operator==(const Count& other) const {
    return schedules == other.schedules && (failing == other.failing || failing == uncounted || other.failing == uncounted);
  }
};

std::ostream& operator<<(std::ostream& out, const Count& count) {
  return out << count.schedules << " (" << count.failing << " failing)";
}

struct Row {
  const char* name;
  std::vector<Count> preemptions, delays;  // with at most 0, 1, 2, ...
};

Count bounded(const scenarios::Definition& program, const std::string& wrapper, std::size_t bound) {
  Options options = program.options;
  options.strategy = wrapper + ":bound=" + std::to_string(bound) + "/dfs";
  options.stop_at_first_failure = false;
  const Report report = explore(program.body, options);
  return {report.executions, report.failing};
}

}  // namespace

TEST_CASE("bounded searches of the CS programs run as many schedules as there are, and meet each failing one") {
  for (const Row& row : std::vector<Row>{
           {"reorder_3", {{6, 0}, {26, 4}, {80, 10}, {148, 18}}, {{1, 0}, {5, 0}, {19, 3}, {39, 7}}},
           {"reorder_4", {{24, 0}, {186, 18}, {894, 90}, {2748}}, {{1, 0}, {7, 0}, {35, 0}, {103, 7}}},
           {"twostage", {{2, 0}, {6, 1}, {19}, {37}}, {{1, 0}, {6, 1}, {19}, {37}}},
           {"deadlock01", {{2, 0}, {6, 2}}, {{1, 0}, {4, 1}, {6, 2}}},
           {"token_ring", {{24, 4}}, {{1, 0}, {4, 0}, {9, 1}, {15}}},
           {"lazy01", {{6, 2}}, {{1, 1}, {3, 1}, {5}, {6, 2}}},  // in order of creation the third finds what the others added
           {"account", {{6, 2}}, {{1, 0}, {3, 1}, {5}, {6, 2}}},
           {"dining_3", {{6, 0}, {57, 3}, {129}, {150}}, {{1, 0}, {8, 0}, {32}, {69}}},
           {"dining_4", {{24, 0}, {512, 4}, {3116}, {10160}}, {{1, 0}, {12, 0}, {84, 0}, {347}}},
       }) {
    const auto* scenario = scenarios::find(std::string("sct/") + row.name);
    REQUIRE(scenario != nullptr);
    for (std::size_t bound = 0; bound < row.preemptions.size(); ++bound) {
      CAPTURE(row.name, bound);
      CHECK(bounded(scenario->definition(), "preemptions", bound) == row.preemptions[bound]);
    }
    for (std::size_t bound = 0; bound < row.delays.size(); ++bound) {
      CAPTURE(row.name, bound);
      CHECK(bounded(scenario->definition(), "delays", bound) == row.delays[bound]);
    }
  }
}

TEST_CASE("without a limit of preemptions or delays every schedule is run") {
  for (const auto& [name, schedules] : std::vector<std::pair<const char*, std::uint64_t>>{
           {"reorder_3", 172}, {"reorder_4", 7038}, {"twostage", 72}, {"token_ring", 24}, {"lazy01", 6}, {"dining_3", 168}}) {
    const auto& program = scenarios::find(std::string("sct/") + name)->definition();
    for (const char* strategy : {"preemptions/dfs", "delays/dfs"}) {
      Options options = program.options;
      options.strategy = strategy;
      options.stop_at_first_failure = false;
      const Report report = explore(program.body, options);
      CAPTURE(name, strategy);
      CHECK(report.executions == schedules);
      CHECK(report.complete);
    }
  }
}
