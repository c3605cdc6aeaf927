// Shrinking: what is left of a failing schedule fails in the same way and has the fewest preemptions, then the fewest steps; and nothing but the
// failure's schedule depends on it. The fewest preemptions come from `preemptions`, which executes every schedule with fewer of them.
#include "explored.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace interleave;

namespace {

Options options_of(const std::string& strategy, std::uint64_t seed = 1, bool shrink = true) {
  Options options;
  options.name = "shrink";
  options.strategy = strategy;
  options.seed = seed;
  options.executions_max = strategy == "dfs" || strategy == "dpor" ? 0 : 20'000;
  options.shrink = shrink;
  return options;
}

Report sampled(const std::function<void()>& body, std::uint64_t seed, bool shrink = true) { return explore(body, options_of("random", seed, shrink)); }

// The fewest preemptions of a failing schedule, and the fewest steps with so many. REQUIRES: no more than two preemptions are needed.
struct Fewest {
  std::uint64_t preemptions = 0, steps = 0;
};

Fewest brute_force(const std::function<void()>& body) {
  for (std::uint64_t bound = 0; bound <= 2; ++bound) {
    Options options;
    options.name = "shrink";
    options.strategy = "preemptions:bound=" + std::to_string(bound) + "/dfs";
    options.stop_at_first_failure = false;
    options.shrink = false;
    const Report report = explore(body, options);
    if (report.failure) return {bound, report.failure->step};
  }
  FAIL("more than two preemptions are needed");
  return {};
}

void check_replays(const std::function<void()>& body, const Failure& failure) {
  Options options;
  options.name = "shrink";
  options.schedule = failure.schedule;
  const Report again = explore(body, options);
  REQUIRE(again.failure);
  CHECK(again.executions == 1);
  CHECK(again.failure->kind == failure.kind);
  CHECK(again.failure->message == failure.message);
  CHECK(again.failure->step == failure.step);
  CHECK(again.failure->schedule == failure.schedule);
  CHECK_FALSE(again.failure->shrunk);  // a replay shows what was asked for
}

// ---- programs ----------------------------------------------------------------------------------------------------------

void run_all(const std::vector<std::function<void()>>& bodies) {
  std::vector<std::thread> threads;
  for (const auto& body : bodies) threads.emplace_back(body);
  for (auto& thread : threads) thread.join();
}

// Two locks in two orders.
void opposite_locks() {
  std::mutex a, b;
  parallel([&] { std::lock_guard first(a); std::lock_guard second(b); },
           [&] { std::lock_guard first(b); std::lock_guard second(a); });
}

// The same among four threads that have nothing to do with it.
void opposite_locks_among_noise() {
  std::mutex a, b, c;
  int n = 0;
  const auto noise = [&] {
    for (int i = 0; i < 10; ++i) {
      std::lock_guard lock(c);
      ++n;
    }
  };
  run_all({noise, noise, [&] { std::lock_guard first(a); std::lock_guard second(b); },
           [&] { std::lock_guard first(b); std::lock_guard second(a); }, noise, noise});
}

// One condition variable for both sides, and notify_one: a producer wakes a producer.
void lost_wakeup() {
  std::mutex mutex;
  std::condition_variable changed;
  int items = 0;
  const auto put = [&] {
    for (int i = 0; i < 8; ++i) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return items == 0; });
      ++items;
      changed.notify_one();
    }
  };
  const auto take = [&] {
    for (int i = 0; i < 8; ++i) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return items == 1; });
      --items;
      changed.notify_one();
    }
  };
  run_all({put, put, take, take});
}

void lost_update() {
  std::atomic<int> n = 0;
  const auto add = [&] { n = n + 1; };
  parallel(add, add, add);
  require(n == 3, "an update was lost");
}

// What is lost differs from schedule to schedule, and so does the message.
void lost_updates() {
  std::atomic<int> n = 0;
  const auto add = [&] {
    for (int i = 0; i < 30; ++i) n = n + 1;
  };
  run_all({add, add, add, add});
  require(n == 120, "the sum is " + std::to_string(n));
}

// A worker does not look again after it was woken.
void long_queue() {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<int> items;
  const auto work = [&] {
    for (int i = 0; i < 10; ++i) {
      std::unique_lock lock(mutex);
      if (items.empty()) changed.wait(lock);
      require(!items.empty(), "there is an item");
      items.pop_front();
    }
  };
  run_all({[&] {
             for (int i = 0; i < 40; ++i) {
               { std::lock_guard lock(mutex); items.push_back(i); }
               changed.notify_all();
             }
           },
           work, work, work});
}

