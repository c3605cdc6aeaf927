// What is known of blocks of the arena: which bytes may not be accessed, and whether all accesses of a block happen before its end.
#include <interleave/scheduler/shadow.hpp>

#include <algorithm>
#include <utility>

#include <interleave/scheduler/memory.hpp>
#include <interleave/scheduler/shadow_inline.hpp>
#include <interleave/scheduler/trace.hpp>

namespace interleave::engine {

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
      begin_if_old(*place);
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
  each_word(block, block + size, [](Cell& place, std::uintptr_t) {
    place.begin();
    return true;
  });
}

void Shadow::unmapped(std::uintptr_t begin, std::uintptr_t end) {
  for (auto& [number, page] : pages_) {
    if (number < begin >> page_bits || number >= end >> page_bits) continue;
    for (Cell& place : *page) place.execution = 0;  // of none
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
