// The list that the article's producers and consumers share: integers 0, 1, 2, ... appended by one producer in this order, the
// last one popped first.
//
// In Python an append or a pop is one step, thanks to the interpreter's lock. Here the list is one atomic word with a bit per
// integer: the last is the highest. So an append is one step; a pop reads the word and then takes the bit out, which amounts to
// one step when it read, since only the consumer takes out and an append changes another bit.
#pragma once

#include <atomic>
#include <bit>
#include <optional>
#include <string>

namespace interleave::scenarios {

// REQUIRES: one producer, one consumer, integers below 31.
class SharedList {
 public:
  // What the list looked like right after an operation.
  struct State {
    unsigned bits = 0;

    int length() const { return std::popcount(bits & ~consumer_died); }
    bool died() const { return (bits & consumer_died) != 0; }
    std::string text() const { return "left " + std::to_string(length()) + (died() ? ", consumer died" : ""); }
  };

  State append(int integer) { return {bits_.fetch_or(1u << integer) | 1u << integer}; }

  struct Popped {
    int integer;
    State after;
  };

  // None if the list is empty.
  std::optional<Popped> pop() {
    const unsigned bits = bits_.load() & ~consumer_died;
    if (bits == 0) return std::nullopt;
    const unsigned last = std::bit_floor(bits);
    return Popped{std::countr_zero(last), {bits_.fetch_and(~last) & ~last}};
  }

  // A mark for the producer to find.
  State mark_consumer_died() { return {bits_.fetch_or(consumer_died) | consumer_died}; }

 private:
  static constexpr unsigned consumer_died = 1u << 31;

  std::atomic<unsigned> bits_{0};
};

}  // namespace interleave::scenarios
