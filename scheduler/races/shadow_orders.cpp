// What orders: threads that are created and joined, objects that are acquired and released, atomics, fences.
#include "scheduler/races/shadow.hpp"

#include <utility>

#include "scheduler/races/repeated_accesses.hpp"
#include "scheduler/races/shadow_inline.hpp"

namespace interleave::engine {

void Shadow::created(std::uint32_t parent, std::uint32_t child) {
  alone_ = !races_;
  unusual_ = alone_ || explains_ || ignoring_ != 0;
  if (ignoring_ != 0) [[unlikely]] forget_ignored(child);
  start(child);
  copy(clock(child), clock(parent));
  clock(child)[child] = 1;
  ++clock(parent)[parent];
  repeated_accesses.forget();
}

void Shadow::joined(std::uint32_t thread, std::uint32_t ended) { join(clock(thread), clock(ended)); }

// ---- objects ---------------------------------------------------------------------------------------------------------

// Or none, if nothing was released there in this execution.
inline std::uint32_t Shadow::find(const Cell& place, std::uintptr_t object) const {
  std::uint32_t i = place.objects;
  while (i != none && objects_[i].address != object) i = objects_[i].next;
  return i;
}

__attribute__((always_inline)) inline void Shadow::acquire(Count* into, std::uint32_t object) {
  const Object& from = objects_[object];
  if (from.by == none || into[from.by] < from.count) join(into, object_clock(object));
}

// `own`: the thread's clock.
__attribute__((always_inline)) inline void Shadow::release(std::uint32_t thread, Count* own, std::uint32_t object, bool also) {
  Object& to = objects_[object];
  if (also && (to.by == none || own[to.by] < to.count)) {
    join(object_clock(object), own);
    to.by = none;
  } else {
    copy(object_clock(object), own);
    to.by = thread;
    to.count = own[thread];
  }
  ++own[thread];
  repeated_accesses.forget();
}

// The thread's operation of this memory order is the first that releases anything there. True.
__attribute__((noinline)) bool Shadow::release_first(std::uint32_t thread, Cell& place, std::uintptr_t object, int order) {
  const auto fresh = static_cast<std::uint32_t>(objects_.size());
  objects_.push_back({.address = object, .next = std::exchange(place.objects, fresh), .by = none, .count = 0});
  if (object_clocks_.size() < objects_.size() * width_) object_clocks_.resize(objects_.size() * 2 * width_);
  if (!releases(order)) {
    copy(object_clock(fresh), clock(thread, released));
    return true;
  }
  Count* const own = clock(thread);
  copy(object_clock(fresh), own);
  repeated_accesses.forget();
  objects_[fresh].by = thread;
  objects_[fresh].count = own[thread]++;
  return true;
}

inline void Shadow::release(std::uint32_t thread, Cell& place, std::uintptr_t object, bool also) {
  if (const std::uint32_t known = find(place, object); known != none) {
    release(thread, clock(thread), known, also);
  } else {
    release_first(thread, place, object, __ATOMIC_RELEASE);
  }
}

void Shadow::acquire(std::uint32_t thread, std::uintptr_t object) {
  if (unusual_ && (alone_ || ignores(thread, Ignored::order))) return;
  if (const std::uint32_t known = find(cell(object >> 3), object); known != none) acquire(clock(thread), known);
}

void Shadow::release(std::uint32_t thread, std::uintptr_t object, bool also) {
  if (unusual_ && (alone_ || ignores(thread, Ignored::order))) return;
  release(thread, cell(object >> 3), object, also);
}

__attribute__((always_inline)) inline bool Shadow::used(std::uint32_t thread, Cell& place, std::uintptr_t object) {
  if (object - unwatched_ < unwatched_size_) return true;
  if (!destroyed_.empty() && met_destroyed(thread, object, atomically | by_door)) [[unlikely]] return false;
  return access<atomically | by_door>(thread, place, object >> 3, static_cast<std::uint8_t>(1u << (object & 7)));
}

bool Shadow::acquired_by_use(std::uint32_t thread, std::uintptr_t object) {
  if (unusual_) [[unlikely]] {
    if (ignores(thread, Ignored::order)) return true;
    if (alone_) return used(thread, object);
  }
  Cell& place = cell(object >> 3);
  if (const std::uint32_t known = find(place, object); known != none) acquire(clock(thread), known);
  return used(thread, place, object);
}

bool Shadow::released_by_use(std::uint32_t thread, std::uintptr_t object, bool also) {
  if (unusual_) [[unlikely]] {
    if (ignores(thread, Ignored::order)) return true;
    if (alone_) return used(thread, object);
  }
  Cell& place = cell(object >> 3);
  const bool ordered = used(thread, place, object);
  release(thread, place, object, also);
  return ordered;
}

// ---- atomics and fences ----------------------------------------------------------------------------------------------

// `quick`: only what calls nothing, and so keeps nothing on the stack; for what is left to do, all is done once more: what was
// acquired is acquired already.
template <bool reads, bool writes, bool quick>
__attribute__((always_inline)) inline bool Shadow::atomic_as(std::uint32_t thread, std::uintptr_t object, std::size_t size, unsigned bytes,
                                                             int order) {
  if (unusual_) [[unlikely]] {
    if constexpr (quick) return atomic_slowly<reads, writes>(thread, object, size, bytes, order);
    if (ignores(thread, Ignored::order)) return true;
    if (alone_) return ignores(thread, Ignored::accesses) || access(thread, object, size, writes, true);
  }
  const unsigned mask = bytes << (object & 7);
  const Recent& recent = recent_[(object >> page_bits) % recent_.size()];
  if constexpr (quick) {
    if (mask > 0xff || recent.number != object >> page_bits) [[unlikely]]
      return atomic_slowly<reads, writes>(thread, object, size, bytes, order);
  }
  Cell& place = quick ? in_page(*recent.page, object >> 3) : cell(object >> 3);
  const bool acquires = reads && order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE;
  const std::uint32_t known = find(place, object);
  Count* const own = clock(thread);
  if (reads && known != none) acquire(acquires ? own : weak_clock(thread, acquired), known);
  constexpr std::uint8_t kind = writes ? writing | atomically : atomically;
  const auto of_word = static_cast<std::uint8_t>(mask);
  if constexpr (quick) {
    if ((place.dead & of_word) != 0 || !settles<kind>(thread, of_word, place, own)) [[unlikely]]
      return atomic_slowly<reads, writes>(thread, object, size, bytes, order);
  } else if (!unusual_ || !ignores(thread, Ignored::accesses)) {
    if (mask > 0xff) [[unlikely]] {
      if (!access(thread, object, size, writes, true)) return false;
    } else if (unusual_ || !follows(thread, of_word, place, kind)) {
      if (!access<kind>(thread, place, object >> 3, of_word)) return false;
    }
  }
  if constexpr (writes) {
    if (known == none) return release_first(thread, place, object, order);
    if (releases(order)) {
      release(thread, own, known, reads && !acquires);  // or else it has just acquired all that the object releases
      return true;
    }
    // A relaxed read-modify-write goes on with the release sequence that it reads from; a relaxed store ends it.
    if (!reads) clear(object_clock(known));
    join(object_clock(known), clock(thread, released));
    objects_[known].by = none;
  }
  return true;
}

template <bool reads, bool writes>
__attribute__((noinline)) bool Shadow::atomic_slowly(std::uint32_t thread, std::uintptr_t object, std::size_t size, unsigned bytes, int order) {
  return atomic_as<reads, writes, false>(thread, object, size, bytes, order);
}

template <bool reads, bool writes>
bool Shadow::atomic(std::uint32_t thread, std::uintptr_t object, std::size_t size, unsigned bytes, int order) {
  return atomic_as<reads, writes, true>(thread, object, size, bytes, order);
}

template bool Shadow::atomic<true, false>(std::uint32_t, std::uintptr_t, std::size_t, unsigned, int);
template bool Shadow::atomic<false, true>(std::uint32_t, std::uintptr_t, std::size_t, unsigned, int);
template bool Shadow::atomic<true, true>(std::uint32_t, std::uintptr_t, std::size_t, unsigned, int);

void Shadow::fence(std::uint32_t thread, int order) {
  if (alone_ || order == __ATOMIC_RELAXED || ignores(thread, Ignored::order)) return;
  if (order != __ATOMIC_RELEASE) join(clock(thread), clock(thread, acquired));
  if (order != __ATOMIC_ACQUIRE && order != __ATOMIC_CONSUME) {
    copy(weak_clock(thread, released), clock(thread));
    ++clock(thread)[thread];
    repeated_accesses.forget();
  }
}

}  // namespace interleave::engine
