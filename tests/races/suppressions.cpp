// What INTERLEAVE_SUPPRESSIONS sets aside, and what it must not: a table of bodies and files.
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "suppressed.hpp"

namespace {

// The compiler does not see where it points, and so no mistake.
template <class T>
T* opaque(T* p) {
  asm volatile("" : "+r"(p));
  return p;
}

// ---- bodies ----------------------------------------------------------------------------------------------------------

// The first is suppressed, and so is that of the second thread with the others'; not that of the last two.
APART void first_of_three(int& n) { n = 1; }
APART void second_of_three(int& n) { n = 2; }
APART void third_of_three(int& n) { n = 3; }
void three_writers() {
  int n = 0;
  parallel([&] { first_of_three(n); }, [&] { second_of_three(n); }, [&] { third_of_three(n); });
}

// The first access of each thread is suppressed, and the second, at the same moment, is not.
APART void suppressed_first(int& n) { n = 1; }
APART void not_suppressed_then(int& n) { n = 2; }
void twice_at_once() {
  int n = 0;
  parallel([&] { suppressed_first(n); not_suppressed_then(n); }, [&] { suppressed_first(n); not_suppressed_then(n); });
}
// The same the other way round, and behind a moment at which others may come between.
void twice() {
  int n = 0;
  std::atomic<int> between{0};
  parallel([&] { not_suppressed_then(n); ++between; suppressed_first(n); }, [&] { not_suppressed_then(n); ++between; suppressed_first(n); });
}

// A lost update, which is a failure of its own.
void race_and_lost_update() {
  statistics::Counter counter;
  std::atomic<int> sum{0};
  parallel([&] { counter.add(); sum.store(sum.load() + 1); }, [&] { counter.add(); sum.store(sum.load() + 1); });
  interleave::require(sum == 2, "an update was lost");
}

struct Node {
  int value = 0;
};
APART void read_late(const Node* node) {
  const int value = node->value;
  asm volatile("" : : "r"(value));
}
APART void write_late(Node* node) { node->value = 7; }
void use_after_free(bool fails) {
  Node* const node = new Node;
  delete opaque(node);
  write_late(node);
  read_late(node);
  interleave::require(!fails, "found behind it");
}
void freed_by_another_thread() {
  Node* const node = new Node;
  parallel([&] { read_late(node); }, [&] { delete node; });
}

APART void frees_twice(void* p) {
  std::free(opaque(p));
  std::free(opaque(p));
}
void double_free() {
  void* const p = std::malloc(16);
  frees_twice(p);
  interleave::require(std::malloc(16) != p);
}
APART void frees_as_array(int* p) { delete[] opaque(p); }
void mismatched_free() {
  frees_as_array(opaque(new int(1)));
  delete opaque(new int(2));
}
APART void frees_inside(char* p) { std::free(opaque(p + 8)); }
void invalid_free() {
  char* const p = static_cast<char*>(std::malloc(32));
  frees_inside(p);
  std::free(p);
}

APART void* kept_for_ever() { return std::malloc(24); }
APART void* forgotten() { return std::malloc(40); }
void leaks_one() { static_cast<void>(kept_for_ever()); }
void leaks_two() {
  static_cast<void>(kept_for_ever());
  static_cast<void>(forgotten());
}
// What a suppressed block refers to is no leak, either.
void leaks_a_chain() {
  void** const first = static_cast<void**>(kept_for_ever());
  *first = forgotten();
  asm volatile("" : : "r"(first) : "memory");  // g++ leaves out what nobody reads
}

std::mutex first_lock, second_lock;
APART void one_way() {
  const std::lock_guard a(first_lock);
  const std::lock_guard b(second_lock);
}
APART void other_way() {
  const std::lock_guard b(second_lock);
  const std::lock_guard a(first_lock);
}
void abba() {
  parallel(one_way, other_way);
  interleave::outcome("both");
}
void abba_and_a_failure() {
  std::atomic<int> n{0};
  parallel([&] { one_way(); n = 1; }, [&] { other_way(); n = 2; });
  interleave::require(n == 1, "the other one was last");
}

// A flag by plain stores and atomics: a read-modify-write of a word that is written plainly, too.
std::atomic<int>& as_atomic(int& n) { return reinterpret_cast<std::atomic<int>&>(n); }
APART void writes_plainly(int& n) { n = 1; }
void atomic_and_plain() {
  int n = 0;
  parallel([&] { writes_plainly(n); }, [&] { as_atomic(n).fetch_add(1); });
}
APART void copies(char* to, const char* from) { std::memcpy(to, from, 16); }
void copied() {
  char a[16] = {}, b[16] = {};
  parallel([&] { copies(a, b); }, [&] { a[3] = 1; });
}

}  // namespace

// ---- what is set aside -----------------------------------------------------------------------------------------------

