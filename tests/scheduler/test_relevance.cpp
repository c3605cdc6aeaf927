// Which steps a failure depends on, and which of them are shown.
#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <interleave/scheduler/observer.hpp>
#include "scheduler/report/relevance.hpp"
#include "scheduler/report/report.hpp"
#include "scheduler/report/timeouts.hpp"

namespace interleave {
namespace {

using Catch::Matchers::Contains;
using Does = OperationClass;
constexpr auto none = independent;

ThreadState state(std::string name, std::string what, std::string object = "", std::string holder = "") {
  ThreadState thread;
  thread.name = std::move(name);
  thread.state = std::move(what);
  thread.object = std::move(object);
  thread.holder = std::move(holder);
  return thread;
}

// Steps of a failure, in order.
class Story {
 public:
  Story(std::string kind, std::vector<ThreadState> threads) {
    failure.kind = std::move(kind);
    failure.threads = std::move(threads);
  }
  TraceEvent& step(std::string thread, std::string operation, std::string object, Does does, bool succeeded = true) {
    TraceEvent event{.step = failure.trace.size() + 1, .thread = std::move(thread), .operation = std::move(operation), .object = std::move(object),
                     .location = "a.cpp:" + std::to_string(failure.trace.size() + 1)};
    event.does = does;
    event.succeeded = succeeded;
    failure.trace.push_back(event);
    return failure.trace.back();
  }
  void load(std::string thread, std::string object) { step(std::move(thread), "load -> 0", std::move(object), Does::reads); }
  void store(std::string thread, std::string object) { step(std::move(thread), "store <- 1", std::move(object), Does::writes); }
  void lock(std::string thread, std::string object) { step(std::move(thread), "lock", std::move(object), Does::takes); }
  void unlock(std::string thread, std::string object) { step(std::move(thread), "unlock", std::move(object), Does::gives); }
  std::vector<std::uint32_t> distances() const { return distances_from_failure(failure); }
  Report report() const {
    Report all;
    all.verdict = Verdict::fail;
    all.executions = 1;
    all.strategy = "random";
    all.failure = failure;
    all.failure->step = failure.trace.size();
    return all;
  }
  std::string text(RenderOptions options = {.name = "a"}) const { return failure_text(report(), options); }

