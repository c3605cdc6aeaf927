// The words that loops count in: as sets, on random words, and as what a thread that goes round changes.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <tuple>

#include "random_numbers.hpp"
#include "scheduler/liveness/loop_counters.hpp"

namespace interleave::engine {
namespace {

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

}  // namespace
}  // namespace interleave::engine
