// How many interleavings there are: `dfs` visits all of them, each once. Published numbers, and formulas, are met exactly.
#include "explored.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <sstream>

using namespace interleave;

namespace {

// ---- small programs, written as in the tables of the literature -------------------------------------------------------
//
// Threads are separated by '|'. Rx loads x; Wx3 stores 3; Ax adds 1 and Xx3 exchanges, in one step; Cx12 compares x with 1 and
// exchanges it for 2; L and U lock and unlock the one mutex. Locations are the letters a to z.

struct Action {
  char kind, place;
  int  a = 0, b = 0;
};
using Program = std::vector<std::vector<Action>>;

Program parse(const std::string& text) {
  Program program(1);
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word == "|") {
      program.emplace_back();
      continue;
    }
    const auto digit = [&](std::size_t at) { return at < word.size() ? word[at] - '0' : 0; };
    program.back().push_back({word[0], word.size() > 1 ? word[1] : 'a', digit(2), digit(3)});
  }
  return program;
}

// `n` threads of the same text.
std::string times(int n, const std::string& thread) {
  std::string text = thread;
  for (int i = 1; i < n; ++i) text += " | " + thread;
  return text;
}

std::string repeated(int n, const std::string& word) {
  std::string text;
  for (int i = 0; i < n; ++i) text += word + " ";
  return text;
}

// Outcome: what the loads of each thread saw, in program order.
Report explore_program(const std::string& text) {
  const Program program = parse(text);
  return explore_all([&] {
    std::array<std::atomic<int>, 26> places{};
    std::mutex mutex;
    std::vector<std::string> seen(program.size());
    std::vector<std::function<void()>> threads;
    for (std::size_t t = 0; t < program.size(); ++t) {
      threads.push_back([&, t] {
        for (const Action& action : program[t]) {
          auto& place = places[static_cast<std::size_t>(action.place - 'a')];
          switch (action.kind) {
            case 'R': seen[t] += std::to_string(place.load()); break;
            case 'W': place.store(action.a); break;
            case 'A': place.fetch_add(1); break;
            case 'X': place.exchange(action.a); break;
            case 'C': {
              int expected = action.a;
              place.compare_exchange_strong(expected, action.b);
              break;
            }
            case 'L': mutex.lock(); break;
            case 'U': mutex.unlock(); break;
            default: require(false, "a program that makes no sense");
          }
        }
      });
    }
    parallel(threads);
    std::string all;
    for (std::size_t t = 0; t < seen.size(); ++t) all += (t == 0 ? "" : "|") + seen[t];
    outcome(all);
  });
}

// (k1 + k2 + ...)! / (k1! k2! ...): the interleavings of threads that never wait.
std::uint64_t interleavings(const std::string& text) {
  std::uint64_t result = 1, placed = 0;
  for (const auto& thread : parse(text))
    for (std::uint64_t i = 1; i <= thread.size(); ++i) result = result * ++placed / i;
  return result;
}

void philosophers(std::size_t n) {
  std::vector<std::mutex> forks(n);
  std::vector<std::function<void()>> threads;
  for (std::size_t i = 0; i < n; ++i) {
    threads.push_back([&forks, i, n] {
      auto &own = forks[i], &next = forks[(i + 1) % n];
      own.lock();
      next.lock();
      next.unlock();
      own.unlock();
    });
  }
  parallel(threads);
}

}  // namespace

TEST_CASE("two bodies of three atomic operations have 20 interleavings, three of two 90") {
  std::atomic<int> n = 0;
  const auto two = [&] { n++, n++; };
  const auto three = [&] { n++, n++, n++; };
  CHECK_HOLDS(explore_all([&] { parallel(three, three); }), 20u);     // 6! / (3! 3!)
  CHECK_HOLDS(explore_all([&] { parallel(two, two, two); }), 90u);    // 6! / (2! 2! 2!)
  CHECK(n == 0);
}

TEST_CASE("one body has one interleaving, and a body without visible operations adds none") {
  std::atomic<int> n = 0;
  CHECK_HOLDS(explore_all([&] { parallel([&] { n++, n++, n++; }); }), 1u);
  CHECK_HOLDS(explore_all([&] { parallel([&] { n++, n++; }, [] {}); }), 1u);
  const Report nothing = explore_all([] {});
  CHECK_HOLDS(nothing, 1u);
  CHECK(nothing.steps == 0);
  CHECK(nothing.threads_most == 1);
}

