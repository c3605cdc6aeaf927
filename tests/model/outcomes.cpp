// Each outcome has a witness: the token of an execution that had it.
#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "../said.hpp"
#include "explored.hpp"

using namespace interleave;

namespace {

void two_increments() {
  int n = 0;
  std::atomic<int> a{0};
  parallel([&] { a = a + 1; }, [&] { a = a + 1; });
  n = a;
  outcome(std::to_string(n));
}

// Replays every witness, and says which outcomes that gave.
Outcomes replayed(const std::function<void()>& body, const Report& report, Options options) {
  Outcomes all;
  for (const auto& [value, token] : report.witnesses) {
    options.schedule = token;
    options.strategy = "";
    const Report again = explore(body, options);
    INFO(value << ": " << text_of(again));
    CHECK(again.outcomes == Outcomes{{value, 1}});
    ++all[value];
  }
  return all;
}

}  // namespace

TEST_CASE("each outcome has a token that replays an execution with it, whoever has found it") {
  for (const char* strategy : {"", "dpor", "dfs", "random", "preemptions:bound=1/dfs", "auto", "repeat/dpor"}) {
    const Options options{.name = "increments", .strategy = strategy, .seed = 5};
    const Report report = explore(two_increments, options);
    INFO(strategy << text_of(report));
    CHECK(names_of(report.outcomes) == std::vector<std::string>{"1", "2"});
    CHECK(replayed(two_increments, report, options) == Outcomes{{"1", 1}, {"2", 1}});
  }
}

TEST_CASE("there are witnesses beside failures, of executions that fail, and where races are explored") {
  const auto failing = [] {
    std::atomic<int> a{0};
    parallel([&] { a = a + 1; }, [&] { a = a + 1; });
    outcome(std::to_string(a));
    require(a == 2);
  };
  const Options all{.name = "failing", .strategy = "dpor", .stop_at_first_failure = false};
  const Report report = explore(failing, all);
  CHECK(report.verdict == Verdict::fail);
  CHECK(replayed(failing, report, all).size() == 2u);

  const auto racing = [] {
    int n = 0;
    parallel([&] { n = n + 1; }, [&] { n = n + 1; });
    outcome(std::to_string(n));
  };
  const Options explores{.name = "racing", .races = "explore"};
  const Report races = explore(racing, explores);
  INFO(text_of(races));
  CHECK(names_of(races.outcomes) == std::vector<std::string>{"1", "2"});
  CHECK(replayed(racing, races, explores).size() == 2u);
}

TEST_CASE("threads that spin: the witness of an execution in which one has stopped replays") {
  const auto body = [] {
    std::atomic<int> turn{0}, n{0};
    parallel([&] {
      while (turn == 0) std::this_thread::yield();
      n = n + 1;
    }, [&] {
      n = n + 2;
      turn = 1;
      n = n + 4;
    });
    outcome(std::to_string(n));
  };
  const Report report = explore(body, {.name = "spins"});
  INFO(text_of(report));
  CHECK(report.complete);
  CHECK(report.outcomes.size() == report.witnesses.size());
  CHECK(replayed(body, report, {.name = "spins"}).size() == report.outcomes.size());
}

TEST_CASE("without outcomes there are no witnesses; of very many, the first 1,000 have one") {
  CHECK(explore([] {}).witnesses.empty());
  const Report report = explore([] { outcome(std::to_string(choose(1500))); });
  CHECK(report.outcomes.size() == 1500u);
  CHECK(report.witnesses.size() == 1000u);
}

TEST_CASE("INTERLEAVE_OUTCOMES=1 prints them as a table on stderr, from explore and from check; without it nothing is printed") {
  const auto body = [] { outcome(choose(3) == 0 ? "a\nb" : "c"); };
  const auto explores = [&] { explore(body, {.name = "table"}); };
  const auto checks = [&] { check(body, {.name = "table"}); };
  const std::string pass = "interleave: table  proved: all 3 executions pass\n";
  CHECK(said_on_stderr(explores) == pass);
  setenv("INTERLEAVE_OUTCOMES", "1", 1);
  const std::string explored = said_on_stderr(explores), checked = said_on_stderr(checks);
  const std::string none = said_on_stderr([] { explore([] {}, {.name = "none"}); });
  unsetenv("INTERLEAVE_OUTCOMES");
  const Report report = explore(body, {.name = "table"});
  CHECK(explored == pass + "interleave: table  outcomes; INTERLEAVE_SCHEDULE=TOKEN replays one\n"
                           "  2 outcomes of 3 executions\n"
                           "  executions  outcome  a schedule that has it\n"
                           "           1  \"a b\"    " + report.witnesses.at("a\nb") + "\n"
                           "           2  \"c\"      " + report.witnesses.at("c") + "\n");
  CHECK(checked == explored);
  CHECK(none.find("outcome") == none.npos);
}
