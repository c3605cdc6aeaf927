// Threads that go round: found exactly where a thread is back in a state that was kept, and what they read on the way.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "random_numbers.hpp"
#include "scheduler/liveness/spin_detector.hpp"
#include "scheduler/memory/shared_words.hpp"

namespace interleave::engine {
namespace {

constexpr OperationType types[] = {{.name = "load", .access = Access::read, .polls = true},
                                   {.name = "try", .access = Access::write, .polls = true}};

// A thread that announces operations, with a stack of a few words.
class Looping {
 public:
  static constexpr std::size_t depth = 8;

  Looping() { shared.cover(reinterpret_cast<std::uintptr_t>(stack), sizeof stack, 1); }

  // The thread has changed something, and announces operation 0.
  void begin() { spin.begin(state(depth)); }
  // The thread announces an operation, with `live` words of stack. It has changed nothing since `begin`.
  bool announce(std::size_t kind = 0, std::size_t live = depth) {
    spin.remember_first({.type = &types[0], .object = objects});
    return spin.has_cycled(types[kind % 2], objects + kind / 2, state(live), stack + depth, shared);
  }

  alignas(64) std::uintptr_t stack[depth] = {};
  std::uintptr_t registers[6] = {};
  std::uint64_t objects[16] = {};
  SharedWords shared;
  SpinDetector spin;

 private:
  CallState state(std::size_t live) const {
    CallState now{};
    std::copy(std::begin(registers), std::end(registers), now.registers);
    now.stack = stack + depth - live;
    return now;
  }
};

TEST_CASE("a thread that is back for the second time as it was before has gone round") {
  Looping thread;
  thread.begin();
  CHECK_FALSE(thread.announce());  // stacks hold what others left: what it left itself is kept now
  CHECK(thread.announce());
  CHECK(thread.announce());
  thread.begin();  // it has changed something
  CHECK_FALSE(thread.announce());
  CHECK(thread.announce());
}

TEST_CASE("a register, a word of the stack, the operation, its object and the depth of the stack tell states apart") {
  for (int difference = 0; difference < 6; ++difference) {
    CAPTURE(difference);
    Looping thread;
    thread.begin();
    REQUIRE_FALSE(thread.announce());
    if (difference == 1) thread.registers[5] = 1;
    if (difference == 2) thread.stack[0] = 1;
    const bool round = thread.announce(difference == 3 ? 1 : difference == 4 ? 2 : 0, difference == 5 ? 7 : Looping::depth);
    CHECK(round == (difference == 0));
  }
}

TEST_CASE("words of the stack that others write are no difference") {
  for (const bool shared : {false, true}) {
    Looping thread;
    if (shared) thread.shared.add(&thread.stack[3], sizeof thread.stack[3]);
    thread.begin();
    REQUIRE_FALSE(thread.announce());
    thread.stack[3] = 1;
    CHECK(thread.announce() == shared);
    thread.stack[4] = 1;
    CHECK_FALSE(thread.announce());
  }
}

// By the definition: a state is kept at the first, second, fourth, eighth, ... return to an operation, and compared with the one kept last.
class Kept {
 public:
  using Place = std::pair<std::size_t, std::size_t>;  // operation, depth of the stack
  using State = std::vector<std::uintptr_t>;

  void begin() {
    places_.clear();
    places_[{0, Looping::depth}] = {};
  }
  bool round(const Place& place, const State& state) {
    const auto [at, fresh] = places_.try_emplace(place);
    if (fresh) return false;
    auto& [times, kept] = at->second;
    if (times > 0 && kept == state) return true;
    ++times;
    if ((times & (times - 1)) == 0) kept = state;
    return false;
  }

