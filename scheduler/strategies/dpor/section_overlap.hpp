// The visits of threads to sections (checkers/mutual_exclusion.hpp) during one execution, and whether too many of them could
// have met in an equivalent order of it.
//
// A section is no step, so a reducing search may see only orders in which visits that nothing keeps apart happen to come one
// after the other. What keeps two visits apart is that one ends before the other begins in the happens-before order of the
// execution, of which equivalent executions differ in nothing. For visits as intervals of that order it is enough to look at
// pairs: if no two of a set are kept apart, there is an order in which all are inside at once, namely that of what happens
// before their beginnings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace interleave::engine {

class SectionOverlap {
 public:
  // The time right behind the `count`th event of a thread.
  struct Position {
    std::uint32_t thread, count;
    bool operator==(const Position&) const = default;
  };

  void clear() {
    visits_.clear();
    rows_.clear();
  }
  bool empty() const { return visits_.empty(); }

  // A thread goes in at `at`; `past` counts the events of each thread that happen before that, or are its last.
  void enter(std::uint64_t section, std::size_t most, std::uint32_t thread, Position at, std::span<const std::uint32_t> past);
  void leave(std::uint64_t section, std::uint32_t thread, Position at);

  // The visits, one more than their section admits, that nothing keeps apart; none if there are none. The last one is to begin when
  // the others have. Valid until the next call.
  std::span<const std::size_t> meeting();
  std::span<const std::uint32_t> past(std::size_t visit) const {
    return {rows_.data() + visits_[visit].row, visits_[visit].width};
  }

 private:
  struct Visit {
    std::uint64_t section;
    std::size_t most;
    std::uint32_t thread;
    Position begin, end;
    std::size_t row, width;  // of `past`
    bool ended = false;
    bool brief() const { return ended && begin == end; }
  };

  bool kept_apart(const Visit& a, const Visit& b) const { return over_before(a, b) || over_before(b, a); }
  bool over_before(const Visit& a, const Visit& b) const {
    return a.thread == b.thread ||
           (a.ended && a.end.count <= (a.end.thread < b.width ? rows_[b.row + a.end.thread] : 0));
  }
  bool extend(std::size_t first, std::size_t most);

  std::vector<Visit> visits_;
  std::vector<std::uint32_t> rows_;
  std::vector<std::size_t> together_;
};

}  // namespace interleave::engine
