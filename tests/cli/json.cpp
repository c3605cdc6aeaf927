// The documents of --json: every key of the contract, in its order, and nothing else on stdout.
#include <interleave/catch2.hpp>

#include "command.hpp"

using interleave::cli::command;
using interleave::cli::command_tsan;
using nlohmann::ordered_json;

namespace {

using Keys = std::vector<std::string>;

Keys keys_of(const ordered_json& object) {
  Keys keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

const Keys result_keys = {"scenario", "strategy", "seed", "expected", "verdict", "as_expected", "complete", "executions", "redundant",
                          "cut", "failing", "steps", "steps_longest", "threads_most", "seconds", "outcomes", "failure",
                          "covered", "incomplete_reason", "assumed", "unseen", "trusted", "suppressions", "rounds", "whole"};

ordered_json document(const std::string& arguments, int status) {
  const auto said = command(arguments + " --json");
  CAPTURE(arguments, said.out, said.err);
  CHECK(said.status == status);
  return ordered_json::parse(said.out);
}

}  // namespace

TEST_CASE("results carry every key of the contract, in its order") {
  for (const auto* arguments : {"search good bad", "sample good bad --seed 3", "stress good --executions 5"}) {
    const auto all = document(arguments, 0);
    CHECK(keys_of(all) == Keys{"schema", "version", "results", "not_run"});
    CHECK(all["schema"] == 1);
    CHECK(all["version"] == "0.1.0");
    CHECK(all["results"].size() >= 3);
    for (const auto& result : all["results"]) CHECK(keys_of(result) == result_keys);
  }
}

TEST_CASE("a pass in numbers") {
  const auto result = document("search good/both_outcomes", 0)["results"][0];
  CHECK(result["scenario"] == "good/both_outcomes");
  CHECK(result["strategy"] == "dpor");
  CHECK(result["expected"] == "pass");
  CHECK(result["verdict"] == "pass");
  CHECK(result["as_expected"] == true);
  CHECK(result["complete"] == true);
  CHECK(result["executions"] == 4);
  CHECK(result["cut"] == 0);
  CHECK(result["failing"] == 0);
  CHECK(result["steps_longest"] == 5);
  CHECK(result["threads_most"] == 3);
  CHECK(result["outcomes"] == ordered_json{{"1", 2}, {"2", 2}});
  CHECK(result["failure"].is_null());
}

TEST_CASE("a failure in full") {
  const auto result = document("search bad/lost_update", 0)["results"][0];
  CHECK(result["verdict"] == "fail");
  CHECK(result["as_expected"] == true);
  CHECK(result["failing"] == 2);
  const auto& failure = result["failure"];
  CHECK(keys_of(failure) == Keys{"kind", "message", "step", "schedule", "seed", "threads", "trace", "strategy", "objects", "shrunk", "stacks"});
  CHECK(failure["kind"] == "require");
  CHECK(failure["step"] == 5);
  CHECK(keys_of(failure["threads"][0]) == Keys{"name", "state", "operation", "object", "location", "holder", "daemon", "call", "round", "does", "hold", "stack"});
  REQUIRE(failure["trace"].size() == 5);
  for (const auto& event : failure["trace"]) CHECK(keys_of(event) == Keys{"step", "thread", "operation", "object", "location", "call", "does", "hold", "succeeded", "second", "stack", "object_id", "second_id", "timed_out_early", "shown", "order", "before", "after", "woke"});
  Keys classes;
  for (const auto& event : failure["trace"]) {
    classes.push_back(event["does"]);
    CHECK(event["hold"] == "exclusive");
    CHECK(event["succeeded"] == true);
  }
  CHECK(classes == Keys{"reads", "reads", "writes", "writes", "reads"});
  CHECK(failure["threads"][0]["does"] == "reads");
  const auto hung = document("search bad/deadlock", 0)["results"][0]["failure"];
  CHECK(hung["threads"][0]["does"] == "joins_all");
  CHECK(hung["threads"][1]["does"] == "takes");
  const auto again = document("replay bad/lost_update --schedule " + failure["schedule"].get<std::string>(), 1)["results"][0];
  CHECK(again["failure"]["trace"] == failure["trace"]);
  CHECK(again["failure"]["schedule"] == failure["schedule"]);
}

TEST_CASE("a sampled failure's seed and strategy repeat it") {
  const auto result = document("sample wrong/fails", 1)["results"][0];
  const auto seed = result["failure"]["seed"].get<std::uint64_t>();
  const auto again = document("replay wrong/fails --seed " + std::to_string(seed) + " --strategy " +
                              result["strategy"].get<std::string>(), 1)["results"][0];
  CHECK(again["failure"]["trace"] == result["failure"]["trace"]);
  CHECK(again["executions"] == 1);
}

TEST_CASE("what is not as declared, or not complete, or not run, is said") {
  CHECK(document("search wrong/kind", 1)["results"][0]["as_expected"] == false);
  const auto cut = document("search limit/endless --steps 50", 3)["results"][0];
  CHECK(cut["verdict"] == "incomplete");
  CHECK(cut["cut"] == 1);
  CHECK(cut["complete"] == false);
  // A loop that waits by spinning is named by its place.
  CHECK(command("search limit/endless --steps 50").out.find("cut at the limit of 50 steps, the first one at fixtures.cpp:") !=
        std::string::npos);
  const auto sampled = document("sample wrong/passes --executions 20", 0)["results"][0];
  CHECK(sampled["verdict"] == "pass");
  CHECK(sampled["complete"] == false);
  CHECK(sampled["as_expected"] == true);
  const auto all = document("search --all --strategy dfs", 4);
  CHECK(all["not_run"] == ordered_json::array({{{"scenario", "limit/bounded"}, {"reason", "is searched within its own bound"}},
                                                {{"scenario", "limit/counts"}, {"reason", "is searched within its own bound"}},
                                                {{"scenario", "limit/large"}, {"reason", "needs a reducing search"}}}));
}

TEST_CASE("what a program prints does not get into the document") {
  const auto said = command("search good/prints --json");
  CHECK(ordered_json::parse(said.out)["results"].size() == 1);
  CHECK(said.err.find("noise from the program") != said.err.npos);
  CHECK(said.err.find("strategy dpor") != said.err.npos);  // the first line
}

TEST_CASE("the list of scenarios") {
  const auto list = document("list", 0);
  CHECK(keys_of(list) == Keys{"schema", "version", "scenarios"});
  CHECK(list["scenarios"].size() == 18);
  for (const auto& scenario : list["scenarios"]) {
    CHECK(keys_of(scenario) == Keys{"name", "summary", "expected", "failure_kind", "outcomes", "explore", "needs_reduction", "hangs",
                                    "canary"});
  }
  const auto& deadlock = list["scenarios"][0];
  CHECK(deadlock["name"] == "bad/deadlock");
  CHECK(deadlock["expected"] == "fail");
  CHECK(deadlock["failure_kind"] == "deadlock");
  CHECK(deadlock["explore"] == "search");
  CHECK(deadlock["hangs"] == true);
  CHECK(ordered_json::parse(command_tsan("list --json").out) == list);
}
