// SectionOverlap to sections, compared with all sets of visits on random ones.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "random_numbers.hpp"
#include "scheduler/strategies/dpor/section_overlap.hpp"

namespace interleave::engine {
namespace {

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

}  // namespace
}  // namespace interleave::engine