TEST_CASE("a finding that a pattern matches is set aside and counted, and the pass is not complete") {
  struct Row {
    const char* file;
    std::function<void()> body;
    bool leaks = false;
  };
  const Row rows[] = {
      {"race:count_hit", one_race},                               // a function
      {"race:statistics::count_hit", one_race},
      {"race:^statistics::count_hit$", one_race},                 // the whole name, as a reader writes it
      {"race:by_way_of_a_caller", one_race},                      // of any frame, of either stack
      {"race:suppressed.hpp$", one_race},                         // a file
      {"race:statistics::hits", one_race},                        // a variable
      {"race:^statistics::hits$", one_race},
      {"race:^stat*::co*_hit", one_race},
      {"race:races_suppressions", one_race},                      // a module
      {"race:*", one_race},
      {"data-race:count_hit", one_race},
      {"race_top:count_hit", one_race},
      {"race:Counter::add", [] { statistics::Counter c; parallel([&] { c.add(); }, [&] { c.add(); }); }},
      {"race:count_hit\nrace:count_miss", two_races},
      {"race:statistics::", two_races},
      {"race:first_of_three\nrace:second_of_three", three_writers},
      {"race:suppressed_first\nrace:not_suppressed_then", twice_at_once},
      {"race:writes_plainly", atomic_and_plain},
      {"race:copies", copied},
      {"race:read_late\nuse-after-free:write_late", [] { use_after_free(false); }},
      {"use-after-free:_late", [] { use_after_free(false); }},
      {"race:freed_by_another_thread", freed_by_another_thread},
      {"double-free:frees_twice", double_free},
      {"race:frees_twice", double_free},
      {"mismatched-free:frees_as_array", mismatched_free},
      {"invalid-free:frees_inside", invalid_free},
      {"leak:kept_for_ever", leaks_one, true},
      {"leak:kept_for_ever", leaks_a_chain, true},
      {"leak:kept_for_ever\nleak:forgotten", leaks_two, true},
      {"deadlock:one_way", abba},
      {"deadlock:^other_way$", abba},
      {"deadlock:first_lock", abba},                              // what is waited for
      {"livelock:spins_for_ever\n# not of these\ndeadlock:abba", abba},
      {"  race:count_hit  \r\n\r\n# a comment\r\n\t\r\n", one_race},
      {"\xef\xbb\xbfrace:count_hit", one_race},
      {"thread:x\nmutex:y\nsignal:z\ncalled_from_lib:libc.so\nrace:count_hit", one_race},  // a file of ThreadSanitizer's
  };
  for (const Row& row : rows) {
    Options options;
    options.leaks = row.leaks;
    const Report report = run(row.file, row.body, options);
    INFO(row.file << "  " << kind_of(report) << (report.failure ? "  " + report.failure->message : ""));
    CHECK(report.verdict == Verdict::pass);
    CHECK_FALSE(report.complete);
    CHECK(report.unseen.empty());
    std::uint64_t findings = 0;
    for (const auto& each : report.suppressions) findings += each.count;
    CHECK(findings >= 1);
  }
}

TEST_CASE("a finding that no pattern matches is reported") {
  struct Row {
    const char* file;
    std::function<void()> body;
    const char* kind;
    bool leaks = false;
  };
  const Row rows[] = {
      {"", one_race, "data-race"},
      {"race:count_miss", one_race, "data-race"},
      {"race:^count_hit", one_race, "data-race"},
      {"race:count_hit$extra", one_race, "data-race"},
      {"race:statistics::count$", one_race, "data-race"},
      {"race:hits*count_hit", one_race, "data-race"},
      {"race_top:by_way_of_a_caller", one_race, "data-race"},
      {"deadlock:count_hit", one_race, "data-race"},
      {"use-after-free:count_hit", one_race, "data-race"},
      {"leak:count_hit", one_race, "data-race"},
      {"thread:count_hit\nmutex:count_hit\nsignal:count_hit\ncalled_from_lib:count_hit", one_race, "data-race"},
      {"race:count_hit", two_races, "data-race"},
      {"race:statistics::hits", two_races, "data-race"},
      {"race:first_of_three", three_writers, "data-race"},
      {"race:third_of_three", three_writers, "data-race"},
      {"race:suppressed_first", twice_at_once, "data-race"},
      {"race:suppressed_first", twice, "data-race"},
      {"race:Counter::add", race_and_lost_update, "require"},
      {"race:_late", [] { use_after_free(true); }, "require"},
      {"race:write_late", [] { use_after_free(false); }, "use-after-free"},
      {"data-race:_late", [] { use_after_free(false); }, "use-after-free"},
      {"double-free:frees_twice", mismatched_free, "mismatched-free"},
      {"leak:kept_for_ever", leaks_two, "leak", true},
      {"leak:forgotten", leaks_a_chain, "leak", true},
      {"deadlock:some_other_way", abba, "deadlock"},
      {"race:one_way", abba, "deadlock"},
      {"deadlock:one_way", abba_and_a_failure, "require"},
  };
  for (const Row& row : rows) {
    Options options;
    options.leaks = row.leaks;
    const Report report = run(row.file, row.body, options);
    INFO(row.file);
    CHECK(report.verdict == Verdict::fail);
    CHECK(kind_of(report) == row.kind);
  }
}

