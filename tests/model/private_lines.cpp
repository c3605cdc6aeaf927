// races=explore: what a thread does on its own stack, where nobody else looks, is no step; and which lines others look at is learnt.
#include "explored.hpp"

#include <array>
#include <atomic>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace interleave;

namespace {

Report racing(const std::function<void()>& body, const char* strategy = "dpor", const std::string& schedule = "") {
  return explore(body, {.name = "private_lines", .strategy = schedule.empty() ? strategy : "", .schedule = schedule, .races = "explore",
                        .stop_at_first_failure = false});
}

// ---- random programs, and all that may come of them -------------------------------------------------------------------

// A thread's access: to the variable, if what it has read so far is odd or `always`.
struct Access {
  int variable = 0;
  bool writes = false, always = true;
  int value = 0;
};
// The first thread's locals are 0, 1 (on a line of their own) and 2 (on the line of 0); 3 is the second thread's; 4 is static. The second
// thread starts the third and waits for it.
constexpr int variables = 5, threads = 3;
using Program = std::array<std::vector<Access>, threads>;

bool may_access(int thread, int variable) { return variable != 3 || thread != 0; }

Program random_program(std::mt19937& random) {
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  Program program;
  for (int thread = 0; thread < threads; ++thread)
    for (int i = 0; i < 3; ++i) {
      Access access{.variable = below(variables), .writes = below(2) == 0, .always = below(2) == 0, .value = 1 + below(3)};
      while (!may_access(thread, access.variable)) access.variable = below(variables);
      program[static_cast<std::size_t>(thread)].push_back(access);
    }
  return program;
}

struct State {
  std::array<int, variables> values{};
  std::array<int, threads> read{1, 1, 1};
  std::array<std::size_t, threads> done{};
};

std::string text_of(const State& state) {
  std::string text;
  for (const int read : state.read) text += std::to_string(read) + " ";
  for (const int value : state.values) text += std::to_string(value);
  return text;
}

void every_order(const Program& program, const State& state, std::set<std::string>& outcomes) {
  bool ended = true;
  for (std::size_t thread = 0; thread < threads; ++thread) {
    if (state.done[thread] == program[thread].size()) continue;
    ended = false;
    State next = state;
    const Access& access = program[thread][next.done[thread]++];
    int& value = next.values[static_cast<std::size_t>(access.variable)];
    if (access.always || next.read[thread] % 2 == 1) {
      if (access.writes) {
        value = access.value;
      } else {
        next.read[thread] = next.read[thread] * 4 + value;
      }
    }
    every_order(program, next, outcomes);
  }
  if (ended) outcomes.insert(text_of(state));
}

struct alignas(64) Line {
  volatile int first = 0, second = 0;
};

// The value that the thread has read at the end.
template <class F>
int perform(const std::vector<Access>& accesses, F place) {
  int read = 1;
  for (const Access& access : accesses) {
    if (!access.always && read % 2 == 0) continue;
    if (access.writes) {
      *place(access.variable) = access.value;
    } else {
      read = read * 4 + *place(access.variable);
    }
  }
  return read;
}

volatile int global;

void execute(const Program& program) {
  Line first, other;
  global = 0;
  std::array<int, threads> read{};
  int of_second = 0;
  const auto place = [&](int variable) {
    return std::array<volatile int*, variables>{&first.first, &other.first, &first.second, nullptr, &global}[static_cast<std::size_t>(variable)];
  };
  std::thread second([&] {
    Line own;
    const auto mine = [&](int variable) { return variable == 3 ? &own.first : place(variable); };
    std::thread third([&] { read[2] = perform(program[2], mine); });
    read[1] = perform(program[1], mine);
    third.join();
    of_second = own.first;
  });
  read[0] = perform(program[0], place);
  second.join();
  State state{.values = {first.first, other.first, first.second, of_second, global}, .read = read, .done = {}};
  outcome(text_of(state));
}

}  // namespace

TEST_CASE("private lines: a loop over a thread's own array makes no steps") {
  const auto steps = [](int rounds) {
    const Report report = racing([rounds] {
      std::atomic<int> shared{0};
      const auto add = [&] {
        const int times = rounds;
        int mine[4] = {};
        for (int i = 0; i < times; ++i) mine[i % 4] = mine[(i + 1) % 4] + 1;
        shared += mine[0];
      };
      std::thread other(add);
      add();
      other.join();
    });
    INFO(text_of(report));
    CHECK(report.complete);
    CHECK(report.executions == 2);
    return report.steps_longest;
  };
  CHECK(steps(1) == steps(1000));
}

TEST_CASE("private lines: a local that is published in some executions only") {
  static std::atomic<volatile int*> place;
  static int x;
  const auto body = [] {
    place.store(nullptr, std::memory_order_relaxed);
    x = 0;
    int seen = -1;
    std::atomic<bool> done{false};
    std::thread publisher([&] {
      volatile int local = 5;
      if (x == 1) place.store(&local);
      for (int i = 0; i < 2; ++i) local = local * 2;
      while (!done.load()) {
      }
    });
    x = 1;
    if (volatile int* p = place.load()) {
      seen = *p;
      *p = seen + 1;
    }
    done = true;
    publisher.join();
    outcome(std::to_string(seen));
    require(seen != 10, "seen half way");
  };
  const Report report = racing(body);
  CHECK_OUTCOME_SET(report, {"-1", "10", "20", "5"});
  CHECK(report.incomplete_reason.empty());
  REQUIRE(report.failure);
  const Report again = racing(body, "", report.failure->schedule);
  REQUIRE(again.failure);
  CHECK(again.failure->message == report.failure->message);
  CHECK(again.failure->schedule == report.failure->schedule);
}

TEST_CASE("private lines: a sampler's execution is drawn again from its seed alone") {
  const auto body = [] {
    int n = 0;
    std::thread other([&] { ++n; });
    ++n;
    other.join();
    require(n == 2, "an update was lost");
  };
  const Report report = racing(body, "random");
  REQUIRE(report.failure);
  const Report again = explore(body, {.name = "private_lines", .strategy = "random", .seed = report.failure->seed, .executions_max = 1, .races = "explore"});
  REQUIRE(again.failure);
  CHECK(again.failure->schedule == report.failure->schedule);
}

TEST_CASE("private lines: who waits for an atomic that it knows by a pointer goes round") {
  const Report report = racing([] {
    // On lines of their own: a call that writes to a line which the other thread accesses makes a step each time round.
    alignas(64) std::atomic<int> ready{0};
    alignas(64) std::atomic<int>* const where = &ready;
    std::thread other([&] { ready.store(1); });
    while (where->load() == 0) {
    }
    while (ready.load() == 0) {
    }
    other.join();
  });
  INFO(text_of(report));
  CHECK(report.complete);
  CHECK(report.executions == 2);  // it looks once in vain, or not
}

TEST_CASE("private lines: random programs come to what every order of their accesses comes to") {
  constexpr int programs = INTERLEAVE_BRIEF_TESTS ? 30 : 80;
  std::mt19937 random(20240611);
  std::size_t several = 0;
  for (int i = 0; i < programs; ++i) {
    const Program program = random_program(random);
    std::set<std::string> expected, found;
    every_order(program, {}, expected);
    const Report report = racing([&] { execute(program); });
    for (const auto& [value, times] : report.outcomes) found.insert(value);
    INFO("program " << i << "\n" << text_of(report));
    REQUIRE(report.complete);
    REQUIRE(found == expected);
    several += expected.size() > 1;
  }
  CHECK(several > programs / 2);
}
