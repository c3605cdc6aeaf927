// What the files of the shadow (shadow.hpp) do at every access and every operation that orders, in line in each of them: the joining
// of clocks, and looking up a word and settling an access of it where there is little to do.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "scheduler/races/shadow.hpp"
#include "scheduler/support/vector_clock_rows.hpp"

namespace interleave::engine {

// ---- clocks ----------------------------------------------------------------------------------------------------------

inline std::size_t Shadow::width() const {
  if (width_ == 0) __builtin_unreachable();  // so that no loop asks
  return width_;
}

inline void Shadow::join(Count* into, const Count* from) const { clock_rows::join(into, from, width()); }

inline void Shadow::copy(Count* into, const Count* from) const { clock_rows::copy(into, from, width()); }

inline void Shadow::clear(Count* row) const { clock_rows::clear(row, width()); }

// ---- words and accesses, for each kind of access by itself -----------------------------------------------------------

// What was known in an earlier execution is forgotten.
__attribute__((always_inline)) inline void Shadow::begin_if_old(Page& page, Cell& place) const {
  if (place.execution == execution_) return;
  place.execution = page.execution = execution_;
  place.begin();
  if (page.dead_in == execution_) [[unlikely]] place.dead = 0xff;
}

__attribute__((always_inline)) inline Shadow::Cell& Shadow::in_page(Page& page, std::uintptr_t word) const {
  Cell* place = &page.cells[word % page_words];
  asm("" : "+r"(place));  // one register; the compilers would keep half a dozen pointers into the cell
  begin_if_old(page, *place);
  return *place;
}

__attribute__((always_inline)) inline Shadow::Cell& Shadow::cell(std::uintptr_t word) {
  const std::uintptr_t number = word >> (page_bits - 3);
  const Recent& recent = recent_[number % recent_.size()];
  if (recent.number != number) [[unlikely]] turn_to(number);
  return in_page(*recent.page, word);
}

// Settles an access that is the first of its word, repeats the latest access, comes after the only earlier access and stands for it, or is a read
// among reads: notes it and returns true. again(): called if it repeats the latest access.
template <std::uint8_t kind, class F>
__attribute__((always_inline)) inline bool Shadow::settles(std::uint32_t thread, std::uint8_t mask, Cell& place, const Count* past, F again) {
  Entry& first = place.entries[0];
  const Entry now{.count = past[thread], .thread = static_cast<std::uint16_t>(thread), .mask = mask, .kind = kind, .where = 0};
  if (first.count == now.count && first.thread == now.thread) {
    if (stands_for(first, now)) {
      again();
      return true;
    }
    if (place.size == 1 && first.kind == kind) {  // other bytes
      first.mask |= mask;
      return true;
    }
  }
  if (place.size == 1) [[likely]] {
    if (first.count <= past[first.thread]) {
      if (!stands_for(now, first)) return false;
      first.count = now.count;  // `where` is of no use here
      first.thread = now.thread;
      first.mask = now.mask;
      first.kind = now.kind;
      return true;
    }
    if (kind != plain_read || first.kind != plain_read || first.mask != mask) return false;
    if (std::max(first.thread, now.thread) >= place.reads.counts.size()) return false;
    const Entry other = first;
    place.size = 0;
    place.read_mask = mask;
    place.reads = {};
    place.reads.counts[other.thread] = other.count;
    place.reads.counts[now.thread] = now.count;
    return true;
  }
  if (kind != plain_read || place.size != 0 || place.read_mask != mask || thread >= place.reads.counts.size()) return false;
  place.reads.counts[thread] = now.count;
  return true;
}

// Fast path of an access: true if it lies in one word of a page that is at hand, races with nothing, and is noted. False: nothing was done.
template <std::uint8_t kind, class F>
__attribute__((always_inline)) inline bool Shadow::settled(std::uint32_t thread, std::uintptr_t address, unsigned bytes, F again) {
  const unsigned mask = bytes << (address & 7);  // more than 8 bits where it is of several words
  const Recent& recent = recent_[(address >> page_bits) % recent_.size()];
  if (unusual_ || mask > 0xff || recent.number != address >> page_bits) [[unlikely]] return false;
  if (address - unwatched_ < unwatched_size_) [[unlikely]] return true;
  Cell& place = in_page(*recent.page, address >> 3);
  return (place.dead & mask) == 0 && settles<kind>(thread, static_cast<std::uint8_t>(mask), place, clock(thread), again);
}

inline bool Shadow::access(std::uint32_t thread, Cell& place, std::uintptr_t word, std::uint8_t mask, std::uint8_t kind) {
  Entry now{.count = clock(thread)[thread], .thread = static_cast<std::uint16_t>(thread), .mask = mask, .kind = kind, .where = 0};
  if ((place.dead & mask) != 0) [[unlikely]] {
    if (!met_dead(word, now)) return false;
    now.mask &= static_cast<std::uint8_t>(~place.dead);
    if (now.mask == 0) return true;
  }
  if (alone_) return true;
  return suppresses_ ? insert_each(thread, place, word, now) : insert(thread, place, word, now);
}

// If all earlier accesses of the word are at most two and happen before this access, notes the access as `insert` would. False: nothing was done.
__attribute__((always_inline)) inline bool Shadow::comes_after(std::uint64_t now, Cell& place, const Count* past) {
  Entry* const entries = place.entries.data();
  const std::uint64_t first = bits_of(entries[0]);
  if (!before(first, past)) return false;
  const bool over_first = stands_for(now, first);
  if (!over_first && same_time(first, now)) return false;
  if (place.size == 1) {
    if (!over_first) {
      put(entries[1], first);
      place.size = 2;
    }
    put(entries[0], now);
    return true;
  }
  const std::uint64_t second = bits_of(entries[1]);
  const bool over_second = stands_for(now, second);
  if (place.size != 2 || !before(second, past) || (!over_second && same_time(second, now))) return false;
  put(entries[0], now);
  if (over_first) {
    place.size = over_second ? 1 : 2;
  } else if (over_second) {
    put(entries[1], first);
  } else {
    put(entries[2], first);
    place.size = 3;
  }
  return true;
}

// comes_after for an access that `settles` could not settle. REQUIRES: unusual_ is false.
__attribute__((always_inline)) inline bool Shadow::follows(std::uint32_t thread, std::uint8_t mask, Cell& place, std::uint8_t kind) {
  if ((place.dead & mask) != 0 || place.size == 0) return false;
  const Count* const past = clock(thread);
  const Entry now{.count = past[thread], .thread = static_cast<std::uint16_t>(thread), .mask = mask, .kind = kind, .where = 0};
  return comes_after(bits_of(now), place, past);
}

template <std::uint8_t kind>
__attribute__((always_inline)) inline bool Shadow::access(std::uint32_t thread, Cell& place, std::uintptr_t word, std::uint8_t mask) {
  if (!unusual_ && (place.dead & mask) == 0 && (settles<kind>(thread, mask, place, clock(thread)) || follows(thread, mask, place, kind))) return true;
  return access(thread, place, word, mask, kind);
}

template <bool writes, class F>
__attribute__((always_inline)) inline bool Shadow::access_quickly(std::uint32_t thread, std::uintptr_t address, unsigned bytes, F again) {
  return settled<writes ? writing : plain_read>(thread, address, bytes, again);
}

}  // namespace interleave::engine
