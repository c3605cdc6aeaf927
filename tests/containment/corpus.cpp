// The corpus of past failures, as the tests of a project and the command use it.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "../model/explored.hpp"
#include "process.hpp"

using Catch::Contains;
namespace fs = std::filesystem;

namespace {

struct Project {
  Project() {
    char name[] = "/tmp/interleave-project-XXXXXX";
    path = mkdtemp(name);
  }
  ~Project() {
    std::error_code ignored;
    fs::permissions(path, fs::perms::owner_all, ignored);
    fs::remove_all(path, ignored);
  }
  Said tests(const std::string& environment = "") const {
    return said_by("env -u INTERLEAVE_CORPUS INTERLEAVE_PROJECT=" + path.string() + " " + environment + " " CONTAINMENT_PROGRAM " past");
  }
  Said command(const std::string& arguments) const {
    return said_by("env -u INTERLEAVE_CORPUS " CONTAINMENT_COMMAND " corpus " + arguments + " --corpus " + (path / ".interleave").string());
  }
  // Names of entries by their state, sorted.
  std::string entries() const {
    std::vector<std::string> names;
    if (fs::exists(path / ".interleave"))
      for (const auto& each : fs::recursive_directory_iterator(path / ".interleave"))
        if (each.is_regular_file() && each.path().filename() != ".gitignore") names.push_back(each.path().parent_path().filename().string() + each.path().extension().string());
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
    return text;
  }
  // As if another build had left the entries.
  void of_another_build() const {
    for (const auto& each : fs::recursive_directory_iterator(path / ".interleave")) {
      if (!each.is_regular_file() || each.path().filename() == ".gitignore") continue;
      std::ostringstream text;
      text << std::ifstream(each.path()).rdbuf();
      std::string content = text.str();
      const auto at = content.find("\nbuild: ");
      REQUIRE(at != content.npos);
      content.replace(at, 16, "\nbuild: 00000001");
      std::ofstream(each.path()) << content;
    }
  }
  fs::path path;
};

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("a failure is executed first the next time, and saves the search as long as it fails") {
  const Project project;
  const Said first = project.tests();
  INFO(first.text);
  CHECK(first.status == 2);
  CHECK_THAT(first.text, Contains("first fails, 2 executions, 0 past ones\n") && Contains("second fails, 2 executions, 0 past ones\n") && Contains("third passes"));
  CHECK(project.entries() == "first.failing second.failing");
  for (int again = 0; again < 2; ++again) {
    const Said said = project.tests();
    INFO(said.text);
    CHECK(said.status == 2);
    CHECK_THAT(said.text, Contains("first fails, 0 executions, 1 past ones, a past failure\n") && Contains("second fails, 0 executions, 1 past ones, a past failure\n") &&
                              Contains("[a past failure, which fails again]") && Contains("third passes"));
    CHECK(project.entries() == "first.failing second.failing");
    CHECK(token_behind("INTERLEAVE_SCHEDULE=", said.text) == token_behind("INTERLEAVE_SCHEDULE=", first.text));
  }
}

TEST_CASE("a past failure of another build that passes is said to be fixed, once, and is executed all the same, in case it comes back") {
  const Project project;
  project.tests();
  project.of_another_build();
  const std::string fixed = "first  a past failure is fixed: require (programs.cpp:";
  const Said repaired = project.tests("INTERLEAVE_TEST_REPAIRED=same");
  INFO(repaired.text);
  CHECK(repaired.status == 0);
  CHECK_THAT(repaired.text, Contains(fixed) && Contains("proved: all 4 executions pass"));
  CHECK(project.entries() == "first.fixed second.fixed");
  const Said again = project.tests("INTERLEAVE_TEST_REPAIRED=same");
  CHECK(again.status == 0);
  CHECK_THAT(again.text, !Contains("past failure"));
  const Said back = project.tests();
  CHECK_THAT(back.text, Contains("first fails, 0 executions, 1 past ones, a past failure"));
  CHECK(project.entries() == "first.failing second.failing");
}

TEST_CASE("a schedule of another build that does not fit any more is kept aside, and the search goes on as usual") {
  const Project project;
  project.tests();
  project.of_another_build();
  const Said said = project.tests("INTERLEAVE_TEST_REPAIRED=other");
  INFO(said.text);
  CHECK(said.status == 0);
  CHECK(count(said.text, "the schedule of a past failure does not fit the program any more, and is kept aside: require (") == 2u);
  CHECK_THAT(said.text, Contains("interleave: first  proved: all 2 executions pass"));
  CHECK(project.entries() == "first.aside second.aside");
  CHECK_THAT(project.tests("INTERLEAVE_TEST_REPAIRED=other").text, !Contains("past failure"));
  // It is not executed: the search finds the failure, and the same schedule is an entry again.
  CHECK_THAT(project.tests().text, Contains("first fails, 2 executions, 0 past ones\n"));
  CHECK(project.entries() == "first.failing second.failing");
}

TEST_CASE("in the build that it is from, a schedule that passes or does not fit is somebody else's, and nothing is said") {
  const Project project;
  project.tests();
  for (const char* how : {"same", "other"}) {
    const Said said = project.tests(std::string("INTERLEAVE_TEST_REPAIRED=") + how);
    CHECK(said.status == 0);
    CHECK_THAT(said.text, !Contains("past failure"));
    CHECK(project.entries() == "first.failing second.failing");
  }
}

TEST_CASE("one variable switches it off; other options of the model, a token, and a seed with its strategy leave it alone") {
  const Project project;
  CHECK(project.tests("INTERLEAVE_CORPUS=0").status == 2);
  CHECK(project.entries().empty());
  CHECK_FALSE(fs::exists(project.path / ".interleave"));
  const std::string token = token_behind("INTERLEAVE_SCHEDULE=", project.tests().text);
  for (const std::string& environment : {std::string("INTERLEAVE_CORPUS=0"), std::string("INTERLEAVE_SPURIOUS_WAKEUPS=1"), "INTERLEAVE_SCHEDULE=" + token,
                                         std::string("INTERLEAVE_SEED=5 INTERLEAVE_STRATEGY=random")}) {
    const Said said = project.tests(environment);
    INFO(environment << said.text);
    CHECK_THAT(said.text, !Contains("1 past ones") && Contains("first fails, "));
  }
}

TEST_CASE("where the corpus cannot be written, or an entry is damaged, that is a sentence, and the verdict is as it was") {
  const Project project;
  const Said gone = said_by("env -u INTERLEAVE_CORPUS INTERLEAVE_PROJECT=/proc/none " CONTAINMENT_PROGRAM " past");
  CHECK(gone.status == 2);
  CHECK(count(gone.text, "interleave: the corpus of past failures: cannot make /proc/none/.interleave: No such file or directory (INTERLEAVE_CORPUS=0 switches it off); "
                         "the verdict is not affected\n") == 1u);
  project.tests();
  for (const auto& each : fs::recursive_directory_iterator(project.path / ".interleave"))
    if (each.path().extension() == ".failing") fs::resize_file(each.path(), 40);
  const Said damaged = project.tests();
  INFO(damaged.text);
  CHECK(damaged.status == 2);
  CHECK(count(damaged.text, "is damaged, and is left as it is") == 2u);
  CHECK_THAT(damaged.text, Contains("first fails, 2 executions, 0 past ones\n"));
  if (geteuid() == 0) return;  // who may write everywhere
  fs::permissions(project.path / ".interleave" / "corpus" / "first", fs::perms::owner_read | fs::perms::owner_exec);
  CHECK_THAT(project.tests().text, Contains("Permission denied"));
  fs::permissions(project.path / ".interleave" / "corpus" / "first", fs::perms::owner_all);
}

TEST_CASE("a full disk loses nothing but the entry", "[corpus]") {
  const Project project;
  // No file may grow beyond nothing: what is written fails as on a full disk.
  const Said full = said_by("bash -c 'trap \"\" XFSZ; ulimit -f 0; env -u INTERLEAVE_CORPUS INTERLEAVE_PROJECT=" + project.path.string() + " " CONTAINMENT_PROGRAM " past'");
  INFO(full.text);
  CHECK(full.status == 2);
  CHECK_THAT(full.text, Contains("interleave: the corpus of past failures: cannot write ") && Contains("File too large"));
  CHECK(project.entries().empty());
}

TEST_CASE("many processes at once, some of which are killed, leave whole entries") {
  const Project project;
  const std::string one = "env -u INTERLEAVE_CORPUS INTERLEAVE_PROJECT=" + project.path.string() + " " CONTAINMENT_PROGRAM " past";
  said_by("bash -c 'for i in 1 2 3 4 5 6; do " + one + " & pid=$!; [ $((i % 2)) = 0 ] || { sleep 0.0$i; kill -9 $pid; }; done; wait'");
  const Said said = project.tests();
  INFO(said.text);
  CHECK(said.status == 2);
  CHECK_THAT(said.text, !Contains("damaged") && Contains("first fails, 0 executions, 1 past ones, a past failure"));
}

TEST_CASE("interleave corpus lists the entries, has their programs execute them, and drops them") {
  const Project project;
  CHECK_THAT(project.command("list").text, Contains("0 entries in "));
  project.tests();
  const Said list = project.command("list");
  INFO(list.text);
  CHECK(list.status == 0);
  CHECK_THAT(list.text, Contains("failing  first  require: programs.cpp:") && Contains("an update is lost\n         INTERLEAVE_SCHEDULE=il1:") &&
                            Contains("containment_program past\n") && Contains("2 entries in " + project.path.string() + "/.interleave: 2 failing\n"));
  CHECK_THAT(project.command("list --json").text, Contains("\"state\": \"failing\"") && Contains("\"arguments\": [\n        \"past\"\n      ]"));

  const Said run = project.command("run");
  INFO(run.text);
  CHECK(run.status == 1);
  CHECK_THAT(run.text, Contains("still fails   first  require: ") && Contains("still fails   second  require: "));
  const Said passes = said_by("env -u INTERLEAVE_CORPUS INTERLEAVE_TEST_REPAIRED=same " CONTAINMENT_COMMAND " corpus run first --corpus " + (project.path / ".interleave").string());
  INFO(passes.text);
  CHECK(passes.status == 0);
  CHECK_THAT(passes.text, Contains("passes        first  require: ") && !Contains("second"));
  // Of a program that is gone.
  for (const auto& each : fs::recursive_directory_iterator(project.path / ".interleave")) {
    if (each.path().extension() != ".failing" || each.path().parent_path().filename() != "second") continue;
    std::ostringstream text;
    text << std::ifstream(each.path()).rdbuf();
    std::string content = text.str();
    content.replace(content.find("\nprogram: ") + 10, 1, "/none/");
    std::ofstream(each.path()) << content;
  }
  const Said gone = project.command("run second");
  INFO(gone.text);
  CHECK(gone.status == 3);
  CHECK_THAT(gone.text, Contains("not executed  second  require: ") && Contains("(its program is gone: build it first)"));

  CHECK(project.command("drop first").text == "1 entry dropped\n");
  CHECK(project.entries() == "second.failing");
  CHECK(project.command("drop --all").text == "1 entry dropped\n");
  CHECK(project.entries().empty());
}

TEST_CASE("a failing check is annotated under GITHUB_ACTIONS=true, and elsewhere not") {
  const std::string folder = fs::path(__FILE__).parent_path().string();
  const Said said = said_by("env INTERLEAVE_CORPUS=0 GITHUB_ACTIONS=true GITHUB_WORKSPACE=" + folder + " " CONTAINMENT_PROGRAM " past");
  INFO(said.text);
  CHECK(count(said.text, "\n::error ") == 2u);
  CHECK_THAT(said.text, Contains("\n::error file=programs.cpp,line=") && Contains(",title=first%3A require::programs.cpp:") &&
                            Contains(": an update is lost%0AINTERLEAVE_SCHEDULE=il1:"));
  CHECK_THAT(said_by("env -u GITHUB_ACTIONS INTERLEAVE_CORPUS=0 " CONTAINMENT_PROGRAM " past").text, !Contains("::error"));
}

TEST_CASE("interleave corpus refuses what makes no sense") {
  const Project project;
  const auto refused = [&](const std::string& arguments, const std::string& sentence) {
    const Said said = project.command(arguments);
    INFO(said.text);
    CHECK(said.status == 2);
    CHECK_THAT(said.text, Contains(sentence));
  };
  refused("", "ACTION");
  refused("show", "interleave corpus show: what is that? Give list, run or drop");
  refused("drop", "drop what? Name tests (interleave corpus list shows them), or give --all");
  refused("drop none", "the corpus has no entry of 'none'");
  refused("run --all", "corpus run takes all entries unless tests are named; leave out --all");
  refused("list --first", "corpus takes no --first");
  const Said nowhere = said_by("bash -c 'cd / && env -u INTERLEAVE_CORPUS -u INTERLEAVE_PROJECT " CONTAINMENT_COMMAND " corpus list'");
  CHECK(nowhere.status == 2);
  CHECK_THAT(nowhere.text, Contains("there is no corpus here: no folder .interleave is here or further up; give --corpus DIR"));
}
