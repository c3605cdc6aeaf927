// Each verb: what it prints and with which status it ends. The scenarios are those of fixtures.cpp.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include <interleave/catch2.hpp>

#include "command.hpp"

using interleave::cli::command;
using interleave::cli::command_tsan;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// The command line behind "replay  interleave replay " (or "or      interleave replay "), up to the end of the line.
std::string way_back(const std::string& out, const std::string& with) {
  const std::string begin = "interleave replay ";
  for (auto at = out.find(begin); at != out.npos; at = out.find(begin, at + 1)) {
    const auto line = out.substr(at + 11, out.find('\n', at) - at - 11);
    if (has(line, with)) return line;
  }
  return "";
}

}  // namespace

TEST_CASE("a proof says what it assumes of threads that go round, where some may") {
  const std::string assumption = "that threads do not go round for ever where another schedule leads on";
  const auto polls = command("search rounds/polls"), plain = command("search good/both_outcomes");
  CHECK(polls.status == 0);
  CHECK(has(polls.out, assumption));
  CHECK(plain.status == 0);
  CHECK(has(plain.out, "proved"));
  CHECK_FALSE(has(plain.out, "assumes"));
}

TEST_CASE("--require-complete makes a pass that is not complete a failure; replay and stress do not look at it") {
  CHECK(command("search good/passes --require-complete").status == 0);
  const auto drawn = command("sample good/passes --executions 5 --require-complete");
  CHECK(drawn.status == 1);
  CHECK(has(drawn.out, "FAILED  good/passes   incomplete   [5 executions, auto]"));
  CHECK(has(drawn.out, "not: 5 executions were drawn"));
  CHECK(command("sample good/passes --executions 5", "INTERLEAVE_REQUIRE_COMPLETE=1").status == 1);
  CHECK(command("sample good/passes --executions 5 --require-complete=0", "INTERLEAVE_REQUIRE_COMPLETE=1").status == 0);
  CHECK(command("stress good/passes --executions 5", "INTERLEAVE_REQUIRE_COMPLETE=1").status == 0);
  CHECK(command("search good/passes").err.empty());  // what a pass rests on stands on stdout
}

