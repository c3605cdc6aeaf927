// A request that makes no sense is refused with one sentence on stderr that names the next action; nothing runs; status 2.
#include <algorithm>

#include <interleave/catch2.hpp>

#include "command.hpp"

using interleave::cli::command;

namespace {

struct Row {
  const char* arguments;
  const char* says;  // a part of the sentence
  const char* environment = "";
};

}  // namespace

TEST_CASE("bad input is refused with one sentence and status 2") {
  for (const auto& [arguments, says, environment] : {
           Row{"", "what to do? Give one of list, search"},
           Row{"serch good/passes", "there is no verb 'serch'; did you mean search"},
           Row{"run -- true", "there is no verb 'run'"},
           Row{"search", "search what?"},
           Row{"search --all good/passes", "leave out one of them"},
           Row{"search good/pases", "there is no scenario 'good/pases'; did you mean good/passes"},
           Row{"search god", "did you mean good"},
           Row{"search 'nothing/*'", "no scenario matches 'nothing/*'; interleave list names them all"},
           Row{"search good/passes --strategy dsf", "there is no strategy 'dsf'; did you mean dfs"},
           Row{"search good/passes --strategy dfs:depth=3", "strategy 'dfs' has no 'depth'"},
           Row{"search good/passes --strategy dfs:depth", "not of the form key=value"},
           Row{"search good/passes --strategy repeat", "write repeat/dfs"},
           Row{"sample good/passes --strategy pct:depth=1000000000000000000", "strategy 'pct': depth must be a whole number from 1 to 1000, not '1000000000000000000'"},
           Row{"replay good/passes --seed 5 --strategy pct:depth=1001", "from 1 to 1000, not '1001'"},
           Row{"search good/passes --strategy preemptions:bound=18446744073709551615/dfs", "bound must be a whole number from 0 to 1099511627776"},
           Row{"sample good/passes", "counts must be whole numbers from 0 to 1099511627776 with dots between them", "INTERLEAVE_STRATEGY=urw:counts=-1"},
           Row{"search good/passes --strategy random", "use interleave sample --strategy random"},
           Row{"search good/passes", "there is no strategy 'dsf'", "INTERLEAVE_STRATEGY=dsf"},
           Row{"search good/passes --frist", "there is no flag --frist; see interleave search --help; did you mean --first?"},
           Row{"search good/passes --spurious-wakeup", "there is no flag --spurious-wakeup; see interleave search --help; did you mean --spurious-wakeups?"},
           Row{"search good/passes --frobnicate", "there is no flag --frobnicate; see interleave search --help\n"},
           Row{"search good/passes --executions -1", "--executions=-1 makes no sense"},
           Row{"search good/passes --executions ten", "--executions=ten makes no sense"},
           Row{"search good/passes --executions 18446744073709551616", "makes no sense"},
           Row{"search good/passes --executions", "see interleave search --help"},
           Row{"search good/passes", "INTERLEAVE_TIME=soon makes no sense", "INTERLEAVE_TIME=soon"},
           Row{"sample good/passes --executions 0", "sample without a limit of executions never ends"},
           Row{"sample good/passes", "never ends; give --time as well", "INTERLEAVE_EXECUTIONS=0"},
           Row{"stress good/passes --executions 0 --time 0", "stress without a limit of executions never ends"},
           Row{"search good/passes", "not a schedule token", "INTERLEAVE_SCHEDULE=damaged"},
           Row{"sample good/passes", "damaged", "INTERLEAVE_SCHEDULE=il1:AAAAAAAAAAAAAAAA"},
           Row{"search good/passes --time -1", "--time=-1 makes no sense"},
           Row{"search good/passes --time 3parsecs", "a time such as 10, 10s, 500ms or 2m"},
           Row{"search good/passes --races maybe", "use fail or explore or ignore"},
           Row{"search good/passes --clock real", "use any or virtual"},
           Row{"search good/passes --heap reused", "use fresh or reuse"},
           Row{"search good/passes --color pink", "use auto or always or never"},
           Row{"search good/passes --seed x", "--seed=x makes no sense"},
           Row{"search good/passes --interrupts=perhaps", "--interrupts=perhaps makes no sense; use 0 or 1"},
           Row{"search good/passes", "INTERLEAVE_INTERRUPTS=perhaps", "INTERLEAVE_INTERRUPTS=perhaps"},
           Row{"stress good/passes --strategy dfs", "--strategy"},
           Row{"replay", "see interleave replay --help"},
           Row{"replay good/passes", "replay which execution?"},
           Row{"replay good/passes --seed 5", "--seed S with --strategy NAME"},
           Row{"replay good/passes --seed 5 --strategy dfs", "give --schedule TOKEN"},
           Row{"replay god --schedule il1:x", "there is no scenario 'god'"},
           Row{"replay good --schedule il1:x", "'good' means 3 scenarios, and this verb runs one"},
           Row{"replay 'good/pass*' --schedule il1:x", "'good/pass*' means 1 scenario, and this verb runs one"},
           Row{"replay good/passes --executions 5 --schedule il1:x", "replay takes no --executions; see interleave replay --help"},
           Row{"replay good/passes --frist 5 --schedule il1:x", "there is no flag --frist; see interleave replay --help"},
           Row{"list --all", "list takes no --all"},
           Row{"checkers --all", "checkers takes no --all"},
           Row{"search good/passes --check lock-oder", "--check=lock-oder: there is no checker 'lock-oder'; did you mean lock-order? (interleave checkers names them all)"},
           Row{"sample good/passes", "INTERLEAVE_CHECK=dedlock: there is no checker 'dedlock'; did you mean deadlock?", "INTERLEAVE_CHECK=dedlock"},
           Row{"sample good/passes --first", "sample takes no --first"},
           Row{"replay good/passes --schedule hello", "not a schedule token"},
           Row{"replay good/passes --schedule il9:AAAAAAAAAAAAAAAA", "unknown version"},
           Row{"replay good/passes --schedule il1:AAAAAAAAAAAAAAAA", "damaged"},
           Row{"replay good/passes --schedule il1:AAAA --seed 5 --strategy random", "leave out one of them"},
       }) {
    CAPTURE(arguments, environment);
    const auto said = command(arguments, environment);
    CAPTURE(said.out, said.err);
    CHECK(said.status == 2);
    CHECK(said.out.empty());
    CHECK(said.err.starts_with("interleave: "));
    CHECK(std::count(said.err.begin(), said.err.end(), '\n') == 1);
    CHECK(said.err.find(says) != said.err.npos);
  }
}

TEST_CASE("a token with one character changed is refused, whichever it is") {
  const auto token = command("search bad/deadlock").token();
  REQUIRE(token.size() > 20);
  for (std::size_t i = 4; i < token.size(); ++i) {
    std::string damaged = token;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    CAPTURE(damaged);
    const auto said = command("replay bad/deadlock --schedule " + damaged);
    CHECK(said.status == 2);
    CHECK(said.err.find("damaged") != said.err.npos);
  }
}

TEST_CASE("bad input under --json leaves stdout empty") {
  const auto said = command("search nowhere --json");
  CHECK(said.status == 2);
  CHECK(said.out.empty());
}
