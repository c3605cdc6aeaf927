// Options of the command: flags, the environment, and which of both wins.
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include <interleave/catch2.hpp>

#include "command.hpp"

using namespace interleave::cli;

TEST_CASE("--require-complete makes a pass that is not complete a failure; replay and stress do not look at it") {
  CHECK(command("search good/passes --require-complete").status == 0);
  const auto drawn = command("sample good/passes --executions 5 --require-complete", "COLUMNS=120");
  CHECK(drawn.status == 1);
  CHECK(has(drawn.out, "FAILED  good/passes   incomplete   [5 executions, auto]"));
  CHECK(has(drawn.out, "not: 5 executions were drawn"));
  CHECK(command("sample good/passes --executions 5", "INTERLEAVE_REQUIRE_COMPLETE=1").status == 1);
  CHECK(command("sample good/passes --executions 5 --require-complete=0", "INTERLEAVE_REQUIRE_COMPLETE=1").status == 0);
  CHECK(command("stress good/passes --executions 5", "INTERLEAVE_REQUIRE_COMPLETE=1").status == 0);
  CHECK(command("search good/passes").err.empty());  // what a pass rests on stands on stdout
}

TEST_CASE("--suppressions names a file of findings that are set aside, as INTERLEAVE_SUPPRESSIONS does") {
  char path[] = "/tmp/interleave_cli_suppressions_XXXXXX";
  const int file = mkstemp(path);
  REQUIRE(file >= 0);
  REQUIRE(write(file, "deadlock:*\n", 11) == 11);
  close(file);
  const std::string flag = std::string(" --suppressions ") + path, variable = std::string("INTERLEAVE_SUPPRESSIONS=") + path;
  const auto by_flag = command("search bad/deadlock" + flag), by_variable = command("search bad/deadlock", variable);
  for (const auto* said : {&by_flag, &by_variable}) {
    INFO(said->out << said->err);
    CHECK(said->status == 1);  // it is declared to fail, and no execution counts as a failure
    CHECK(has(said->out, "deadlock:* ("));
    CHECK_FALSE(has(said->out, "FAILED"));
  }
  const auto sampled = command("sample bad/deadlock --executions 50" + flag);
  INFO(sampled.out << sampled.err);
  CHECK_FALSE(has(sampled.out, "FAILED"));
  unlink(path);
  CHECK(command("search bad/deadlock" + flag).status == 2);  // the file is gone
}

TEST_CASE("the environment steers, and a flag wins over it") {
  CHECK(first_line(command("sample good/passes", "INTERLEAVE_SEED=77 INTERLEAVE_EXECUTIONS=3").out) ==
        "interleave 0.1.0  sample  strategy auto  seed 77");
  CHECK(has(command("sample good/passes", "INTERLEAVE_EXECUTIONS=3").out, "3 executions"));
  CHECK(has(command("sample good/passes --executions 4", "INTERLEAVE_EXECUTIONS=3").out, "4 executions"));
  CHECK(command("search bad/spurious", "INTERLEAVE_SPURIOUS_WAKEUPS=1").status == 1);
  CHECK(command("search bad/spurious --spurious-wakeups=0", "INTERLEAVE_SPURIOUS_WAKEUPS=1").status == 0);
  const auto token = command("search bad/deadlock").token();
  CHECK(command("replay bad/deadlock", "INTERLEAVE_SCHEDULE=" + token).status == 1);
  CHECK(command("replay bad/deadlock --schedule " + token, "INTERLEAVE_SEED=5").status == 1);
  CHECK(command("search good/passes", "INTERLEAVE_STRATEGY= INTERLEAVE_SEED=").status == 0);
  CHECK(first_line(command("search good/passes --strategy ''").out) == "interleave 0.1.0  search  strategy dpor  seed 1");
}

TEST_CASE("a limit of zero is no limit, on the command line as in Options") {
  for (const auto* flag : {"--executions 0", "--steps 0", "--time 0"}) {
    CAPTURE(flag);
    CHECK(has(command("search good/both_outcomes " + std::string(flag)).out, "all 4 executions"));
  }
  CHECK(has(command("search good/both_outcomes", "INTERLEAVE_EXECUTIONS=0").out, "all 4 executions"));
  CHECK(has(command("sample good/passes --time 0 --executions 7").out, "7 executions"));
  CHECK(command("sample good/passes --executions 0 --time 50ms").status == 0);
}

TEST_CASE("a schedule in the environment of a verb that replays none is said to mean nothing") {
  const auto token = command("search bad/deadlock").token();
  const auto said = command("search bad/deadlock", "INTERLEAVE_SCHEDULE=" + token);
  CHECK(said.status == 0);
  CHECK(has(said.err, "INTERLEAVE_SCHEDULE means nothing to search"));
  CHECK(command("list", "INTERLEAVE_SCHEDULE=" + token).err.empty());
}

TEST_CASE("--check switches a checker on, and the way back says so") {
  // The first execution runs one thread after the other: the orders are opposite, and no deadlock comes of it.
  for (const auto& [arguments, environment] : {std::pair{"search bad/deadlock --first --check lock-order", ""},
                                               std::pair{"search bad/deadlock --first", "INTERLEAVE_CHECK=lock-order"}}) {
    CAPTURE(arguments, environment);
    const auto said = command(arguments, environment);
    CAPTURE(said.out, said.err);
    CHECK(said.status == 1);
    CHECK(has(said.out, "FAILED  bad/deadlock   lock-order"));
    CHECK(has(said.out, "and then"));
    CHECK(has(said.out, "--check lock-order --schedule " + said.token()));
    CHECK(command("replay bad/deadlock --schedule " + said.token() + " --check lock-order").status == 1);
    const auto without = command("replay bad/deadlock --schedule " + said.token());
    CHECK(without.status == 0);
    CHECK(has(without.out, "not reproduced: this execution does not fail"));
  }
  CHECK(has(command("search bad/deadlock --first --check lock-order,no-lock-order").out, "FAILED  bad/deadlock   deadlock"));
  CHECK(has(command("search bad/deadlock").out, "cycle: "));
  CHECK_FALSE(has(command("search bad/deadlock --check no-deadlock").out, "cycle: "));
}