TEST_CASE("--suppressions names a file of findings that are set aside, as INTERLEAVE_SUPPRESSIONS does") {
  char path[] = "/tmp/interleave_cli_suppressions_XXXXXX";
  const int file = mkstemp(path);
  REQUIRE(file >= 0);
  REQUIRE(write(file, "deadlock:*\n", 11) == 11);
  close(file);
  const std::string flag = std::string(" --suppressions ") + path, variable = std::string("INTERLEAVE_SUPPRESSIONS=") + path;
  const auto by_flag = command("search bad/deadlock" + flag), by_variable = command("search bad/deadlock", variable);
  for (const auto* said : {&by_flag, &by_variable}) {
    INFO(said->out << said->err);
    CHECK(said->status == 1);  // it is declared to fail, and no execution counts as a failure
    CHECK(has(said->out, "deadlock:* ("));
    CHECK_FALSE(has(said->out, "FAILED"));
  }
  const auto sampled = command("sample bad/deadlock --executions 50" + flag);
  INFO(sampled.out << sampled.err);
  CHECK_FALSE(has(sampled.out, "FAILED"));
  unlink(path);
  CHECK(command("search bad/deadlock" + flag).status == 2);  // the file is gone
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

TEST_CASE("however short the time, there is no pass without an execution") {
  for (const auto* arguments : {"sample good/passes --time 0.000001ms", "stress good/passes --time 0.000001ms"}) {
    const auto said = command(arguments);
    CAPTURE(arguments, said.out);
    CHECK(said.status == 0);
    CHECK_FALSE(has(said.out, "explored   0 executions"));
  }
}

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

TEST_CASE("the environment steers, and a flag wins over it") {
  CHECK(first_line(command("sample good/passes", "INTERLEAVE_SEED=77 INTERLEAVE_EXECUTIONS=3").out) ==
        "interleave 0.1.0  sample  strategy auto  seed 77");
  CHECK(has(command("sample good/passes", "INTERLEAVE_EXECUTIONS=3").out, "3 executions"));
  CHECK(has(command("sample good/passes --executions 4", "INTERLEAVE_EXECUTIONS=3").out, "4 executions"));
  CHECK(command("search bad/spurious", "INTERLEAVE_SPURIOUS_WAKEUPS=1").status == 1);
  CHECK(command("search bad/spurious --spurious-wakeups=0", "INTERLEAVE_SPURIOUS_WAKEUPS=1").status == 0);
  const auto token = command("search bad/deadlock").token();
  CHECK(command("replay bad/deadlock", "INTERLEAVE_SCHEDULE=" + token).status == 1);
  CHECK(command("replay bad/deadlock --schedule " + token, "INTERLEAVE_SEED=5").status == 1);
  CHECK(command("search good/passes", "INTERLEAVE_STRATEGY= INTERLEAVE_SEED=").status == 0);
  CHECK(first_line(command("search good/passes --strategy ''").out) == "interleave 0.1.0  search  strategy dpor  seed 1");
}

TEST_CASE("a limit of zero is no limit, on the command line as in Options") {
  for (const auto* flag : {"--executions 0", "--steps 0", "--time 0"}) {
    CAPTURE(flag);
    CHECK(has(command("search good/both_outcomes " + std::string(flag)).out, "all 4 executions"));
  }
  CHECK(has(command("search good/both_outcomes", "INTERLEAVE_EXECUTIONS=0").out, "all 4 executions"));
  CHECK(has(command("sample good/passes --time 0 --executions 7").out, "7 executions"));
  CHECK(command("sample good/passes --executions 0 --time 50ms").status == 0);
}

TEST_CASE("a schedule in the environment of a verb that replays none is said to mean nothing") {
  const auto token = command("search bad/deadlock").token();
  const auto said = command("search bad/deadlock", "INTERLEAVE_SCHEDULE=" + token);
  CHECK(said.status == 0);
  CHECK(has(said.err, "INTERLEAVE_SCHEDULE means nothing to search"));
  CHECK(command("list", "INTERLEAVE_SCHEDULE=" + token).err.empty());
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

TEST_CASE("--check switches a checker on, and the way back says so") {
  // The first execution runs one thread after the other: the orders are opposite, and no deadlock comes of it.
  for (const auto& [arguments, environment] : {std::pair{"search bad/deadlock --first --check lock-order", ""},
                                               std::pair{"search bad/deadlock --first", "INTERLEAVE_CHECK=lock-order"}}) {
    CAPTURE(arguments, environment);
    const auto said = command(arguments, environment);
    CAPTURE(said.out, said.err);
    CHECK(said.status == 1);
    CHECK(has(said.out, "FAILED  bad/deadlock   lock-order"));
    CHECK(has(said.out, "and then"));
    CHECK(has(said.out, "--check lock-order --schedule " + said.token()));
    CHECK(command("replay bad/deadlock --schedule " + said.token() + " --check lock-order").status == 1);
    const auto without = command("replay bad/deadlock --schedule " + said.token());
    CHECK(without.status == 0);
    CHECK(has(without.out, "not reproduced: this execution does not fail"));
  }
  CHECK(has(command("search bad/deadlock --first --check lock-order,no-lock-order").out, "FAILED  bad/deadlock   deadlock"));
  CHECK(has(command("search bad/deadlock").out, "cycle: "));
  CHECK_FALSE(has(command("search bad/deadlock --check no-deadlock").out, "cycle: "));
}

TEST_CASE("the checkers that are registered, with their help") {
  const auto text = command("checkers");
  CHECK(text.status == 0);
  CHECK(has(text.out, "lock-order  off"));
  CHECK(has(text.out, "deadlock    on"));
  const auto document = command("checkers --json").json();
  CHECK(document["schema"] == 1);
  std::vector<std::string> names;
  for (const auto& checker : document["checkers"]) {
    names.push_back(checker["name"]);
    CHECK_FALSE(checker["help"].get<std::string>().empty());
    CHECK_FALSE(checker["watches"].get<std::string>().empty());
    CHECK(checker["by_default"] == (checker["name"] != "lock-order"));
  }
  CHECK(names == std::vector<std::string>{"deadlock", "livelock", "lock-order"});
}

TEST_CASE("list, help and version") {
  const auto list = command("list");
  CHECK(list.status == 0);
  CHECK(has(list.out, "bad/deadlock              fail: deadlock  search"));
  const auto help = command("--help");
  CHECK(help.status == 0);
  CHECK(has(help.out, "Examples:"));
  CHECK(has(command("search --help").out, "INTERLEAVE_STRATEGY"));
  CHECK(command("--version").out == "interleave 0.1.0\n");
}

TEST_CASE("strategies: every one that is registered, with its help and arguments") {
  const auto text = command("strategies");
  CHECK(text.status == 0);
  CHECK(text.err.empty());
  CHECK(has(text.out, "pct:depth=N,steps=N"));
  CHECK(has(text.out, "depth: the depth of the bugs that it is to meet; otherwise 3; from 1 to 1000\n"));
  CHECK(has(text.out, "preemptions:bound=N/STRATEGY"));
  const auto document = command("strategies --json").json();
  CHECK(document["schema"] == 1);
  CHECK(document["strategies"].size() >= 11);
  for (const auto& strategy : document["strategies"]) {
    const std::string name = strategy["name"], kind = strategy["kind"];
    CAPTURE(name);
    CHECK(has(text.out, name));
    CHECK(has(text.out, strategy["help"].get<std::string>()));
    for (const auto& argument : strategy["arguments"]) CHECK(has(text.out, argument["name"].get<std::string>() + ": "));
    // What is listed can be asked for.
    const std::string verb = kind == "samples" ? "sample" : "search";
    CHECK(command(verb + " good/passes --executions 1000 --strategy " + name + (kind == "wraps" ? "/dfs" : "")).status == 0);
  }
  CHECK(command_tsan("strategies").status == 2);
  CHECK(command("strategies --all").status == 2);
}
