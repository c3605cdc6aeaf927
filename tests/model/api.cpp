// The public interface, seen from a test.
#include "explored.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include <semaphore.h>
#include <unistd.h>

using namespace interleave;

namespace {

void lossy() {
  std::atomic<int> n = 0;
  const auto increment = [&] { n = n + 1; };
  parallel(increment, increment);
  require(n.load() == 2, "an update was lost");
}

Options named(const std::string& name) {
  Options options;
  options.name = name;
  options.strategy = "dfs";
  return options;
}

// Objects to a step or an end.
class Objects final : public Observer {
 public:
  Objects(std::string operation, bool at_end) : operation_(std::move(operation)), at_end_(at_end) {}
  void begin_execution() override { ++begun; }
  std::optional<Objection> on_step(const ObservedStep& step) override {
    ++steps;
    if (step.operation == operation_) return Objection{"my-kind", "no " + operation_ + " here"};
    return std::nullopt;
  }
  std::optional<Objection> end_execution() override {
    ++ended;
    if (at_end_) return Objection{"my-end", "it should not have ended"};
    return std::nullopt;
  }
  int begun = 0, steps = 0, ended = 0;

 private:
  std::string operation_;
  bool        at_end_;
};

}  // namespace

// ---- inside a body ------------------------------------------------------------------------------------------------------------

TEST_CASE("require ends the execution at once, from any thread") {
  const Report report = explore_all([] {
    std::atomic<int> n = 0;
    parallel([&] { ++n; require(n.load() == 0, "not any more"); outcome("went on"); }, [&] { ++n; });
    outcome("ended");
  });
  // i l of the first and i of the second: l is preceded by the own i, so every order fails:  il  i2l  2il: three ways.
  CHECK_FAILS(report, 3u, 3u, "require");
  CHECK_OUTCOMES(report, {});
  CHECK_THAT(report.failure->message, Catch::Contains("not any more") && Catch::Contains("api.cpp:"));
}

TEST_CASE("a require that holds is nothing") {
  const Report report = explore_all([] { require(true, "never seen"); });
  CHECK_HOLDS(report, 1u);
  CHECK(report.steps == 0);
}

TEST_CASE("choose explores every value") {
  const Report four = explore_all([] { outcome(std::to_string(choose(4))); });
  CHECK_HOLDS(four, 4u);
  CHECK_OUTCOMES(four, {{"0", 1}, {"1", 1}, {"2", 1}, {"3", 1}});
  const Report one = explore_all([] { outcome(std::to_string(choose(1))); });
  CHECK_OUTCOMES(one, {{"0", 1}});
  const Report pairs = explore_all([] {
    const auto a = choose(3), b = choose(2);
    outcome(std::to_string(a) + std::to_string(b));
  });
  CHECK_HOLDS(pairs, 6u);
  CHECK(pairs.outcomes.size() == 6);
  // Dependent choices: 1 + 2 + 3.
  CHECK_HOLDS(explore_all([] { choose(choose(3) + 1); }), 6u);
}

TEST_CASE("choosing from nothing is a misuse") {
  CHECK_FAILS(explore_all([] { choose(0); }), 1u, 1u, "misuse");
}

TEST_CASE("a later outcome replaces an earlier one, and executions without one are not counted") {
  const Report report = explore_all([] {
    if (choose(3) == 0) return;
    outcome("first");
    if (choose(2) == 0) outcome("second");
  });
  CHECK_HOLDS(report, 5u);
  CHECK_OUTCOMES(report, {{"first", 2}, {"second", 2}});
}

TEST_CASE("failing executions count their outcomes, too") {
  const Report report = explore_all([] {
    outcome("before");
    std::mutex mutex;
    mutex.lock();
    mutex.lock();
  });
  CHECK_FAILS(report, 1u, 1u, "deadlock");
  CHECK_OUTCOMES(report, {{"before", 1}});
}

TEST_CASE("notes and names appear in the trace, and are no steps") {
  const Report report = explore_all([] {
    name_thread("body");
    std::atomic<int> n = 0;
    parallel([&] { name_thread("writer"); note("about to write"); n = 1; });
    require(false);
  });
  CHECK_FAILS(report, 1u, 1u, "require");
  CHECK(report.steps == 1);
  bool noted = false, stored = false;
  for (const TraceEvent& event : report.failure->trace) {
    noted |= event.thread == "writer" && event.operation.find("about to write") != std::string::npos;
    stored |= event.thread == "writer" && event.operation.find("store") != std::string::npos;
    CHECK_THAT(event.location, Catch::Contains("api.cpp:"));
  }
  CHECK(noted);
  CHECK(stored);
  CHECK(report.failure->trace.size() == 2);
  REQUIRE(report.failure->threads.size() == 2);
  CHECK(report.failure->threads[0].name == "body");
  CHECK(report.failure->threads[1].name == "writer");
}

