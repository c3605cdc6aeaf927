// replay: tokens and seeds lead back to failures, and what is said where they do not.
#include <string>

#include <interleave/catch2.hpp>

#include "command.hpp"

using namespace interleave::cli;

TEST_CASE("every printed token reproduces its failure") {
  const auto table = command("search --all").out;
  int replayed = 0;
  for (const auto* name : {"bad/deadlock", "bad/lost_update", "wrong/fails", "wrong/kind"}) {
    const auto line = way_back(table, std::string(name) + " --schedule");
    CAPTURE(name, line);
    REQUIRE_FALSE(line.empty());
    const auto said = command(line);
    CHECK(said.status == 1);
    CHECK(has(said.out, "FAILED  " + std::string(name)));
    CHECK(has(said.out, "reproduced\n"));
    ++replayed;
  }
  CHECK(replayed == 4);
  const auto unsupported = command(way_back(table, "limit/unsupported --schedule"));
  CHECK(unsupported.status == 4);
}

TEST_CASE("a token carries the options that it was recorded with") {
  const auto said = command("search bad/spurious --spurious-wakeups");
  const auto line = way_back(said.out, "--schedule");
  CHECK_FALSE(has(line, "--spurious"));
  CHECK(command(line).status == 1);
}

TEST_CASE("a token of a schedule that no longer fails ends with 0 or names the step") {
  const auto token = command("search bad/deadlock").token();
  const auto other = command("replay bad/lost_update --schedule " + token);
  CHECK(other.status == 2);
  CHECK(has(other.err, "recorded for bad/deadlock, not for bad/lost_update"));
}

TEST_CASE("replay of an execution that does not fail ends with 0") {
  const auto said = command("replay good/passes --seed 5 --strategy random");
  CHECK(said.status == 0);
  CHECK(has(said.out, "not reproduced"));
}

TEST_CASE("replay of an execution that is cut does not say that it does not fail") {
  const auto token = command("search bad/deadlock").token();
  const auto said = command("replay bad/deadlock --steps 1 --schedule " + token);
  CHECK(said.status == 3);
  CHECK(has(said.out, "not reproduced: this execution was cut before it failed or ended; give it more --steps"));
}

TEST_CASE("replay says which flags the token overrules") {
  const auto token = command("search bad/deadlock").token();
  const auto said = command("replay bad/deadlock --races explore --interrupts --clock any --schedule " + token);
  CHECK(said.status == 1);
  CHECK(has(said.err, "fits nothing else: going on without --races=explore, --interrupts=1\n"));
  CHECK(command("replay bad/deadlock --races fail --schedule " + token).err.empty());
}
