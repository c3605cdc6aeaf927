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

void plain_access(const void* p, std::size_t size, bool writes) {
  Execution& run = *Execution::current;
  mode = Mode::outside;
  if (!shadow->access(run.self().id, reinterpret_cast<std::uintptr_t>(p), size, writes)) report_found(run);
  mode = Mode::modelled;
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
  alone_ = true;
  buried_ = 0;
  more_used_ = 0;
  stacks_.clear();
  blocks_.clear();
  start(0);
  clear(clock(0));
  clock(0)[0] = 1;
}

// ---- clocks ----------------------------------------------------------------------------------------------------------

inline void Shadow::join(Count* into, const Count* from) const {
  clock_rows::join(into, from, width_);
}

inline void Shadow::copy(Count* into, const Count* from) const { clock_rows::copy(into, from, width_); }

inline void Shadow::clear(Count* row) const { clock_rows::clear(row, width_); }

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
}

void Shadow::created(std::uint32_t parent, std::uint32_t child) {
  alone_ = !races_;
  start(child);
  copy(clock(child), clock(parent));
  clock(child)[child] = 1;
  ++clock(parent)[parent];
}

void Shadow::joined(std::uint32_t thread, std::uint32_t ended) { join(clock(thread), clock(ended)); }

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

inline void Shadow::acquire(Count* into, std::uint32_t object) {
  const Object& from = objects_[object];
  if (from.by == none || into[from.by] < from.count) join(into, object_clock(object));
}

inline void Shadow::release(std::uint32_t thread, std::uint32_t object, bool also) {
  Object& to = objects_[object];
  Count* own = clock(thread);
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
  if (!alone_) release(thread, find_or_add(cell(object >> 3), object), also);
}

bool Shadow::atomic(std::uint32_t thread, std::uintptr_t object, std::size_t size, int order, bool reads, bool writes) {
  if (alone_) return access(thread, object, size, writes, true);
  Cell& place = cell(object >> 3);
  const bool acquires = order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE;
  std::uint32_t known = find(place, object);
  if (reads && known != none) acquire(acquires ? clock(thread) : weak_clock(thread, acquired), known);
  const unsigned first = object & 7;
  const std::uint8_t kind = writes ? writing | atomically : atomically;
  const bool ordered = first + size <= 8 ? access(thread, place, object >> 3, static_cast<std::uint8_t>((0xffu >> (8 - size)) << first), kind)
                                         : access(thread, object, size, writes, true);
  if (!ordered) return false;
  if (!writes) return true;
  if (known == none) known = find_or_add(place, object);
  if (order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST) {
    release(thread, known, reads);
    return true;
  }
  // A relaxed read-modify-write goes on with the release sequence that it reads from; a relaxed store ends it.
  if (!reads) clear(object_clock(known));
  join(object_clock(known), clock(thread, released));
  objects_[known].by = none;
  return true;
}

void Shadow::fence(std::uint32_t thread, int order) {
  if (alone_ || order == __ATOMIC_RELAXED) return;
  if (order != __ATOMIC_RELEASE) join(clock(thread), clock(thread, acquired));
  if (order != __ATOMIC_ACQUIRE && order != __ATOMIC_CONSUME) {
    copy(weak_clock(thread, released), clock(thread));
    ++clock(thread)[thread];
  }
}

// ---- accesses --------------------------------------------------------------------------------------------------------

__attribute__((noinline)) void Shadow::turn_to(std::uintptr_t number) {
  std::unique_ptr<Page>& page = pages_[number];
  if (page == nullptr) {
    if (memory->stack_room() < Memory::stack_reserve) overflowed(*Execution::current);
    page = std::make_unique<Page>();
  }
  recent_[number % recent_.size()] = {number, page.get()};
}

__attribute__((always_inline)) inline Shadow::Cell& Shadow::cell(std::uintptr_t word) {
  const std::uintptr_t number = word >> (page_bits - 3);
  const Recent& recent = recent_[number % recent_.size()];
  if (recent.number != number) [[unlikely]] turn_to(number);
  Cell& found = (*recent.page)[word % page_words];
  if (found.execution != execution_) {
    found.execution = execution_;
    found.objects = none;
    found.more = none;
    found.size = 0;
    found.read_mask = 0;
    found.dead = 0;
  }
  return found;
}

inline bool Shadow::access(std::uint32_t thread, Cell& place, std::uintptr_t word, std::uint8_t mask, std::uint8_t kind) {
  const Count* past = clock(thread);
  const Entry now{.count = past[thread], .thread = static_cast<std::uint16_t>(thread), .mask = mask, .kind = kind, .where = 0};
  if ((place.dead & mask) != 0) [[unlikely]] {
    met_dead(word, now);
    return false;
  }
  return alone_ || (!explains_ && settles(now, place, past)) || insert(thread, place, word, now);
}

