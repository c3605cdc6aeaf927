// What a thread was doing when an execution failed, as a type. ThreadState::state is the text of it, and is public: this is the only place
// that writes and reads those texts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace interleave {

enum class ThreadPhase : std::uint8_t {
  unknown,     // a state that a report has from elsewhere; empty
  finished,
  ready,       // could make a step
  waits,       // cannot, before another thread does something
  spins,       // reads again and again what nobody changes
  goes_round,  // comes back to where it was
  failed,
};

inline constexpr std::string_view texts_of_phases[] = {"", "finished", "ready", "waits", "spins", "goes round", "failed"};

constexpr std::string_view text_of(ThreadPhase phase) { return texts_of_phases[static_cast<std::size_t>(phase)]; }

constexpr ThreadPhase phase_of(std::string_view state) {
  const auto found = std::find(std::begin(texts_of_phases), std::end(texts_of_phases), state);
  return found == std::end(texts_of_phases) ? ThreadPhase::unknown : static_cast<ThreadPhase>(found - std::begin(texts_of_phases));
}

// It cannot go on.
constexpr bool is_stuck(ThreadPhase phase) {
  return phase == ThreadPhase::waits || phase == ThreadPhase::spins || phase == ThreadPhase::goes_round;
}

}  // namespace interleave
