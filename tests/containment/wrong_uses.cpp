// Wrong uses of Interleave, and exceptions that nobody catches: each ends in one clear sentence and the right exit status.
#include "../model/explored.hpp"
#include "process.hpp"

namespace {

Said wrong(const std::string& name, const std::string& before = "") {
  return said_by(before + (before.empty() ? "" : " ") + WRONG_PROGRAM " " + name);
}
Said wrong_with(const std::string& variables, const std::string& name = "right") { return wrong(name, "env " + variables); }

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

using Catch::Contains;

// Of a process that is to end with a status and to say something.
struct Row {
  std::string name;       // of the case, in wrong_program.cpp
  std::string variables;  // of the environment: "A=1 B=2"
  int status;
  std::string part;       // of what it says
};

void expect(const Row& row) {
  const Said said = row.variables.empty() ? wrong(row.name) : wrong_with(row.variables, row.name);
  INFO(row.variables << " " << row.name << "\n" << said.text);
  CHECK(said.status == row.status);
  CHECK_THAT(said.text, Contains(row.part));
}

}  // namespace

TEST_CASE("a failed check that nobody catches ends the process with status 1, and its report is printed once") {
  for (const char* name : {"lost_update", "throws"}) {
    const Said said = wrong(name);
    INFO(said.text);
    CHECK(said.status == 1);
    CHECK(count(said.text, "FAILED") == 1);
    CHECK_THAT(said.text, !Contains("terminate called"));
  }
  CHECK_THAT(wrong("throws").text, Contains("uncaught std::runtime_error: from the body"));
  const Said caught = wrong("lost_update_caught");
  CHECK(caught.status == 0);
  CHECK_THAT(caught.text, Contains("caught\nthe end"));
}

TEST_CASE("a request that makes no sense ends the process with status 2 and one sentence") {
  struct {
    const char* name;
    const char* sentence;
  } const rows[] = {
      {"misspelt_strategy", "interleave: there is no strategy 'dppor'; did you mean dpor, pos or auto?\n"},
      {"virtual_clock_and_dpor", "interleave: under the virtual clock time passes when nobody can step"},
      {"empty_body", "interleave: there is nothing to explore: the body is an empty std::function; give it a function to call\n"},
  };
  for (const auto& row : rows) {
    const Said said = wrong(row.name);
    INFO(row.name << "\n" << said.text);
    CHECK(said.status == 2);
    CHECK_THAT(said.text, Contains(row.sentence));
    CHECK(count(said.text, "\n") == 1);
  }
}

TEST_CASE("any other exception has the effect that it always had") { expect({"own_exception", "", 128 + 6, "what():  of the program's own"}); }

TEST_CASE("a requirement outside a run ends the process with status 1") {
  const Said said = wrong("require_outside");
  INFO(said.text);
  CHECK(said.status == 1);
  CHECK(count(said.text, "require failed outside a run") == 1);
}

TEST_CASE("an exploration inside an exploration is that execution's failure") {
  expect({"nested", "", 1, "an exploration inside an exploration: call explore and check outside the body"});
}

TEST_CASE("values of variables that make no sense are refused before anything runs") {
  struct {
    const char* set;
    const char* accepted;
  } const rows[] = {
      {"INTERLEAVE_STACK_KB=abc", "a whole number"},     {"INTERLEAVE_STACK_KB=1", "from 64 to 1048576"},
      {"INTERLEAVE_WATCHDOG=-1", "a time such as"},      {"INTERLEAVE_MEMORY_MB=abc", "a whole number"},
      {"INTERLEAVE_MEMORY_MB=0", "from 1 to"},           {"INTERLEAVE_SEARCH_STEPS=many", "a whole number"},
      {"INTERLEAVE_SEARCH_TIME=long", "a time such as"},    {"INTERLEAVE_DEADLINE=soon", "a time such as"},
      {"INTERLEAVE_SEED=-1", "a whole number"},          {"INTERLEAVE_TIME=soon", "a time such as"},
      {"INTERLEAVE_LEAKS=maybe", "0 or 1"},              {"INTERLEAVE_QUIET=perhaps", "0 or 1"},
      {"INTERLEAVE_SCHEDULE_OPTIONAL=2", "0 or 1"},      {"INTERLEAVE_STEPS=1e5", "a whole number"},
  };
  for (const auto& row : rows) {
    const Said said = wrong_with(row.set);
    INFO(row.set << "\n" << said.text);
    CHECK(said.status == 2);
    CHECK_THAT(said.text, Contains(std::string("interleave: ") + row.set + " makes no sense; use " + row.accepted) ||
                              Contains(std::string("interleave: ") + row.set + " makes no sense; use a whole number " + row.accepted));
  }
  CHECK(wrong_with("INTERLEAVE_STACK_KB= INTERLEAVE_WATCHDOG=").status == 0);
}

