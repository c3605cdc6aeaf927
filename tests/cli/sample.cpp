// sample: seeds, and what a sample that finds nothing is worth.
#include <string>

#include <interleave/catch2.hpp>

#include "command.hpp"

using namespace interleave::cli;

TEST_CASE("sample prints strategy and seed first, and its seed repeats it") {
  const auto said = command("sample bad/lost_update --seed 123");
  CHECK(said.status == 0);
  CHECK(first_line(said.out) == "interleave 0.1.0  sample  strategy auto  seed 123");
  CHECK(said.out == command("sample bad/lost_update --seed 123").out);
  CHECK(command("sample wrong/fails").status == 1);
}

TEST_CASE("a failure found by sampling is replayed by its seed and by its token") {
  for (const auto* flags : {"", " --seed 7", " --interrupts"}) {
    const auto said = command("sample wrong/fails" + std::string(flags));
    CAPTURE(said.out);
    for (const auto* way : {"--seed", "--schedule"}) {
      const auto again = command(way_back(said.out, way));
      CAPTURE(way, again.out, again.err);
      CHECK(again.status == 1);
      CHECK(has(again.out, "FAILED  wrong/fails"));
    }
  }
}

TEST_CASE("sampling that ends without a finding is a pass that proves nothing") {
  const auto said = command("sample good/passes");
  CHECK(said.status == 0);
  CHECK(has(said.out, "10,000 executions"));
  CHECK(command("sample wrong/passes --executions 50").status == 0);
  CHECK(has(command("sample wrong/passes --executions 50").out, "nothing found: wrong/passes is declared to fail with require"));
  CHECK(has(command("sample good/passes --executions 50").out, "50 executions"));
  CHECK(command("sample good/passes --time 100ms").status == 0);
  CHECK(command("sample wrong/undeclared_outcome").status == 1);
  CHECK(command("sample limit/endless --steps 100 --executions 3").status == 3);
}

TEST_CASE("however short the time, there is no pass without an execution") {
  for (const auto* arguments : {"sample good/passes --time 0.000001ms", "stress good/passes --time 0.000001ms"}) {
    const auto said = command(arguments);
    CAPTURE(arguments, said.out);
    CHECK(said.status == 0);
    CHECK_FALSE(has(said.out, "explored   0 executions"));
  }
}
