// list, strategies, checkers, help and version.
#include <algorithm>
#include <string>
#include <vector>

#include <interleave/catch2.hpp>

#include "command.hpp"

using namespace interleave::cli;

TEST_CASE("the checkers that are registered, with their help") {
  const auto text = command("checkers");
  CHECK(text.status == 0);
  const auto document = command("checkers --json").json();
  CHECK(document["schema"] == 1);
  std::vector<std::string> names;
  for (const auto& checker : document["checkers"]) {
    names.push_back(checker["name"]);
    CHECK_FALSE(checker["help"].get<std::string>().empty());
    CHECK_FALSE(checker["watches"].get<std::string>().empty());
    if (checker["name"] == "lock-order" || checker["name"] == "deadlock") CHECK(checker["by_default"] == (checker["name"] == "deadlock"));
    CHECK(has(text.out, names.back()));
    CHECK(has(text.out, checker["help"].get<std::string>()));
  }
  CHECK(std::is_sorted(names.begin(), names.end()));
  for (const char* name : {"deadlock", "livelock", "lock-order"}) CHECK(std::count(names.begin(), names.end(), name) == 1);
}

TEST_CASE("list, help and version") {
  const auto list = command("list");
  CHECK(list.status == 0);
  CHECK(has(list.out, "bad/deadlock              fail: deadlock  search"));
  const auto help = command("--help");
  CHECK(help.status == 0);
  CHECK(has(help.out, "Examples:"));
  CHECK(has(command("search --help").out, "INTERLEAVE_STRATEGY"));
  CHECK(command("--version").out == "interleave 0.1.0\n");
}

TEST_CASE("strategies: every one that is registered, with its help and arguments") {
  const auto text = command("strategies");
  CHECK(text.status == 0);
  CHECK(text.err.empty());
  CHECK(has(text.out, "pct:depth=N,steps=N"));
  CHECK(has(text.out, "depth: the depth of the bugs that it is to meet; otherwise 3; from 1 to 1000\n"));
  CHECK(has(text.out, "preemptions:bound=N/STRATEGY"));
  const auto document = command("strategies --json").json();
  CHECK(document["schema"] == 1);
  CHECK(document["strategies"].size() >= 11);
  for (const auto& strategy : document["strategies"]) {
    const std::string name = strategy["name"], kind = strategy["kind"];
    CAPTURE(name);
    CHECK(has(text.out, name));
    CHECK(has(text.out, strategy["help"].get<std::string>()));
    for (const auto& argument : strategy["arguments"]) CHECK(has(text.out, argument["name"].get<std::string>() + ": "));
    // What is listed can be asked for.
    const std::string verb = kind == "samples" ? "sample" : "search";
    CHECK(command(verb + " good/passes --executions 1000 --strategy " + name + (kind == "wraps" ? "/dfs" : "")).status == 0);
  }
  CHECK(command_tsan("strategies").status == 2);
  CHECK(command("strategies --all").status == 2);
}
