// races=explore: every plain access is a step, so that what comes of a race is found among the outcomes.
#include "explored.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace interleave;

namespace {

Report racing(const std::function<void()>& body, const char* strategy = "dpor") {
  Options options;
  options.name = "racy";
  options.strategy = strategy;
  options.races = "explore";
  options.stop_at_first_failure = false;
  return explore(body, options);
}

std::vector<std::string> outcomes(const Report& report) {
  INFO(text_of(report));
  CHECK(report.complete);
  return names_of(report.outcomes);
}

}  // namespace

TEST_CASE("races=explore: an update is lost, or not") {
  const auto body = [] {
    int n = 0;
    const auto increment = [&] { ++n; };
    parallel(increment, increment);
    outcome(std::to_string(n));
  };
  const Report report = racing(body);
  CHECK(outcomes(report) == std::vector<std::string>{"1", "2"});
  CHECK(report.redundant == 0);
  CHECK(outcomes(racing(body, "dfs")) == std::vector<std::string>{"1", "2"});
}

TEST_CASE("races=explore: a failure, with a token that repeats it") {
  const auto body = [] {
    int n = 0;
    parallel([&] { ++n; }, [&] { ++n; });
    require(n == 2, "an update was lost");
  };
  const Report report = racing(body);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "require");
  const Report again = explore(body, {.name = "racy", .schedule = report.failure->schedule});
  REQUIRE(again.failure);
  CHECK(again.failure->message == report.failure->message);
  const bool shown = std::any_of(again.failure->trace.begin(), again.failure->trace.end(), [](const TraceEvent& event) {
    return event.operation.find("write") != std::string::npos && event.object.find("variable") != std::string::npos;
  });
  CHECK(shown);
}

TEST_CASE("races=explore: a pair is torn") {
  struct Pair { int a, b; };
  const auto body = [] {
    Pair shared{0, 0}, seen{0, 0};
    parallel([&] { shared.a = 1; shared.b = 1; }, [&] { seen.b = shared.b; seen.a = shared.a; });
    outcome(std::to_string(seen.a) + std::to_string(seen.b));
  };
  // b is written last and read first: a new b comes with a new a.
  CHECK(outcomes(racing(body)) == std::vector<std::string>{"00", "10", "11"});
}

TEST_CASE("races=explore: the other order of two plain accesses, without any step between them") {
  const auto body = [] {
    int x = 0, seen = 0;
    parallel([&] { x = 1; }, [&] { seen = x; });
    outcome(std::to_string(seen));
  };
  CHECK(outcomes(racing(body)) == std::vector<std::string>{"0", "1"});
}

TEST_CASE("races=explore: a program without races has the classes that it has without") {
  const auto body = [] {
    std::mutex m;
    int n = 0;
    const auto add = [&] {
      const std::lock_guard guard(m);
      ++n;
    };
    parallel(add, add, add);
    require(n == 3);
  };
  const Report report = racing(body);
  CHECK_HOLDS(report, 6u);
  CHECK(report.redundant == 0);
}

TEST_CASE("races=explore: memcpy is one step, and blocks of the heap are looked at") {
  const auto body = [] {
    const auto x = std::make_unique<std::array<char, 24>>();
    std::array<char, 24> from{}, seen{};
    from.fill('x');
    parallel([&] { std::memcpy(x->data(), from.data(), from.size()); }, [&] { std::memcpy(seen.data(), x->data(), seen.size()); });
    const bool all = seen == from;
    const bool none = seen == std::array<char, 24>{};
    outcome(all ? "all" : none ? "none" : "some");
  };
  CHECK(outcomes(racing(body)) == std::vector<std::string>{"all", "none"});
}

TEST_CASE("races=explore: sampled as well") {
  Options options;
  options.name = "racy";
  options.strategy = "random";
  options.seed = 1;
  options.executions_max = 200;
  options.races = "explore";
  const Report report = explore([] {
    int n = 0;
    parallel([&] { ++n; }, [&] { ++n; });
    outcome(std::to_string(n));
  }, options);
  CHECK(names_of(report.outcomes) == std::vector<std::string>{"1", "2"});
}