 private:
  std::map<Place, std::pair<std::uint64_t, State>> places_;
};

TEST_CASE("a thread goes round exactly where it is back in the state that was kept last, on random walks") {
  RandomNumbers random;
  std::size_t rounds = 0, others = 0;
  for (int walk = 0; walk < 300; ++walk) {
    Looping thread;
    Kept kept;
    thread.begin();
    kept.begin();
    std::set<std::pair<Kept::Place, Kept::State>> seen;
    const std::uint32_t variety = 1 + random.below(3);
    for (int i = 0; i < 100; ++i) {
      if (random.one_in(40)) {
        thread.begin();
        kept.begin();
        seen.clear();
      }
      thread.stack[Looping::depth - 1 - random.below(3)] = random.below(variety);
      thread.registers[random.below(6)] = random.below(variety) / 2;
      const Kept::Place place{random.below(3), Looping::depth - random.below(2)};  // at most six: fewer than it remembers
      Kept::State state(thread.stack + Looping::depth - place.second, thread.stack + Looping::depth);
      state.insert(state.end(), std::begin(thread.registers), std::end(thread.registers));
      const bool round = thread.announce(place.first, place.second);
      REQUIRE(round == kept.round(place, state));
      if (round) REQUIRE(seen.contains({place, state}));
      seen.insert({place, state});
      ++(round ? rounds : others);
    }
  }
  CHECK(rounds > 3'000);
  CHECK(others > 3'000);
}

TEST_CASE("what comes to rest is found after at most as many rounds again, whatever it did before") {
  for (std::uint32_t restless = 0; restless < 200; ++restless) {
    Looping thread;
    thread.begin();
    std::uint32_t laps = 0;
    do {
      thread.registers[0] = std::min(laps, restless);
      ++laps;
    } while (!thread.announce());
    CAPTURE(restless, laps);
    REQUIRE(laps > restless + 1);
    REQUIRE(laps <= 2 * restless + 2);
  }
}

TEST_CASE("a loop of more operations than are remembered is none, and one of as many is") {
  for (const std::size_t operations : {8u, 9u}) {
    Looping thread;
    thread.begin();
    bool found = false;
    for (int lap = 0; lap < 50; ++lap)
      for (std::size_t kind = lap == 0; kind < operations; ++kind) found |= thread.announce(kind);
    CHECK(found == (operations == 8));
  }
}

TEST_CASE("a thread that went round waits for a change of what it read in that lap") {
  Looping thread;
  int before = 0, flag = 0, plain = 0;
  thread.begin();
  thread.spin.read(&before, sizeof before);  // not yet watched
  CHECK_FALSE(thread.announce());
  thread.spin.read(&flag, sizeof flag);
  thread.spin.read(&plain, sizeof plain, true);
  REQUIRE(thread.announce());
  std::set<const void*> read;
  thread.spin.each_read([&](const void* object) { read.insert(object); });
  CHECK(read == std::set<const void*>{&flag, &plain});
  CHECK_FALSE(thread.spin.reads_changed());
  before = 1;
  CHECK_FALSE(thread.spin.reads_changed());
  plain = 1;
  CHECK(thread.spin.reads_changed());
  CHECK(thread.spin.only_plain_reads_changed());
  flag = 1;
  CHECK(thread.spin.reads_changed());
  CHECK_FALSE(thread.spin.only_plain_reads_changed());
  flag = plain = 0;
  CHECK_FALSE(thread.spin.reads_changed());
  CHECK_FALSE(thread.spin.only_plain_reads_changed());
}

TEST_CASE("of a lap that begins later, what was read before it does not count") {
  Looping thread;
  int early = 0, late = 0;
  thread.begin();
  CHECK_FALSE(thread.announce());
  thread.spin.read(&early, sizeof early);
  thread.registers[0] = 1;  // the state that is kept from now on
  CHECK_FALSE(thread.announce());
  thread.spin.read(&late, sizeof late);
  REQUIRE(thread.announce());
  early = 1;
  CHECK_FALSE(thread.spin.reads_changed());
  late = 1;
  CHECK(thread.spin.reads_changed());
}

TEST_CASE("the deepest stack that was compared is known, in bytes") {
  Looping thread;
  CHECK(thread.spin.deepest() == 0);
  thread.begin();
  thread.announce();
  CHECK(thread.spin.deepest() == Looping::depth * sizeof(std::uintptr_t));
  for (int i = 0; i < 3; ++i) thread.announce(1, 2);
  CHECK(thread.spin.deepest() == Looping::depth * sizeof(std::uintptr_t));
}

}  // namespace
}  // namespace interleave::engine
