// Programs that end in a certain way: a race that must be reported, a hang that must be.
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/observer.hpp>

namespace {

using namespace interleave;

// Two writes of the same variable that nothing orders; apart in time, so that only an order can hide them.
void race(std::function<void()> bookkeeping) {
  int shared = 0;
  explore([&] {
    parallel([&] { ++shared, bookkeeping(); }, [&] { usleep(2000), bookkeeping(), ++shared; });
  }, {.executions_max = 20, .stop_at_first_failure = false});
}

// All that a body may tell Interleave, from two threads at once.
void tell_everything() {
  name_thread("a name");
  outcome("an outcome that does not fit into the string itself");
  note("a note");
  require(choose(2) < 2);
  require(false, "a failure that does not fit into the string itself");
}

void print(const Report& report) {
  std::printf("verdict %s\n", report.verdict == Verdict::pass ? "pass" : "fail");
}

const std::map<std::string, void (*)()> programs = {
    {"race", [] { race([] {}); }},
    {"race_beside_bookkeeping", [] { race(tell_everything); }},
    {"bookkeeping",
     [] {
       print(explore([] { parallel(tell_everything, tell_everything, tell_everything); },
                     {.executions_max = 200, .stop_at_first_failure = false}));
     }},
    {"hang",
     [] {
       explore([] { parallel([] { name_thread("sleeper"), pause(); }, [] {}); }, {.name = "hang", .executions_max = 5});
     }},
    {"observed",
     [] {
       struct Sees : Observer {
         void begin_execution() override { std::printf("called\n"); }
       };
       print(explore([] {}, {.name = "observed", .strategy = "dfs", .executions_max = 2, .observers = {std::make_shared<Sees>()}}));
     }},
    {"asked_for_schedules", [] { print(explore([] {}, {.name = "asked", .executions_max = 2})); }},
    {"bad_environment",
     [] {
       try {
         check([] {});
       } catch (const UsageError& error) {
         std::printf("%s\n", error.what());
       }
     }},
};

}  // namespace

int main(int, char** arguments) { programs.at(arguments[1])(); }
