// Every scenario keeps its promise: verdict, kind of failure, exactly its outcomes. By plain depth-first search, which leaves
// nothing out, and by dpor, which must find the same in fewer executions.
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <interleave/interleave.hpp>
#include <interleave/scenarios/scenario.hpp>

#include "explored.hpp"

using namespace interleave;
using scenarios::Definition;
using scenarios::Effort;
using scenarios::Scenario;

namespace {

// What is wrong with the promise, or nothing.
std::string broken_promise(const Definition& promised, const Report& found) {
  if (!found.complete) return "not complete: " + found.incomplete_reason;
  if (found.verdict != promised.expect) return "another verdict";
  const std::string kind = found.failure ? found.failure->kind : "";
  if (kind != promised.failure_kind) return "failure of kind " + kind;
  if (outcomes_of(found) != std::set<std::string>(promised.outcomes.begin(), promised.outcomes.end())) return "other outcomes";
  return "";
}

}  // namespace

TEST_CASE("Scenarios: each has the verdict, the kind of failure and exactly the outcomes that it declares", "[scenarios]") {
  for (const Scenario* scenario : scenarios::all()) {
    const Definition& definition = scenario->definition();
    if (definition.effort != Effort::search) continue;
    DYNAMIC_SECTION(definition.name) {
      Options options = definition.options;
      options.strategy = "dfs";
      options.stop_at_first_failure = false;
      options.executions_max = INTERLEAVE_BRIEF_TESTS ? 20'000 : 200'000;  // dpor, below, comes to an end
      const Report report = explore(definition.body, options);
      INFO(report.executions << " executions");
      const bool whole = report.incomplete_reason.find("executions was met") == std::string::npos;
      if (whole) CHECK(broken_promise(definition, report) == "");
      // Those with a strategy of their own, and those in virtual time, are not dpor's.
      if (!definition.options.strategy.empty() || definition.options.clock == "virtual") continue;
      const Report reduced = explored(definition, "dpor");
      INFO(reduced.executions << " executions by dpor");
      CHECK(broken_promise(definition, reduced) == "");
      CHECK(reduced.redundant == 0);
      // (A data race ends an execution by dfs before its time, where dpor goes on to what the race leads to.)
      if (!whole) continue;
      if (report.failing == 0) CHECK(reduced.executions <= report.executions);
      CHECK(outcomes_of(reduced) == outcomes_of(report));
    }
  }
}

TEST_CASE("Scenarios: the table above notices every broken promise", "[scenarios]") {
  Definition promised = scenarios::find("rlock/never_released")->definition();
  const Report found = explored(promised);
  REQUIRE(broken_promise(promised, found) == "");

  SECTION("an outcome too many") {
    promised.outcomes.push_back("both came first");
    CHECK(broken_promise(promised, found) == "other outcomes");
  }
  SECTION("an outcome too few") {
    promised.outcomes.clear();
    CHECK(broken_promise(promised, found) == "other outcomes");
  }
  SECTION("another kind of failure") {
    promised.failure_kind = "require";
    CHECK(broken_promise(promised, found) == "failure of kind deadlock");
  }
  SECTION("another verdict") {
    promised.expect = Verdict::pass;
    CHECK(broken_promise(promised, found) == "another verdict");
  }
  SECTION("a search that was cut short") {
    promised.options.executions_max = 2;
    CHECK(broken_promise(promised, explored(promised)).starts_with("not complete"));
  }
}

TEST_CASE("Scenarios: each expected failure has a kind, and no other scenario has", "[scenarios]") {
  for (const Scenario* scenario : scenarios::all()) {
    const Definition& definition = scenario->definition();
    INFO(definition.name);
    CHECK((definition.expect == Verdict::fail) == !definition.failure_kind.empty());
    CHECK_FALSE(definition.summary.empty());
    if (definition.failure_kind == "deadlock") CHECK(definition.hangs);
  }
}

TEST_CASE("Scenarios: none is missing", "[scenarios]") {
  for (const char* name :
       {"fetch_urls/unlocked", "fetch_urls/lock", "fetch_urls/with", "fetch_urls/failure_first_unlocked",
        "fetch_urls/failure_first_lock", "fetch_urls/failure_first_with", "fetch_urls/failure_second_unlocked",
        "fetch_urls/failure_second_lock", "fetch_urls/failure_second_with", "lock/self_deadlock", "lock/try",
        "rlock/reentry", "rlock/never_released", "rlock/folder", "condition/producer_consumer_1",
        "condition/producer_consumer_2", "condition/producer_consumer_3", "condition/producer_consumer_4",
        "condition/two_producers", "condition/two_consumers", "condition/folder_2", "event/producer_consumer_1",
        "event/producer_consumer_2", "event/producer_consumer_3", "event/folder_1", "event/folder_2", "event/leftover_1",
        "event/leftover_2", "event/repaired_1", "event/repaired_2", "event/repaired_3", "semaphore/permits_1_2",
        "semaphore/permits_1_3", "semaphore/permits_2_3", "semaphore/permits_2_4", "semaphore/permits_1_2_twice",
        "bounded_semaphore/python26_2", "bounded_semaphore/python26_3", "bounded_semaphore/current_2",
        "bounded_semaphore/current_3", "queue/unbounded", "queue/bounded", "queue/two_producers", "queue/two_by_two",
        "queue/two_producers_of_two", "queue/join_2", "queue/join_before_last_put_2", "timed/two_tokens",
        "timed/two_tokens_python26", "unowned/notify_probed", "unowned/wait_probed", "thread/join", "thread/handshake",
        "thread/daemon"}) {
    INFO(name);
    CHECK(scenarios::find(name) != nullptr);
  }
}