TEST_CASE("a finding is counted once, however many executions have it, and each line for itself") {
  const Report one = run("race:nowhere\nrace:count_hit", one_race);
  REQUIRE(one.suppressions.size() == 2);
  CHECK(one.suppressions[0].pattern == "race:nowhere");
  CHECK(one.suppressions[0].count == 0);
  CHECK(one.suppressions[1].pattern == "race:count_hit");
  CHECK(one.suppressions[1].count == 1);
  const Report two = run("race:count_hit\nrace:count_", two_races, {.strategy = "dfs"});
  REQUIRE(two.suppressions.size() == 2);
  CHECK(two.suppressions[0].count == 1);
  CHECK(two.suppressions[1].count == 1);
  const Report random = run("race:count_hit\nrace:count_", two_races, {.strategy = "random", .seed = 3, .executions_max = 50});
  CHECK(random.suppressions[1].count == 1);
}

TEST_CASE("a pass in which nothing was set aside stays complete") {
  const Report report = run("race:nowhere\ndeadlock:nowhere", [] {
    std::atomic<int> n{0};
    parallel([&] { ++n; }, [&] { ++n; });
  });
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.complete);
}

TEST_CASE("the schedules that are searched are those of the same program without the race") {
  const auto executions = [](bool races) {
    return [races] {
      statistics::Counter counter;
      std::atomic<int> n{0};
      parallel([&] { if (races) counter.add(); n.fetch_add(1); n.fetch_add(1); },
               [&] { if (races) counter.add(); n.fetch_add(1); n.fetch_add(1); });
    };
  };
  CHECK(run("race:Counter", executions(true)).executions == explore(executions(false), {.name = "suppressions"}).executions);
}

TEST_CASE("a suppressed deadlock is an execution that ended, beside the others") {
  const Report report = run("deadlock:one_way", abba);
  CHECK(report.failing == 0);
  CHECK(report.executions == explore(abba, {.name = "suppressions", .stop_at_first_failure = false}).executions);
  CHECK(report.outcomes.size() == 1);
}

TEST_CASE("all failures are found behind what is set aside, and none of it is one") {
  const Report report = run("race:Counter::add", race_and_lost_update, {.strategy = "dfs", .stop_at_first_failure = false});
  const Report without = explore([] {
    std::atomic<int> sum{0};
    parallel([&] { sum.store(sum.load() + 1); }, [&] { sum.store(sum.load() + 1); });
    interleave::require(sum == 2, "an update was lost");
  }, {.name = "suppressions", .strategy = "dfs", .stop_at_first_failure = false});
  CHECK(report.executions == without.executions);
  CHECK(report.failing == without.failing);
}

TEST_CASE("a token of a failure behind a suppressed race reproduces with the same file, and meets the race without it") {
  const Report found = run("race:Counter::add", race_and_lost_update);
  REQUIRE(kind_of(found) == "require");
  const Report again = run("race:Counter::add", race_and_lost_update, {.schedule = found.failure->schedule});
  CHECK(kind_of(again) == "require");
  CHECK(again.failure->step == found.failure->step);
  const Report without = explore(race_and_lost_update, {.name = "suppressions", .schedule = found.failure->schedule});
  CHECK(kind_of(without) == "data-race");
}

TEST_CASE("a thread that spins beside a suppressed race is recognised as before") {
  const auto body = [](bool races) {
    return [races] {
      statistics::Counter counter;
      std::atomic<bool> ready{false};
      parallel([&] { if (races) counter.add(); ready = true; },
               [&] {
                 while (!ready) {}
                 if (races) counter.add();
               },
               [&] {
                 if (races) counter.add();
                 while (!ready) std::this_thread::yield();
               });
    };
  };
  const Report with = run("race:Counter::add", body(true)), without = explore(body(false), {.name = "suppressions"});
  CHECK(with.verdict == Verdict::pass);
  CHECK(with.executions == without.executions);
  CHECK(with.suppressions[0].count == 1);
}

TEST_CASE("threads and locks of the standard library are as before beside what is suppressed") {
  const Report report = run("race:count_hit", [] {
    std::mutex mutex;
    int guarded = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&] {
        statistics::count_hit();
        const std::lock_guard lock(mutex);
        ++guarded;
      });
    for (std::thread& thread : threads) thread.join();
    interleave::require(guarded == 3);
  });
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.suppressions[0].count == 1);
}

TEST_CASE("suppressions hold where races are explored, too") {
  const Report report = run("use-after-free:_late", [] { use_after_free(false); }, {.races = "explore"});
  CHECK(report.verdict == Verdict::pass);
  CHECK_FALSE(report.complete);
}
