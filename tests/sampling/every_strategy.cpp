// What holds of every strategy that is registered, on a handful of programs: schedules that it finds replay exactly, a seed decides everything,
// the strings that it prints make it again, searches agree on the outcomes, and `repeat` round it changes nothing.
#include <condition_variable>
#include <set>

#include "../strategies.hpp"
#include "../text_of.hpp"
#include "programs.hpp"

using namespace interleave;

namespace {

struct Program {
  const char* name;
  programs::Body body;
};

const std::vector<Program>& all_programs() {
  static const std::vector<Program> all = {
      {"a counter", programs::counter(2, 2)},
      {"a lost signal",
       [] {
         std::mutex mutex;
         std::condition_variable changed;
         parallel([&] { std::unique_lock lock(mutex); changed.notify_one(); },
                  [&] { std::unique_lock lock(mutex); changed.wait(lock); });
       }},
      {"choices and try_lock",
       [] {
         std::mutex mutex;
         int taken = 0;
         const auto body = [&] {
           if (!mutex.try_lock()) return;
           taken += 1 + static_cast<int>(choose(3));
           mutex.unlock();
         };
         parallel(body, body);
         outcome(std::to_string(taken));
       }},
      {"a failed requirement",
       [] {
         std::atomic<int> a{0}, b{0};
         bool bug = false;
         parallel([&] { a = 1; b = -1; }, [&] { a = 1; b = -1; }, [&] { bug = a == 1 && b == 0; });
         require(!bug, "seen halfway");
       }},
      {"a deadlock", programs::deadlock01()},
      {"a thread that spins",
       [] {
         std::atomic<int> flag{0};
         int seen = 0;
         parallel([&] { while (flag == 0) std::this_thread::yield(); seen = flag; }, [&] { flag = 1; flag = 2; });
         outcome(std::to_string(seen));
       }},
  };
  return all;
}

Report explored(const Program& program, const std::string& strategy, std::uint64_t executions = 0, std::uint64_t seed = 11) {
  Options options;
  options.name = "every_strategy";
  options.strategy = strategy;
  options.seed = seed;
  options.executions_max = executions;
  options.stop_at_first_failure = false;
  return explore(program.body, options);
}

std::set<std::string> values(const Report& report) {
  std::set<std::string> all;
  for (const auto& [value, count] : report.outcomes) all.insert(value);
  return all;
}

// All that an exploration says, but how long it took.
std::string said_by(const Report& report) {
  std::string text = std::to_string(static_cast<int>(report.verdict)) + " " + std::to_string(report.complete) + " " + std::to_string(report.executions) +
                     " " + std::to_string(report.redundant) + " " + std::to_string(report.failing) + " " + report.covered + " " +
                     report.incomplete_reason;
  for (const auto& [value, count] : report.outcomes) text += " " + value + ":" + std::to_string(count);
  if (report.failure) text += " " + report.failure->kind + " " + report.failure->message + " " + report.failure->schedule + " " + report.failure->strategy;
  return text;
}

constexpr std::uint64_t some = 300;  // executions of a strategy that does not end

bool ends(const std::string& strategy) {
  const auto sampling = strategies_that(false);
  return std::find(sampling.begin(), sampling.end(), strategy) == sampling.end();
}

template <class F>
void each_pair(F f) {
  for (const std::string& strategy : every_strategy()) {
    for (const Program& program : all_programs()) {
      CAPTURE(strategy, program.name);
      f(strategy, program, ends(strategy) ? 0 : some);
    }
  }
}

}  // namespace

TEST_CASE("the schedule of every failure that a strategy finds is replayed exactly") {
  std::set<std::string> found;
  each_pair([&](const std::string& strategy, const Program& program, std::uint64_t most) {
    const Report report = explored(program, strategy, most);
    INFO(text_of(report));
    if (!report.failure) return;
    found.insert(strategy);
    Options options;
    options.name = "every_strategy";
    options.schedule = report.failure->schedule;
    const Report again = explore(program.body, options);
    REQUIRE(again.failure);
    CHECK(again.executions == 1);
    CHECK(again.failure->kind == report.failure->kind);
    CHECK(again.failure->message == report.failure->message);
    CHECK(again.failure->step == report.failure->step);
    CHECK(again.failure->schedule == report.failure->schedule);
  });
  CHECK(found.size() == every_strategy().size());  // or the test would say nothing of some
}

TEST_CASE("a strategy of the same seed explores the same") {
  each_pair([&](const std::string& strategy, const Program& program, std::uint64_t most) {
    CHECK(said_by(explored(program, strategy, most)) == said_by(explored(program, strategy, most)));
  });
}

TEST_CASE("the string that a report names makes the same strategy") {
  each_pair([&](const std::string& strategy, const Program& program, std::uint64_t most) {
    const Report report = explored(program, strategy, most);
    const Report again = explored(program, report.strategy, most);
    CHECK(again.strategy == report.strategy);
    CHECK(said_by(again) == said_by(report));
  });
}

TEST_CASE("searches that come to their end agree on what can come of a program") {
  std::size_t complete = 0;
  for (const Program& program : all_programs()) {
    const Report plain = explored(program, "dfs");
    for (const std::string& strategy : every_strategy()) {
      if (!ends(strategy)) continue;
      CAPTURE(strategy, program.name);
      const Report report = explored(program, strategy);
      INFO(text_of(report));
      if (!report.complete) continue;
      ++complete;
      CHECK(values(report) == values(plain));
      CHECK(report.verdict == plain.verdict);
    }
  }
  CHECK(complete >= 4 * all_programs().size());
}

TEST_CASE("what a sampler draws is possible") {
  for (const Program& program : all_programs()) {
    const auto possible = values(explored(program, "dfs"));
    for (const std::string& strategy : strategies_that(false)) {
      CAPTURE(strategy, program.name);
      for (const std::string& value : values(explored(program, strategy, some))) CHECK(possible.contains(value));
    }
  }
}

TEST_CASE("repeat round a strategy comes to what the strategy comes to, and counts each execution once") {
  each_pair([&](const std::string& strategy, const Program& program, std::uint64_t most) {
    if (strategy.starts_with("repeat/")) return;
    const Report once = explored(program, strategy, most);
    const Report twice = explored(program, "repeat/" + strategy, 2 * most);  // the limit is about executions that are made
    INFO(text_of(once));
    INFO(text_of(twice));
    CHECK(twice.verdict == once.verdict);
    CHECK(twice.executions == once.executions);
    CHECK(twice.failing == once.failing);
    CHECK(twice.complete == once.complete);
    CHECK(twice.covered == once.covered);
    CHECK(twice.outcomes == once.outcomes);
    CHECK(twice.redundant == 2 * once.redundant + once.executions);
    CHECK((twice.failure ? twice.failure->schedule : "") == (once.failure ? once.failure->schedule : ""));
  });
}
