// Sums of states, compared with the states themselves on a program that makes random steps.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "random_numbers.hpp"
#include "scheduler/liveness/state_hasher.hpp"
#include "scheduler/memory/memory.hpp"

namespace interleave::engine {
namespace {

// Two threads with stacks in the memory of executions, and words of shared memory.
class Program {
 public:
  explicit Program(Memory& m) {
    for (std::size_t thread = 0; thread < 2; ++thread) stacks_[thread] = static_cast<std::uintptr_t*>(m.stack(thread));
    for (auto* stack : stacks_) std::fill(stack, stack + depth, 0);
  }

  // One step of a thread: it writes a word or a word of the other's stack, or neither, and stands somewhere.
  HashedStep step(StateHasher& states, RandomNumbers& random) {
    const std::uint32_t thread = random.below(2);
    states.chosen(thread, 0);
    if (random.one_in(2)) {
      std::uintptr_t& word = random.one_in(3) ? stacks_[1 - thread][depth - 1] : words_[random.below(2)];
      states.wrote(&word, sizeof word);
      word = random.below(2);
    }
    frames_[thread] = 2 + random.below(2);
    registers_[thread] = random.below(2);
    std::uintptr_t* const top = stacks_[thread] + depth - frames_[thread];
    *top = 0x1000 + random.below(2);  // the return address
    if (random.one_in(4)) stacks_[thread][depth - 2] = 0x1000 + random.below(2);
    CallState state{};
    state.registers[0] = registers_[thread];
    state.stack = top;
    errno = 0;
    stands_[thread] = true;
    return states.announced(thread, {.type = &type_, .object = &words_[0]}, state, stacks_[thread] + depth);
  }

  // All that the state of the program is.
  std::vector<std::uintptr_t> state() const {
    std::vector<std::uintptr_t> all(std::begin(words_), std::end(words_));
    for (std::size_t thread = 0; thread < 2; ++thread) {
      all.insert(all.end(), {stands_[thread], frames_[thread], registers_[thread]});
      // A thread that has not announced anything has no live stack; what is written there is memory.
      const std::size_t live = stands_[thread] ? frames_[thread] : 1;
      all.insert(all.end(), stacks_[thread] + depth - live, stacks_[thread] + depth);
    }
    return all;
  }

