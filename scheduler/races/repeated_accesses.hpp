// Plain accesses that were made before, and change nothing that is known of memory.
//
// An access is *repeated* if the running thread has accessed the same bytes in the same way since it last made a step, was switched
// to, or released anything: the shadow knows it with the same time (the "same epoch" of FastTrack), the write is in the undo log, and
// nobody has looked in between at what the thread has changed. A loop over an array of one's own is a few accesses and many
// repetitions of them. So the hooks look here first, for what lies near the frame of the function that runs: all else is seldom repeated,
// and does not pay for looking. Nothing is left out for lying on the thread's own stack: others may have its address.
//
// By lines of 64 bytes, a bit for each byte. A line is of a *moment*; whatever ends the moment forgets all lines at the cost of one store.
//
//   forget      before each step, when another thread runs, when the thread's own time goes on, when bytes come to their end, behind a
//               region in which accesses are ignored
//   remember    by the shadow, where it finds that an access is repeated
//   remember_second  by the shadow, where it has had more to do than a look; where races are ignored, by the hooks, unless the thread may wait
//               for what it reads
#pragma once

#include <cstddef>
#include <cstdint>

namespace interleave::engine {

class RepeatedAccesses {
 public:
  // Whether all bytes of the access were accessed so at this moment. REQUIRES: modelled code; size is at most 16.
  __attribute__((always_inline)) bool contains(std::uintptr_t address, std::size_t size, bool writes) const {
    if (held_ != Held::lines) return false;
    const Line& line = line_of(address);
    if (line.number != address / line_size || line.moment != moment_) return false;
    // Of an access that ends in the next line, the bits of that part are shifted in as zeros.
    return (~((writes ? line.written : line.accessed) >> address % line_size) & bits(size)) == 0;
  }

  // The access is known to the shadow, and if it writes, was noted as a write. `remember_second` remembers nothing if it is the first at its
  // address that the moment has seen: most moments are too short for another.
  __attribute__((noinline)) void remember(std::uintptr_t address, std::size_t size, bool writes) {
    if (address % line_size + size > line_size) return;
    if (held_ == Held::nothing) ++moment_;
    held_ = Held::lines;
    Line& line = const_cast<Line&>(line_of(address));
    if (line.number != address / line_size || line.moment != moment_) line = {address / line_size, moment_, 0, 0};
    const std::uint64_t bytes = bits(size) << address % line_size;
    line.accessed |= bytes;
    if (writes) line.written |= bytes;
  }
  __attribute__((always_inline)) void remember_second(std::uintptr_t address, std::size_t size, bool writes) {
    if (held_ == Held::nothing) {
      ++moment_;
      held_ = Held::addresses;
    }
    const std::uint64_t now = address + (moment_ << 48);
    std::uint64_t& seen = seen_[address / 4 % seen_max];
    if (seen == now) [[unlikely]] return remember(address, size, writes);
    seen = now;
  }

  void forget() { held_ = Held::nothing; }

 private:
  enum class Held : std::uint8_t { nothing, addresses, lines };  // of this moment; with the first address, the number of the moment counts on
  static constexpr std::size_t line_size = 64, lines_max = 128, seen_max = 64;
  struct Line {
    std::uintptr_t number = ~std::uintptr_t{0};
    std::uint64_t moment = 0;
    std::uint64_t accessed = 0, written = 0;  // bytes; those written are among those accessed
  };
  static constexpr std::uint64_t bits(std::size_t size) { return size >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << size) - 1; }
  const Line& line_of(std::uintptr_t address) const { return lines_[address / line_size % lines_max]; }

  Held held_ = Held::nothing;
  std::uint64_t moment_ = 1;
  std::uint64_t seen_[seen_max] = {};           // of each slot the latest address that was no second, with its moment
  Line lines_[lines_max];
};

[[gnu::visibility("hidden")]] extern RepeatedAccesses repeated_accesses;

}  // namespace interleave::engine