TEST_CASE("store buffering has 6 interleavings and 3 outcomes: both reading 0 is impossible") {
  // Wx Ry | Wy Rx, written as who steps, and what is read:
  //
  //     1122  01      1212  11      1221  11
  //     2211  10      2121  11      2112  11
  const Report report = explore_program("Wx1 Ry | Wy1 Rx");
  CHECK_HOLDS(report, 6u);
  CHECK_OUTCOMES(report, {{"0|1", 1}, {"1|0", 1}, {"1|1", 4}});
}

TEST_CASE("message passing never shows the flag without the data") {
  //     Wx Wy | Ry Rx      1122 11      1212 01      1221 01      2112 01      2121 01      2211 00
  const Report report = explore_program("Wx1 Wy1 | Ry Rx");
  CHECK_HOLDS(report, 6u);
  CHECK_OUTCOMES(report, {{"|00", 1}, {"|01", 4}, {"|11", 1}});
}

TEST_CASE("load buffering never reads both values from the future") {
  const Report report = explore_program("Rx Wy1 | Ry Wx1");
  CHECK_HOLDS(report, 6u);
  CHECK_OUTCOMES(report, {{"0|0", 4}, {"0|1", 1}, {"1|0", 1}});
}

TEST_CASE("independent readers never disagree on the order of independent writes") {
  const Report report = explore_program("Wx1 | Rx Ry | Ry Rx | Wy1");
  CHECK_HOLDS(report, 180u);
  CHECK(report.outcomes.count("|10|10|") == 0);
  CHECK(report.outcomes.size() == 15);  // the published number of classes: here each has an outcome of its own
}

TEST_CASE("straight-line programs have as many interleavings as published, and as the multinomial says") {
  struct Row {
    std::string   name, program;
    std::uint64_t executions;
  };
  const auto row = GENERATE(values<Row>({
      {"LB", "Rx Wy1 | Ry Wx1", 6},
      {"2+2W", "Wx1 Wy2 | Wy1 Wx2", 6},
      {"S", "Wx2 Wy1 | Ry Wx1", 6},
      {"WRC", "Wx1 | Rx Wy1 | Ry Rx", 30},
      {"ISA2", "Wx1 Wy1 | Ry Wz1 | Rz Rx", 90},
      {"default", "Rx Rx | Wx1 | Wx2", 12},
      {"CoRR1", "Wx1 | Wx2 | Rx Rx | Rx", 60},
      {"CoRR2", "Wx1 | Wx2 | Rx Rx | Rx Rx", 180},
      {"W+RRR+W", "Wx1 | Rx Rx Rx | Wx2", 20},
      {"fr+w+w+w+reads", "Wx1 | Wx2 | Wx3 | Rx Rx Rx Rx", 210},
      {"inc+inc+RR+W+RR", "Ax | Ax | Rx Rx | Wx9 | Rx Rx", 1260},
      {"wrw 2", "Wx1 | Rx Wx2 | Rx Wx3", 30},
      {"wrw 3", "Wx1 | Rx Wx2 | Rx Wx3 | Rx Wx4", 630},
      {"Z6.U", "Wx1 Wy1 | Ay Ry | Wy3 Rx", 90},
      {"Z6+acq", "Wa1 Wb1 | Rb Wc1 | Wc2 Ra", 90},
      {"JLT", "Wx1 Ry Rx | Wx2 Rx | Wy3", 60},
      {"LB+incMPs", "Rx Az | Az Wy1 | Ry Aw | Aw Wx1", 2520},
      {"relseq", "Wx1 Wy1 Wy2 | Xy3 | Ry Rx", 60},
      {"wcii", "Wx5 | Cx12 | Ax | Ax", 24},
      {"readers 2", "Wx1 | Rx | Rx", 6},
      {"readers 6", "Wx1 | " + times(6, "Rx"), 5040},
      {"N-writers 4", "Wx1 | Wx2 | Wx3 | Wx4 | Wx5 | Rx", 720},
      {"ainc 2", times(2, "Ax"), 2},
      {"ainc 7", times(7, "Ax"), 5040},
      {"binc 2", times(2, "Ax Ay"), 6},
      {"binc 3", times(3, "Ax Ay"), 90},
      {"binc 4", times(4, "Ax Ay"), 2520},
      {"cinc 2", times(2, "Ax Ay Az"), 20},
      {"cinc 3", times(3, "Ax Ay Az"), 1680},
      {"inc 2", times(2, "Rx Wx1"), 6},
      {"inc 3", times(3, "Rx Wx1"), 90},
      {"inc 4", times(4, "Rx Wx1"), 2520},
      {"cas 5", "Cx01 | Cx02 | Cx03 | Cx04 | Cx05", 120},
      {"casrot 5", "Cx01 | Cx12 | Cx23 | Cx34 | Cx45", 120},
      {"wcas 4", "Wx2 | " + times(4, "Cx23"), 120},
      {"wainc 4", "Wx9 | " + times(4, "Ax"), 120},
      {"redundant_co 1", "Wx1 | Wx2 | Rx Rx", 12},
      {"redundant_co 2", "Wx1 Wx1 | Wx2 Wx2 | Rx Rx", 90},
      {"redundant_co 3", repeated(3, "Wx1") + "| " + repeated(3, "Wx2") + "| Rx Rx", 560},
      {"redundant_co 4", repeated(4, "Wx1") + "| " + repeated(4, "Wx2") + "| Rx Rx", 3150},
      {"rmw_test2", "Ax | Ax | Rx | Rx | Wx1 | Wx2", 720},
      {"race_parametric 1", "Wx1 Rx | Wx2 Rx", 6},
      {"race_parametric 2", repeated(2, "Wx1 Rx") + "| " + repeated(2, "Wx2 Rx"), 70},
      {"race_parametric 3", repeated(3, "Wx1 Rx") + "| " + repeated(3, "Wx2 Rx"), 924},
      {"race_parametric 4", repeated(4, "Wx1 Rx") + "| " + repeated(4, "Wx2 Rx"), 12870},
      {"bug_after_1k", "Rx " + repeated(6, "Wx1") + "| " + repeated(6, "Wx2"), 1716},
  }));
  INFO(row.name);
  CHECK(interleavings(row.program) == row.executions);
  CHECK_HOLDS(explore_program(row.program), row.executions);
}

