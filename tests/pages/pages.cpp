// What INTERLEAVE_REPORT and INTERLEAVE_JSON make of a user's own tests.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <interleave/interleave.hpp>
#include <nlohmann/json.hpp>

#include "../said.hpp"
#include "../written_files.hpp"

using namespace interleave;
using nlohmann::json;
using interleave::tests::Folder;
using interleave::tests::content;
using interleave::tests::element;

namespace {

class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

void passes() {
  std::atomic<int> n{0};
  parallel([&] { ++n; }, [&] { ++n; });
  outcome(std::to_string(n));
}

void loses() {
  std::atomic<int> n{0};
  std::thread other([&] { n = n + 1; });
  n = n + 1;
  other.join();
  require(n == 2, "an update was \"lost\" </script>");
}

// A check that fails, in a process of its own: its failure is that process' test's.
void fails(const std::string& name) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    REQUIRE(std::freopen("/dev/null", "w", stdout) != nullptr);
    try {
      check(loses, {.name = name});
    } catch (...) {
      _exit(0);
    }
    _exit(1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
}

// The waiter gives the mutex back, is woken, and takes it again.
void wakes() {
  std::mutex mutex;
  std::condition_variable ready;
  bool set = false;
  std::thread waiter([&] {
    std::unique_lock lock(mutex);
    while (!set) ready.wait(lock);
  });
  {
    const std::scoped_lock lock(mutex);
    set = true;
    ready.notify_one();
  }
  waiter.join();
  require(false, "to be seen");
}

}  // namespace

TEST_CASE("a failing exploration leaves a page, a passing one leaves none") {
  const Folder folder;
  const Variable variable("INTERLEAVE_REPORT", folder / "pages");
  CHECK(explore(passes, {.name = "good"}).verdict == Verdict::pass);
  CHECK_FALSE(std::filesystem::exists(folder / "pages"));
  const std::string said = said_on_stderr([] {
    CHECK(explore(loses, {.name = "lost update"}).verdict == Verdict::fail);
    fails("a/\"b\"");
  });
  CHECK(has(said, "interleave: lost update  page " + folder / "pages/lost_update.html" + "\n"));
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "pages")) names.insert(entry.path().filename().string());
  CHECK(names.size() == 6);
  CHECK(names.count("lost_update.html") + names.count("lost_update.trace.json") + names.count("lost_update.dot") == 3);
}

TEST_CASE("a page has the stacks, the source and the way back of a test") {
  const Folder folder;
  const Variable variable("INTERLEAVE_REPORT", folder.path());
  Report report;
  said_on_stderr([&] { report = explore(loses, {.name = "lost"}); });
  const std::string page = content(folder / "lost.html");
  const json document = element(page, "report"), picture = element(page, "picture");
  CHECK(document["scenario"] == "lost");
  CHECK(document["failure"]["message"] == report.failure->message);
  CHECK(document["failure"]["trace"].size() == report.failure->trace.size());
  CHECK(has(picture["replay"], "INTERLEAVE_SCHEDULE=" + report.failure->schedule));
  const json& last = document["failure"]["trace"].back();
  REQUIRE(last["stack"] > 0);
  const json& place = document["failure"]["stacks"][last["stack"].get<std::size_t>() - 1][0];
  CHECK(has(place["file"], "pages.cpp"));
  CHECK(has(picture["sources"][place["file"].get<std::string>()][std::to_string(place["line"].get<unsigned>())], "n"));
  bool started = false;
  for (const json& edge : picture["edges"]) started = started || edge["kind"] == "starts";
  CHECK(started);
}

