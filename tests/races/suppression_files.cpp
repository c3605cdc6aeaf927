// Where suppressions come from: files that are found, and files and lines that are refused; the program's own function; and what is said of
// all of them at the end of the process.
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "suppressed.hpp"

static const char* of_the_program = "";
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions() { return of_the_program; }

TEST_CASE("what the program's own __tsan_default_suppressions returns holds, with a file and without") {
  of_the_program = "# of the program\nrace:count_hit\n";
  const Report alone = explore(two_races);
  CHECK(kind_of(alone) == "data-race");
  const Report both = run("race:count_miss", two_races);
  CHECK(both.verdict == Verdict::pass);
  REQUIRE(both.suppressions.size() == 2);
  CHECK(both.suppressions[1].pattern == "race:count_hit");
  of_the_program = "rase:count_hit";
  CHECK_THROWS_WITH(explore(one_race), Catch::Matchers::Contains("__tsan_default_suppressions:1: 'rase' is no kind"));
  of_the_program = "";
}

// ---- files that are refused ------------------------------------------------------------------------------------------

TEST_CASE("a file that makes no sense is refused in a sentence that names the line") {
  struct Row {
    const char* file;
    const char* part;
  };
  const Row rows[] = {
      {"race:a\nrcae:b", ":2: 'rcae' is no kind of suppression; did you mean race"},
      {"count_hit", ":1: 'count_hit' is no suppression: it takes a kind, a colon and a pattern"},
      {"\n\nrace:", ":3: 'race:' names nothing"},
      {"race:^$", ":1: 'race:^$' names nothing"},
      {":count_hit", ":1: '' is no kind"},
      {"require:x", ":1: 'require' is no kind"},
  };
  for (const Row& row : rows) {
    INFO(row.file);
    CHECK_THROWS_WITH(run(row.file, one_race), Catch::Matchers::Contains(row.part));
    CHECK_THROWS_AS(run(row.file, one_race), interleave::UsageError);
  }
}

TEST_CASE("a file that is not there is refused, and one beside the program is found") {
  setenv("INTERLEAVE_SUPPRESSIONS", "no_such_file.txt", 1);
  CHECK_THROWS_WITH(explore(one_race), Catch::Matchers::Contains("no_such_file.txt cannot be read"));
  setenv("INTERLEAVE_SUPPRESSIONS", "/", 1);
  CHECK_THROWS_AS(explore(one_race), interleave::UsageError);
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  REQUIRE(length > 0);
  const std::string program(path, static_cast<std::size_t>(length)), name = "beside_" + std::to_string(getpid()) + ".txt";
  const std::string file = program.substr(0, program.rfind('/') + 1) + name;
  std::ofstream(file) << "race:count_hit\n";
  setenv("INTERLEAVE_SUPPRESSIONS", name.c_str(), 1);
  CHECK(explore(one_race).verdict == Verdict::pass);
  unsetenv("INTERLEAVE_SUPPRESSIONS");
  unlink(file.c_str());
}

// ---- at the end of the process: see CMakeLists.txt -------------------------------------------------------------------

TEST_CASE("what matched nothing is named at the end of the process", "[.][end]") { static_cast<void>(explore(one_race)); }
