// What searches keep: choices, visits to sections, times, counters, states, repeated accesses, random numbers. Each is compared with its
// definition, on random operations.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "random_numbers.hpp"
#include "scheduler/execution/causal_time.hpp"
#include "scheduler/liveness/loop_counters.hpp"
#include "scheduler/liveness/state_hasher.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/model/choices.hpp"
#include "scheduler/races/repeated_accesses.hpp"
#include "scheduler/strategies/dpor/section_overlap.hpp"
#include "scheduler/support/random.hpp"

namespace interleave::engine {
namespace {

// ---- Random ----

TEST_CASE("random numbers are those of splitmix64") {
  Random random(1234567);
  const std::uint64_t expected[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u, 4593380528125082431u,
                                    16408922859458223821u};
  for (const std::uint64_t each : expected) CHECK(random.next() == each);
}

TEST_CASE("a bounded random number is the upper half of a product, drawn again where that would be biased") {
  __extension__ using Wide = unsigned __int128;
  for (const std::uint64_t n : {std::uint64_t{3}, std::uint64_t{10}, (std::uint64_t{1} << 63) + 1, std::uint64_t{3} << 62, ~std::uint64_t{0}}) {
    Random random(n), numbers(n);
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t drawn_again = (~std::uint64_t{0} % n + 1) % n;  // 2^64 mod n
      Wide product;
      do product = Wide{numbers.next()} * n;
      while (static_cast<std::uint64_t>(product) < drawn_again);
      REQUIRE(random.below(n) == static_cast<std::uint64_t>(product >> 64));
    }
  }
  Random random(1), numbers(1);
  for (const std::size_t n : {1u, 2u, 64u}) CHECK(random.below(n) == numbers.next() % n);
}

TEST_CASE("bounded random numbers are spread evenly") {
  Random random(1);
  std::vector<int> seen(7);
  for (int i = 0; i < 70'000; ++i) ++seen[random.below(7)];
  for (const int times : seen) CHECK(times == Approx(10'000).margin(400));
}

// ---- Choices ----

TEST_CASE("choices are kept as they were pushed, up to where the recording ended") {
  Choices choices;
  RandomNumbers random;
  for (int execution = 0; execution < 30; ++execution) {
    choices.clear();
    std::vector<std::uint32_t> taken, checks;
    std::optional<std::size_t> kept;
    const std::uint32_t count = random.below(200), kept_at = random.below(400);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (i == kept_at) {
        choices.keep();
        kept = i;
      }
      taken.push_back(random.below(1u << 24));
      checks.push_back(random.below(1u << 31));
      choices.push(taken.back(), checks.back());
    }
    REQUIRE(choices.size() == count);
    REQUIRE_FALSE(choices.full());
    const auto all = choices.copy_all(), part = choices.copy();
    REQUIRE(all.size() == count);
    REQUIRE(part.size() == kept.value_or(count));
    REQUIRE(std::equal(part.begin(), part.end(), all.begin()));
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(Choices::taken(all[i]) == taken[i]);
      REQUIRE(Choices::check(all[i]) == (checks[i] & 0xff));
    }
    const std::size_t again = count / 2;
    choices.again(again);
    choices.push(7, 8);
    REQUIRE(choices.size() == again + 1);
    REQUIRE(std::equal(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(again), choices.copy_all().begin()));
  }
}

TEST_CASE("a list of choices that is offered is used by one at a time") {
  ChoiceList* const list = ChoiceList::map();
  ChoiceList::offer(list);
  {
    Choices first, second;
    first.push(1, 0);
    second.push(2, 0);
    second.push(2, 0);
    CHECK(list->size == 1);
    CHECK(list->entries[0] == 1);
    CHECK(second.size() == 2);
  }
  Choices next;
  next.push(3, 0);
  CHECK(list->size == 1);
  CHECK(list->entries[0] == 3);
  ChoiceList::offer(nullptr);
  Choices own;
  own.push(4, 0);
  CHECK(list->entries[0] == 3);
}

// ---- SectionOverlap ----

struct Visit {
  std::uint64_t section;
  std::size_t most;
  std::uint32_t thread;
  SectionOverlap::Position begin, end;
  std::vector<std::uint32_t> past;
  bool ended = false;

  bool brief() const { return ended && begin == end; }
  bool over_before(const Visit& other) const {
    if (thread == other.thread) return true;
    const std::uint32_t known = end.thread < other.past.size() ? other.past[end.thread] : 0;
    return ended && end.count <= known;
  }
  bool meets(const Visit& other) const {
    return section == other.section && !(brief() && other.brief()) && !over_before(other) && !other.over_before(*this);
  }
};

// Whether some set of visits, one more than their section admits, meets pairwise: tries all sets.
bool too_many(const std::vector<Visit>& visits) {
  for (std::uint32_t set = 1; set < 1u << visits.size(); ++set) {
    std::vector<const Visit*> chosen;
    for (std::size_t i = 0; i < visits.size(); ++i)
      if ((set >> i & 1) != 0) chosen.push_back(&visits[i]);
    bool all = chosen.size() == chosen[0]->most + 1;
    for (std::size_t i = 0; all && i < chosen.size(); ++i)
      for (std::size_t k = 0; k < i; ++k) all = all && chosen[i]->meets(*chosen[k]);
    if (all) return true;
  }
  return false;
}

TEST_CASE("visits that could have met are found exactly where there are too many of them") {
  RandomNumbers random;
  int found = 0, brief_last = 0;
  for (int i = 0; i < 4'000; ++i) {
    SectionOverlap visits;
    std::vector<Visit> expected;
    const std::uint32_t threads = 2 + random.below(4);
    std::vector<std::uint32_t> counts(threads);
    const std::size_t most[] = {1 + random.below(2), 1};
    for (int k = 0; k < 12 && expected.size() < 9; ++k) {
      const std::uint32_t thread = random.below(threads);
      const std::uint64_t section = random.below(5) == 0;
      if (!random.one_in(3)) ++counts[thread];
      const SectionOverlap::Position at{thread, counts[thread]};
      if (random.one_in(2)) {
        std::vector<std::uint32_t> past(1 + random.below(threads));
        for (std::size_t t = 0; t < past.size(); ++t) past[t] = t == thread ? counts[t] : random.below(counts[t] + 1);
        visits.enter(section, most[section], thread, at, past);
        expected.push_back({section, most[section], thread, at, at, past});
      } else {
        visits.leave(section, thread, at);
        for (auto visit = expected.rbegin(); visit != expected.rend(); ++visit)
          if (visit->section == section && visit->thread == thread && !visit->ended) {
            visit->end = at;
            visit->ended = true;
            break;
          }
      }
    }
    REQUIRE(visits.empty() == expected.empty());
    const auto meeting = visits.meeting();
    REQUIRE(meeting.empty() == !too_many(expected));
    if (meeting.empty()) continue;
    ++found;
    REQUIRE(meeting.size() == expected[meeting[0]].most + 1);
    for (std::size_t a = 0; a < meeting.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b) REQUIRE(expected[meeting[a]].meets(expected[meeting[b]]));
      if (a + 1 < meeting.size()) REQUIRE_FALSE(expected[meeting[a]].brief());
      const auto past = visits.past(meeting[a]);
      REQUIRE(std::equal(past.begin(), past.end(), expected[meeting[a]].past.begin(), expected[meeting[a]].past.end()));
    }
    brief_last += expected[meeting.back()].brief();
    visits.clear();
    REQUIRE(visits.meeting().empty());
  }
  CHECK(found > 300);
  CHECK(brief_last > 30);
}

// ---- CausalTime ----

TEST_CASE("a thread's time is never before that of an operation that its own depends on") {
  const OperationType types[] = {{.name = "read", .access = Access::read},
                                 {.name = "post", .access = Access::post},
                                 {.name = "write", .access = Access::write},
                                 {.name = "enqueue", .access = Access::enqueue, .second = When::done}};
  RandomNumbers random;
  int moved = 0;
  for (int execution = 0; execution < 50; ++execution) {
    CausalTime times;
    std::vector<std::pair<Operation, std::uint64_t>> made;  // with the time after each
    char objects[4];
    for (int i = 0; i < 60; ++i) {
      Operation op{.type = &types[random.below(4)], .object = random.one_in(9) ? nullptr : &objects[random.below(4)]};
      op.failed = random.one_in(4);
      if (random.one_in(3)) {
        op.second = &objects[random.below(4)];
        op.second_access = random.one_in(2) ? Access::write : Access::share;
      }
      const std::uint64_t before = random.below(1'000);
      std::uint64_t expected = before, now = before;
      for (const auto& [other, time] : made)
        if (dependent(op, other)) expected = std::max(expected, time);
      times.settle(op, now);
      REQUIRE(now == expected);
      times.settle(op, now);
      REQUIRE(now == expected);
      moved += now != before;
      made.emplace_back(op, now);
    }
    times.clear();
    std::uint64_t now = 1;
    times.settle({.type = &types[2], .object = &objects[0]}, now);
    REQUIRE(now == 1);
  }
  CHECK(moved > 500);
}

// ---- LoopCounters ----

TEST_CASE("counters hold what was added, and say whether others add anything") {
  RandomNumbers random;
  std::uintptr_t words[20] = {};
  for (int i = 0; i < 200; ++i) {
    LoopCounters counters[2];
    std::set<const std::uintptr_t*> shared[2];
    std::set<std::tuple<std::uint32_t, std::uint64_t, std::size_t>> parts[2];
    std::size_t rounds[2] = {2, 2};
    for (const int k : {0, 1})
      for (std::uint32_t n = random.below(4); n > 0; --n) {
        const std::uintptr_t* const word = &words[random.below(20)];
        counters[k].add(word);
        shared[k].insert(word);
        const std::uint32_t thread = random.below(2), place = random.below(2), part = random.below(3), more = random.below(6);
        counters[k].own(thread, place).parts.insert(part);
        parts[k].insert({thread, place, part});
        counters[k].add_loop("file:" + std::to_string(place), more);
        rounds[k] = std::max<std::size_t>(rounds[k], more);
      }
    REQUIRE(counters[0].none() == shared[0].empty());
    const bool any = counters[0].none() || !std::includes(shared[0].begin(), shared[0].end(), shared[1].begin(), shared[1].end()) ||
                     !std::includes(parts[0].begin(), parts[0].end(), parts[1].begin(), parts[1].end()) || rounds[1] > rounds[0];
    REQUIRE(counters[0].add(counters[1]) == any);
    shared[0].insert(shared[1].begin(), shared[1].end());
    parts[0].insert(parts[1].begin(), parts[1].end());
    for (const auto& word : words) REQUIRE(counters[0].contains(&word) == shared[0].contains(&word));
    std::set<std::tuple<std::uint32_t, std::uint64_t, std::size_t>> found;
    for (std::uint32_t thread = 0; thread < 3; ++thread)
      for (std::uint64_t place = 0; place < 3; ++place)
        if (const LoopCounters::Own* own = counters[0].at(thread, place))
          for (const std::size_t part : own->parts) found.insert({thread, place, part});
    REQUIRE(found == parts[0]);
    REQUIRE(counters[0].rounds() == std::max(rounds[0], rounds[1]));
    if (!counters[0].none()) REQUIRE_FALSE(counters[0].add(counters[1]));
  }
}

// A thread that goes round alone. A letter is what one round does; it begins at place 1.
std::size_t rounds_of(const std::string& letters) {
  SoloRun lonely(0, 1);
  std::uintptr_t stack[1] = {};
  for (const char letter : letters) {
    lonely.stands(static_cast<std::uint64_t>(letter), {0}, stack, stack);
    lonely.stands(1, {0}, stack, stack);
  }
  return lonely.rounds();
}

TEST_CASE("a lonely thread is to be watched up to the period of its rounds, and twice that") {
  CHECK(rounds_of("") == 0);
  CHECK(rounds_of("aaaa") == 0);   // the first round did not begin at the place
  CHECK(rounds_of("aaaaa") == 3);  // entered after the first, of one round
  CHECK(rounds_of("abcdcdcdcd") == 2 + 2 * 2);
  CHECK(rounds_of("abcdcdcdc") == 0);  // the period has not been gone round four times
  CHECK(rounds_of("abcdefghijkl") == 0);
  std::string long_entry(64, 'x');
  for (std::size_t i = 0; i < long_entry.size(); ++i) long_entry[i] = static_cast<char>('A' + i * i % 57);
  CHECK(rounds_of(long_entry + std::string(8, 'z')) == 64 + 2);
  CHECK(rounds_of("xy" + long_entry + std::string(8, 'z')) == 0);  // the entry is too long
}

TEST_CASE("the counters of a lonely thread are what its rounds change") {
  SoloRun lonely(3, 1);
  CHECK_FALSE(lonely.begun());
  lonely.begin();
  CHECK(lonely.begun());
  std::uintptr_t counted = 0, restored = 5, stack[3] = {10, 20, 30};
  for (std::uintptr_t round = 0; round < 3; ++round) {
    lonely.wrote(&counted, counted);
    counted = round + 1;
    lonely.wrote(&restored, restored);
    restored = 6;
    stack[1] = round;
    lonely.stands(2, {7, round, 9}, stack, stack + 3);
    lonely.wrote(&restored, restored);
    restored = 5;
    lonely.stands(1, {1, 2}, stack, stack + 3);
  }
  const LoopCounters& counters = lonely.counters();
  CHECK(counters.contains(&counted));
  CHECK_FALSE(counters.contains(&restored));
  REQUIRE(counters.at(3, 2) != nullptr);
  CHECK(counters.at(3, 2)->parts == std::set<std::size_t>{1});
  CHECK(counters.at(3, 2)->words == std::set<const std::uintptr_t*>{&stack[1]});
  CHECK(counters.at(2, 2) == nullptr);
  CHECK(lonely.comes_to(2));
  CHECK_FALSE(lonely.comes_to(4));
}

// ---- States ----

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

// ---- RepeatedAccesses ----

TEST_CASE("an access is repeated exactly if all its bytes were remembered at this moment, and lie in one line") {
  // Fewer lines, and fewer addresses, than there are slots for.
  constexpr std::uintptr_t base = 0x7fff'0000'0000;
  auto accesses = std::make_unique<RepeatedAccesses>();
  RandomNumbers random;
  std::set<std::uintptr_t> accessed, written, seen;  // bytes, bytes, addresses
  int repeated = 0;
  const auto remember = [&](std::uintptr_t at, std::size_t size, bool writes) {
    if (at % 64 + size > 64) return;
    for (std::uintptr_t byte = at; byte < at + size; ++byte) {
      accessed.insert(byte);
      if (writes) written.insert(byte);
    }
  };
  for (int i = 0; i < 100'000; ++i) {
    const std::size_t size = std::size_t{1} << random.below(5);
    const std::uintptr_t at = base + random.below(60) * 4;
    const bool writes = random.one_in(2);
    const std::uint32_t kind = random.below(100);
    if (kind == 0) {
      accesses->forget();
      accessed.clear();
      written.clear();
      seen.clear();
    } else if (kind < 20) {
      accesses->remember(at, size, writes);
      remember(at, size, writes);
    } else if (kind < 40) {
      accesses->remember_second(at, size, writes);
      if (!seen.insert(at).second) remember(at, size, writes);
    } else {
      const auto& bytes = writes ? written : accessed;
      bool expected = at % 64 + size <= 64;
      for (std::uintptr_t byte = at; byte < at + size; ++byte) expected = expected && bytes.contains(byte);
      REQUIRE(accesses->contains(at, size, writes) == expected);
      repeated += expected;
    }
  }
  CHECK(repeated > 1'000);
}

TEST_CASE("lines that take the place of others are not taken for them") {
  auto accesses = std::make_unique<RepeatedAccesses>();
  constexpr std::uintptr_t far = 64 * 128;
  accesses->remember(far, 8, true);
  CHECK(accesses->contains(far, 8, true));
  CHECK_FALSE(accesses->contains(2 * far, 8, true));
  accesses->remember(2 * far, 8, false);
  CHECK_FALSE(accesses->contains(far, 8, false));
  CHECK(accesses->contains(2 * far, 8, false));
  CHECK_FALSE(accesses->contains(2 * far, 8, true));
}

}  // namespace
}  // namespace interleave::engine
