// What is known of blocks of the arena: which bytes may not be accessed, and whether all accesses of a block happen before its end.
#include "scheduler/races/shadow.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "scheduler/memory/memory.hpp"
#include "scheduler/memory/stack_walk.hpp"
#include "scheduler/races/repeated_accesses.hpp"
#include "scheduler/races/shadow_inline.hpp"

namespace interleave::engine {

std::uint32_t Shadow::remember_stack() {
  if (!explains_) return 0;
  Stack stack = stack_here();
  const std::size_t moment = now_ != nullptr ? *now_ : 0;
  std::size_t hash = stack.size() + moment;
  for (const void* address : stack) hash = (hash ^ reinterpret_cast<std::uintptr_t>(address)) * 0x9e3779b97f4a7c15;
  for (auto [at, end] = stacks_by_hash_.equal_range(hash); at != end; ++at)
    if (moments_[at->second] == moment && stacks_[at->second] == stack) return at->second;
  stacks_.push_back(std::move(stack));
  moments_.push_back(moment);
  const auto id = static_cast<std::uint32_t>(stacks_.size() - 1);
  stacks_by_hash_.emplace(hash, id);
  return id;
}

// f(cell, word), of all words that the bytes lie in, until it is false; whether it never was. The cells of a page lie side by side.
template <class F>
__attribute__((always_inline)) inline bool Shadow::each_word(std::uintptr_t begin, std::uintptr_t end, F f) {
  const std::uintptr_t behind = (end + 7) >> 3;
  for (std::uintptr_t word = begin >> 3; word < behind;) {
    const std::uintptr_t stop = std::min(behind, (word | (page_words - 1)) + 1);
    Cell* place = &cell(word);
    for (Page& page = *recent_[word / page_words % recent_.size()].page;; ++place) {
      begin_if_old(page, *place);
      if (!f(*place, word)) return false;
      if (++word == stop) break;
    }
  }
  return true;
}

Shadow::Page* Shadow::page_if_any(std::uintptr_t number) const {
  if (const Recent& recent = recent_[number % recent_.size()]; recent.number == number) return recent.page;
  const auto found = pages_.find(number);
  return found == pages_.end() ? nullptr : found->second.get();
}

// Whether anything is known of a word of the page.
bool Shadow::is_touched(std::uintptr_t number) const {
  const Page* page = page_if_any(number);
  return page != nullptr ? page->execution == execution_ || page->dead_in == execution_ : is_dead_page(number);
}

// Blocks may be far larger than what is accessed of them: of whole pages where no word is known of in this execution,
// untouched(number, page or null), and of all else words(begin, end), until it is false; whether it never was.
template <class F, class G>
__attribute__((always_inline)) inline bool Shadow::each_part(std::uintptr_t begin, std::uintptr_t end, F words, G untouched) {
  while (begin < end) {
    const std::uintptr_t number = begin >> page_bits, next = (number + 1) << page_bits;
    if (begin == number << page_bits && next <= end) {
      Page* const page = page_if_any(number);
      if (page == nullptr || page->execution != execution_) {
        untouched(number, page);
        begin = next;
        continue;
      }
    }
    if (!words(begin, std::min(end, next))) return false;
    begin = next;
  }
  return true;
}

void Shadow::bury_untouched(std::uintptr_t number, Page* page) {
  if (page != nullptr) {
    page->dead_in = execution_;
    return;
  }
  const auto behind = std::ranges::upper_bound(dead_pages_, number, {}, &Pages::begin);
  if (behind != dead_pages_.begin() && std::prev(behind)->end == number) {
    ++std::prev(behind)->end;
  } else {
    dead_pages_.insert(behind, {number, number + 1});
  }
}

bool Shadow::is_dead_page(std::uintptr_t number) const {
  const auto behind = std::ranges::upper_bound(dead_pages_, number, {}, &Pages::begin);
  return behind != dead_pages_.begin() && number < std::prev(behind)->end;
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
  repeated_accesses.forget();
  const std::uintptr_t end = block + size;
  if (checks && !alone_ && !ignores(thread, Ignored::accesses)) {
    const Count* past = clock(thread);
    const auto ordered = [&](const Cell& place, std::uintptr_t word) {
      const Entry& only = place.entries[0];
      const bool known = place.read_mask == 0 && (place.size == 0 || (place.size == 1 && only.count <= past[only.thread]));
      return known || last_access(thread, word, end);
    };
    if (!each_part(block, end, [&](std::uintptr_t from, std::uintptr_t to) { return each_word(from, to, ordered); },
                   [](std::uintptr_t, const Page*) {}))
      return false;
  }
  each_part(block, end, [&](std::uintptr_t from, std::uintptr_t to) { return bury(from, to), true; },
            [&](std::uintptr_t number, Page* page) { bury_untouched(number, page); });
  if (Block* known = explains_ ? block_around(block) : nullptr) {
    known->freed_where = remember_stack();
    known->freed_by = thread;
  }
  return true;
}

void Shadow::revived(std::uint32_t thread, std::uintptr_t block, std::size_t size) {
  repeated_accesses.forget();
  acquire(thread, block);
  const std::uintptr_t end = block + size;
  const auto begin_anew = [](Cell& place, std::uintptr_t) { return place.begin(), true; };
  each_part(block, end, [&](std::uintptr_t from, std::uintptr_t to) { return each_word(from, to, begin_anew); },
            [](std::uintptr_t, Page* page) {
              if (page != nullptr) page->dead_in = 0;
            });
  std::erase_if(dead_pages_, [=](const Pages& dead) { return (dead.begin << page_bits) - block < size; });
}

void Shadow::unmapped(std::uintptr_t begin, std::uintptr_t end) {
  repeated_accesses.forget();
  for (auto& [number, page] : pages_) {
    if (number < begin >> page_bits || number >= end >> page_bits) continue;
    for (Cell& place : page->cells) place.execution = 0;  // of none
  }
}

bool Shadow::freed_wrongly(std::uint32_t thread, std::uintptr_t address, const char* kind, std::string how) {
  return found({kind, address, {}, {.count = 0, .thread = static_cast<std::uint16_t>(thread), .mask = 0, .kind = writing, .where = remember_stack()},
                std::move(how)});
}

bool Shadow::met_dead(std::uintptr_t word, const Entry& now) {
  const std::uintptr_t address = (word << 3) + static_cast<unsigned>(__builtin_ctz(cell(word).dead & now.mask));
  // Between blocks, or in one that was freed: the arena knows.
  Found dead{memory->in_block(reinterpret_cast<const void*>(address)) ? "use-after-free" : "out-of-bounds", address, {}, now};
  dead.now.where = remember_stack();
  return found(std::move(dead));
}

}  // namespace interleave::engine