// Reads that were kept by thread become entries like others.
void Shadow::list_reads(Cell& place) {
  const std::array<Count, 12> reads = place.reads;
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
  const auto same_time = [own = now.thread, count = now.count](const Entry& entry) { return entry.count == count && entry.thread == own; };
  for (Entry* entry = begin; entry != end; ++entry) {
    if (!same_time(*entry) || !stands_for(*entry, now)) continue;
    std::swap(*begin, *entry);
    return true;
  }
  now.where = remember_stack();
  const auto clashes = [past, mask = now.mask, kind = now.kind](const Entry& before) {
    return ((before.kind | kind) & writing) != 0 && (before.kind & kind & atomically) == 0 && (before.mask & mask) != 0 &&
           before.count > past[before.thread];
  };
  std::vector<Entry>* const more = place.more != none ? &more_[place.more] : nullptr;
  for (const Entry* entry = begin; entry != end; ++entry)
    if (clashes(*entry)) return met_race(word, *entry, now);
  if (more != nullptr) {
    for (const Entry& entry : *more)
      if (clashes(entry)) return met_race(word, entry, now);
  }
  if (!explains_) {  // where and when are the same: one entry for all bytes that were written, one for those only read
    for (Entry* entry = begin; entry != end; ++entry) {
      if (!same_time(*entry)) continue;
      if (entry->kind == now.kind) now.mask |= entry->mask;
      if (entry->kind == 0 && now.kind == writing) entry->mask &= static_cast<std::uint8_t>(~now.mask);
    }
  }
  const auto covered = [past, now](const Entry& entry) { return entry.count <= past[entry.thread] && stands_for(now, entry); };
  Entry* kept = begin;
  for (const Entry* entry = begin; entry != end; ++entry)
    if (!covered(*entry)) *kept++ = *entry;
  end = kept;
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

bool Shadow::used_anew(std::uint32_t thread, std::uintptr_t object) { return access_as(thread, object, 1, atomically | by_door); }

bool Shadow::destroyed(std::uint32_t thread, std::uintptr_t object) { return access_as(thread, object, 1, writing | destroying); }

inline bool Shadow::access_as(std::uint32_t thread, std::uintptr_t address, std::size_t size, std::uint8_t kind) {
  if (address - unwatched_ < unwatched_size_) return true;
  const unsigned first = address & 7;
  if (first + size <= 8) [[likely]]
    return access(thread, cell(address >> 3), address >> 3, static_cast<std::uint8_t>((0xffu >> (8 - size)) << first), kind);
  const std::uintptr_t end = address + size;
  for (std::uintptr_t word = address >> 3; word << 3 < end; ++word) {
    const std::uintptr_t begin = word << 3;
    unsigned mask = 0xff;
    if (begin < address) mask &= 0xffu << (address - begin);
    if (begin + 8 > end) mask &= 0xffu >> (begin + 8 - end);
    if (!access(thread, cell(word), word, static_cast<std::uint8_t>(mask), kind)) return false;
  }
  return true;
}

// ---- blocks ----------------------------------------------------------------------------------------------------------

std::uint32_t Shadow::remember_stack() {
  if (!explains_) return 0;
  stacks_.push_back(stack_here());
  return static_cast<std::uint32_t>(stacks_.size() - 1);
}

// Makes bytes dead.
void Shadow::bury(std::uintptr_t begin, std::uintptr_t end) {
  for (std::uintptr_t word = begin >> 3; word << 3 < end; ++word) {
    unsigned mask = 0xff;
    if (word << 3 < begin) mask &= 0xffu << (begin & 7);
    if ((word << 3) + 8 > end) mask &= 0xffu >> (8 - (end & 7));
    cell(word).dead |= static_cast<std::uint8_t>(mask);
  }
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
    for (std::size_t i = 0; i < place.reads.size(); ++i) all &= i >= width_ || place.reads[i] <= past[i];
  } else {
    for (std::size_t i = 0; i < place.size; ++i) all &= place.entries[i].count <= past[place.entries[i].thread];
  }
  return all || access_as(thread, word << 3, std::min<std::uintptr_t>(8, end - (word << 3)), writing | freeing);
}

bool Shadow::freed(std::uint32_t thread, std::uintptr_t block, std::size_t size, bool checks) {
  if (checks && !alone_) {
    const Count* past = clock(thread);
    for (std::uintptr_t word = block >> 3; word << 3 < block + size; ++word) {
      const Cell& place = cell(word);
      const Entry& only = place.entries[0];
      const bool known = place.read_mask == 0 && (place.size == 0 || (place.size == 1 && only.count <= past[only.thread]));
      if (!known && !last_access(thread, word, block + size)) return false;
    }
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
  for (std::uintptr_t word = block >> 3; word << 3 < block + size; ++word) {
    Cell& place = cell(word);
    place.objects = none;
    place.more = none;
    place.size = 0;
    place.read_mask = 0;
    place.dead = 0;
  }
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
