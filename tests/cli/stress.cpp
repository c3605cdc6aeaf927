// stress, and the command on real threads.
#include <string>

#include <interleave/catch2.hpp>

#include "command.hpp"

using namespace interleave::cli;

TEST_CASE("stress runs on real threads, in both commands") {
  CHECK(command("stress good/passes --executions 20 --seed 9").status == 0);
  CHECK(first_line(command("stress good/passes --executions 20 --seed 9").out) ==
        "interleave 0.1.0  stress  strategy real threads  seed 9");
  CHECK(command("stress wrong/kind --executions 5").status == 1);
  CHECK_FALSE(has(command("stress wrong/kind --executions 5").out, "interleave replay"));
  CHECK(command_tsan("stress good/passes --executions 20").status == 0);
  CHECK(command_tsan("stress wrong/kind --executions 5").status == 1);
  CHECK(has(command("stress good/passes --executions 5 --interrupts").err, "no meaning to --interrupts=1"));
}

TEST_CASE("the command on real threads refuses what needs the model") {
  for (const auto* arguments : {"search good/passes", "sample good/passes", "replay good/passes --seed 1 --strategy random"}) {
    const auto said = command_tsan(arguments);
    CAPTURE(arguments, said.out, said.err);
    CHECK(said.status == 2);
    CHECK(has(said.err, "needs the model"));
  }
  CHECK(command_tsan("list").status == 0);
}
