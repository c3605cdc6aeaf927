// The strategy strings: what is refused, with which sentence; everything else makes a strategy.
#include <catch2/catch.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <interleave/interleave.hpp>
#include "random_numbers.hpp"
#include "scheduler/model/strategy_registry.hpp"

namespace interleave::engine {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("a strategy string names a strategy, its parameters, and the strategy that it wraps") {
  CHECK(make_strategy("dfs", 1)->spec() == "dfs");
  CHECK(make_strategy("pct", 1)->spec() == "pct:depth=3");
  CHECK(make_strategy("pct:depth=5", 1)->spec() == "pct:depth=5");
  CHECK(make_strategy("pct:depth=5,steps=100", 1)->spec() == "pct:depth=5");
  CHECK(make_strategy("repeat/pct:depth=2", 1)->spec() == "repeat/pct:depth=2");
  CHECK(make_strategy("dfs:", 1)->spec() == "dfs");
}

TEST_CASE("a strategy string that is none is refused, and the sentence says why") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "there is no strategy ''"},
      {"rendom", "there is no strategy 'rendom'; did you mean random"},
      {"/dfs", "there is no strategy ''"},
      {"repeat", "wraps another one: write repeat/dfs"},
      {"repeat/", "wraps another one: write repeat/dfs"},
      {"preemptions:bound=1", "wraps another one: write preemptions:bound=1/dfs"},
      {"dfs/random", "cannot hold another one: leave out '/random'"},
      {"repeat/dfs/pos", "cannot hold another one: leave out '/pos'"},
      {"repeat/nobody", "there is no strategy 'nobody'"},
      {"pct:depth", "'depth' is not of the form key=value"},
      {"pct:depth=", "'depth=' is not of the form key=value"},
      {"pct:=3", "'=3' is not of the form key=value"},
      {"pct:,", "'' is not of the form key=value"},
      {"pct:depth=1,depth=2", "'depth' is given twice"},
      {"pct:depth=0", "strategy 'pct': depth must be a whole number from 1 to 1000, not '0'"},
      {"pct:depth=-1", "depth must be a whole number from 1 to 1000, not '-1'"},
      {"pct:depth=1000000000000000000", "depth must be a whole number from 1 to 1000, not '1000000000000000000'"},
      {"urw:counts=3.1099511627777", "counts must be whole numbers from 0 to 1099511627776 with dots between them, not '3.1099511627777'"},
      {"pct:depth=3x", "not '3x'"},
      {"pct:depth= 3", "not ' 3'"},
      {"pct:depth=99999999999999999999", "not '99999999999999999999'"},
      {"pct:bound=1", "strategy 'pct' has no 'bound'; it takes: depth, steps"},
      {"random:bound=1", "strategy 'random' has no 'bound'; it takes no parameters"},
  };
  for (const auto& [text, sentence] : cases) {
    CAPTURE(text);
    CHECK_THROWS_AS(make_strategy(text, 1), UsageError);
    CHECK_THROWS_WITH(make_strategy(text, 1), Contains(sentence));
  }
}

TEST_CASE("random strategy strings make a strategy that its own string makes again, or are refused") {
  const std::vector<std::string> pieces = {"dfs", "random", "pct", "repeat", "preemptions", "delays", ":", "/", "=", ",", ".", "depth",
                                           "bound", "depth=2", "bound=1", "1", "0", "-3", " ", "18446744073709551616", std::string(1, '\0')};
  RandomNumbers random;
  int made = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::uint32_t count = random.below(7); count > 0; --count) text += pieces[random.below(static_cast<std::uint32_t>(pieces.size()))];
    CAPTURE(text);
    std::unique_ptr<Strategy> strategy;
    try {
      strategy = make_strategy(text, 1);
    } catch (const UsageError&) {
      continue;
    }
    ++made;
    REQUIRE(make_strategy(strategy->spec(), 1)->spec() == strategy->spec());
  }
  CHECK(made > 300);
}

TEST_CASE("the arguments of a strategy are whole numbers, and lists of them with dots in between") {
  const Argument known[] = {{"one", "", 0, number_most}, {"list", "", 0, 30, true}, {"few", "", 2, 5}, {"none", "", 0, 1}, {"nothing", "", 0, 1, true}};
  const Arguments arguments("mine", "one=18446744073709551615,list=0.7.30,few=2", known, 17);
  CHECK(arguments.seed() == 17);
  CHECK(arguments.number("one", 0) == ~std::uint64_t{0});
  CHECK(arguments.number("none", 5) == 5);
  CHECK(arguments.optional_number("few") == 2);
  CHECK(arguments.optional_number("none") == std::nullopt);
  CHECK(arguments.numbers("list") == std::vector<std::uint64_t>{0, 7, 30});
  CHECK(arguments.numbers("nothing").empty());
  CHECK(Arguments("mine", "list=0", known, 0).numbers("list") == std::vector<std::uint64_t>{0});
  for (const char* bad : {"1..2", "1.", ".1", "1.31", "1,2", "-1"})
    CHECK_THROWS_AS(Arguments("mine", std::string("list=") + bad, known, 0), UsageError);
  CHECK_THROWS_WITH(Arguments("mine", "list=1..2", known, 0),
                    "strategy 'mine': list must be whole numbers from 0 to 30 with dots between them, not '1..2'");
  for (const char* bad : {"1", "6", "2.3", "18446744073709551616", "0x3", " 3", "3 "})
    CHECK_THROWS_WITH(Arguments("mine", std::string("few=") + bad, known, 0),
                      std::string("strategy 'mine': few must be a whole number from 2 to 5, not '") + bad + "'");
  CHECK_THROWS_WITH(Arguments("mine", "x=1", {}, 0), Contains("strategy 'mine' has no 'x'; it takes no parameters"));
  CHECK_THROWS_WITH(Arguments("mine", "x=1", known, 0), Contains("it takes: one, list, few, none, nothing"));
}

}  // namespace
}  // namespace interleave::engine
