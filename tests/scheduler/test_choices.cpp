// The choices of an execution, compared with a vector of them on random executions.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "random_numbers.hpp"
#include "scheduler/model/choices.hpp"

namespace interleave::engine {
namespace {

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
  ChoiceList::offer({.list = list});
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
  ChoiceList::offer({});
  Choices own;
  own.push(4, 0);
  CHECK(list->entries[0] == 3);
}

}  // namespace
}  // namespace interleave::engine
