// A schedule in the environment that no exploration of the program was recorded with: the process says so when it ends.
#include "../model/explored.hpp"
#include "process.hpp"

namespace {

Said program(const std::string& name, const std::string& environment = "") { return said_by("env " + environment + " " CONTAINMENT_PROGRAM " " + name); }

}  // namespace

TEST_CASE("a token that belongs to an exploration of the program is replayed there, and ignored elsewhere without a word") {
  const Said found = program("two_explorations");
  const std::string token = token_behind("token", found.text);
  REQUIRE_FALSE(token.empty());
  const Said again = program("two_explorations", "INTERLEAVE_SCHEDULE=" + token);
  INFO(again.text);
  CHECK_THAT(again.text, Catch::Contains("verdict pass, 2 executions, 0 failing\nverdict fail, 1 executions, 1 failing"));
  CHECK_THAT(again.text, !Catch::Contains("nothing was replayed"));
}

TEST_CASE("a token that belongs to none of a program's explorations is said to have replayed nothing") {
  const std::string token = token_behind("token", program("two_explorations").text);
  const Said other = program("ruined_heap_not", "INTERLEAVE_SCHEDULE=" + token);
  CHECK_THAT(other.text, !Catch::Contains("nothing was replayed"));  // it explores nothing
  const Said said = program("exits_when_explained", "INTERLEAVE_SCHEDULE=" + token);
  INFO(said.text);
  CHECK_THAT(said.text, Catch::Contains("interleave: nothing was replayed: INTERLEAVE_SCHEDULE was recorded for none of the explorations that ran "
                                        "(1, of which the first is exits_when_explained)"));
}
