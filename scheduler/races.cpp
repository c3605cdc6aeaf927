#include <interleave/scheduler/races.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include <interleave/scheduler/execution.hpp>
#include <interleave/scheduler/memory.hpp>
#include <interleave/scheduler/symbols.hpp>
#include <interleave/scheduler/thread_block.hpp>
#include <interleave/scheduler/trace.hpp>

namespace interleave::engine {

Races* races = nullptr;

// Which of the two accesses comes second differs between equivalent executions, so neither thread is to blame.
void racing(Execution& run) {
  if (!run.has_failed()) run.object("data-race", "two accesses that nothing orders");
}

void plain_access(const void* p, std::size_t size, bool writes) {
  Execution& run = *Execution::current;
  mode = Mode::outside;
  if (!races->access(run.self().id, reinterpret_cast<std::uintptr_t>(p), size, writes)) racing(run);
  mode = Mode::modelled;
}

Races::Races(bool explains) : explains_(explains) {
  const thread_blocks::Range variables = thread_blocks::own_variables();
  unwatched_ = variables.begin;
  unwatched_size_ = variables.end - variables.begin;
}

void Races::begin_execution() {
  ++execution_;
  objects_.clear();
  alone_ = true;
  more_used_ = 0;
  stacks_.clear();
  blocks_.clear();
  start(0);
}

// ---- clocks ----------------------------------------------------------------------------------------------------------

inline void Races::join(Count* into, const Count* from) const {
  for (std::size_t i = 0; i < width_; ++i) into[i] = std::max(into[i], from[i]);
}

inline void Races::copy(Count* into, const Count* from) const { std::memcpy(into, from, width_ * sizeof(Count)); }

inline void Races::clear(Count* row) const { std::fill_n(row, width_, 0); }

void Races::start(std::uint32_t thread) {
  while (thread >= width_) widen();
  if (clocks_.size() < (thread + std::size_t{1}) * rows * width_) clocks_.resize((thread + std::size_t{1}) * rows * width_);
  std::fill_n(clock(thread), rows * width_, 0);
  clock(thread)[thread] = 1;
}

void Races::widen() {
  const std::size_t wider = width_ * 2;
  for (std::vector<Count>* clocks : {&clocks_, &object_clocks_}) {
    std::vector<Count> result(clocks->size() * 2);
    for (std::size_t i = 0; i < clocks->size(); ++i) result[i / width_ * wider + i % width_] = (*clocks)[i];
    *clocks = std::move(result);
  }
  width_ = wider;
}

void Races::created(std::uint32_t parent, std::uint32_t child) {
  alone_ = false;
  start(child);
  join(clock(child), clock(parent));
  ++clock(parent)[parent];
}

void Races::joined(std::uint32_t thread, std::uint32_t ended) { join(clock(thread), clock(ended)); }

// ---- objects ---------------------------------------------------------------------------------------------------------

// Or none, if nothing was released there in this execution.
inline std::uint32_t Races::find(const Cell& place, std::uintptr_t object) const {
  std::uint32_t i = place.objects;
  while (i != none && objects_[i].address != object) i = objects_[i].next;
  return i;
}

std::uint32_t Races::find_or_add(Cell& place, std::uintptr_t object) {
  if (const std::uint32_t known = find(place, object); known != none) return known;
  const auto fresh = static_cast<std::uint32_t>(objects_.size());
  objects_.push_back({.address = object, .next = std::exchange(place.objects, fresh), .by = none, .count = 0});
  if (object_clocks_.size() < objects_.size() * width_) object_clocks_.resize(objects_.size() * 2 * width_);
  clear(object_clock(fresh));
  return fresh;
}

inline void Races::acquire(Count* into, std::uint32_t object) {
  join(into, object_clock(object));
}

inline void Races::release(std::uint32_t thread, std::uint32_t object, bool also) {
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

void Races::acquire(std::uint32_t thread, std::uintptr_t object) {
  if (alone_) return;
  if (const std::uint32_t known = find(cell(object >> 3), object); known != none) acquire(clock(thread), known);
}

void Races::release(std::uint32_t thread, std::uintptr_t object, bool also) {
  if (!alone_) release(thread, find_or_add(cell(object >> 3), object), also);
}

bool Races::atomic(std::uint32_t thread, std::uintptr_t object, std::size_t size, int order, bool reads, bool writes) {
  if (alone_) return true;
  Cell& place = cell(object >> 3);
  const bool acquires = order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE;
  std::uint32_t known = find(place, object);
  if (reads && known != none) acquire(clock(thread, acquires ? of_thread : acquired), known);
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

void Races::fence(std::uint32_t thread, int order) {
  if (alone_ || order == __ATOMIC_RELAXED) return;
  if (order != __ATOMIC_RELEASE) join(clock(thread), clock(thread, acquired));
  if (order != __ATOMIC_ACQUIRE && order != __ATOMIC_CONSUME) {
    copy(clock(thread, released), clock(thread));
    ++clock(thread)[thread];
  }
}

// ---- accesses --------------------------------------------------------------------------------------------------------

inline Races::Cell& Races::cell(std::uintptr_t word) {
  const std::uintptr_t number = word >> (page_bits - 3);
  Recent& recent = recent_[number % recent_.size()];
  if (recent.number != number) [[unlikely]] {
    std::unique_ptr<Page>& page = pages_[number];
    if (page == nullptr) page = std::make_unique<Page>();
    recent = {number, page.get()};
  }
  Cell& found = (*recent.page)[word % page_words];
  if (found.execution != execution_) {
    found.execution = execution_;
    found.objects = none;
    found.more = none;
    found.size = 0;
    found.read_mask = 0;
  }
  return found;
}

inline bool Races::access(std::uint32_t thread, Cell& place, std::uintptr_t word, std::uint8_t mask, std::uint8_t kind) {
  const Count* past = clock(thread);
  const Entry now{.count = past[thread], .thread = static_cast<std::uint16_t>(thread), .mask = mask, .kind = kind, .where = 0};
  return (!explains_ && settles(now, place, past)) || insert(thread, place, word, now);
}

// Reads that were kept by thread become entries like others.
void Races::list_reads(Cell& place) {
  const std::array<Count, 12> reads = place.reads;
  const auto mask = static_cast<std::uint8_t>(std::exchange(place.read_mask, 0));
  place.size = 0;
  for (std::uint16_t thread = 0; thread < reads.size(); ++thread)
    if (reads[thread] != 0) add(place, {.count = reads[thread], .thread = thread, .mask = mask, .kind = 0, .where = 0});
}

void Races::add(Cell& place, const Entry& entry) {
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

bool Races::insert(std::uint32_t thread, Cell& place, std::uintptr_t word, Entry now) {
  const Count* past = clock(thread);
  if (place.read_mask != 0) list_reads(place);
  const auto begin = place.entries.begin();
  auto end = begin + place.size;
  // What an access stands for: what can race with nothing that it would not race with itself.
  const auto stands_for = [](const Entry& one, const Entry& other) {
    return (other.mask & ~one.mask) == 0 && ((one.kind & writing) != 0 || (other.kind & writing) == 0) &&
           ((one.kind & atomically) == 0 || (other.kind & atomically) != 0);
  };
  if (std::any_of(begin, end, [&](const Entry& entry) {
        return entry.thread == now.thread && entry.count == now.count && stands_for(entry, now);
      }))
    return true;
  if (explains_) {
    now.where = static_cast<std::uint32_t>(stacks_.size());
    stacks_.push_back(stack_here());
  }
  const auto clashes = [&](const Entry& before) {
    if ((before.mask & now.mask) == 0 || ((before.kind | now.kind) & writing) == 0 || (before.kind & now.kind & atomically) != 0 ||
        before.count <= past[before.thread])
      return false;
    found_ = {word, before, now};
    return true;
  };
  const auto covered = [&](const Entry& entry) { return entry.count <= past[entry.thread] && stands_for(now, entry); };
  if (std::any_of(begin, end, clashes)) return false;
  end = std::remove_if(begin, end, covered);
  if (place.more != none) {
    std::vector<Entry>& more = more_[place.more];
    if (std::any_of(more.begin(), more.end(), clashes)) return false;
    std::erase_if(more, covered);
    for (; end != place.entries.end() && !more.empty(); more.pop_back()) *end++ = more.back();
  }
  place.size = static_cast<std::uint16_t>(end - begin);
  add(place, now);
  return true;
}

bool Races::access(std::uint32_t thread, std::uintptr_t address, std::size_t size, bool writes, bool atomic) {
  if (alone_ || address - unwatched_ < unwatched_size_) return true;
  const auto kind = static_cast<std::uint8_t>((writes ? writing : 0) | (atomic ? atomically : 0));
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

void Races::allocated(std::uintptr_t block, std::size_t size) {
  if (!explains_) return;
  blocks_.push_back({block, size, static_cast<std::uint32_t>(stacks_.size())});
  stacks_.push_back(stack_here());
}

std::string Races::describe(Symbols& symbols, const Execution& run) const {
  const unsigned bytes = found_.before.mask & found_.now.mask;
  const std::uintptr_t address = (found_.word << 3) + static_cast<unsigned>(__builtin_ctz(bytes));
  std::string object = symbols.object_name(reinterpret_cast<const void*>(address));
  if (object.empty()) {
    for (const Block& block : blocks_) {
      if (address < block.begin || address >= block.begin + block.size) continue;
      object = fmt::format("byte {} of a block of {} bytes, allocated at {}", address - block.begin, block.size,
                           symbols.place(stacks_[block.where]));
    }
  }
  if (object.empty()) {
    const std::size_t owner = memory->stack_of(reinterpret_cast<const void*>(address));
    object = owner < run.threads_created() ? fmt::format("a local variable of {}", name_of(run.thread(owner))) : "memory from before the execution";
  }
  const auto part = [&](const Entry& entry) {
    return fmt::format("{} by {} at {}", (entry.kind & writing) != 0 ? "write" : "read", name_of(run.thread(entry.thread)),
                       symbols.place(stacks_[entry.where]));
  };
  return fmt::format("{}: {}, and {}; nothing orders them", object, part(found_.before), part(found_.now));
}

}  // namespace interleave::engine