 private:
  static constexpr std::size_t depth = 8;
  static constexpr OperationType type_{.name = "load", .access = Access::read, .noted = true};
  std::uintptr_t words_[2] = {};
  std::uintptr_t* stacks_[2];
  std::size_t frames_[2] = {};
  std::uintptr_t registers_[2] = {};
  bool stands_[2] = {};
};

TEST_CASE("two states have the same sum exactly if they are the same, and steps add up to their difference") {
  Memory& m = Memory::instance();
  const LoopCounters none;
  StateHasher states(none, nullptr);
  for (const std::uint64_t seed : {1, 2, 3}) {
    RandomNumbers random(seed);
    Program program(m);
    states.begin_execution();
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<std::uintptr_t>> by_sum;
    std::map<std::vector<std::uintptr_t>, std::pair<std::uint64_t, std::uint64_t>> by_state;
    // Once both have announced something.
    for (int i = 0; i < 20; ++i) program.step(states, random);
    std::size_t steps = 0;
    for (; steps < 3'000; ++steps) {
      const StateHash before = states.now();
      const HashedStep step = program.step(states, random);
      StateHash after = before;
      after += step.delta;
      REQUIRE(after == states.now());
      REQUIRE(step.delta == step.modulo_counters);
      REQUIRE(states.now() == states.now_modulo_counters());
      REQUIRE(step.local_state != 0);
      const std::pair sum{states.now().a, states.now().b};
      REQUIRE(by_sum.try_emplace(sum, program.state()).first->second == program.state());
      REQUIRE(by_state.try_emplace(program.state(), sum).first->second == sum);
    }
    CHECK(by_state.size() < steps / 2);  // many come back
    CHECK(by_state.size() > 100);

    // What is not seen in memory is unique: no state from here on is one from before.
    states.beyond();
    for (int i = 0; i < 500; ++i) {
      program.step(states, random);
      REQUIRE_FALSE(by_sum.contains({states.now().a, states.now().b}));
    }
  }
}

TEST_CASE("how often a thread stands where it stood before is counted") {
  Memory& m = Memory::instance();
  const LoopCounters none;
  StateHasher states(none, nullptr);
  states.begin_execution();
  const OperationType type{.name = "load", .access = Access::read, .noted = true};
  auto* const stack = static_cast<std::uintptr_t*>(m.stack(0));
  const auto stands = [&](std::uintptr_t place) {
    stack[0] = place;
    CallState state{};
    state.stack = stack;
    errno = 0;
    states.chosen(0, 0);
    states.announced(0, {.type = &type}, state, stack + 1);
  };
  CHECK(states.round(0) == 0);
  for (const std::uintptr_t place : {1, 2, 3, 1}) stands(place);
  CHECK(states.round(0) == 3);
  CHECK(states.returns() == 1);
  stands(1);
  CHECK(states.round(0) == 1);
  CHECK(states.returns() == 2);
  stands(9);
  CHECK(states.round(0) == 0);
  CHECK(states.suspects().empty());
  for (std::uint32_t i = 3; i < StateHasher::often; ++i) stands(1);
  REQUIRE(states.suspects().size() == 1);
  CHECK(states.suspects()[0].thread == 0);
  CHECK(states.suspects()[0].steps == 6 + StateHasher::often - 3);
  states.begin_execution();
  CHECK(states.returns() == 0);
  CHECK(states.suspects().empty());
}

TEST_CASE("nothing of a thread's stack is left in the sum when the thread has ended, whoever wrote to it") {
  Memory& m = Memory::instance();
  const LoopCounters none;
  StateHasher states(none, nullptr);
  const OperationType type{.name = "load", .access = Access::read, .noted = true};
  std::uintptr_t* const stacks[] = {static_cast<std::uintptr_t*>(m.stack(0)), static_cast<std::uintptr_t*>(m.stack(1))};
  const auto announce = [&](std::uint32_t thread) {
    CallState state{};
    state.stack = stacks[thread];
    errno = 0;
    states.chosen(thread, 0);
    states.announced(thread, {.type = &type}, state, stacks[thread] + 2);
  };
  std::vector<StateHash> sums;
  for (const bool writes : {false, true}) {
    states.begin_execution();
    for (auto* stack : stacks) std::fill(stack, stack + 2, 0);
    announce(0);
    announce(1);
    if (writes) {
      states.wrote(&stacks[0][1], sizeof(std::uintptr_t));
      stacks[0][1] = 1;
    }
    announce(1);
    states.chosen(0, 0);
    states.ended(0, nullptr, true);
    sums.push_back(states.now());
  }
  CHECK(sums[0] == sums[1]);
}

TEST_CASE("a thread that counts comes back loosely, and never exactly") {
  Memory& m = Memory::instance();
  std::uintptr_t counter = 0, other = 0;
  const OperationType type{.name = "load", .access = Access::read, .noted = true};
  auto* const stack = static_cast<std::uintptr_t*>(m.stack(0));
  stack[0] = 1;
  const auto step = [&](StateHasher& states) {
    states.chosen(0, 0);
    states.wrote(&counter, sizeof counter);
    ++counter;
    CallState state{};
    state.stack = stack;
    errno = 0;
    return states.announced(0, {.type = &type}, state, stack + 1);
  };
  LoopCounters counters;
  counters.add(&counter);
  counters.add_loop("here", 2);
  StateHasher states(counters, nullptr);
  states.begin_execution();
  step(states);
  const StateHash exactly = states.now(), modulo_counters = states.now_modulo_counters();
  for (int i = 0; i < 5; ++i) {
    const HashedStep hashed = step(states);
    CHECK(hashed.modulo_counters.nothing());
    CHECK_FALSE(hashed.delta.nothing());
    CHECK(states.now_modulo_counters() == modulo_counters);
    CHECK_FALSE(states.now() == exactly);
  }
  states.wrote(&other, sizeof other);
  other = 1;
  step(states);
  CHECK_FALSE(states.now_modulo_counters() == modulo_counters);
}

}  // namespace
}  // namespace interleave::engine