TEST_CASE("a misspelt variable is named with the nearest") {
  CHECK_THAT(wrong_with("INTERLEAVE_SCHEDUEL=1").text, Contains("INTERLEAVE_SCHEDUEL is no variable of Interleave, and has no effect; did you mean INTERLEAVE_SCHEDULE?"));
  CHECK_THAT(wrong_with("INTERLEVE_SEED=1").text, Contains("did you mean INTERLEAVE_SEED?"));
  CHECK_THAT(wrong_with("interleave_strategy=dfs").text, Contains("interleave_strategy is no variable of Interleave"));
  const Said far = wrong_with("INTERLEAVE_FOO=1");
  CHECK_THAT(far.text, Contains("INTERLEAVE_FOO is no variable of Interleave, and has no effect\n"));
  CHECK(far.status == 0);
  CHECK_THAT(wrong_with("INTERLEAVE_ROOT=/opt").text, !Contains("no variable"));
}

TEST_CASE("a schedule that belongs to no exploration ends the process with status 2, unless it is optional") {
  const std::string token = token_behind("INTERLEAVE_SCHEDULE=", wrong("lost_update").text);
  REQUIRE_FALSE(token.empty());
  const Said nothing = wrong_with("INTERLEAVE_SCHEDULE=" + token);
  INFO(nothing.text);
  CHECK(nothing.status == 2);
  CHECK_THAT(nothing.text, Contains("the end") && Contains("nothing was replayed"));
  const Said optional = wrong_with("INTERLEAVE_SCHEDULE_OPTIONAL=1 INTERLEAVE_SCHEDULE=" + token);
  CHECK(optional.status == 0);
  CHECK_THAT(optional.text, !Contains("nothing was replayed"));
  CHECK(wrong_with("INTERLEAVE_SCHEDULE=" + token, "lost_update").status == 1);
}

TEST_CASE("a cut at the limit of steps names the limit") {
  const Said said = wrong("many_steps");
  INFO(said.text);
  CHECK(said.status == 1);
  CHECK_THAT(said.text, (Contains("cut at the limit of 1,000 steps") || Contains("no execution came to its end within 1,000 steps")));
}

TEST_CASE("more memory or more threads than there is room for are refused soon, in one sentence") {
  const Row rows[] = {
      {"huge_block", "", 1, "out of memory: a block of 60.0 GiB is asked for"},
      {"no_machine_has_so_much", "", 0, "the end"},
      {"many_blocks", "INTERLEAVE_MEMORY_MB=64", 1, "out of memory: a block of 1.0 MiB is asked for"},
      {"much_memory", "INTERLEAVE_MEMORY_MB=200", 1, "to look for data races in them takes"},
      {"much_memory", "INTERLEAVE_MEMORY_MB=200 INTERLEAVE_RACES=ignore", 0, "the end"},
      {"many_threads", "INTERLEAVE_RACES=ignore", 1, "threads in one execution: there is room for no more stacks of 256 KiB"},
  };
  for (const Row& row : rows) expect(row);
}

// AddressSanitizer ends the process itself.
TEST_CASE("an address space that is too small is refused in one sentence", INTERLEAVE_SANITIZED ? "[.]" : "") {
  const Said little = wrong("right", "bash -c 'ulimit -v 200000; exec \"$@\"' _");
  INFO(little.text);
  CHECK(little.status == 2);
  CHECK_THAT(little.text, Contains("ulimit -v"));
}
