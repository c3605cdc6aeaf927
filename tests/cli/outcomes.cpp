// --outcomes: a table of the outcomes, with the token of an execution that had each.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <string>

#include "command.hpp"

using namespace interleave::cli;
using Catch::Contains;

namespace {

// The token in the row of that outcome.
std::string token_of(const std::string& table, const std::string& outcome) {
  const auto row = table.find("\"" + outcome + "\"");
  if (row == table.npos) return "";
  const auto begin = table.find("il1:", row);
  return table.substr(begin, table.find('\n', begin) - begin);
}

}  // namespace

TEST_CASE("--outcomes prints each outcome with its count and a token, which replays an execution with it") {
  const auto said = command("search good/both_outcomes --outcomes");
  INFO(said.out);
  CHECK(said.status == 0);
  CHECK_THAT(said.out, Contains("\ngood/both_outcomes\n  2 outcomes of ") && Contains("  a schedule that has it\n") &&
                           Contains("  replay one  interleave replay good/both_outcomes --schedule TOKEN\n"));
  const auto found = nlohmann::ordered_json::parse(command("search good/both_outcomes --outcomes --json").out)["results"][0];
  REQUIRE(found["outcomes"].size() == 2);
  CHECK(found["witnesses"].size() == 2);
  for (const auto& [outcome, token] : found["witnesses"].items()) {
    CHECK(token_of(said.out, outcome) == token);
    const auto again = command("replay good/both_outcomes --schedule " + token.get<std::string>());
    CHECK_THAT(again.out, Contains("outcomes   \"" + outcome + "\" (1)"));
  }
}

TEST_CASE("without --outcomes there is no table, and JSON has no witnesses") {
  CHECK_THAT(command("search good/both_outcomes").out, !Contains("a schedule that has it"));
  CHECK_FALSE(nlohmann::ordered_json::parse(command("search good/both_outcomes --json").out)["results"][0].contains("witnesses"));
}