// A flag is set before what it stands for.
void publishes_too_early() {
  static std::atomic<int> value;
  std::atomic<int*> place = nullptr;
  std::atomic<bool> ready = false;
  run_all({[&] { ready = true; place = reinterpret_cast<int*>(&value); },
           [&] {
             for (int i = 0; i < 20; ++i)
               if (ready) *static_cast<volatile int*>(place.load()) = i;
           }});
}

struct Program {
  const char* name;
  void (*body)();
  const char* kind;
  std::uint64_t fewest;  // preemptions
  bool brute;            // small enough to find that by brute force
};

// Of those that are not small the fewest are known by argument: without a preemption each thread ends its critical sections (opposite locks) or its
// updates (lost updates) before another begins; the worker of the queue must be overtaken between the push and its wakeup; whoever looks at the
// place must do so between two steps of one thread.
constexpr Program programs[] = {
    {"opposite locks", opposite_locks, "deadlock", 1, true},
    {"opposite locks among noise", opposite_locks_among_noise, "deadlock", 1, false},
    {"lost wakeup", lost_wakeup, "deadlock", 0, false},
    {"lost update", lost_update, "require", 1, true},
    {"lost updates", lost_updates, "require", 1, false},
    {"long queue", long_queue, "require", 1, false},
    {"publishes too early", publishes_too_early, "crash", 1, false},
};

}  // namespace

TEST_CASE("a sampled failure is shrunk to the fewest preemptions, and replays", "[shrink]") {
  for (const Program& program : programs) {
    for (std::uint64_t seed = 1; seed <= (program.brute ? 3 : 1); ++seed) {
      CAPTURE(program.name, seed);
      const Report report = sampled(program.body, seed);
      REQUIRE(report.failure);
      const Failure& failure = *report.failure;
      INFO(text_of(report));
      CHECK(failure.kind == program.kind);
      REQUIRE(failure.shrunk);
      CHECK(failure.shrunk->preemptions_left == program.fewest);
      CHECK(failure.shrunk->preemptions_left <= failure.shrunk->preemptions);
      CHECK(failure.shrunk->fewest_preemptions);
      CHECK(failure.shrunk->executions > 0);
      CHECK(failure.shrunk->executions <= 20'002);
      CHECK(failure.trace.size() <= failure.step);
      check_replays(program.body, failure);
      // What was found is still there.
      Options options;
      options.name = "shrink";
      options.schedule = failure.shrunk->schedule;
      const Report found = explore(program.body, options);
      REQUIRE(found.failure);
      CHECK(found.failure->kind == program.kind);
      CHECK(found.failure->step == failure.shrunk->steps);
    }
  }
}

TEST_CASE("small programs are shrunk to what brute force finds: the fewest preemptions, then the fewest steps", "[shrink]") {
  int tried = 0;
  for (const Program& program : programs) {
    if (!program.brute) continue;
    CAPTURE(program.name);
    const Fewest fewest = brute_force(program.body);
    CHECK(fewest.preemptions == program.fewest);
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      const Report report = sampled(program.body, seed);
      REQUIRE(report.failure);
      CHECK(report.failure->shrunk->preemptions_left == fewest.preemptions);
      CHECK(report.failure->step == fewest.steps);
      CHECK(report.failure->shrunk->fewest_steps);
      CHECK(report.failure->shrunk->ended_by.empty());
    }
    ++tried;
  }
  CHECK(tried == 2);
}

TEST_CASE("what was not shrunk is longer: a sampled failure of hundreds of steps has many preemptions", "[shrink]") {
  const Report as_found = sampled(lost_updates, 1, false), shrunk = sampled(lost_updates, 1);
  REQUIRE(as_found.failure);
  CHECK_FALSE(as_found.failure->shrunk);
  CHECK(as_found.failure->schedule == shrunk.failure->shrunk->schedule);
  CHECK(as_found.failure->step == shrunk.failure->shrunk->steps);
  CHECK(as_found.failure->step > 200);
  CHECK(shrunk.failure->shrunk->preemptions > 100);
  CHECK(shrunk.failure->schedule.size() < as_found.failure->schedule.size() / 2);
  const Report queue = sampled(long_queue, 3);
  CHECK(queue.failure->step < 30);
}

