// Deliberate faults of dpor, for the tests of the oracle that must notice them. Not part of the library that is built.
#pragma once

#include <cstdlib>

namespace interleave::engine {

enum class Fault {
  none,
  posts_commute_with_waits,   // in the dependence relation
  enqueue_commutes_with_all,  //
  failed_is_no_read,          //
  sizes_are_equal,            // a write hides what happened before it from wider accesses
  no_wake_order,              // waking and joining order nothing
  chains_are_not_ordered,     // in the reduction: no order among the heads before one event
  heads_may_be_given_up,      //
  reversed_is_not_next,       //
  forgets_what_x_needs,       //
  waiting_is_not_judged,      //
  count,
};

#ifdef INTERLEAVE_DPOR_FAULTS
inline bool fault(Fault which) {
  static const int chosen = std::getenv("INTERLEAVE_DPOR_FAULT") != nullptr ? std::atoi(std::getenv("INTERLEAVE_DPOR_FAULT")) : 0;
  return chosen == static_cast<int>(which);
}
#else
constexpr bool fault(Fault) { return false; }
#endif

}  // namespace interleave::engine