TEST_CASE("a page shows who was woken by whom, and that a wait gives its mutex back") {
  const Folder folder;
  const Variable variable("INTERLEAVE_REPORT", folder.path());
  // A schedule in which the waiter waits, which not all do.
  Report report;
  bool waited = false;
  for (std::uint64_t seed = 1; seed < 60 && !waited; ++seed) {
    said_on_stderr([&] { report = explore(wakes, {.name = "woken", .strategy = "random", .seed = seed, .executions_max = 1, .shrink = false}); });
    REQUIRE(report.failure);
    for (const TraceEvent& event : report.failure->trace) waited = waited || !event.second.empty();
  }
  REQUIRE(waited);
  const json picture = element(content(folder / "woken.html"), "picture");
  bool woken = false;
  for (const json& edge : picture["edges"]) woken = woken || edge["kind"] == "wakes";
  CHECK(woken);
  REQUIRE(picture["waits"].size() >= 1);
  const auto wait = picture["waits"][0];
  bool given_back = false;
  for (const json& bar : picture["bars"]) given_back = given_back || (bar["lane"] == wait["lane"] && bar["to"] == wait["from"]);
  CHECK(given_back);
}

TEST_CASE("INTERLEAVE_JSON: a line an exploration, passing or failing, at the end of the file") {
  const Folder folder;
  const Variable variable("INTERLEAVE_JSON", folder / "lines.json");
  said_on_stderr([] {
    explore(passes, {.name = "good"});
    check(passes, {.name = "also \"good\""});
    explore(loses, {.name = "bad"});
    fails("worse");
  });
  std::ifstream file(folder / "lines.json");
  std::vector<json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
  REQUIRE(lines.size() == 4);
  CHECK(lines[0]["scenario"] == "good");
  CHECK(lines[0]["verdict"] == "pass");
  CHECK(lines[0]["outcomes"]["2"] == 2);
  CHECK(lines[0]["schema"] == 1);
  CHECK(lines[1]["scenario"] == "also \"good\"");
  CHECK(lines[2]["failure"]["kind"] == "require");
  CHECK(lines[3]["verdict"] == "fail");
}

TEST_CASE("lines of several processes at once are whole") {
  const Folder folder;
  const Variable variable("INTERLEAVE_JSON", folder / "lines.json");
  const Variable pages("INTERLEAVE_REPORT", folder / "pages");
  constexpr int processes = 4, rounds = 8;
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      said_on_stderr([] {
        for (int n = 0; n < rounds; ++n) explore(loses, {.name = "the same name"});
      });
      _exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  std::ifstream file(folder / "lines.json");
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) CHECK(json::parse(line)["scenario"] == "the same name");
  CHECK(lines == processes * rounds);
  CHECK(element(content(folder / "pages/the_same_name.html"), "report")["verdict"] == "fail");
  CHECK(std::distance(std::filesystem::directory_iterator(folder / "pages"), {}) == 3);
}

TEST_CASE("what cannot be written is a sentence, and the verdict stays") {
  for (const char* place : {"/dev/full", "/proc/nowhere/x"}) {
    const Variable report("INTERLEAVE_REPORT", place), lines("INTERLEAVE_JSON", place);
    Verdict good = Verdict::incomplete, bad = Verdict::incomplete;
    const std::string said = said_on_stderr([&] {
      good = explore(passes, {.name = "good"}).verdict;
      bad = explore(loses, {.name = "bad"}).verdict;
    });
    INFO(said);
    CHECK(good == Verdict::pass);
    CHECK(bad == Verdict::fail);
    CHECK(has(said, std::string("interleave: INTERLEAVE_JSON: cannot write ") + place + ": "));
    CHECK(has(said, std::string("interleave: INTERLEAVE_REPORT: cannot write ") + place + ": "));
    CHECK(has(said, "; the verdict is not affected\n"));
  }
}

TEST_CASE("a disk that is full while a page is written leaves no part of it") {
  const Folder folder;
  const Variable report("INTERLEAVE_REPORT", folder.path());
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};  // of a file
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string said = said_on_stderr([] { explore(loses, {.name = "bad"}); });
    _exit(has(said, "INTERLEAVE_REPORT: cannot write " + folder / "bad.html" + ": File too large; give a folder") ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(folder.files().empty());
}
