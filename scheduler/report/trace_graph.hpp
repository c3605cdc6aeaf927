// What the steps of a failure's trace have to do with each other: who holds which lock from when to when, who waits, and which step makes
// another one possible. Pages, trace-event files and Graphviz files draw it.
//
// It is read from the trace, which says what each step did to which object. Two things the trace does not say: which of several waiters a
// signal woke (taken for the one that goes on first), and which thread a step started if parallel() starts some, too (then no such edge).
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/observer.hpp>

namespace interleave {

struct TraceGraph {
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  // Events are counted from 0, in the order of the trace; lanes are places in `threads`.
  struct Bar {  // a lock or a permit that a thread has
    std::size_t lane, from, to;  // `to`: the event that gives it back; none: it is held when the execution fails
    std::string object;
    Hold        hold;
  };
  struct Wait {
    std::size_t lane, from, to;  // between two events of the thread; none: it waits when the execution fails
    std::string object;
  };
  enum class Kind { wakes, hands_over, read, starts, joins };
  struct Edge {
    std::size_t from, to;
    Kind        kind;
  };

  std::vector<std::string> threads;  // in order of creation, those without a step included
  std::vector<std::size_t> lanes;    // of each event
  std::vector<Bar>  bars;
  std::vector<Wait> waits;
  std::vector<Edge> edges;  // by their second event
};

// "wakes", "hands over", "is read by", "starts", "is joined by".
std::string_view text_of(TraceGraph::Kind kind);

// Cost: the length of the trace times the logarithm of the number of its objects.
TraceGraph graph_of(const Failure& failure);

// The part of a long trace that is drawn: its first events and, after a gap, its last ones.
struct ShownPart {
  std::size_t first = 0;  // so many from the beginning
  std::size_t from = 0;   // and all from this one on
  std::size_t left_out() const { return from - first; }
  bool has(std::size_t event) const { return event < first || event >= from; }
};
// REQUIRES: most > 0.
ShownPart part_of(std::size_t events, std::size_t most);

// One sentence, or empty if nothing is left out.
std::string sentence_of(const ShownPart& part, const std::vector<TraceEvent>& trace);

// The innermost call in the program's own code where the failure shows: that of the thread that failed, else of the last step that has one.
// Null: none is known.
const CodePlace* place_of(const Failure& failure);

}  // namespace interleave
