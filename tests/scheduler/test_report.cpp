// What a person reads after an exploration.
#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "scheduler/report/report.hpp"

namespace interleave {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

ThreadState thread(std::string name, std::string state, std::string operation = "", std::string object = "",
                   std::string location = "") {
  return {name, state, operation, object, location, "", false};
}

// The lost signal of the Event, as found by a search.
Report lost_signal() {
  Failure failure;
  failure.kind = "deadlock";
  failure.message = "the event was set and cleared before the consumer looked (lost signal)";
  failure.schedule = "il1:AQIBAgI";
  failure.strategy = "dpor";
  failure.step = 6;
  failure.threads = {thread("main", "waits", "join", "consumer", "pc.cpp:35"),
                     thread("producer", "finished"),
                     thread("consumer", "waits", "condition wait", "flag", "event.hpp:41 <- pc.cpp:27")};
  failure.trace = {{3, "producer", "store", "integers", "pc.cpp:18"},
                   {4, "producer", "set", "flag", "pc.cpp:19"},
                   {5, "producer", "clear", "flag", "pc.cpp:20"},
                   {6, "consumer", "wait, flag is down", "", "event.hpp:41 <- pc.cpp:27"}};
  Report report;
  report.verdict = Verdict::fail;
  report.executions = 3;
  report.failing = 2;
  report.strategy = "dpor";
  report.failure = failure;
  return report;
}

Report clean_run(std::uint64_t executions) {
  Report report;
  report.executions = executions;
  report.threads_most = 3;
  report.steps_longest = 57;
  return report;
}

Report long_failure(std::size_t threads, std::size_t steps) {
  Report report = lost_signal();
  report.failure->trace.clear();
  report.failure->threads.clear();
  for (std::size_t i = 0; i < threads; ++i) {
    report.failure->threads.push_back(thread("worker-" + std::to_string(i), "waits", "mutex lock"));
  }
  for (std::size_t i = 0; i < steps; ++i) {
    const auto who = std::to_string(i % threads);
    report.failure->trace.push_back({i + 1, "worker-" + who, "atomic compare-exchange", "queue.head",
                                     "bounded_queue.hpp:" + std::to_string(i) + " <- some_test_with_a_long_name.cpp:27"});
  }
  return report;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t widest(const std::vector<std::string>& lines) {
  std::size_t width = 0;
  for (const auto& line : lines) width = std::max(width, line.size());
  return width;
}

TEST_CASE("a failure is the verdict, who is stuck and where, why, a column per thread, and the ways back") {
  CHECK(failure_text(lost_signal(), render_scenario("event/producer_consumer")) ==
        R"(FAILED  event/producer_consumer   deadlock after 6 steps   [3 executions, dpor, shortest of 2 found]
  main      waits in join consumer        pc.cpp:35
  consumer  waits in condition wait flag  event.hpp:41 <- pc.cpp:27
  the event was set and cleared before the consumer looked (lost signal)

  step  producer        consumer            where
     3  store integers                      pc.cpp:18
     4  set flag                            pc.cpp:19
     5  clear flag                          pc.cpp:20
     6                  wait, flag is down  event.hpp:41 <- pc.cpp:27
  replay  interleave replay event/producer_consumer --schedule il1:AQIBAgI
  debug   INTERLEAVE_BREAK=1 gdb --args interleave replay event/producer_consumer --schedule il1:AQIBAgI
)");
}

TEST_CASE("what the numbers of the table stand for is below it, in a few lines") {
  const auto options = render_scenario("x");
  Report report = lost_signal();
  const std::size_t without = lines_of(failure_text(report, options)).size();
  report.failure->objects = {{"mutex 1", "m in transfer"}, {"atomic 12", std::string(300, 'x')}};
  const std::string text = failure_text(report, options);
  CHECK_THAT(text, Contains("pc.cpp:27\n  mutex 1    m in transfer\n  atomic 12  xxxxx"));
  CHECK(lines_of(text).size() == without + 2);
  CHECK(widest(lines_of(text)) <= options.width);
  for (int i = 0; i < 40; ++i) report.failure->objects.emplace_back("mutex 2", "n");
  const std::string many = failure_text(report, options);
  CHECK_THAT(many, Contains("  ...        and 36 more objects\n"));
  CHECK(lines_of(many).size() == without + 7);
}

TEST_CASE("the ways back of a user's own test name its program") {
  const auto text = failure_text(lost_signal(), render_program("lost update", "./counter_test \"lost update\""));
  CHECK_THAT(text, StartsWith("FAILED  lost update   deadlock"));
  CHECK_THAT(text, Contains("\n  replay  INTERLEAVE_SCHEDULE=il1:AQIBAgI ./counter_test \"lost update\"\n"));
  CHECK_THAT(text, Contains("\n  debug   INTERLEAVE_SCHEDULE=il1:AQIBAgI INTERLEAVE_BREAK=1 "
                            "gdb --args ./counter_test \"lost update\"\n"));
}

TEST_CASE("a failure that a sampler found has its own seed and resolved strategy as a further way back") {
  auto report = lost_signal();
  report.failure->seed = 77;
  report.failure->strategy = "pct:depth=3,steps=57";
  const auto text = failure_text(report, render_scenario("a/b"));
  CHECK_THAT(text, Contains("[3 executions, pct:depth=3,steps=57, seed 77, shortest of 2 found]"));
  CHECK_THAT(text, Contains("\n  or      interleave replay a/b --seed 77 --strategy pct:depth=3,steps=57\n"));
  report.failure->schedule.clear();
  CHECK_THAT(failure_text(report, render_scenario("a/b")), Contains("\n  replay  interleave replay a/b --seed 77"));
}

TEST_CASE("what shrinking did is said in one line, and what it could not do") {
  auto report = lost_signal();
  report.failure->seed = 77;
  Shrunk shrunk{.schedule = "il1:AAAAAAA", .steps = 1511, .preemptions = 201, .preemptions_left = 2, .executions = 99, .fewest_preemptions = true,
                .fewest_steps = false, .ended_by = ""};
  const auto text_with = [&] {
    report.failure->shrunk = shrunk;
    return failure_text(report, render_scenario("a/b"));
  };
  CHECK_THAT(text_with(), Contains("]\n  shrunk from 1,511 steps and 201 preemptions to 6 and 2; no schedule with fewer preemptions fails like this\n  main"));
  shrunk.ended_by = "the limit of 20,000 executions was met";  // while it looked for fewer steps
  CHECK_THAT(text_with(), !Contains("limit"));
  shrunk.fewest_preemptions = false;
  CHECK_THAT(text_with(), Contains("\n  shrunk from 1,511 steps and 201 preemptions to 6 and 2; perhaps not all of it: the limit of 20,000 executions was met\n"));
  shrunk.schedule = report.failure->schedule;
  CHECK_THAT(text_with(), Contains("\n  perhaps not the shortest: the limit of 20,000 executions was met\n"));
  shrunk.fewest_preemptions = true;  // it was as short as can be
  CHECK_THAT(text_with(), !Contains("shrunk") && !Contains("shortest:"));
  shrunk = {.schedule = "il1:AAAAAAA", .steps = 9, .preemptions = 1, .preemptions_left = 0, .executions = 3, .fewest_preemptions = true, .fewest_steps = true,
            .ended_by = ""};
  CHECK_THAT(text_with(), Contains("\n  shrunk from 9 steps and 1 preemption to 6 and 0\n"));
}

TEST_CASE("without a way back none is printed") {
  const auto text = failure_text(lost_signal(), {.name = "a"});
  CHECK_THAT(text, !Contains("replay"));
  CHECK_THAT(text, !Contains("gdb"));
}

TEST_CASE("a thread that waits for a lock says who holds it, and a daemon is marked") {
  auto report = lost_signal();
  report.failure->threads[0].holder = "consumer";
  report.failure->threads[2].daemon = true;
  const auto text = failure_text(report, {.name = "a"});
  CHECK_THAT(text, Contains("main      waits in join consumer, held by consumer"));
  CHECK_THAT(text, Contains("consumer  waits in condition wait flag (daemon)"));
}

TEST_CASE("a violation points at the blamed thread, or else at the last step") {
  auto report = lost_signal();
  report.failure->kind = "require";
  CHECK(lines_of(failure_text(report, {.name = "a"}))[1] ==
        "  consumer  last did: wait, flag is down  event.hpp:41 <- pc.cpp:27");
  report.failure->threads[1].state = "failed";
  report.failure->threads[1].location = "pc.cpp:40";
  CHECK(lines_of(failure_text(report, {.name = "a"}))[1] == "  producer  failed  pc.cpp:40");
  // What it did last is in the table, and was no failed operation.
  report.failure->threads[1].operation = "store <- 1";
  report.failure->threads[1].object = "atomic 1";
  CHECK(lines_of(failure_text(report, {.name = "a"}))[1] == "  producer  failed  pc.cpp:40");
  report.failure->threads[1].call = "Queue::put";
  CHECK(lines_of(failure_text(report, {.name = "a"}))[1] == "  producer  failed in Queue::put  pc.cpp:40");
}

TEST_CASE("a failure fits on one screen, however long and wide the trace") {
  for (const std::size_t threads : {1, 2, 3, 5, 8, 9, 40}) {
    for (const std::size_t steps : {0, 1, 30, 1'000}) {
      for (const std::size_t width : {80, 120, 200}) {
        RenderOptions options{.name = "a/b", .width = width, .replay_prefix = "replay "};
        const auto lines = lines_of(failure_text(long_failure(threads, steps), options));
        CAPTURE(threads, steps, width);
        CHECK(lines.size() <= 40);
        CHECK(widest(lines) <= width);
      }
    }
  }
}

TEST_CASE("no width is too narrow to render") {
  for (std::size_t width = 0; width < 60; ++width) {
    CHECK_FALSE(failure_text(long_failure(4, 20), {.name = "a", .width = width}).empty());
    CHECK_FALSE(pass_text(clean_run(10), {.name = "a", .width = width}).empty());
  }
}

TEST_CASE("a long trace keeps its last rows, and says how many are missing") {
  const auto text = failure_text(long_failure(2, 1'000), {.name = "a"});
  CHECK_THAT(text, Contains("\n   ...  9") && Contains(" steps left out:  worker-0 and worker-1 4"));
  CHECK_THAT(text, Contains("\n  1000  ") && Contains("\n   999  "));
  CHECK_THAT(failure_text(long_failure(2, 10), {.name = "a"}), !Contains("left out"));
}

TEST_CASE("too many threads for columns of their own share one") {
  const auto text = failure_text(long_failure(20, 20), {.name = "a"});
  CHECK_THAT(text, Contains("\n  step  thread     operation                           where\n"));
  CHECK_THAT(text, Contains("\n     2  worker-1   atomic compare-exchange queue.head  bounded_queue.hpp:1 <- some_test_with_a_long_name.cpp:27\n"));
  CHECK_THAT(text, Contains("... and 12 more threads"));
}

TEST_CASE("a place that is too long for its column stands on two lines, and nothing is cut") {
  const auto text = failure_text(long_failure(2, 2), {.name = "a", .width = 95});
  CHECK_THAT(text, Contains("\n     1  atomic compare-exchange queue.head"));
  CHECK_THAT(text, Contains(" bounded_queue.hpp:0\n") && Contains(" <- some_test_with_a_long_name.cpp:27\n"));
  CHECK_THAT(text, !Contains("..."));
}

TEST_CASE("a cell too long for its column reaches into the next one") {
  auto report = lost_signal();
  report.failure->trace.clear();
  std::size_t step = 0;
  for (const auto* name : {"T1", "T2", "T3"}) report.failure->trace.push_back({++step, name, "compare-exchange <- 1", "atomic 3", "a.cpp:1"});
  for (const std::size_t width : {60, 95, 120}) {
    const auto text = failure_text(report, {.name = "a", .width = width});
    CAPTURE(text);
    CHECK_THAT(text, Contains("     2  ") && Contains(" compare-exchange <- 1 atomic 3 ") && Contains(" a.cpp:1\n") && !Contains("..."));
  }
}

TEST_CASE("a message is wrapped between words and keeps its own lines") {
  auto report = lost_signal();
  report.failure->message = "first\nsecond " + std::string(30, 'x') + " " + std::string(30, 'y');
  const auto text = failure_text(report, {.name = "a", .width = 60});
  CHECK_THAT(text, Contains("\n  first\n  second " + std::string(30, 'x') + "\n  " + std::string(30, 'y') + "\n"));
}

TEST_CASE("control characters of the program do not reach the terminal, and letters beyond ASCII count as one") {
  auto report = lost_signal();
  report.failure->message = "tab\there \x1b[31mred";
  report.failure->trace[0].object = "Zähler";
  report.failure->trace[1].object = "Zaehle";
  const auto text = failure_text(report, {.name = "a"});
  CHECK(text.find('\x1b') == text.npos);
  CHECK(text.find('\t') == text.npos);
  CHECK_THAT(text, Contains("store Zähler                      pc.cpp:18"));
  CHECK_THAT(text, Contains("set Zaehle                        pc.cpp:19"));
}

TEST_CASE("colour is used only when asked for, and only adds") {
  RenderOptions options = render_scenario("a/b");
  const auto plain = failure_text(lost_signal(), options);
  options.color = true;
  auto colored = failure_text(lost_signal(), options);
  CHECK_THAT(colored, StartsWith("\x1b[1;31mFAILED\x1b[0m"));
  for (std::size_t at; (at = colored.find('\x1b')) != colored.npos;) colored.erase(at, colored.find('m', at) - at + 1);
  CHECK(colored == plain);
}

TEST_CASE("a complete search claims a proof, with its size and its assumption") {
  auto report = clean_run(1'204);
  report.complete = report.whole = true;
  report.strategy = "dpor";
  report.redundant = 12;
  report.assumed = {"sequentially consistent memory; orders weaker than seq_cst are declared, first at queue.hpp:31 in push"};
  report.outcomes = {{"0 1", 600}, {"1 0", 604}};
  CHECK(pass_text(report, {.name = "spsc queue"}) ==
        R"(PASSED  spsc queue
  proved     no schedule fails: all 1,204 executions (dpor), at most 3 threads, longest 57 steps, 12 begun in vain, none
             cut short
  assumes    sequentially consistent memory; orders weaker than seq_cst are declared, first at queue.hpp:31 in push
  outcomes   "0 1" (600), "1 0" (604)
)");
}

TEST_CASE("a search that has nothing to assume names nothing, and one with several assumptions names each") {
  auto report = clean_run(3);
  report.complete = report.whole = true;
  report.strategy = "dpor";
  const std::string claim = "PASSED  polite\n  proved     no schedule fails: all 3 executions (dpor), at most 3 threads, longest 57 steps, none cut short\n";
  CHECK(pass_text(report, {.name = "polite"}) == claim);
  report.assumed = {"that one", "that other"};
  report.trusted = {"libz.so"};
  report.suppressions = {{"race:Cache::*", 0}};
  CHECK(pass_text(report, {.name = "polite"}) == claim + "  assumes    that one\n             that other\n  trusted    libz.so\n  unused     race:Cache::*\n");
}

TEST_CASE("a search that did not see everything, or suppressed what it found, claims no proof") {
  auto report = clean_run(3);
  report.whole = true;
  report.strategy = "dpor";
  report.unseen = {"liba.so (not instrumented) ran"};
  const auto text = pass_text(report, {.name = "a"});
  CHECK_THAT(text, Contains("\n  explored   all 3 executions (dpor), none failed"));
  CHECK_THAT(text, Contains("\n  not seen   liba.so (not instrumented) ran\n"));
  CHECK_THAT(text, Contains("\n  not shown  that nothing is wrong in what was not seen, or was suppressed\n"));
  CHECK_THAT(text, !Contains("proved"));
}

// ---- in a line ------------------------------------------------------------------------------------------------------

TEST_CASE("a pass in a line: proved, and what it assumes") {
  auto report = clean_run(6);
  report.complete = report.whole = true;
  report.strategy = "dpor";
  CHECK(brief_pass_text(report, {.name = "a.cpp:8"}) == "interleave: a.cpp:8  proved: all 6 executions pass\n");
  report.executions = 1;
  CHECK(brief_pass_text(report, {.name = "a.cpp:8"}) == "interleave: a.cpp:8  proved: the only execution passes\n");
  report.assumed = {"this", "that"};
  CHECK(brief_pass_text(report, {.name = "a"}) == "interleave: a  proved: the only execution passes  (assumes this; and that)\n");
  report.trusted = {"libz.so"};
  CHECK(brief_pass_text(report, {.name = "a"}) ==
        "interleave: a  proved: the only execution passes  (assumes this; and that)\ninterleave: a  trusted: libz.so\n");
}

TEST_CASE("a pass in a line: what was not seen or was suppressed stands below it") {
  auto report = clean_run(1'234);
  report.whole = true;
  report.unseen = {"liba.so (not instrumented) ran", "f() has rdtsc"};
  CHECK(brief_pass_text(report, {.name = "a"}) ==
        "interleave: a  not proved: all 1,234 executions pass, but not all of it was seen\n"
        "interleave: a  not seen: liba.so (not instrumented) ran; f() has rdtsc\n");
  CHECK_THAT(why_not_complete(report), StartsWith("liba.so (not instrumented) ran; f() has rdtsc: compile code that is not instrumented with"));
  report.unseen.clear();
  report.suppressions = {{"race:Cache::*", 2}, {"deadlock:x", 0}, {"race:y", 1}};
  CHECK(brief_pass_text(report, {.name = "a"}) ==
        "interleave: a  not proved: all 1,234 executions pass, but 3 findings suppressed\n"
        "interleave: a  suppressed: race:Cache::* (2); race:y (1)\n");
  CHECK_THAT(why_not_complete(report), StartsWith("3 findings were suppressed (race:Cache::* (2), race:y (1))"));
}

TEST_CASE("a pass in a line: bounded, drawn and replayed") {
  auto report = clean_run(40);
  report.strategy = "preemptions:bound=2/dfs";
  report.covered = "every schedule with at most 2 preemptions";
  report.assumed = {"this"};
  CHECK(brief_pass_text(report, {.name = "a"}) ==
        "interleave: a  bounded: 40 executions pass: every schedule with at most 2 preemptions  (assumes this)\n");
  CHECK_THAT(why_not_complete(report), StartsWith("it covers every schedule with at most 2 preemptions: search"));
  report.covered.clear();
  report.strategy = "auto";
  report.seed = 9;
  CHECK(brief_pass_text(report, {.name = "a"}) == "interleave: a  sampled: 40 executions (auto, seed 9), none fails; this proves nothing\n");
  CHECK_THAT(brief_pass_text(report, {.name = "a", .independent = true}), Contains("this proves nothing (95 %: fewer than 1 in 13 fails)\n"));
  report.executions = 29;
  CHECK_THAT(brief_pass_text(report, {.name = "a", .independent = true}), Contains("this proves nothing\n"));
  CHECK_THAT(why_not_complete(report), StartsWith("29 executions were drawn by auto, which proves nothing"));
  report.strategy = "replay";
  CHECK(brief_pass_text(report, {.name = "a"}) == "interleave: a  replayed: this execution passes, and no other was run\n");
  CHECK_THAT(why_not_complete(report), StartsWith("one given schedule was run and no other"));
}

TEST_CASE("a pass in a line: long lists are cut with a count") {
  auto report = clean_run(2);
  report.whole = true;
  for (int i = 0; i < 30; ++i) report.unseen.push_back("lib" + std::to_string(i) + ".so (not instrumented) ran");
  const auto text = brief_pass_text(report, {.name = "a"});
  CHECK(widest(lines_of(text)) <= 175);
  CHECK_THAT(text, Contains("; 26 more\n"));
  report.unseen = {std::string(300, 'x')};  // one is always shown in full
  CHECK_THAT(brief_pass_text(report, {.name = "a"}), Contains(std::string(300, 'x')));
}

TEST_CASE("a failure for want of a complete pass has no steps") {
  auto report = clean_run(5);
  report.strategy = "random";
  report.verdict = Verdict::fail;
  report.failure.emplace();
  report.failure->kind = "incomplete";
  report.failure->message = "a complete pass is required";
  CHECK(failure_text(report, {.name = "a"}) == "FAILED  a   incomplete   [5 executions, random]\n  a complete pass is required\n");
}

TEST_CASE("independent samples bound the chance of a failure, by the rule of three") {
  auto report = clean_run(250'000);
  report.strategy = "random";
  report.seed = 7;
  const auto text = pass_text(report, {.name = "mpmc queue", .independent = true});
  CHECK_THAT(text, StartsWith("PASSED  mpmc queue\n"));
  CHECK_THAT(text, Contains("\n  explored   250,000 executions (random), seed 7, none failed; at most 3 threads"));
  CHECK_THAT(text, Contains("confidence 95 %: fewer than 1 in 83,333 executions fails"));
  CHECK_THAT(text, Contains("not shown  that no other schedule fails"));
  CHECK_THAT(text, !Contains("proved"));
}

TEST_CASE("no confidence is claimed where its assumptions do not hold") {
  auto report = clean_run(1'000);
  CHECK_THAT(pass_text(report, {.name = "a", .independent = true}), Contains("confidence"));
  CHECK_THAT(pass_text(report, {.name = "a", .independent = false}), !Contains("confidence"));
  report.cut = 1;
  CHECK_THAT(pass_text(report, {.name = "a", .independent = true}), Contains("no number: executions that were cut short"));
  CHECK_THAT(pass_text(report, {.name = "a"}), Contains("1 cut short by a limit"));
  CHECK_THAT(pass_text(clean_run(29), {.name = "a", .independent = true}), Contains("no number: 29 executions are too few"));
}

TEST_CASE("an incomplete search says why it stopped and claims no proof") {
  auto report = clean_run(10);
  report.verdict = Verdict::incomplete;
  report.incomplete_reason = "the limit of 10 executions was met; raise it with --executions";
  const auto text = report_text(report, {.name = "a"});
  CHECK_THAT(text, StartsWith("INCOMPLETE  a\n  explored   10 executions, none failed"));
  CHECK_THAT(text, Contains("stopped    the limit of 10 executions was met"));
}

TEST_CASE("every line of a pass fits the width") {
  auto report = clean_run(123'456'789);
  report.strategy = "random";
  for (int i = 0; i < 20; ++i) report.outcomes["outcome number " + std::to_string(i)] = 1;
  const auto text = pass_text(report, {.name = "a", .width = 80, .independent = true});
  CHECK(widest(lines_of(text)) <= 80);
  CHECK_THAT(text, Contains("and 12 more"));
}

}  // namespace
}  // namespace interleave
