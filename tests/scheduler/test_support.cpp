// The data structures of scheduler/support, each compared with a simple one on random operations.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <span>
#include <vector>

#include "random_numbers.hpp"
#include "scheduler/support/vector_clock_rows.hpp"
#include "scheduler/support/did_you_mean.hpp"
#include "scheduler/support/ordered_list.hpp"
#include "scheduler/support/word_filter.hpp"
#include "scheduler/support/pod_vector.hpp"

namespace interleave::engine {
namespace {

template <class List>
std::vector<int> elements(const List& list) {
  return {list.begin(), list.end()};
}

TEST_CASE("an ordered list holds what a vector holds after the same operations") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    RandomNumbers random(seed);
    OrderedList<int> list;
    std::vector<int> expected;
    // Grows in the first half, shrinks in the second.
    for (int i = 0; i < 4'000; ++i) {
      const auto size = static_cast<std::uint32_t>(expected.size());
      const std::uint32_t kind = random.below(i < 2'000 ? 4 : 6);
      if (kind < 1 || size == 0) {
        list.push_back(i);
        expected.push_back(i);
      } else if (kind < 3) {
        const std::uint32_t at = random.below(size + 1);
        list.insert(list.begin() + at, i);
        expected.insert(expected.begin() + at, i);
      } else {
        const std::uint32_t at = random.below(size);
        list.take_out(list.begin() + at);
        expected.erase(expected.begin() + at);
      }
      REQUIRE(list.size() == expected.size());
      REQUIRE(list.empty() == expected.empty());
      REQUIRE(elements(list) == expected);
      const std::span<const int> all = list;
      REQUIRE(std::equal(all.begin(), all.end(), expected.begin(), expected.end()));
    }
    list.clear();
    CHECK(list.empty());
    CHECK(list.size() == 0);
  }
}

TEST_CASE("an ordered list grows where its room was used up by elements taken out at the front") {
  OrderedList<int> list;
  for (int i = 0; i < 1'000; ++i) {
    list.push_back(i);
    list.push_back(i);
    list.take_out(list.begin());
  }
  std::vector<int> expected;
  for (int i = 500; i < 1'000; ++i) expected.insert(expected.end(), 2, i);
  CHECK(elements(list) == expected);
  CHECK(list[0] == 500);
}

TEST_CASE("an ordered list takes the first, the last and the only element out, and puts them back") {
  OrderedList<int> list;
  for (const int i : {1, 2, 3}) list.push_back(i);
  list.take_out(list.begin());
  CHECK(elements(list) == std::vector{2, 3});
  list.insert(list.begin(), 1);
  CHECK(elements(list) == std::vector{1, 2, 3});
  list.take_out(list.end() - 1);
  list.insert(list.end(), 4);
  CHECK(elements(list) == std::vector{1, 2, 4});
  list.clear();
  list.insert(list.begin(), 7);
  CHECK(elements(list) == std::vector{7});
  list.take_out(list.begin());
  CHECK(list.empty());
}

TEST_CASE("a sequence holds what a vector holds after the same operations") {
  struct Pair {
    std::uint64_t a;
    std::uint32_t b;
  };
  RandomNumbers random;
  PodVector<Pair> sequence;
  std::vector<std::uint64_t> expected;
  CHECK(sequence.empty());
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    const std::uint32_t kind = random.below(100);
    if (kind < 70) {
      sequence.append() = {random.bits(), i};
      expected.push_back(sequence.back().a);
    } else if (kind < 97 && !expected.empty()) {
      sequence.pop_back();
      expected.pop_back();
    } else if (kind < 99) {
      const std::uint32_t size = random.below(static_cast<std::uint32_t>(expected.size()) + 1);
      sequence.shrink(size - size / 8);
      expected.resize(size - size / 8);
    } else if (i % 3 == 0) {
      sequence.clear();
      expected.clear();
    }
    REQUIRE(sequence.size() == expected.size());
    REQUIRE(sequence.empty() == expected.empty());
    for (std::size_t k = 0; k < expected.size(); ++k) REQUIRE(sequence[k].a == expected[k]);
  }
}

TEST_CASE("a sequence keeps its elements when it grows") {
  PodVector<int> sequence;
  for (int i = 0; i < 1'000; ++i) sequence.append() = i;
  int wrong = 0;
  for (int i = 0; i < 1'000; ++i) wrong += sequence[static_cast<std::size_t>(i)] != i;
  CHECK(wrong == 0);
  CHECK(sequence.data() == &sequence[0]);
  CHECK(sequence.back() == 999);
}

TEST_CASE("recent words are words that were added, and none is left when they are forgotten") {
  RandomNumbers random;
  WordFilter<16> words;
  std::set<std::uintptr_t> added;
  int known = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::uintptr_t word = random.below(64) + (random.one_in(2) ? 0x7fff'ffff'0000u / 8 : 0);
    const std::uint32_t kind = random.below(20);
    if (kind == 0) {
      words.forget();
      added.clear();
    } else if (kind < 10) {
      words.add(word);
      added.insert(word);
      REQUIRE(words.has(word));
    } else if (words.has(word)) {
      REQUIRE(added.contains(word));
      ++known;
    }
  }
  CHECK(known > 300);
}

TEST_CASE("recent words do not come back when the generations begin again") {
  WordFilter<4> words;
  for (int i = 0; i < 5'000; ++i) {  // there are 2048 generations
    REQUIRE_FALSE(words.has(0));
    REQUIRE_FALSE(words.has(5));
    if (i % 2'048 < 2) {
      words.add(0);
      words.add(5);
    }
    words.forget();
  }
}

TEST_CASE("recent words contain an access if it lies in one word that was added") {
  alignas(16) char bytes[32] = {};
  WordFilter<64> words;
  words.add(reinterpret_cast<std::uintptr_t>(bytes + 8) / 8);
  for (std::size_t at = 0; at < 24; ++at)
    for (std::size_t size = 1; size <= 8; ++size) {
      CAPTURE(at, size);
      CHECK(words.contains(bytes + at, size) == (at >= 8 && at + size <= 16));
    }
  CHECK(words.contains(reinterpret_cast<const std::uint32_t*>(bytes + 12)));
  CHECK_FALSE(words.contains(reinterpret_cast<const std::uint32_t*>(bytes + 16)));
  CHECK_FALSE(words.contains(reinterpret_cast<const std::uint32_t*>(bytes + 14)));  // not where it should lie
  struct Large {
    std::uint64_t a, b;
  };
  CHECK_FALSE(words.contains(reinterpret_cast<const Large*>(bytes)));
}

TEST_CASE("rows of clocks are joined, copied and cleared count by count, and nothing behind them is touched") {
  using clock_rows::Count;
  RandomNumbers random;
  for (int i = 0; i < 500; ++i) {
    const std::size_t width = 8 * random.below(9);
    std::vector<Count> into(width + 8), from(width + 8);
    for (auto* row : {&into, &from})
      for (Count& count : *row) count = random.one_in(8) ? 0x7fff'ffff - random.below(2) : random.below(5);
    std::vector<Count> joined = into, copied = into, cleared = into;
    for (std::size_t k = 0; k < width; ++k) {
      joined[k] = std::max(into[k], from[k]);
      copied[k] = from[k];
      cleared[k] = 0;
    }
    std::vector<Count> row = into;
    clock_rows::join(row.data(), from.data(), width);
    REQUIRE(row == joined);
    row = into;
    clock_rows::copy(row.data(), from.data(), width);
    REQUIRE(row == copied);
    row = into;
    clock_rows::clear(row.data(), width);
    REQUIRE(row == cleared);
  }
}

TEST_CASE("rows of clocks grow to multiples of eight, by at least eight and at most half") {
  for (clock_rows::Count width = 0; width < 5'000; width += 8) {
    const clock_rows::Count wider = clock_rows::wider_than(width);
    REQUIRE(wider % 8 == 0);
    REQUIRE(wider >= width + 8);
    REQUIRE(wider <= std::max(width + 8, width + width / 2));
  }
  CHECK(clock_rows::wider_than(0) == 8);
  CHECK(clock_rows::wider_than(64) == 96);
}

// By its definition.
std::size_t slow_distance(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.size() + b.size();
  const std::size_t last = slow_distance(a.substr(1), b.substr(1)) + (a[0] != b[0]);
  return std::min({last, slow_distance(a.substr(1), b) + 1, slow_distance(a, b.substr(1)) + 1});
}

TEST_CASE("the distance of two names is that of Levenshtein") {
  RandomNumbers random;
  const auto word = [&] {
    std::string text(random.below(6), 'a');
    for (char& c : text) c = "abc"[random.below(3)];
    return text;
  };
  for (int i = 0; i < 300; ++i) {
    const std::string a = word(), b = word();
    CAPTURE(a, b);
    REQUIRE(edit_distance(a, b) == slow_distance(a, b));
  }
  CHECK(nearest_sentence("rendom", {"dfs", "random", "pos", "urw"}).starts_with("did you mean random, "));
  CHECK(nearest_sentence("x", {"dfs"}) == "did you mean dfs?");
}

}  // namespace
}  // namespace interleave::engine