  Failure failure;
};

TEST_CASE("a lost update: the two reads of the old value and the two writes are near, what nobody else uses is independent") {
  Story story("require", {state("main", "failed"), state("A", "finished"), state("B", "finished")});
  story.load("A", "x");        // 0: the old value
  story.store("A", "private");
  story.load("B", "x");        // 2: the old value
  story.store("B", "x");       // 3
  story.store("A", "x");       // 4: over it
  story.load("main", "x");     // 5: fails
  const auto near = story.distances();
  CHECK(near[5] == 0);
  CHECK(near[4] == 1);          // is read
  CHECK(near[3] == 2);          // is overwritten by another thread
  CHECK(near[2] < near[0] + 3);
  CHECK(near[0] < none);
  CHECK(near[1] == none);
}

TEST_CASE("what only reads touch is independent, however many threads read it") {
  Story story("require", {state("main", "failed"), state("A", "finished")});
  story.load("A", "constant");
  story.load("main", "constant");
  story.store("A", "x");
  story.load("main", "x");
  const auto near = story.distances();
  CHECK(near[0] == none);
  CHECK(near[1] == none);
  CHECK(near[2] == 1);
}

TEST_CASE("objects are told apart by their numbers, not by their names") {
  Story story("require", {state("main", "failed"), state("A", "finished")});
  story.step("A", "store <- 1", "x", Does::writes).object_id = 1;
  story.step("A", "store <- 2", "x", Does::writes).object_id = 2;  // another one of the same name
  story.step("main", "load -> 1", "y", Does::reads).object_id = 1;  // a part of the first
  const auto near = story.distances();
  CHECK(near[0] == 1);
  CHECK(near[1] > 1);
}

TEST_CASE("a deadlock: the last step of each that waits, and the taking of what it waits for") {
  Story story("deadlock", {state("main", "finished"), state("A", "waits", "n", "B"), state("B", "waits", "m", "A"), state("C", "finished")});
  story.lock("C", "other");    // 0
  story.lock("A", "m");        // 1
  story.lock("B", "n");        // 2
  story.store("A", "private"); // 3
  story.store("B", "private2"); // 4
  story.unlock("C", "other");  // 5
  const auto near = story.distances();
  CHECK(near[1] == 0);
  CHECK(near[2] == 0);
  CHECK(near[3] == 0);  // the last one of A
  CHECK(near[4] == 0);
  CHECK(near[0] == none);
}

TEST_CASE("a lost signal: to begin to wait depends on the signal that came too early") {
  Story story("deadlock", {state("main", "finished"), state("A", "waits", "cv"), state("B", "finished")});
  story.step("B", "condition signal (nobody waits)", "cv", Does::wakes, false);
  story.load("B", "z");
  story.step("A", "condition wait", "cv", Does::waits).second = "m";
  const auto near = story.distances();
  CHECK(near[2] == 0);
  CHECK(near[0] == 1);
}

TEST_CASE("steps at places of which the message speaks are next to the failure") {
  Story story("order", {state("main", "failed"), state("A", "finished")});
  story.store("A", "p");
  story.store("A", "q");
  story.store("A", "r");
  story.load("main", "x");
  story.failure.message = "torn by A at a.cpp:2, and not at a.cpp:11";
  const auto near = story.distances();
  CHECK(near[0] == none);
  CHECK(near[1] == 0);
}

TEST_CASE("joining and starting a thread link it to the failure") {
  Story story("require", {state("main", "failed"), state("A", "finished")});
  story.step("main", "thread create", "A", Does::starts);
  story.store("A", "x");
  story.step("main", "join", "A", Does::joins);
  const auto near = story.distances();
  CHECK(near == std::vector<std::uint32_t>{2, 4, 0});  // by the program's order in main; joined; failed
}

TEST_CASE("a preemption is a switch away from a thread that could have gone on") {
  Story story("require", {state("main", "failed"), state("A", "finished")});
  story.lock("main", "m");     // 0
  story.load("main", "x");     // 1: preempted
  story.store("A", "x");       // 2: its end
  story.load("main", "x");     // 3
  CHECK(preemptions_of(story.failure) == std::vector<std::size_t>{1});
  Story waits("require", {state("main", "finished"), state("A", "finished")});
  waits.lock("main", "m");
  waits.step("A", "load -> 0", "x", Does::reads);  // then it waits for m
  waits.unlock("main", "m");
  waits.lock("A", "m");
  CHECK(preemptions_of(waits.failure) == std::vector<std::size_t>{0});
}

// ---- the table ------------------------------------------------------------------------------------------------------

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The decisive steps stand at 20 of 60, where a table of the first and the last rows would not have them.
Story noisy() {
  Story story("require", {state("main", "failed"), state("A", "finished"), state("B", "finished")});
  for (int i = 0; i < 19; ++i) story.load(i % 2 == 0 ? "A" : "B", i % 2 == 0 ? "own" : "other");
  story.load("A", "x");
  story.store("B", "x");
  story.store("A", "x");
  for (int i = 0; i < 60; ++i) story.step(i % 3 == 0 ? "A" : "B", "lock", i % 3 == 0 ? "own" : "other", Does::takes);
  story.load("main", "x");
  return story;
}

TEST_CASE("steps that decide are shown, wherever they stand, and the others are told of in a line") {
  const std::string text = noisy().text();
  CHECK_THAT(text, Contains("\n    20  ") && Contains("\n    21  ") && Contains("\n    22  ") && Contains("\n    83  "));
  CHECK_THAT(text, Contains("that the failure does not depend on:  A "));
  CHECK_THAT(text, Contains(" lock") && Contains(" load"));
  CHECK(lines_of(text).size() <= 30);
}

TEST_CASE("full shows every step, and no line folds") {
  const std::string text = noisy().text({.name = "a", .trace = TraceDetail::full});
  for (int step = 1; step <= 83; ++step) CHECK_THAT(text, Contains("\n" + std::string(step < 10 ? 5 : 4, ' ') + std::to_string(step) + "  "));
  CHECK_THAT(text, !Contains("depend on"));
}

TEST_CASE("how to see the whole trace is said where not all of it is shown") {
  CHECK_THAT(noisy().text({.name = "a", .trace_hint = "--trace full"}), Contains("\n  trace   all 83 steps: --trace full\n"));
  CHECK_THAT(noisy().text({.name = "a", .trace = TraceDetail::full, .trace_hint = "--trace full"}), !Contains("--trace full"));
  Story story("require", {state("main", "failed")});
  story.load("main", "x");
  CHECK_THAT(story.text({.name = "a", .trace_hint = "--trace full"}), !Contains("--trace full"));
}

TEST_CASE("the same step of one thread again and again is one row, with how often") {
  Story story("livelock", {state("main", "spins"), state("A", "finished")});
  story.store("A", "x");
  for (int i = 0; i < 40; ++i) story.load("main", "x");
  for (int i = 0; i < 30; ++i) {
    story.load("A", "y");
    story.store("A", "z");
  }
  story.load("main", "x");
  // Places differ where steps were made one by one; here they are of one loop.
  for (TraceEvent& event : story.failure.trace) event.location = "loop.cpp:" + std::string(event.thread == "main" ? "3" : "4");
  const std::string text = story.text();
  CHECK_THAT(text, Contains("\n  2-41  40 x  load -> 0 x"));
  CHECK_THAT(text, Contains("30 rounds of  load -> 0 y;  store <- 1 z"));
  CHECK(lines_of(text).size() <= 30);
  for (std::size_t i = 1; i < 41; ++i) story.failure.trace[i].operation = "fetch-modify <- " + std::to_string(i);
  CHECK_THAT(story.text(), Contains("\n  2-41  40 x  fetch-modify <- 40 x at last"));
}

TEST_CASE("steps inside of a library's call are one row where there are too many, and each has its own where all is asked for") {
  Story story("require", {state("main", "failed"), state("A", "finished")});
  for (int i = 0; i < 40; ++i) {
    TraceEvent& event = story.step("A", "load -> " + std::to_string(i), "atomic 1", Does::reads);
    event.call = "future.get";
    event.location = "a.cpp:7";
  }
  story.store("A", "x");
  story.load("main", "x");
  CHECK_THAT(story.text(), Contains("  1-40  ") && Contains("future.get, 40 steps"));
  CHECK_THAT(story.text({.name = "a", .trace = TraceDetail::calls}), Contains("future.get, 40 steps"));
  CHECK_THAT(story.text({.name = "a", .trace = TraceDetail::full}), Contains("future.get: load -> 39 atomic 1") && !Contains("40 steps"));
}

TEST_CASE("an access that is no step is a row without a number, and always shown") {
  Story story = noisy();
  TraceEvent access{.step = 22, .thread = "B", .operation = "write", .object = "racy", .location = "race.cpp:9"};
  access.does = Does::writes;
  story.failure.trace.insert(story.failure.trace.begin() + 22, access);
  CHECK_THAT(story.text(), Contains("write racy") && Contains("race.cpp:9"));
  const auto lines = lines_of(story.text());
  const auto row = std::find_if(lines.begin(), lines.end(), [](const auto& line) { return line.find("write racy") != line.npos; });
  REQUIRE(row != lines.end());
  CHECK(row->substr(0, 8) == "        ");
}

TEST_CASE("a trace of a million steps is shown on one screen") {
  Story story("require", {state("main", "failed"), state("A", "finished"), state("B", "finished")});
  story.failure.trace.reserve(1'000'000);
  for (int i = 0; i < 999'997; ++i) story.load(i % 5 == 0 ? "A" : "B", i % 5 == 0 ? "own" : "other");
  story.load("A", "x");
  story.store("B", "x");
  story.load("main", "x");
  const std::string text = story.text();
  CHECK(lines_of(text).size() <= 30);
  CHECK_THAT(text, Contains("\n 999998  ") && Contains("\n1000000  load -> 0 x "));
}

TEST_CASE("200 threads that wait are shown on a screen or two, and none is lost without a word") {
  std::vector<ThreadState> threads;
  for (int i = 0; i < 200; ++i) threads.push_back(state("worker-" + std::to_string(i), "waits", "m"));
  Story story("deadlock", threads);
  for (int i = 0; i < 200; ++i) story.step("worker-" + std::to_string(i), "lock", "own-" + std::to_string(i), Does::takes);
  for (const std::size_t width : {40, 60, 100}) {
    const std::string text = story.text({.name = "a", .width = width});
    CAPTURE(width, text);
    const auto lines = lines_of(text);
    CHECK(lines.size() <= 40);
    CHECK(std::all_of(lines.begin(), lines.end(), [&](const auto& line) { return line.size() <= width; }));
    CHECK_THAT(text, Contains("more threads") && Contains("left out:"));
  }
}

TEST_CASE("in 40 columns nothing is cut: cells are wrapped, and places stand on lines of their own") {
  Story story("require", {state("main", "failed"), state("A", "finished")});
  story.step("A", "compare-exchange 17 <- 18, acq_rel", "queue.slots_[12].sequence", Does::writes).location = "bounded_queue.hpp:112";
  story.step("main", "load -> 18, acquire", "queue.slots_[12].sequence", Does::reads).location = "bounded_queue.hpp:120";
  const std::string text = story.text({.name = "a", .width = 40});
  CAPTURE(text);
  const auto lines = lines_of(text);
  CHECK(std::all_of(lines.begin(), lines.end(), [&](const auto& line) { return line.size() <= 40; }));
  CHECK_THAT(text, Contains("bounded_queue.hpp:112") && Contains("bounded_queue.hpp:120"));
  CHECK_THAT(text, Contains("queue.slots_[12].sequence") && Contains("acq_rel") && !Contains("..."));
}

TEST_CASE("columns reach into those to their right before anything is cut") {
  Story story("require", {state("main", "failed"), state("A", "finished"), state("B", "finished")});
  for (const char* thread : {"main", "A", "B"}) story.step(thread, "compare-exchange 0 <- 1", "pool.workers_[2].state", Does::writes).location = "worker_pool.hpp:77";
  const std::string text = story.text({.name = "a", .width = 100});
  CAPTURE(text);
  CHECK(lines_of(text).size() == 7);  // the verdict, who, an empty line, the heading, and the steps
  CHECK_THAT(text, !Contains("..."));
  CHECK_THAT(text, Contains("  step  main"));
}

// ---- timeouts -------------------------------------------------------------------------------------------------------

TEST_CASE("a failure that depends on an early timeout says so, and names the clock that excludes it") {
  Story story("require", {state("main", "failed"), state("A", "ready")});
  TraceEvent& timeout = story.step("main", "condition timeout", "cv", Does::resumes);
  timeout.timed_out_early = true;
  story.load("main", "x");
  CHECK(timeout_sentence(story.failure) ==
        "the failure hinges on a timeout: the condition wait of main at a.cpp:1 ends while another thread could still go on; with clock=virtual, "
        "time passes only when no thread can go on, which excludes such schedules");
  CHECK_THAT(story.text(), Contains("  the failure hinges on a timeout: the condition wait of main"));
  story.failure.trace[0].timed_out_early = false;
  CHECK(timeout_sentence(story.failure).empty());
}

TEST_CASE("a timeout that the failure does not depend on is not spoken of") {
  Story story("require", {state("main", "failed"), state("A", "finished")});
  story.step("A", "condition timeout", "cv", Does::resumes).timed_out_early = true;
  story.load("A", "own");
  story.load("main", "x");
  CHECK(timeout_sentence(story.failure).empty());
}

}  // namespace
}  // namespace interleave