TEST_CASE("shrinking changes nothing but the schedule of the failure", "[shrink]") {
  for (const Program& program : programs) {
    for (const char* strategy : {"random", "pct", "dpor", "dfs"}) {
      if (!program.brute && strategy[0] == 'd') continue;
      CAPTURE(program.name, strategy);
      Options options = options_of(strategy, 7);
      if (strategy[0] != 'd') options.executions_max = 50;
      options.stop_at_first_failure = !program.brute;
      const Report with = explore(program.body, options);
      options.shrink = false;
      const Report without = explore(program.body, options);
      REQUIRE(with.failure.has_value() == without.failure.has_value());
      CHECK(with.verdict == without.verdict);
      CHECK(with.executions == without.executions);
      CHECK(with.redundant == without.redundant);
      CHECK(with.failing == without.failing);
      CHECK(with.steps == without.steps);
      CHECK(with.steps_longest == without.steps_longest);
      CHECK(with.outcomes == without.outcomes);
      CHECK(with.complete == without.complete);
      CHECK(with.whole == without.whole);
      if (!with.failure) continue;
      CHECK(with.failure->kind == without.failure->kind);
      CHECK(with.failure->seed == without.failure->seed);
      CHECK(with.failure->strategy == without.failure->strategy);
      CHECK(with.failure->shrunk->schedule == without.failure->schedule);
    }
  }
}

TEST_CASE("shrinking comes to the same every time", "[shrink]") {
  for (const Program& program : programs) {
    if (program.body == opposite_locks_among_noise || program.body == lost_updates) continue;  // they take long
    CAPTURE(program.name);
    const Report one = sampled(program.body, 5), two = sampled(program.body, 5);
    CHECK(text_of(*one.failure) == text_of(*two.failure));
    CHECK(one.failure->schedule == two.failure->schedule);
    CHECK(one.failure->shrunk->executions == two.failure->shrunk->executions);
  }
}

TEST_CASE("a failure does not become another one of the same kind that is shorter", "[shrink]") {
  // The one that needs a preemption is drawn; the other comes without any, in the order of the threads.
  const auto two_requirements = [](bool second) {
    return [second] {
      std::atomic<int> n = 0, x = 0;
      const auto add = [&] { n = n + 1; };
      parallel(add, add, [&] { x = 1; });
      require(n == 2, "an update was lost");
      if (second) require(x == 0, "x is never written");
    };
  };
  std::set<std::string> messages;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Report report = sampled(two_requirements(true), seed);
    REQUIRE(report.failure);
    const bool lost = report.failure->message.find("lost") != std::string::npos;
    messages.insert(lost ? "lost" : "written");
    CHECK(report.failure->shrunk->preemptions_left == (lost ? 1 : 0));
    check_replays(two_requirements(true), *report.failure);
  }
  CHECK(messages.size() == 2);  // or the test would say nothing of one of them
  CHECK(brute_force(two_requirements(true)).preemptions == 0);
  CHECK(brute_force(two_requirements(false)).preemptions == 1);
}

TEST_CASE("a race remains the race at these places", "[shrink]") {
  // The second race needs a preemption, or else the first one is met before it.
  const auto body = [](bool first) {
    return [first] {
      int a = 0, b = 0;
      std::atomic<bool> begun = false;
      parallel(
          [&, first] {
            begun = true;
            b = 1;
            begun = false;
            if (first) a = 1;
          },
          [&, first] {
            const bool between = begun;
            if (between) b = 2;
            if (first && !between) a = 2;
          });
    };
  };
  std::set<std::string> variables;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Report report = sampled(body(true), seed), as_found = sampled(body(true), seed, false);
    REQUIRE(report.failure);
    CHECK(report.failure->kind == "data-race");
    const auto lines = [](const Failure& failure) {
      std::multiset<std::string> all;
      for (std::size_t at = 0; (at = failure.message.find("shrink.cpp:", at)) != std::string::npos; ++at) all.insert(failure.message.substr(at, 15));
      return all;
    };
    CHECK(lines(*report.failure) == lines(*as_found.failure));
    variables.insert(*lines(*report.failure).begin());
    check_replays(body(true), *report.failure);
  }
  CHECK(variables.size() > 1);
}

TEST_CASE("what an observer objects to is shrunk", "[shrink]") {
  // Thread 2 steps between two steps of thread 1.
  class Between final : public Observer {
   public:
    void begin_execution() override { order_.clear(); }
    std::optional<Objection> on_step(const ObservedStep& step) override {
      order_ += static_cast<char>('0' + step.thread);
      if (order_.find("121") == std::string::npos) return std::nullopt;
      return Objection{"order", "thread 2 stepped in between"};
    }

   private:
    std::string order_;
  };
  const auto body = [] {
    std::atomic<int> n = 0;
    const auto some = [&] {
      for (int i = 0; i < 6; ++i) ++n;
    };
    parallel(some, some, some);
  };
  Options options = options_of("random", 2);
  options.observers.push_back(std::make_shared<Between>());
  const Report report = explore(body, options);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "order");
  CHECK(report.failure->step == 3);
  CHECK(report.failure->shrunk->preemptions_left == 2);
  CHECK(report.failure->shrunk->fewest_preemptions);
  CHECK(report.failure->shrunk->fewest_steps);
}

