#include <interleave/scheduler/shadow.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

#include <interleave/scheduler/clock_rows.hpp>
#include <interleave/scheduler/execution.hpp>
#include <interleave/scheduler/faults.hpp>
#include <interleave/scheduler/memory.hpp>
#include <interleave/scheduler/thread_block.hpp>
#include <interleave/scheduler/trace.hpp>

namespace interleave::engine {

Shadow* shadow = nullptr;
bool explores_races = false;

void report_found(Execution& run) {
  if (!run.has_failed()) run.object(shadow->found(), "explained by a replay");
}

Shadow::Shadow(bool races, bool explains) : explains_(explains), races_(races) {
  const thread_blocks::Range variables = thread_blocks::own_variables();
  unwatched_ = variables.begin;
  unwatched_size_ = variables.end - variables.begin;
  arena_ = Memory::instance().arena();
  arena_size_ = memory->arena_size();
}

void Shadow::begin_execution() {
  ++execution_;
  objects_.clear();
  alone_ = unusual_ = true;
  buried_ = 0;
  more_used_ = 0;
  stacks_.clear();
  blocks_.clear();
  start(0);
  clear(clock(0));
  clock(0)[0] = 1;
}

// ---- clocks ----------------------------------------------------------------------------------------------------------

inline std::size_t Shadow::width() const {
  if (width_ == 0) __builtin_unreachable();  // so that no loop asks
  return width_;
}

inline void Shadow::join(Count* into, const Count* from) const { clock_rows::join(into, from, width()); }

inline void Shadow::copy(Count* into, const Count* from) const { clock_rows::copy(into, from, width()); }

inline void Shadow::clear(Count* row) const { clock_rows::clear(row, width()); }

// Of its clocks, all but the thread's own are as new.
void Shadow::start(std::uint32_t thread) {
  if (thread >= weak_.size()) [[unlikely]] {
    while (thread >= width_) widen();
    clocks_.resize((thread + std::size_t{1}) * rows * width_);
    weak_.resize(thread + 1);
  }
  if (!std::exchange(weak_[thread], std::uint8_t{0})) return;
  clear(clock(thread, acquired));
  clear(clock(thread, released));
}

void Shadow::widen() {
  const std::size_t wider = width_ + 8;
  for (std::vector<Count>* clocks : {&clocks_, &object_clocks_}) {
    std::vector<Count> result(clocks->size() / width_ * wider);
    for (std::size_t i = 0; i < clocks->size(); ++i) result[i / width_ * wider + i % width_] = (*clocks)[i];
    *clocks = std::move(result);
  }
  width_ = wider;
  stride_ = rows * width_;
}

void Shadow::created(std::uint32_t parent, std::uint32_t child) {
  alone_ = !races_;
  unusual_ = alone_ || explains_;
  start(child);
  copy(clock(child), clock(parent));
  clock(child)[child] = 1;
  ++clock(parent)[parent];
}

void Shadow::joined(std::uint32_t thread, std::uint32_t ended) { join(clock(thread), clock(ended)); }

// ---- what is done at every access, in line and for each kind by itself -------------------------------------------------

__attribute__((noinline)) void Shadow::turn_to(std::uintptr_t number) {
  std::unique_ptr<Page>& page = pages_[number];
  if (page == nullptr) {
    if (memory->stack_room() < Memory::stack_reserve) overflowed(*Execution::current);
    page = std::make_unique<Page>();
  }
  recent_[number % recent_.size()] = {number, page.get()};
}

__attribute__((always_inline)) inline Shadow::Cell& Shadow::in_page(Page& page, std::uintptr_t word) const {
  Cell* place = &page[word % page_words];
  asm("" : "+r"(place));  // one register; the compilers would keep half a dozen pointers into the cell
  if (place->execution != execution_) {
    place->execution = execution_;
    place->begin();
  }
  return *place;
}

__attribute__((always_inline)) inline Shadow::Cell& Shadow::cell(std::uintptr_t word) {
  const std::uintptr_t number = word >> (page_bits - 3);
  const Recent& recent = recent_[number % recent_.size()];
  if (recent.number != number) [[unlikely]] turn_to(number);
  return in_page(*recent.page, word);
}

// Whether the access is the first of its word, the same again, comes after the only one before and stands for it, or is a read
// among reads.
template <std::uint8_t kind>
__attribute__((always_inline)) inline bool Shadow::settles(std::uint32_t thread, std::uint8_t mask, Cell& place, const Count* past) {
  Entry& first = place.entries[0];
  const Entry now{.count = past[thread], .thread = static_cast<std::uint16_t>(thread), .mask = mask, .kind = kind, .where = 0};
  if (first.count == now.count && first.thread == now.thread) {
    if (stands_for(first, now)) return true;
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

// Whether that was all that is to be done.
template <std::uint8_t kind>
__attribute__((always_inline)) inline bool Shadow::settled(std::uint32_t thread, std::uintptr_t address, unsigned bytes) {
  const unsigned mask = bytes << (address & 7);  // more than 8 bits where it is of several words
  const Recent& recent = recent_[(address >> page_bits) % recent_.size()];
  if (unusual_ || mask > 0xff || recent.number != address >> page_bits) [[unlikely]] return false;
  if (address - unwatched_ < unwatched_size_) [[unlikely]] return true;
  Cell& place = in_page(*recent.page, address >> 3);
  return (place.dead & mask) == 0 && settles<kind>(thread, static_cast<std::uint8_t>(mask), place, clock(thread));
}

template <std::uint8_t kind>
__attribute__((always_inline)) inline bool Shadow::access(std::uint32_t thread, Cell& place, std::uintptr_t word, std::uint8_t mask) {
  if (!unusual_ && (place.dead & mask) == 0 && settles<kind>(thread, mask, place, clock(thread))) return true;
  return access(thread, place, word, mask, kind);
}

template <bool writes>
__attribute__((always_inline)) inline bool Shadow::access_quickly(std::uint32_t thread, std::uintptr_t address, unsigned bytes) {
  return settled<writes ? writing : plain_read>(thread, address, bytes);
}

// Out of line: most accesses are settled without.
__attribute__((noinline)) void plain_access_slowly(const void* p, std::size_t size, bool writes) {
  Execution& run = *Execution::current;
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  if (shadow->access_among_few(run.self().id, address, size, writes)) return;
  mode = Mode::outside;
  if (!shadow->access(run.self().id, address, size, writes)) report_found(run);
  mode = Mode::modelled;
}

// Calls nothing but the other, and that last: so it keeps nothing on the stack.
template <bool writes>
void plain_access(const void* p, std::size_t size, unsigned bytes) {
  if (!shadow->access_quickly<writes>(Execution::current->self().id, reinterpret_cast<std::uintptr_t>(p), bytes)) [[unlikely]]
    plain_access_slowly(p, size, writes);
}

template void plain_access<false>(const void*, std::size_t, unsigned);
template void plain_access<true>(const void*, std::size_t, unsigned);

// ---- objects ---------------------------------------------------------------------------------------------------------

// Or none, if nothing was released there in this execution.
inline std::uint32_t Shadow::find(const Cell& place, std::uintptr_t object) const {
  std::uint32_t i = place.objects;
  while (i != none && objects_[i].address != object) i = objects_[i].next;
  return i;
}

std::uint32_t Shadow::find_or_add(Cell& place, std::uintptr_t object) {
  if (const std::uint32_t known = find(place, object); known != none) return known;
  const auto fresh = static_cast<std::uint32_t>(objects_.size());
  objects_.push_back({.address = object, .next = std::exchange(place.objects, fresh), .by = none, .count = 0});
  if (object_clocks_.size() < objects_.size() * width_) object_clocks_.resize(objects_.size() * 2 * width_);
  clear(object_clock(fresh));
  return fresh;
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
}

void Shadow::acquire(std::uint32_t thread, std::uintptr_t object) {
  if (alone_) return;
  if (const std::uint32_t known = find(cell(object >> 3), object); known != none) acquire(clock(thread), known);
}

void Shadow::release(std::uint32_t thread, std::uintptr_t object, bool also) {
  if (!alone_) release(thread, clock(thread), find_or_add(cell(object >> 3), object), also);
}

bool Shadow::acquired_by_use(std::uint32_t thread, std::uintptr_t object) {
  if (alone_) return used(thread, object);
  Cell& place = cell(object >> 3);
  if (const std::uint32_t known = find(place, object); known != none) acquire(clock(thread), known);
  return used(thread, place, object);
}

bool Shadow::released_by_use(std::uint32_t thread, std::uintptr_t object, bool also) {
  if (alone_) return used(thread, object);
  Cell& place = cell(object >> 3);
  const bool ordered = used(thread, place, object);
  release(thread, clock(thread), find_or_add(place, object), also);
  return ordered;
}

// `quick`: only what calls nothing, and so keeps nothing on the stack; for what is left to do, all is done once more: what was
// acquired is acquired already.
template <bool reads, bool writes, bool quick>
__attribute__((always_inline)) inline bool Shadow::atomic_as(std::uint32_t thread, std::uintptr_t object, std::size_t size, unsigned bytes,
                                                             int order) {
  if (unusual_) [[unlikely]] {
    if constexpr (quick) return atomic_slowly<reads, writes>(thread, object, size, bytes, order);
    if (alone_) return access(thread, object, size, writes, true);
  }
  const unsigned mask = bytes << (object & 7);
  const Recent& recent = recent_[(object >> page_bits) % recent_.size()];
  if constexpr (quick) {
    if (mask > 0xff || recent.number != object >> page_bits) [[unlikely]]
      return atomic_slowly<reads, writes>(thread, object, size, bytes, order);
  }
  Cell& place = quick ? in_page(*recent.page, object >> 3) : cell(object >> 3);
  const bool acquires = reads && order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE;
  std::uint32_t known = find(place, object);
  Count* const own = clock(thread);
  if (reads && known != none) acquire(acquires ? own : weak_clock(thread, acquired), known);
  constexpr std::uint8_t kind = writes ? writing | atomically : atomically;
  const auto of_word = static_cast<std::uint8_t>(mask);
  if constexpr (quick) {
    if ((writes && known == none) || (place.dead & of_word) != 0 || !settles<kind>(thread, of_word, place, own)) [[unlikely]]
      return atomic_slowly<reads, writes>(thread, object, size, bytes, order);
  } else {
    if (!(mask <= 0xff ? access<kind>(thread, place, object >> 3, of_word) : access(thread, object, size, writes, true))) return false;
    if (writes && known == none) known = find_or_add(place, object);
  }
  if constexpr (writes) {
    if (order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST) {
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
  if (alone_ || order == __ATOMIC_RELAXED) return;
  if (order != __ATOMIC_RELEASE) join(clock(thread), clock(thread, acquired));
  if (order != __ATOMIC_ACQUIRE && order != __ATOMIC_CONSUME) {
    copy(weak_clock(thread, released), clock(thread));
    ++clock(thread)[thread];
  }
}

// ---- accesses --------------------------------------------------------------------------------------------------------

// Whether a write comes after all reads that were kept by thread, and stands for them.
bool Shadow::ends_reads(const Entry& now, Cell& place, const Count* past) const {
  if ((place.read_mask & ~now.mask) != 0) return false;
  const std::size_t threads = std::min(place.reads.counts.size(), width_);
  for (std::size_t i = 0; i < threads; ++i)
    if (place.reads.counts[i] > past[i]) return false;
  place.read_mask = 0;
  place.size = 1;
  place.entries[0] = now;
  return true;
}

// Whether the access comes after all of the one or two before; then it is noted as `insert` would.
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

__attribute__((always_inline)) inline bool Shadow::among_few(std::uint32_t thread, Cell& place, std::uintptr_t word, std::uint8_t mask,
                                                             std::uint8_t kind) {
  if ((place.dead & mask) != 0) return false;
  if (alone_) return true;
  const Count* const past = clock(thread);
  const Entry now{.count = past[thread], .thread = static_cast<std::uint16_t>(thread), .mask = mask, .kind = kind, .where = 0};
  if (place.size == 0) return kind == writing && ends_reads(now, place, past);
  if (comes_after(bits_of(now), place, past)) return true;
  return place.size < place.entries.size() && place.more == none && insert(thread, place, word, now);
}

bool Shadow::access_among_few(std::uint32_t thread, std::uintptr_t address, std::size_t size, bool writes) {
  if (alone_ && (address - unwatched_ < unwatched_size_ || address - arena_ >= arena_size_)) return true;
  const std::uint8_t kind = writes ? writing : plain_read;
  unsigned mask = mask_of(size) << (address & 7);
  const Recent& recent = recent_[(address >> page_bits) % recent_.size()];
  if (recent.number != address >> page_bits || explains_) return false;
  Cell* place = &cell(address >> 3);
  if (mask <= 0xff) return among_few(thread, *place, address >> 3, static_cast<std::uint8_t>(mask), kind);
  const std::uintptr_t end = address + size;
  if ((end - 1) >> page_bits != recent.number || address - unwatched_ < unwatched_size_) return false;
  std::uintptr_t word = address >> 3;
  mask = 0xffu << (address & 7) & 0xff;
  while (true) {
    if (!among_few(thread, *place, word, static_cast<std::uint8_t>(mask), kind)) return false;
    if (++word << 3 >= end) return true;
    place = &in_page(*recent.page, word);
    mask = (word << 3) + 8 > end ? 0xffu >> (8 - (end & 7)) : 0xff;
  }
}

bool Shadow::access(std::uint32_t thread, Cell& place, std::uintptr_t word, std::uint8_t mask, std::uint8_t kind) {
  const Entry now{.count = clock(thread)[thread], .thread = static_cast<std::uint16_t>(thread), .mask = mask, .kind = kind, .where = 0};
  if ((place.dead & mask) != 0) [[unlikely]] {
    met_dead(word, now);
    return false;
  }
  return alone_ || insert(thread, place, word, now);
}

// Reads that were kept by thread become entries like others.
void Shadow::list_reads(Cell& place) {
  const std::array reads = place.reads.counts;
  const auto mask = static_cast<std::uint8_t>(std::exchange(place.read_mask, 0));
  place.size = 0;
  for (std::uint16_t thread = 0; thread < reads.size(); ++thread)
    if (reads[thread] != 0) add(place, {.count = reads[thread], .thread = thread, .mask = mask, .kind = 0, .where = 0});
}

void Shadow::add(Cell& place, const Entry& entry) {
  if (place.size < place.entries.size()) {
    place.entries[place.size++] = entry;
    return;
  }
  if (place.more == none) {
    place.more = static_cast<std::uint32_t>(more_used_++);
    if (place.more == more_.size()) more_.emplace_back();
    more_[place.more].clear();
  }
  more_[place.more].push_back(entry);
}

// The newest entry comes first: that is where a repetition is looked for. Plain loops over what stays in registers: there are few
// entries, and this is done for most accesses that are not like the one before.
bool Shadow::insert(std::uint32_t thread, Cell& place, std::uintptr_t word, Entry now) {
  const Count* const past = clock(thread);
  if (place.read_mask != 0) list_reads(place);
  Entry* const begin = place.entries.data();
  Entry* end = begin + place.size;
  const auto clashes = [past, mask = now.mask, kind = now.kind](const Entry& before) {
    return ((before.kind | kind) & writing) != 0 && (before.kind & kind & atomically) == 0 && (before.mask & mask) != 0 &&
           before.count > past[before.thread];
  };
  bool at_once = false;  // the thread has accessed the word since it was last ordered
  const Entry* racing = nullptr;
  for (Entry* entry = begin; entry != end; ++entry) {
    if (entry->thread == now.thread && entry->count == now.count) {
      if (stands_for(*entry, now)) {
        std::swap(*begin, *entry);
        return true;
      }
      at_once = true;
    } else if (racing == nullptr && clashes(*entry)) {
      racing = entry;
    }
  }
  if (explains_) [[unlikely]] now.where = remember_stack();
  if (racing != nullptr) return met_race(word, *racing, now);
  std::vector<Entry>* const more = place.more != none ? &more_[place.more] : nullptr;
  if (more != nullptr) {
    for (const Entry& entry : *more)
      if (clashes(entry)) return met_race(word, entry, now);
  }
  if (at_once && !explains_) {  // where and when are the same: one entry for all bytes that were written, one for those only read
    for (Entry* entry = begin; entry != end; ++entry) {
      if (entry->thread != now.thread || entry->count != now.count) continue;
      if (entry->kind == now.kind) now.mask |= entry->mask;
      if (entry->kind == 0 && now.kind == writing) entry->mask &= static_cast<std::uint8_t>(~now.mask);
    }
  }
  const auto covered = [past, now](const Entry& entry) { return entry.count <= past[entry.thread] && stands_for(now, entry); };
  Entry* kept = begin;
  for (const Entry* entry = begin; entry != end; ++entry) {
    if (covered(*entry)) continue;
    if (kept != entry) *kept = *entry;
    ++kept;
  }
  end = kept;
  if (more == nullptr && end != place.entries.end()) {
    *end = std::exchange(*begin, now);  // if there are none, both are the first
    if (end == begin) *begin = now;
    place.size = static_cast<std::uint16_t>(end + 1 - begin);
    return true;
  }
  if (more != nullptr) {
    std::erase_if(*more, covered);
    for (; end != place.entries.end() && !more->empty(); more->pop_back()) *end++ = more->back();
  }
  place.size = static_cast<std::uint16_t>(end - begin);
  add(place, now);
  if (place.size < place.entries.size() || more == nullptr) std::swap(*begin, begin[place.size - 1]);
  return true;
}

bool Shadow::met_race(std::uintptr_t word, const Entry& before, const Entry& now) {
  const bool ends = ((before.kind | now.kind) & (freeing | destroying)) != 0;
  found_ = {ends ? "use-after-free" : "data-race", (word << 3) + static_cast<unsigned>(__builtin_ctz(before.mask & now.mask)), before, now};
  return false;
}

bool Shadow::access(std::uint32_t thread, std::uintptr_t address, std::size_t size, bool writes, bool atomic) {
  return access_as(thread, address, size, static_cast<std::uint8_t>((writes ? writing : 0) | (atomic ? atomically : 0)));
}

bool Shadow::used(std::uint32_t thread, std::uintptr_t object) {
  if (alone_ && object - arena_ >= arena_size_) return true;
  return settled<atomically | by_door>(thread, object, 1) || access_as(thread, object, 1, atomically | by_door);
}

inline bool Shadow::used(std::uint32_t thread, Cell& place, std::uintptr_t object) {
  if (object - unwatched_ < unwatched_size_) return true;
  return access<atomically | by_door>(thread, place, object >> 3, static_cast<std::uint8_t>(1u << (object & 7)));
}

bool Shadow::destroyed(std::uint32_t thread, std::uintptr_t object) { return access_as(thread, object, 1, writing | destroying); }

bool Shadow::access_as(std::uint32_t thread, std::uintptr_t address, std::size_t size, std::uint8_t kind) {
  if (address - unwatched_ < unwatched_size_) return true;
  const auto of_word = [&](std::uintptr_t word, unsigned mask) {
    const auto bytes = static_cast<std::uint8_t>(mask);
    return kind == plain_read ? access<plain_read>(thread, cell(word), word, bytes)
           : kind == writing  ? access<writing>(thread, cell(word), word, bytes)
                              : access(thread, cell(word), word, bytes, kind);
  };
  if (const unsigned mask = mask_of(size) << (address & 7); mask <= 0xff) return of_word(address >> 3, mask);
  const std::uintptr_t end = address + size;
  for (std::uintptr_t word = address >> 3; word << 3 < end; ++word) {
    const std::uintptr_t begin = word << 3;
    unsigned mask = 0xff;
    if (begin < address) mask &= 0xffu << (address - begin);
    if (begin + 8 > end) mask &= 0xffu >> (begin + 8 - end);
    if (!of_word(word, mask)) return false;
  }
  return true;
}

// ---- blocks ----------------------------------------------------------------------------------------------------------

std::uint32_t Shadow::remember_stack() {
  if (!explains_) return 0;
  stacks_.push_back(stack_here());
  return static_cast<std::uint32_t>(stacks_.size() - 1);
}

// f(cell, word), of all words that the bytes lie in, until it is false; whether it never was. The cells of a page lie side by side.
template <class F>
__attribute__((always_inline)) inline bool Shadow::each_word(std::uintptr_t begin, std::uintptr_t end, F f) {
  const std::uintptr_t behind = (end + 7) >> 3;
  for (std::uintptr_t word = begin >> 3; word < behind;) {
    const std::uintptr_t stop = std::min(behind, (word | (page_words - 1)) + 1);
    for (Cell* place = &cell(word);; ++place) {
      if (place->execution != execution_) {
        place->execution = execution_;
        place->begin();
      }
      if (!f(*place, word)) return false;
      if (++word == stop) break;
    }
  }
  return true;
}

// Makes bytes dead.
void Shadow::bury(std::uintptr_t begin, std::uintptr_t end) {
  if (begin == end) return;
  unsigned mask = 0xffu << (begin & 7) & 0xff;  // of the first word
  each_word(begin, end, [&](Cell& place, std::uintptr_t word) {
    if ((word << 3) + 8 > end) [[unlikely]] mask &= 0xffu >> (8 - (end & 7));
    place.dead |= static_cast<std::uint8_t>(mask);
    mask = 0xff;
    return true;
  });
}

void Shadow::allocated(std::uint32_t thread, std::uintptr_t block, std::size_t size) {
  // Around every block there are at least 16 bytes that belong to nobody.
  const std::uintptr_t end = block + size;
  if (buried_ != block) bury(block - 16, block);
  buried_ = ((end + 15) & ~std::uintptr_t{15}) + 16;
  bury(end, buried_);
  if (explains_) blocks_.push_back({block, size, remember_stack(), none, thread, none});
}

// Whether all that was accessed of the word happens before the thread frees it.
bool Shadow::last_access(std::uint32_t thread, std::uintptr_t word, std::uintptr_t end) {
  const Cell& place = cell(word);
  const Count* past = clock(thread);
  bool all = place.more == none;
  if (place.read_mask != 0) {
    for (std::size_t i = 0; i < place.reads.counts.size(); ++i) all &= i >= width_ || place.reads.counts[i] <= past[i];
  } else {
    for (std::size_t i = 0; i < place.size; ++i) all &= place.entries[i].count <= past[place.entries[i].thread];
  }
  return all || access_as(thread, word << 3, std::min<std::uintptr_t>(8, end - (word << 3)), writing | freeing);
}

bool Shadow::freed(std::uint32_t thread, std::uintptr_t block, std::size_t size, bool checks) {
  if (checks && !alone_) {
    const Count* past = clock(thread);
    const bool last = each_word(block, block + size, [&](const Cell& place, std::uintptr_t word) {
      const Entry& only = place.entries[0];
      const bool known = place.read_mask == 0 && (place.size == 0 || (place.size == 1 && only.count <= past[only.thread]));
      return known || last_access(thread, word, block + size);
    });
    if (!last) return false;
  }
  bury(block, block + size);
  if (Block* known = explains_ ? block_around(block) : nullptr) {
    known->freed_where = remember_stack();
    known->freed_by = thread;
  }
  return true;
}

void Shadow::revived(std::uint32_t thread, std::uintptr_t block, std::size_t size) {
  acquire(thread, block);
  for (std::uintptr_t word = block >> 3; word << 3 < block + size; ++word) cell(word).begin();
}

void Shadow::freed_wrongly(std::uint32_t thread, std::uintptr_t address, const char* kind, std::string how) {
  found_ = {kind, address, {}, {.count = 0, .thread = static_cast<std::uint16_t>(thread), .mask = 0, .kind = writing, .where = remember_stack()},
            std::move(how)};
}

void Shadow::met_dead(std::uintptr_t word, const Entry& now) {
  const std::uintptr_t address = (word << 3) + static_cast<unsigned>(__builtin_ctz(cell(word).dead & now.mask));
  // Between blocks, or in one that was freed: the arena knows.
  found_ = {memory->in_block(reinterpret_cast<const void*>(address)) ? "use-after-free" : "out-of-bounds", address, {}, now};
  found_.now.where = remember_stack();
}

}  // namespace interleave::engine
