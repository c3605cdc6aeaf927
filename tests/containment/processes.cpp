// What ends a process all the same: the schedule is on the screen, and the schedule is the right one.
#include "../model/explored.hpp"
#include "process.hpp"

namespace {

Said program(const std::string& name, const std::string& environment = "") { return said_by("env " + environment + " " CONTAINMENT_PROGRAM " " + name); }

}  // namespace

TEST_CASE("a program that is killed leaves the schedule that it was in") {
  const Said said = program("killed");
  CHECK(said.status == 128 + 9);
  CHECK_THAT(said.text, Catch::Contains("the process ended inside execution 2 of killed, and left no report"));
  const std::string token = token_behind("schedule it was in", said.text);
  REQUIRE_FALSE(token.empty());
  // It is that very execution.
  const Said again = program("killed", "INTERLEAVE_SCHEDULE=" + token);
  CHECK(again.status == 128 + 9);
  CHECK_THAT(again.text, Catch::Contains("the process ended inside execution 1 of killed"));
  CHECK(token_behind("schedule it was in", again.text) == token);
}

TEST_CASE("a crash that takes the process with it when it is executed again is explained by another process") {
  const Said said = program("killed_when_explained");
  INFO(said.text);
  CHECK(said.status == 0);
  CHECK_THAT(said.text, Catch::Contains("verdict fail, 2 executions, 1 failing") && Catch::Contains("crash: SIGSEGV at address 0x0") &&
                            Catch::Contains("ended that process: SIGKILL") && Catch::Contains("and on it goes"));
  CHECK_FALSE(token_behind("token", said.text).empty());
  const Said exits = program("exits_when_explained");
  CHECK(exits.status == 0);
  CHECK_THAT(exits.text, Catch::Contains("nondeterminism") && Catch::Contains("SIGSEGV at address 0x0"));
}

TEST_CASE("a program that is killed while a failure is explained leaves the failing schedule") {
  const Said said = program("found_before");
  CHECK(said.status == 128 + 9);
  CHECK_THAT(said.text, Catch::Contains("the process ended between two executions of found_before"));
  CHECK_FALSE(token_behind("require found before", said.text).empty());
}

TEST_CASE("a heap in ruins leaves the schedule that it was in, and does not hang",
          INTERLEAVE_SANITIZED ? "[.]" : "") {
  const Said said = program("ruined_heap");
  INFO(said.text);
  // Where the C library notices differs; that it is somewhere, and that a token is there, does not.
  CHECK(said.status != 124);
  CHECK_THAT(said.text, Catch::Contains("il1:"));
}
