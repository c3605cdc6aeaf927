// --no-shrink and INTERLEAVE_SHRINK, and what the command says of a failing schedule that was shrunk.
#include <string>

#include <interleave/catch2.hpp>

#include "command.hpp"

using interleave::cli::command;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("a failure is shrunk unless --no-shrink or INTERLEAVE_SHRINK=0 say otherwise; the flag wins") {
  const std::string line = "  shrunk from 5 steps and 2 preemptions to 5 and 1; no schedule with fewer preemptions fails like this\n";
  const std::string search = "search bad/lost_update";
  CHECK(has(command(search).out, line));
  CHECK(has(command(search, "INTERLEAVE_SHRINK=1").out, line));
  CHECK_FALSE(has(command(search + " --no-shrink").out, "shrunk"));
  CHECK_FALSE(has(command(search, "INTERLEAVE_SHRINK=0").out, "shrunk"));
  CHECK_FALSE(has(command(search + " --no-shrink", "INTERLEAVE_SHRINK=1").out, "shrunk"));
  CHECK(has(command(search + " --no-shrink=0", "INTERLEAVE_SHRINK=0").out, line));
  CHECK(command(search, "INTERLEAVE_SHRINK=perhaps").status == 2);
}

TEST_CASE("--json has the numbers, and the schedule that was found; everything else is as without shrinking") {
  auto with = command("search bad/lost_update --json").json()["results"][0], without = command("search bad/lost_update --json --no-shrink").json()["results"][0];
  const auto& shrunk = with["failure"]["shrunk"];
  CHECK(without["failure"]["shrunk"].is_null());
  CHECK(shrunk["steps"] == 5);
  CHECK(shrunk["preemptions"] == 2);
  CHECK(shrunk["preemptions_left"] == 1);
  CHECK(shrunk["fewest_preemptions"] == true);
  CHECK(shrunk["fewest_steps"] == true);
  CHECK(shrunk["ended_by"] == "");
  CHECK(shrunk["executions"].get<int>() > 2);
  CHECK(shrunk["schedule"] == without["failure"]["schedule"]);
  CHECK(with["failure"]["schedule"] != without["failure"]["schedule"]);
  CHECK(with["failure"]["step"] == 5);
  for (auto* each : {&with, &without}) {
    each->erase("failure");
    each->erase("seconds");
  }
  CHECK(with == without);
}

TEST_CASE("replay: a token is of one execution and is not shrunk; a seed gives the same report again, or with --no-shrink the execution that was found") {
  const auto sampled = command("sample bad/lost_update --seed 3 --strategy random --json").json()["results"][0];
  const auto& failure = sampled["failure"];
  const std::string token = failure["schedule"], seed = std::to_string(failure["seed"].get<std::uint64_t>()), strategy = failure["strategy"];
  const auto by_token = command("replay bad/lost_update --schedule " + token + " --json");
  const std::string with_seed = "replay bad/lost_update --seed " + seed + " --strategy " + strategy + " --json";
  const auto by_seed = command(with_seed), as_found = command(with_seed + " --no-shrink");
  CHECK(by_token.status == 1);
  CHECK(by_seed.status == 1);
  CHECK(by_token.json()["results"][0]["failure"]["schedule"] == token);
  CHECK(by_token.json()["results"][0]["failure"]["shrunk"].is_null());
  CHECK(by_seed.json()["results"][0]["failure"] == failure);
  CHECK(as_found.status == 1);
  CHECK(as_found.json()["results"][0]["failure"]["schedule"] == failure["shrunk"]["schedule"]);
  CHECK(as_found.json()["results"][0]["failure"]["shrunk"].is_null());
}