TEST_CASE("a trace shows each step once, in order, with what it did and where") {
  const Report report = explore_all([] {
    std::atomic<int> n = 5;
    n.store(6);
    const int seen = n.load();
    n.fetch_add(seen);
    require(false);
  });
  REQUIRE(report.failure);
  const auto& trace = report.failure->trace;
  REQUIRE(trace.size() == 3);
  const char* const operations[] = {"store <- 6", "load -> 6", "fetch-modify <- 12"};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(trace[i].step == i + 1);
    CHECK(trace[i].thread == "main");
    CHECK(trace[i].operation == operations[i]);
    CHECK(trace[i].object == trace[0].object);
    CHECK_THAT(trace[i].location, Catch::Contains("api.cpp:"));
    if (i > 0) CHECK(trace[i].location != trace[i - 1].location);
  }
}

TEST_CASE("a trace names no address: a pointer's value differs between processes") {
  const Report report = explore_all([] {
    std::atomic<int*> pointer = nullptr;
    parallel([&] { pointer.store(new int(1)); }, [&] { require(pointer.load() == nullptr); });
  });
  REQUIRE(report.failure);
  CHECK(report.failure->trace.size() == 2);
  for (const TraceEvent& event : report.failure->trace) {
    INFO(event.operation);
    CHECK(event.operation.size() < std::string("load -> 1000000000").size());
  }
}

TEST_CASE("modelled says where we are") {
  CHECK_FALSE(modelled());
  CHECK_HOLDS(explore_all([] {
    require(modelled());
    std::thread([] { require(modelled()); }).join();
  }), 1u);
  CHECK_FALSE(modelled());
}

// ---- explorations -------------------------------------------------------------------------------------------------------------

TEST_CASE("an exploration inside an exploration is refused") {
  CHECK_HOLDS(explore_all([] {
    bool refused = false;
    try {
      explore([] {});
    } catch (const std::logic_error&) {
      refused = true;
    }
    require(refused);
  }), 1u);
  CHECK_FAILS(explore_all([] { check([] {}); }), 1u, 1u, "exception");
  CHECK_HOLDS(explore_all([] {}), 1u);
}

TEST_CASE("explore never throws for a failing program, and takes a body by value") {
  CHECK_NOTHROW(explore([] { throw std::runtime_error("from the body"); }));
  const Report report = explore(lossy);
  CHECK(report.verdict == Verdict::fail);
}

TEST_CASE("check passes silently where all is well") {
  check([] {
    std::atomic<int> n = 0;
    parallel([&] { ++n; }, [&] { ++n; });
    REQUIRE(n == 2);
  });
}

TEST_CASE("check fails the test with its token", "[!shouldfail]") { check(lossy); }

TEST_CASE("check fails the test if the search could not be completed", "[!shouldfail]") {
  Options options;
  options.executions_max = 1;
  check([] {
    std::atomic<int> n = 0;
    parallel([&] { ++n; }, [&] { ++n; });
  }, options);
}

// ---- schedules ----------------------------------------------------------------------------------------------------------------

TEST_CASE("a token replays exactly that execution") {
  const Report found = explore(lossy, named("lossy"));
  REQUIRE(found.failure);
  CHECK_THAT(found.failure->schedule, Catch::StartsWith("il1:"));
  Options replay = named("lossy");
  replay.schedule = found.failure->schedule;
  for (int i = 0; i < 3; ++i) {
    const Report again = explore(lossy, replay);
    CHECK(again.executions == 1);
    CHECK(again.verdict == Verdict::fail);
    CHECK_FALSE(again.complete);
    REQUIRE(again.failure);
    CHECK(text_of(*again.failure) == text_of(*found.failure));
    CHECK(again.failure->schedule == found.failure->schedule);
  }
}

TEST_CASE("a token of a schedule that is right replays as a pass of one execution") {
  // The token of a failure, with a body that is repaired but steps as before.
  const auto body = [](bool repaired) {
    return [repaired] {
      std::atomic<int> n = 0;
      parallel([&] { ++n; }, [&] { ++n; });
      require(repaired);
    };
  };
  const Report found = explore(body(false), named("repaired"));
  REQUIRE(found.failure);
  Options replay = named("repaired");
  replay.schedule = found.failure->schedule;
  const Report again = explore(body(true), replay);
  CHECK(again.verdict == Verdict::pass);
  CHECK(again.executions == 1);
  CHECK_FALSE(again.complete);
}

TEST_CASE("a token for another name is ignored") {
  const Report found = explore(lossy, named("lossy"));
  REQUIRE(found.failure);
  Options other = named("another name");
  other.schedule = found.failure->schedule;
  CHECK_HOLDS(explore([] {
    std::atomic<int> n = 0;
    parallel([&] { ++n; }, [&] { ++n; });
  }, other), 2u);
}