TEST_CASE("locked programs have as many interleavings as the lock allows") {
  // Once a thread holds the lock no other can step: the order of the critical sections is all there is.
  CHECK_HOLDS(explore_program(times(2, "L U")), 2u);
  CHECK_HOLDS(explore_program(times(3, "L U")), 6u);
  CHECK_HOLDS(explore_program(times(4, "L Ax Ay U")), 24u);
  CHECK_HOLDS(explore_program(times(2, "L U L U")), 6u);     // (2 2)! / (2! 2!)
  CHECK_HOLDS(explore_program(times(3, "L U L U")), 90u);
  // An operation outside the lock meets everything: the critical section of the other is L, A or U long.
  //     T1: A L U, T2: L U.   A before L2; between L2 and U2; after U2 -> then L1 as allowed:
  //     A L1 U1 L2 U2 | A L2 U2 L1 U1 | L2 A U2 L1 U1 | L2 U2 A L1 U1
  CHECK_HOLDS(explore_program("Ax L U | L U"), 4u);
}

TEST_CASE("three threads that lock and never unlock: whoever is first leaves the others in a deadlock") {
  CHECK_FAILS(explore_program(times(3, "L Ax")), 3u, 3u, "deadlock");
}

TEST_CASE("a thread that unlocks only in its turn: one order of three comes to an end") {
  // Thread i unlocks only if it is the i-th to count. First 1 or 2: stuck at once. First 0: then 1, then 2, the one good
  // order; or then 2: stuck. Four executions, three of them deadlocks.
  const Report report = explore_all([] {
    std::mutex mutex;
    std::atomic<int> count = 0;
    std::vector<std::function<void()>> threads;
    for (int i = 0; i < 3; ++i) {
      threads.push_back([&, i] {
        mutex.lock();
        if (count++ == i) mutex.unlock();
      });
    }
    parallel(threads);
  });
  CHECK_FAILS(report, 4u, 3u, "deadlock");
}

