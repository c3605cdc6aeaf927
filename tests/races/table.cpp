// Every program of the table, searched exhaustively by dpor and by dfs: a race must be found, with a token that shows it again, and
// where there is none nothing may be said.
#include <algorithm>
#include <set>
#include <string>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>

#include "programs.hpp"

using namespace interleave;
using namespace races;

namespace {

void judge(const Program& program) {
  for (const char* strategy : {"dpor", "dfs"}) {
    INFO(strategy);
    const bool plain = std::string(strategy) == "dfs";  // whose interleavings are too many here and there
    const Report report = explore(program.body, {.name = "race", .strategy = strategy, .executions_max = plain ? 5'000u : 0u});
    if (program.truth == ordered) {
      if (report.failure) FAIL_CHECK(report.failure->kind << ": " << report.failure->message);
      CHECK((report.complete || plain));
    } else {
      CHECK(report.failure);
      if (!report.failure) continue;
      const bool of_memory = report.failure->kind == "data-race" || report.failure->kind == "use-after-free";
      CHECK(of_memory);
      if (plain) continue;
      const Report again = explore(program.body, {.name = "race", .schedule = report.failure->schedule});
      CHECK(again.failure);
      if (!again.failure) continue;
      CHECK(again.failure->message == report.failure->message);
    }
  }
}

}  // namespace

TEST_CASE("every program of the table is judged as it is known to be") {
  for (const Group* group : Group::all())
    for (const Program& program : group->programs) {
      INFO(group->name << ": " << program.name);
      judge(program);
    }
}

TEST_CASE("the table has both kinds of programs, and no name twice") {
  std::set<std::string> names;
  std::size_t programs = 0, with_race = 0;
  for (const Group* group : Group::all())
    for (const Program& program : group->programs) {
      names.insert(std::string(group->name) + ": " + program.name);
      ++programs;
      with_race += program.truth == racy;
    }
  CHECK(names.size() == programs);
  CHECK(with_race >= 60);
  CHECK(programs - with_race >= 60);
}

TEST_CASE("races are ignored if asked") {
  const Report report = explore(both([](int& x) { put(x); }), {.name = "race", .races = "ignore"});
  CHECK(report.verdict == Verdict::pass);
}

TEST_CASE("beyond a failure every thread runs on, so that no class is lost") {
  // Two stores to an atomic, in two orders, each with a race beside it: two classes, both fail.
  Options options;
  options.name = "race";
  options.strategy = "dpor";
  options.stop_at_first_failure = false;
  const Report report = explore([] {
    int x = 0;
    std::atomic<int> a{0};
    parallel([&] { put(x); a = 1; }, [&] { a = 2; put(x); });
    outcome(std::to_string(a));
  }, options);
  CHECK(report.complete);
  CHECK(report.executions == 2);
  CHECK(report.failing == 2);
  CHECK(report.redundant == 0);
}