TEST_CASE("a damaged token is refused, whichever character is damaged") {
  const Report found = explore(lossy, named("lossy"));
  REQUIRE(found.failure);
  const std::string token = found.failure->schedule;
  for (std::size_t i = 0; i < token.size(); ++i) {
    Options options = named("lossy");
    options.schedule = token;
    options.schedule[i] = token[i] == 'A' ? 'B' : 'A';
    INFO(options.schedule);
    CHECK_THROWS_AS(explore(lossy, options), UsageError);
  }
  for (const std::string& damaged : {token.substr(0, token.size() - 1), token + "A", std::string("il1:"), std::string("il2:") + token.substr(4),
                                     std::string("nonsense")}) {
    Options options = named("lossy");
    options.schedule = damaged;
    INFO(damaged);
    CHECK_THROWS_AS(explore(lossy, options), UsageError);
  }
}

TEST_CASE("a token that does not fit the program any more says at which step") {
  const Report found = explore(lossy, named("lossy"));
  REQUIRE(found.failure);
  Options replay = named("lossy");
  replay.schedule = found.failure->schedule;
  const Report other = explore([] {
    std::mutex mutex;
    const auto use = [&] { const std::lock_guard lock(mutex); };
    parallel(use, use, use);
  }, replay);
  CHECK(other.verdict == Verdict::fail);
  REQUIRE(other.failure);
  CHECK(other.failure->kind == "nondeterminism");
  CHECK_THAT(other.failure->message, Catch::Contains("at step "));
}

TEST_CASE("a token brings the options along that decide what can be chosen") {
  const auto body = [] {
    std::atomic<int> n = 0;
    std::mutex mutex;
    std::condition_variable condition;
    parallel([&] {
      std::unique_lock lock(mutex);
      condition.wait(lock);
      require(n.load() == 1, "woken for nothing");
    }, [&] {
      n = 1;
      { const std::lock_guard lock(mutex); }
      condition.notify_one();
    });
  };
  Options options = named("spurious");
  options.spurious_wakeups = true;
  options.stop_at_first_failure = false;
  const Report found = explore(body, options);
  REQUIRE(found.failure);
  REQUIRE(found.failure->kind == "require");
  Options replay = named("spurious");
  replay.schedule = found.failure->schedule;
  const Report again = explore(body, replay);
  REQUIRE(again.failure);
  CHECK(again.failure->kind == "require");
  CHECK(text_of(*again.failure) == text_of(*found.failure));
}

TEST_CASE("every failing schedule of a search has a token of its own that fails in the same way") {
  // Sampled: each failure by its seed's walk, its token replayed under any strategy.
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Options options = named("lossy");
    options.strategy = "random";
    options.seed = seed;
    const Report found = explore(lossy, options);
    REQUIRE(found.failure);
    Options replay = named("lossy");
    replay.schedule = found.failure->schedule;
    const Report again = explore(lossy, replay);
    REQUIRE(again.failure);
    CHECK(text_of(*again.failure) == text_of(*found.failure));
  }
}

// ---- observers ----------------------------------------------------------------------------------------------------------------

TEST_CASE("observers hear of every execution and step") {
  const auto observer = std::make_shared<Objects>("", false);
  Options options;
  options.observers.push_back(observer);
  CHECK_HOLDS(explore_all([] {
    std::atomic<int> n = 0;
    parallel([&] { ++n, ++n, ++n; }, [&] { ++n, ++n, ++n; });
  }, options), 20u);
  CHECK(observer->begun == 20);
  CHECK(observer->ended == 20);
  CHECK(observer->steps == 120);
}

namespace {

// What has failed of the steps that were seen, by name.
class Failing final : public Observer {
 public:
  std::optional<Objection> on_step(const ObservedStep& step) override {
    if (!step.succeeded) names.insert(std::string(step.operation));
    seen.insert(std::string(step.operation));
    return std::nullopt;
  }
  std::set<std::string> names, seen;
};

}  // namespace

TEST_CASE("observers are told what failed: tries, timeouts, compare-exchanges, signals that find nobody") {
  const auto observer = std::make_shared<Failing>();
  Options options;
  options.spurious_wakeups = true;
  options.observers.push_back(observer);
  explore_all([] {
    std::atomic<int> n = 0;
    int expected = 1;
    n.compare_exchange_strong(expected, 2);
    std::mutex mutex;
    std::condition_variable condition;
    std::unique_lock lock(mutex);
    condition.notify_one();
    condition.wait_for(lock, std::chrono::seconds(1));
    sem_t semaphore;
    sem_init(&semaphore, 0, 0);
    sem_trywait(&semaphore);
  }, options);
  CHECK(observer->names == std::set<std::string>{"compare-exchange", "condition signal", "condition timeout", "sem_trywait"});
  CHECK(observer->seen.contains("condition spurious wakeup"));
  CHECK(observer->seen.contains("condition wait"));
}