TEST_CASE("branches that depend on what is read: the interleavings of control_flow") {
  const auto control_flow = [](int n) {
    return explore_all([n] {
      std::atomic<int> x = 0, y = 0, z = 0;
      std::vector<std::function<void()>> threads;
      for (int i = 0; i < n; ++i) {
        threads.push_back([&] { static_cast<void>(x.load()); });
        threads.push_back([&] { y = 1; });
      }
      threads.push_back([&] { if (y == 0) z = 1; });
      threads.push_back([&] { if (z == 1 && y == 0) x = 1; });
      parallel(threads);
    });
  };
  CHECK_HOLDS(control_flow(1), 69u);
  CHECK_HOLDS(control_flow(2), 2676u);
  CHECK_HOLDS(control_flow(3), 178'416u);
}

TEST_CASE("dining philosophers: of 6, 168, 98,184 interleavings 2, 6, 24 are deadlocks") {
  // Two, the first philosopher beginning (as many again begin with the second); what is not said is forced:
  //
  //     1 takes both, gives both back, then 2        1111 2222
  //     1 takes both, gives one back, 2 takes it     1112 1222
  //     1 takes one, 2 takes the other               12, deadlock
  CHECK_FAILS(explore_all([] { philosophers(2); }), 6u, 2u, "deadlock");
  // Every philosopher has his own fork, in any order: n! deadlocks.
  CHECK_FAILS(explore_all([] { philosophers(3); }), 168u, 6u, "deadlock");
  CHECK_FAILS(explore_all([] { philosophers(4); }), 98'184u, 24u, "deadlock");
}

TEST_CASE("philosophers who take the lower fork first never starve") {
  // The corrected program: both begin with fork 0, so the critical sections come one after the other.
  const Report report = explore_all([] {
    std::mutex low, high;
    const auto philosopher = [&] {
      low.lock();
      high.lock();
      high.unlock();
      low.unlock();
    };
    parallel(philosopher, philosopher);
  });
  CHECK_HOLDS(report, 2u);
}

TEST_CASE("two threads of five assignments, each in its own lock and unlock: 252 executions, 252 outcomes") {
  // C(10, 5) orders of the critical sections. x = 2x appends a binary 0 and x = 2x+1 a binary 1 to a leading 1, so that every
  // order spells another number.
  const auto assignments = [](int n) {
    return explore_all([n] {
      std::mutex mutex;
      int x = 1;
      const auto thread = [&](int bit) {
        for (int i = 0; i < n; ++i) {
          const std::lock_guard lock(mutex);
          x = 2 * x + bit;
        }
      };
      parallel([&] { thread(0); }, [&] { thread(1); });
      outcome(std::to_string(x));
    });
  };
  const Report one = assignments(1);
  CHECK_HOLDS(one, 2u);
  CHECK_OUTCOMES(one, {{"5", 1}, {"6", 1}});  // 101: the 0 first; 110: the 1 first
  const Report five = assignments(5);
  CHECK_HOLDS(five, 252u);
  CHECK(five.outcomes.size() == 252);
}

TEST_CASE("a counter that is read and written apart loses updates, by exactly the counts of the table") {
  struct Row {
    int           threads, increments;
    std::uint64_t executions;
    std::string   least;  // of the final values
  };
  // 2 x 1: R W | R W: 1122 and 2211 count to 2, the four others to 1.
  // One thread can be overtaken for its whole life: the least value is 1 for one increment each, else 2.
  const auto row = GENERATE(values<Row>({{2, 1, 6, "1"}, {2, 2, 70, "2"}, {2, 3, 924, "2"}, {3, 1, 90, "1"}}));
  const auto count = [&](bool in_one_step) {
    return explore_all([&, in_one_step] {
      std::atomic<int> n = 0;
      parallel(std::vector<std::function<void()>>(static_cast<std::size_t>(row.threads), [&, in_one_step] {
        for (int i = 0; i < row.increments; ++i) {
          if (in_one_step) {
            ++n;
          } else {
            n = n + 1;
          }
        }
      }));
      outcome(std::to_string(n.load()));
    });
  };
  INFO(row.threads << " threads, " << row.increments << " increments");
  const Report torn = count(false);
  CHECK_HOLDS(torn, row.executions);
  CHECK(torn.outcomes.begin()->first == row.least);
  CHECK(torn.outcomes.rbegin()->first == std::to_string(row.threads * row.increments));
  if (row.threads == 2 && row.increments == 1) CHECK_OUTCOMES(torn, {{"1", 4}, {"2", 2}});
  const Report whole = count(true);
  CHECK(names_of(whole.outcomes) == std::vector{std::to_string(row.threads * row.increments)});
}

TEST_CASE("a report counts steps, the longest execution and threads") {
  // Three operations each: every execution has 6 steps, by two threads and the body's.
  const Report report = explore_program("Ax Ax Ax | Ax Ax Ax");
  CHECK(report.steps == 20 * 6);
  CHECK(report.steps_longest == 6);
  CHECK(report.threads_most == 3);
  CHECK(report.redundant == 0);
  CHECK(report.cut == 0);
  CHECK(report.failing == 0);
  CHECK(report.strategy == "dfs");
}

// Some seconds: for those who ask for it.
TEST_CASE("lastzero with five writers has 3,487,880 interleavings", "[.slow]") {
  const Report report = explore_all([] {
    std::array<std::atomic<int>, 6> a{};
    std::vector<std::function<void()>> threads;
    threads.push_back([&] {
      std::size_t i = 5;
      while (a[i] != 0) --i;
    });
    for (std::size_t j = 1; j <= 5; ++j) threads.push_back([&, j] { a[j] = a[j - 1] + 1; });
    parallel(threads);
  });
  CHECK_HOLDS(report, 3'487'880u);
}
