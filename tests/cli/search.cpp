// search: what it says of a proof, of a failure and of a bound, and with which status it ends.
#include <string>

#include <interleave/catch2.hpp>

#include "command.hpp"

using namespace interleave::cli;

TEST_CASE("a proof says what it assumes of threads that go round, where some may") {
  const std::string assumption = "that threads do not go round for ever where another schedule leads on";
  const auto polls = command("search rounds/polls"), plain = command("search good/both_outcomes");
  CHECK(polls.status == 0);
  CHECK(has(polls.out, assumption));
  CHECK(plain.status == 0);
  CHECK(has(plain.out, "proved"));
  CHECK_FALSE(has(plain.out, "assumes"));
}

TEST_CASE("search ends with the status that fits") {
  struct Row {
    const char* arguments;
    int         status;
  };
  for (const auto& [arguments, status] : {
           Row{"good/passes", 0},
           Row{"good/both_outcomes", 0},
           Row{"good", 0},
           Row{"'good/*' bad/deadlock", 0},
           Row{"bad/lost_update", 0},
           Row{"bad/lost_update --first", 0},
           Row{"bad/spurious", 0},
           Row{"bad/spurious --spurious-wakeups", 1},
           Row{"wrong/fails", 1},
           Row{"wrong/fails --first", 1},
           Row{"wrong/passes", 1},
           Row{"wrong/kind", 1},
           Row{"wrong/undeclared_outcome", 1},
           Row{"wrong/missing_outcome", 1},
           Row{"good/both_outcomes --executions 2", 3},
           Row{"bad/lost_update --executions 3", 3},
           Row{"wrong/passes --executions 2", 3},
           Row{"limit/large --strategy dfs --time 50ms", 3},
           Row{"limit/bounded", 0},
           Row{"limit/bounded --executions 1", 3},
           Row{"limit/bounded --strategy preemptions:bound=0/dfs", 3},
           Row{"limit/counts", 0},
           Row{"limit/counts --strategy dfs", 3},
           Row{"limit/unsupported", 4},
           Row{"wrong/fails good/passes limit/unsupported", 4},
           Row{"wrong/fails limit/large --strategy dfs --time 50ms", 1},
       }) {
    CAPTURE(arguments);
    const auto said = command("search " + std::string(arguments));
    CAPTURE(said.out, said.err);
    CHECK(said.status == status);
    const char* strategy = has(arguments, "/dfs") ? "preemptions:bound=0/dfs" : has(arguments, "dfs") ? "dfs" : "dpor";
    CHECK(first_line(said.out) == "interleave 0.1.0  search  strategy " + std::string(strategy) + "  seed 1");
  }
}

TEST_CASE("search shows one scenario in full") {
  const auto said = command("search bad/lost_update");
  CHECK(has(said.out, "FAILED  bad/lost_update   require after 5 steps"));
  CHECK(has(said.out, "explored all 4 executions, 2 of them failing"));
  CHECK(has(said.out, "outcome  \"2\" (2)"));
  CHECK(has(said.out, "as expected: bad/lost_update is declared to fail with require"));
  CHECK(said.err.empty());
  CHECK(has(command("search good/passes").out, "no schedule fails: all 2 executions (dpor)"));
}

TEST_CASE("search --all is a table of those meant to be searched") {
  const auto reduced = command("search --all");
  CHECK(has(reduced.out, "17 scenarios run: 11 as expected, 6 not"));
  CHECK(has(reduced.out, "Searched up to the bound that the scenario declares, and no further:\n"
                         "  limit/bounded: every schedule with at most 1 preemption\n"
                         "  limit/counts: every schedule in which no thread goes more than "));
  const auto said = command("search --all --strategy dfs");
  CAPTURE(said.out);
  CHECK(said.status == 4);
  CHECK(has(said.out, "as expected\n"));
  CHECK(has(said.out, "limit/large               pass        needs a reducing search\n"));
  CHECK_FALSE(has(said.out, "limit/endless"));
  CHECK(has(said.out, "14 scenarios run: 8 as expected, 6 not; 3 not run"));
  CHECK(has(said.out, "limit/bounded             pass        is searched within its own bound\n"));
  CHECK(has(said.out, "wrong/kind: NOT AS EXPECTED: it fails with require instead of deadlock"));
}

TEST_CASE("search says that a scenario passes up to its bound, and that it is no more than that") {
  const auto said = command("search limit/bounded");
  CHECK(has(said.out, "every schedule with at most 1 preemption: none of them fails"));
  CHECK(has(said.out, "that no other schedule fails"));
  CHECK(has(said.out, "as expected: limit/bounded is declared to pass, up to this bound"));
  CHECK(has(command("search limit/bounded good/passes").out, " bounded  "));
}

TEST_CASE("search says what it covered of a program that waits in a loop that counts") {
  const auto said = command("search limit/counts");
  CHECK(has(said.out, "PASSED  limit/counts"));
  CHECK(has(said.out, "every schedule in which no thread goes more than "));
  CHECK(has(said.out, "as expected: limit/counts is declared to pass, up to this bound"));
  const auto otherwise = command("search limit/counts --strategy dfs");  // not as it declares
  CHECK(has(otherwise.out, "the search is not complete: it covered every schedule in which no thread goes more than "));
}

TEST_CASE("two searches print the same bytes but for the time") {
  CHECK(command("search bad/lost_update").out == command("search bad/lost_update").out);
}
