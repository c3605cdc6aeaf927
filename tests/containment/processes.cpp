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

TEST_CASE("a program that is killed while executions are drawn beside a search leaves the schedule that was drawn") {
  const Said said = program("killed_when_drawn");
  INFO(said.text);
  CHECK(said.status == 128 + 9);
  CHECK_THAT(said.text, Catch::Contains("beside it for 1 s  strategy auto  seed 5\n") && Catch::Contains("the process ended inside drawn execution "));
  const std::string token = token_behind("schedule it was in", said.text);
  REQUIRE_FALSE(token.empty());
  const Said again = program("killed_when_drawn", "INTERLEAVE_SCHEDULE=" + token);
  CHECK(again.status == 128 + 9);
  CHECK_THAT(again.text, Catch::Contains("the process ended inside execution 1 of killed_when_drawn"));
}

TEST_CASE("a failure that was drawn beside a search is reported as such") {
  const Said said = program("fails_when_drawn");
  INFO(said.text);
  CHECK(said.status == 1);
  CHECK_THAT(said.text, Catch::Contains("FAILED  fails_when_drawn   require after ") && Catch::Contains(" drawn beside a search of ") && Catch::Contains("the third comes first"));
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

TEST_CASE("a process that is asked to end leaves what it has found, and ends by the signal") {
  using Catch::Contains;
  const Said said = program("terminated");
  INFO(said.text);
  CHECK(said.status == 128 + 15);
  CHECK_THAT(said.text, Contains("INCOMPLETE  terminated") && Contains("3 executions (random), seed 5, none failed") &&
                            Contains("SIGTERM interrupted it") && Contains("\"two\" (3)") && !Contains("left no report"));
  const Said failing = program("interrupted_failing");
  INFO(failing.text);
  CHECK(failing.status == 128 + 2);
  CHECK_THAT(failing.text, Contains("as it is meant to be") && !Contains("left no report"));
  const Said again = program("interrupted_failing", "INTERLEAVE_SCHEDULE=" + token_behind("INTERLEAVE_SCHEDULE", failing.text));
  CHECK_THAT(again.text, Contains("verdict fail, 1 execution"));
}

TEST_CASE("a signal goes on to the handler of the program, which may ignore it") {
  using Catch::Contains;
  const Said handled = program("handles_it");
  INFO(handled.text);
  CHECK(handled.status == 0);
  CHECK_THAT(handled.text, Contains("SIGTERM interrupted it") && Contains("its own handler was called") &&
                               Contains("verdict incomplete, 3 executions") && Contains("and on it goes"));
  const Said ignored = program("ignores_it");
  CHECK(ignored.status == 0);
  CHECK_THAT(ignored.text, Contains("verdict pass, 10 executions"));
}

TEST_CASE("whoever asks twice does not wait for a summary") {
  const Said said = program("asked_twice");
  INFO(said.text);
  CHECK(said.status == 128 + 15);
  CHECK_THAT(said.text, Catch::Contains("left no report"));
}

TEST_CASE("a process that has a deadline ends before it, with its report") {
  using Catch::Contains;
  const Said sampled = program("until_its_deadline", "INTERLEAVE_DEADLINE=1");
  INFO(sampled.text);
  CHECK(sampled.status == 0);
  CHECK_THAT(sampled.text, Contains("verdict pass"));
  const Said searched = program("searches_until_its_deadline", "INTERLEAVE_DEADLINE=1");
  INFO(searched.text);
  CHECK(searched.status != 0);
  CHECK_THAT(searched.text, Contains("INCOMPLETE  searches_until_its_deadline") && Contains("the time that INTERLEAVE_DEADLINE gives this process"));
}
