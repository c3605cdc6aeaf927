// What is written to the screen: transcripts, colour, and results that cannot be written.
#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include <interleave/catch2.hpp>

#include "command.hpp"

using namespace interleave::cli;

TEST_CASE("a transcript is shown once, however often its execution is done again") {
  const std::string line = "said by the body\n";
  for (const auto* arguments : {"search bad/says --clock virtual", "sample bad/says --clock virtual", "stress bad/says --executions 2"}) {
    const auto said = command(arguments);
    CAPTURE(arguments, said.out);
    const auto at = said.out.find(line);
    REQUIRE(at != said.out.npos);
    CHECK(said.out.find(line, at + 1) == said.out.npos);
  }
}

TEST_CASE("results that cannot be written are a fault, not a success") {
  for (const char* arguments : {"list", "list --json", "search good", "search good --json", "sample good --executions 3"}) {
    const std::string line = std::string(INTERLEAVE_COMMAND " ") + arguments + " >/dev/full 2>/dev/null";
    INFO(line);
    CHECK(WEXITSTATUS(std::system(line.c_str())) == 70);
  }
}

TEST_CASE("colour only where it is wanted") {
  CHECK_FALSE(has(command("search good").out, "\x1b["));
  CHECK(has(command("search good --color always").out, "\x1b["));
  CHECK(has(command("search good", "INTERLEAVE_COLOR=always").out, "\x1b["));
  CHECK_FALSE(has(command("search good --color never", "INTERLEAVE_COLOR=always").out, "\x1b["));
}