TEST_CASE("a search that reduces: its shortest failure still loses preemptions, also where threads spin", "[shrink]") {
  const auto body = [] {
    std::atomic<int> turn = 0, n = 0;
    parallel(
        [&] {
          while (turn != 1) std::this_thread::yield();
          n = n + 1;
        },
        [&] {
          turn = 1;
          n = n + 1;
        });
    require(n == 2, "an update was lost");
  };
  Options options = options_of("dpor");
  options.stop_at_first_failure = false;
  const Report report = explore(body, options);
  REQUIRE(report.failure);
  REQUIRE(report.failure->shrunk);
  CHECK(report.failure->shrunk->preemptions_left == brute_force(body).preemptions);
  check_replays(body, *report.failure);
}

TEST_CASE("a livelock by a lap is left as it was found; one without is shrunk", "[shrink]") {
  const auto polls_under_a_lock = [] {
    std::mutex m;
    bool ready = false;
    parallel([&] { const std::lock_guard guard(m); },
             [&] {
               while (true) {
                 const std::lock_guard guard(m);
                 if (ready) break;
               }
             });
  };
  const Report lap = explore_all(polls_under_a_lock, {.steps_max = 5'000});
  REQUIRE(lap.failure);
  CHECK(lap.failure->kind == "livelock");
  CHECK_FALSE(lap.failure->shrunk);
  // Nothing changes what it reads: it spins, and the execution ends by itself.
  const auto spins = [] {
    std::atomic<int> n = 0;
    std::atomic<bool> ready = false;
    const auto some = [&] {
      for (int i = 0; i < 10; ++i) ++n;
    };
    parallel(some, some, [&] {
      while (!ready) std::this_thread::yield();
    });
  };
  const Report spun = sampled(spins, 3);
  REQUIRE(spun.failure);
  CHECK(spun.failure->kind == "livelock");
  REQUIRE(spun.failure->shrunk);
  CHECK(spun.failure->shrunk->preemptions > 5);
  CHECK(spun.failure->shrunk->preemptions_left == 0);
  check_replays(spins, *spun.failure);
}

TEST_CASE("what the body prints is not printed thousands of times", "[shrink]") {
  const auto printed = [](bool shrink) {
    std::FILE* const file = std::tmpfile();
    REQUIRE(file != nullptr);
    std::fflush(stdout);
    const int kept = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    const Report report = sampled([] {
      std::puts("begin");
      lost_update();
    }, 1, shrink);
    std::fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    CHECK(report.failure);
    CHECK((!shrink || report.failure->shrunk->executions > 10));
    std::rewind(file);
    std::size_t lines = 0;
    for (int c; (c = std::fgetc(file)) != EOF;) lines += c == '\n';
    std::fclose(file);
    return lines;
  };
  CHECK(printed(false) > 0);
  CHECK(printed(true) == printed(false));
}

TEST_CASE("where the limit of time has passed nothing is shrunk, and that is said", "[shrink]") {
  Options options = options_of("random", 1);
  options.executions_max = 0;
  options.time_max = std::chrono::nanoseconds(1);  // looked at after 16 executions: the first one fails
  const Report report = explore(lost_updates, options);
  REQUIRE(report.failure);
  REQUIRE(report.failure->shrunk);
  CHECK(report.failure->shrunk->schedule == report.failure->schedule);
  CHECK(report.failure->shrunk->ended_by == "the time was over");
  CHECK_FALSE(report.failure->shrunk->fewest_preemptions);
  CHECK(report.failure->step > 200);
}

TEST_CASE("what is too large to be decided says so, and is shrunk as far as it goes", "[shrink]") {
  // Three preemptions are needed: whoever looks must see both values, between the steps of the one who sets them.
  const auto body = [] {
    std::mutex mutex;
    int sum = 0;
    std::atomic<int> state = 0;
    std::atomic<bool> met = false;
    const auto noise = [&] {
      for (int i = 0; i < 5; ++i) {
        std::lock_guard lock(mutex);
        ++sum;
      }
    };
    run_all({noise, noise, noise, [&] { state = 1; state = 2; state = 0; },
             [&] {
               if (state == 1 && state == 2) met = true;
             }});
    require(!met, "both were seen");
  };
  const Report report = sampled(body, 5);
  REQUIRE(report.failure);
  CHECK(report.failure->shrunk->preemptions > 10);
  CHECK(report.failure->shrunk->preemptions_left == 3);
  CHECK_FALSE(report.failure->shrunk->fewest_preemptions);
  CHECK_FALSE(report.failure->shrunk->ended_by.empty());
  check_replays(body, *report.failure);
}