TEST_CASE("an observer's objection to a step ends the execution as a failure of its kind") {
  const auto observer = std::make_shared<Objects>("store", false);
  Options options;
  options.observers.push_back(observer);
  std::atomic<int> n = 0;  // out here: a compiler may leave out stores to an atomic that nobody else can see
  const Report report = explore_all([&] {
    if (choose(2) == 0) n = 1;
    std::this_thread::yield();
    outcome("ended");
  }, options);
  CHECK_FAILS(report, 2u, 1u, "my-kind");
  CHECK(report.failure->message == "no store here");
  CHECK_OUTCOMES(report, {{"ended", 1}});
}

TEST_CASE("an observer's objection at the end is a failure of the execution that has ended") {
  const auto observer = std::make_shared<Objects>("", true);
  Options options;
  options.observers.push_back(observer);
  const Report report = explore_all([] { outcome("ended"); }, options);
  CHECK_FAILS(report, 1u, 1u, "my-end");
  CHECK_OUTCOMES(report, {{"ended", 1}});
}

namespace {

// What `call` writes to stderr.
std::string said_on_stderr(const std::function<void()>& call) {
  std::fflush(stderr);
  std::FILE* file = std::tmpfile();
  const int before = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  call();
  std::fflush(stderr);
  dup2(before, STDERR_FILENO);
  close(before);
  std::rewind(file);
  std::string text(1000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

}  // namespace

TEST_CASE("a fresh seed is printed before anything runs; one that was given, or means nothing, is not") {
  Report report;
  const auto body = [] { outcome(std::to_string(choose(1000))); };
  const auto drawn = [&](Options options) {
    return said_on_stderr([&] { report = explore(body, options); });
  };
  const std::string said = drawn({.name = "draws", .strategy = "random", .executions_max = 3});
  CHECK(said == "interleave: draws  strategy random  seed " + std::to_string(report.seed) + "\n");
  const auto outcomes = report.outcomes;
  CHECK(drawn({.name = "draws", .strategy = "random", .seed = report.seed, .executions_max = 3}).empty());
  CHECK(report.outcomes == outcomes);
  CHECK(drawn({.name = "searches"}).empty());
}

namespace {

// How long the default search goes on, for the length of a scope.
struct SearchSteps {
  explicit SearchSteps(const char* steps) { setenv("INTERLEAVE_SEARCH_STEPS", steps, 1); }
  ~SearchSteps() { unsetenv("INTERLEAVE_SEARCH_STEPS"); }
};

}  // namespace

TEST_CASE("by default a body is searched; where that takes too long, executions are drawn, and said to prove nothing") {
  const auto body = [] {
    std::atomic<int> n = 0;
    const auto work = [&] { ++n, ++n, ++n; };
    parallel(work, work);
    outcome(std::to_string(n));
  };
  const Report search = explore(body);
  CHECK_HOLDS(search, 20u);
  CHECK(search.strategy == "dpor");
  CHECK(search.steps == 140u);  // seven of each

  Report report;
  std::string said;
  {
    const SearchSteps enough("140");
    said = said_on_stderr([&] { report = explore(body); });
    CHECK(said.empty());
    CHECK_HOLDS(report, 20u);
  }
  {
    const SearchSteps few("70");  // ten executions
    said = said_on_stderr([&] { report = explore(body, {.seed = 5}); });
    CHECK(said.starts_with("interleave: api.cpp:"));
    CHECK(said.find("not ended after 70 steps, so 10,000 executions are drawn instead, which proves nothing") != said.npos);
    CHECK(said.ends_with("strategy auto  seed 5\n"));
    CHECK(report.verdict == Verdict::pass);
    CHECK_FALSE(report.complete);
    CHECK(report.executions == 10'010u);
    CHECK(names_of(report.outcomes) == names_of(search.outcomes));
    // What names a strategy or a limit is done as asked.
    CHECK(explore(body, {.strategy = "dpor"}).complete);
    CHECK(explore(body, {.executions_max = 15}).verdict == Verdict::incomplete);
  }
}

TEST_CASE("parallel: bodies that can only be moved, and bodies that are named, run where they are", "[model]") {
  const Report report = explore([] {
    std::atomic<int> n{0};
    auto named = [&n, by = std::make_unique<int>(1)] { n += *by; };
    parallel(named, [&n, by = std::make_unique<int>(2)] { n += *by; });
    require(n == 3);
  });
  CHECK_HOLDS(report, 2u);
}
