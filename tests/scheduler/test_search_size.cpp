// The estimate of how large a search is (explore/search_size.hpp), of trees whose size is known.
#include <catch2/catch.hpp>

#include <cstdint>
#include <functional>
#include <vector>

#include "scheduler/explore/search_size.hpp"

using namespace interleave::engine;

namespace {

using Places = std::vector<std::uint32_t>;

// The executions of a search in their order, each with what it opens. `children` says it of an execution that has those choices behind it.
void walk(const Places& behind, const std::function<Places(const Places&)>& children, std::vector<Places>& all) {
  const Places opened = children(behind);
  all.push_back(opened);
  for (auto at = opened.rbegin(); at != opened.rend(); ++at) {
    Places further = behind;
    further.push_back(*at);
    walk(further, children, all);
  }
}

std::vector<Places> tree(const std::function<Places(const Places&)>& children) {
  std::vector<Places> all;
  walk({}, children, all);
  return all;
}

SearchSize after(const std::vector<Places>& executions, std::size_t count) {
  SearchSize size;
  for (std::size_t i = 0; i < count; ++i) size.executed(executions[i]);
  return size;
}

// Threads that lock one mutex: at each place any of those that are left is next.
Places of_mutex(std::uint32_t threads, const Places& behind) {
  Places opened;
  const std::uint32_t from = behind.empty() ? 0 : behind.back() + 1;
  for (std::uint32_t at = from; at < threads; ++at) opened.insert(opened.end(), threads - 1 - at, at);
  return opened;
}

// A writer and readers: any set of readers comes before it.
Places of_readers(std::uint32_t readers, const Places& behind) {
  const std::uint32_t left = behind.empty() ? readers : behind.back();
  Places opened;
  for (std::uint32_t i = left; i-- > 0;) opened.push_back(i);
  return opened;
}

}  // namespace

TEST_CASE("before the first execution nothing is known, and after the last everything is") {
  CHECK_FALSE(SearchSize().estimate());
  const auto all = tree([](const Places& behind) { return of_mutex(5, behind); });
  REQUIRE(all.size() == 120);
  const auto estimate = after(all, all.size()).estimate();
  REQUIRE(estimate);
  CHECK(estimate->executions == Approx(120));
  CHECK(estimate->least == Approx(120));
  CHECK(estimate->most == Approx(120));
}

TEST_CASE("one execution is one") {
  SearchSize size;
  size.executed({});
  REQUIRE(size.estimate());
  CHECK(size.estimate()->executions == 1);
}

TEST_CASE("orders of one mutex are counted exactly from the beginning") {
  const auto all = tree([](const Places& behind) { return of_mutex(7, behind); });
  REQUIRE(all.size() == 5040);
  for (const std::size_t count : {1u, 50u, 504u, 2520u, 5000u}) {
    CAPTURE(count);
    CHECK(after(all, count).estimate()->executions == Approx(5040).epsilon(0.02));
  }
}

TEST_CASE("sets of readers are counted by the model that has predicted them better") {
  const auto all = tree([](const Places& behind) { return of_readers(14, behind); });
  REQUIRE(all.size() == 16'384);
  const auto estimate = after(all, 1638).estimate();
  CHECK(estimate->executions > 8'000);
  CHECK(estimate->executions < 33'000);
}

TEST_CASE("a tree without any rule is estimated within its range, which holds what is known") {
  unsigned within = 0;
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    std::uint32_t state = seed;
    const auto all = tree([&](const Places& behind) {
      Places opened;
      const std::uint32_t from = behind.empty() ? 0 : behind.back() + 1;
      for (std::uint32_t at = from; at < 14; ++at) {
        state = state * 1664525 + 1013904223;
        if (state >> 30 == 0) opened.push_back(at);
      }
      return opened;
    });
    if (all.size() < 20) continue;
    const std::size_t made = all.size() / 4;
    const auto estimate = after(all, made).estimate();
    REQUIRE(estimate);
    CHECK(estimate->least <= estimate->executions);
    CHECK(estimate->executions <= estimate->most);
    CHECK(estimate->least >= static_cast<double>(made));
    const auto true_size = static_cast<double>(all.size());
    within += true_size < 4 * estimate->executions && true_size > estimate->executions / 4;
  }
  CHECK(within >= 8);
}

TEST_CASE("executions that nobody has opened are no tree, so nothing is said") {
  SearchSize size;
  size.executed({});
  size.executed({});
  CHECK_FALSE(size.estimate());
  size.executed(Places{1, 2});
  CHECK_FALSE(size.estimate());
}
