// Clocks, pages of words, and accesses: what is known of a word, and what an access changes of it.
#include "scheduler/races/shadow.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "scheduler/fibers/tls_block.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/races/repeated_accesses.hpp"
#include "scheduler/races/shadow_inline.hpp"
#include "scheduler/support/vector_clock_rows.hpp"

namespace interleave::engine {

Shadow* shadow = nullptr;
RepeatedAccesses repeated_accesses;

Shadow::Shadow(ShadowLimits& limits, bool races, bool explains, bool suppresses)
    : limits_(limits), explains_(explains), races_(races), suppresses_(suppresses) {
  assert(explains || !suppresses);
  const tls_blocks::Range variables = tls_blocks::own_variables();
  unwatched_ = variables.begin;
  unwatched_size_ = variables.end - variables.begin;
  arena_ = Memory::instance().arena();
  arena_size_ = memory->arena_size();
}

void Shadow::begin_execution() {
  ++execution_;
  repeated_accesses.forget();
  objects_.clear();
  alone_ = unusual_ = true;
  begin_without_annotations();
  buried_ = 0;
  more_used_ = 0;
  blocks_.clear();
  dead_pages_.clear();
  destroyed_.clear();
  start(0);
  clear(clock(0));
  clock(0)[0] = 1;
}

// ---- clocks ----------------------------------------------------------------------------------------------------------

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
  const std::size_t wider = clock_rows::wider_than(static_cast<clock_rows::Count>(width_));
  for (std::vector<Count>* clocks : {&clocks_, &object_clocks_}) {
    std::vector<Count> result(clocks->size() / width_ * wider);
    for (std::size_t i = 0; i < clocks->size(); ++i) result[i / width_ * wider + i % width_] = (*clocks)[i];
    *clocks = std::move(result);
  }
  width_ = wider;
  stride_ = rows * width_;
}

// Rather than let the machine run out of memory.
void Shadow::no_room() {
  limits_.no_memory(fmt::format("out of memory: executions access {} MiB, and to look for data races in them takes {} times as much "
                           "(INTERLEAVE_MEMORY_MB sets another limit, INTERLEAVE_RACES=ignore does not look)",
                           (pages_.size() << page_bits) >> 20, sizeof(Page) >> page_bits));
  __builtin_unreachable();  // g++ does not know that a virtual function never returns
}

// ---- pages -----------------------------------------------------------------------------------------------------------

__attribute__((noinline)) void Shadow::turn_to(std::uintptr_t number) {
  std::unique_ptr<Page>& page = pages_[number];
  if (page == nullptr) {
    if (memory->stack_room() < Memory::stack_reserve) limits_.no_stack();
    if (pages_.size() * sizeof(Page) > memory->heap_max() / 2) no_room();  // half, for a failure is explained by a second shadow
    page = std::make_unique<Page>();
    if (is_dead_page(number)) page->dead_in = execution_;
  }
  recent_[number % recent_.size()] = {number, page.get()};
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
  if (unusual_) [[unlikely]] {
    if (alone_ && (address - unwatched_ < unwatched_size_ || address - arena_ >= arena_size_)) return true;
    if (ignores(thread, Ignored::accesses)) return true;
  }
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
    } else if (racing == nullptr && clashes(*entry) && !is_benign(word, entry->mask & now.mask)) {
      racing = entry;
    }
  }
  if (explains_) [[unlikely]] now.where = remember_stack();
  if (racing != nullptr) return met_race(word, *racing, now);
  std::vector<Entry>* const more = place.more != none ? &more_[place.more] : nullptr;
  if (more != nullptr) {
    for (const Entry& entry : *more)
      if (clashes(entry) && !is_benign(word, entry.mask & now.mask)) return met_race(word, entry, now);
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
  return found({ends ? "use-after-free" : "data-race", (word << 3) + static_cast<unsigned>(__builtin_ctz(before.mask & now.mask)), before, now});
}

bool Shadow::access(std::uint32_t thread, std::uintptr_t address, std::size_t size, bool writes, bool atomic) {
  return access_as(thread, address, size, static_cast<std::uint8_t>((writes ? writing : 0) | (atomic ? atomically : 0)));
}

bool Shadow::used(std::uint32_t thread, std::uintptr_t object) {
  if (!destroyed_.empty() && met_destroyed(thread, object, atomically | by_door)) [[unlikely]] return false;
  if (alone_ && object - arena_ >= arena_size_) return true;
  return settled<atomically | by_door>(thread, object, 1) || access_as(thread, object, 1, atomically | by_door);
}

bool Shadow::destroyed(std::uint32_t thread, std::uintptr_t object, const std::uint32_t* word, std::uint32_t value) {
  repeated_accesses.forget();
  const bool good = !met_destroyed(thread, object, writing | destroying) && access_as(thread, object, 1, writing | destroying);
  begun(object);
  if (word != nullptr) destroyed_.push_back({object, word, value, thread, remember_stack()});
  return good;
}

void Shadow::begun(std::uintptr_t object) {
  std::erase_if(destroyed_, [=](const Destroyed& each) { return each.object == object; });
}

// Whether the object is one that was destroyed, and not initialised since.
bool Shadow::met_destroyed(std::uint32_t thread, std::uintptr_t object, std::uint8_t kind) {
  const auto known = std::ranges::find(destroyed_, object, &Destroyed::object);
  if (known == destroyed_.end() || *known->word != known->value) return false;
  const auto mask = static_cast<std::uint8_t>(1u << (object & 7));
  const Entry before{.count = 0, .thread = static_cast<std::uint16_t>(known->thread), .mask = mask, .kind = writing | destroying, .where = known->where};
  const Entry now{.count = 0, .thread = static_cast<std::uint16_t>(thread), .mask = mask, .kind = kind, .where = remember_stack()};
  return !found({"use-after-free", object, before, now, "it was not initialised anew in between"});
}

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
    if (alone_ && word % page_words == 0 && begin + (std::uintptr_t{1} << page_bits) <= end && !is_touched(begin >> page_bits)) {
      word += page_words - 1;  // nothing is noted, and nothing can be dead: a buffer that is filled before there are threads
      continue;
    }
    unsigned mask = 0xff;
    if (begin < address) mask &= 0xffu << (address - begin);
    if (begin + 8 > end) mask &= 0xffu >> (begin + 8 - end);
    if (!of_word(word, mask)) return false;
  }
  return true;
}

}  // namespace interleave::engine
