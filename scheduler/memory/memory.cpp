#include "scheduler/memory/memory.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <string>

#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include "scheduler/api/variables.hpp"
#include "scheduler/memory/rolled_back.hpp"

namespace interleave::engine {
namespace {

constexpr std::uintptr_t whole_pages(std::uintptr_t n) { return (n + 0xfff) & ~std::uintptr_t{0xfff}; }

// Empty pages take the place of what is mapped there.
int take_back(void* p, std::size_t size, int protection) {
  return ::mmap(p, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED ? -1 : 0;
}

}  // namespace

Memory* memory = nullptr;
bool reuses_blocks = false;

void UndoLog::roll_back() {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) *entry->word = entry->old;
  forget();
}

void UndoLog::forget() {
  if (entries_.empty()) return;
  entries_.clear();
  recent_.forget();
}

void UndoLog::forget(std::uintptr_t begin, std::uintptr_t end) {
  std::erase_if(entries_, [=](const Entry& entry) {
    const auto word = reinterpret_cast<std::uintptr_t>(entry.word);
    return word >= begin && word < end;
  });
}

namespace {

[[noreturn]] void no_address_space() {
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  const std::string known = limit.rlim_cur == RLIM_INFINITY ? "" : fmt::format(", and ulimit -v allows this process {} MiB: raise it", limit.rlim_cur >> 20);
  throw UsageError(fmt::format("an exploration needs 64 MiB of address space at the least for stacks and heap, better 1 GiB{}", known));
}

}  // namespace

std::size_t half_of_the_machine() {
  return static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) / 2 * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

Memory& Memory::instance() {
  if (memory == nullptr) memory = new Memory;
  return *memory;
}

Memory::Memory() {
  stack_size_ = std::size_t{256} << 10;
  if (const std::uint64_t kib = number_of("INTERLEAVE_STACK_KB", 0)) stack_size_ = (kib << 10 | 0xfff) + 1;
  const std::uint64_t mib = number_of("INTERLEAVE_MEMORY_MB", 0);
  heap_max_ = mib != 0 ? mib << 20 : half_of_the_machine();
  // As much address space as the system grants; only what is touched costs memory. If nothing else is there, at the same place in every
  // process: a program whose order comes from addresses of its objects has the same one in a replay.
  constexpr std::uintptr_t usual = std::uintptr_t{0x2000} << 32;
  for (std::size_t wanted = std::size_t{256} << 30; size_ == 0; wanted /= 2) {
    if (wanted < std::size_t{64} << 20) no_address_space();
    void* p = mmap(reinterpret_cast<void*>(usual), wanted, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) continue;
    base_ = reinterpret_cast<std::uintptr_t>(p);
    size_ = wanted;
  }
  // An odd number of pages: the same places of many stacks are then spread over all of a cache of translations.
  slot_size_ = guard_size + stack_size_ + (offsets * offset_size | 0xfff) + 1;
  if (slot_size_ / 0x1000 % 2 == 0) slot_size_ += 0x1000;
  const std::size_t slot = slot_size();
  stacks_max_ = std::min<std::size_t>(4096, size_ / 4 / slot);
  arena_ = base_ + stacks_max_ * slot;
  arena_size_ = size_ - stacks_max_ * slot;
  while (mprotect(reinterpret_cast<void*>(arena_), arena_size_, PROT_READ | PROT_WRITE) != 0) {
    if (arena_size_ < std::size_t{16} << 20) no_address_space();
    arena_size_ = arena_size_ / 2 & ~std::size_t{0xfff};
  }
  start_ = top_ = arena_;
  limit_heap();
  shared_.cover(base_, slot, stacks_max_);
}

void Memory::write_elsewhere(const void* p, std::size_t size) {
  const EngineScope engine;
  shared_.add(p, size);
}

void Memory::note_change_anew(void* p, std::size_t size) {
  note_write(p, size);
  const auto at = reinterpret_cast<std::uintptr_t>(p);
  if (changes_ != nullptr || at % 8 + size > 8) return;
  // The owner of a stack may write to it as it likes, until others do.
  if (at - base_ < arena_ - base_ && !shared_.contains(p)) return;
  changed_.add(at / 8);
}

void Memory::note_state(const void* p, std::size_t size) {
  const EngineScope engine;
  changes_->wrote(p, size);
}

void* Memory::stack(std::size_t index) {
  const std::uintptr_t low = base_ + index * slot_size() + guard_size;
  assert(index <= stacks_ready_ && index < stacks_max_);
  if (index >= stacks_ready_) {
    if (mprotect(reinterpret_cast<void*>(low), slot_size() - guard_size, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    stacks_ready_ = index + 1;
  }
  return reinterpret_cast<void*>(low + index % offsets * offset_size);
}

bool Memory::in_guard(const void* p) const {
  const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(p) - base_;
  return offset < arena_ - base_ && offset % slot_size() < guard_size;
}

void Memory::note_allocation() { changes_->allocates(); }

void Memory::note_release(void* p) {
  const EngineScope engine;
  if (changes_ != nullptr) changes_->freed(p, header(p)->size);
  if (reuses_blocks) freed_.push_back(p);
}

void* Memory::reusable(std::size_t size) const {
  const auto units = [](std::size_t n) { return (n + 15) / 16; };
  for (auto p = freed_.rbegin(); p != freed_.rend(); ++p)
    if (units(header(*p)->size) == units(size)) return *p;
  return nullptr;
}

void Memory::reuse(void* p, std::size_t size, Origin origin) {
  const auto found = std::find(freed_.begin(), freed_.end(), p);
  assert(found != freed_.end());
  freed_.erase(found);
  header(p)->live = 1;
  header(p)->size = size & size_max;
  header(p)->origin = origin;
  ++live_;
}

bool Memory::begins_block(const void* p) const {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  return address % 16 == 0 && address - start_ >= sizeof(Block) && address - start_ <= top_ - start_ &&
         header(p)->check == check_of(address);
}

bool Memory::in_block(const void* p) const {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  for (std::uintptr_t block = last_; block != 0;) {
    const Block* known = header(reinterpret_cast<const void*>(block));
    if (address >= block) return address < block + known->size;
    block = known->previous == 0 ? 0 : block - (std::uintptr_t{known->previous} << 4);
  }
  return false;
}

void Memory::unmapped(std::uintptr_t begin, std::uintptr_t end) {
  undo_.forget(begin, end);
  changed();
  if (changes_ != nullptr) changes_->unmapped(begin, end);
}

void Memory::write_protected(std::uintptr_t begin, std::uintptr_t end, bool readable) {
  changed();
  if (changes_ != nullptr && !readable) changes_->unmapped(begin, end);
  const EngineScope engine;
  write_protected_.push_back({begin, end});
}

// What will be written to: words that were logged, and all that executions use again.
void Memory::make_writable() {
  constexpr std::uintptr_t page = 0x1000;
  for (const Pages& pages : write_protected_) {
    const std::uintptr_t first = std::max(pages.begin, base_), last = std::min(pages.end, base_ + size_);
    if (first < last) ::mprotect(reinterpret_cast<void*>(first), last - first, PROT_READ | PROT_WRITE);
    std::uintptr_t done = 0;
    undo_.each_word([&](const std::uint64_t* word) {
      const std::uintptr_t of = reinterpret_cast<std::uintptr_t>(word) & ~(page - 1);
      if (of == done || of < pages.begin || of >= pages.end) return;
      ::mprotect(reinterpret_cast<void*>(of), page, PROT_READ | PROT_WRITE);
      done = of;
    });
  }
  write_protected_.clear();
}

void* Memory::map(std::size_t size, int protection, int flags, int descriptor, std::int64_t offset) {
  const std::uintptr_t begin = whole_pages(top_), end = arena_ + arena_size_;
  if (begin > end || size > end - begin) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  void* const p = ::mmap(reinterpret_cast<void*>(begin), size, protection, flags | MAP_FIXED, descriptor, offset);
  if (p == MAP_FAILED) return p;
  changed();
  if (changes_ != nullptr) note_allocation();
  top_ = begin + whole_pages(size);
  heap_end_ = std::min(heap_end_ + whole_pages(size), end);
  mapped_.push_back({begin, top_});
  return p;
}

int Memory::unmap(void* p, std::size_t size) {
  assert(in_arena(p));
  const auto begin = reinterpret_cast<std::uintptr_t>(p);
  if (size == 0 || begin % 0x1000 != 0 || size > arena_ + arena_size_ - begin) {
    errno = EINVAL;
    return -1;
  }
  mapped_.push_back({begin, begin + whole_pages(size)});  // whatever it was
  return take_back(p, size, PROT_NONE);
}

void* Memory::remap(void* p, std::size_t size, std::size_t wanted, int flags, void* place) {
  assert(in_arena(p));
  if ((flags & MREMAP_FIXED) == 0 && wanted > size) {
    if ((flags & MREMAP_MAYMOVE) == 0) {
      errno = ENOMEM;  // something else lies behind it, or will
      return MAP_FAILED;
    }
    place = map(wanted, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED) return place;
    flags |= MREMAP_FIXED;
  }
  void* const result = ::mremap(p, size, wanted, flags, place);
  if (result == MAP_FAILED) return result;
  const std::size_t left = result == p ? std::min(whole_pages(wanted), whole_pages(size)) : 0;
  if (left < whole_pages(size)) unmap(static_cast<char*>(p) + left, whole_pages(size) - left);
  return result;
}

void Memory::take_back_mapped() {
  for (const Pages& pages : mapped_) take_back(reinterpret_cast<void*>(pages.begin), pages.end - pages.begin, PROT_READ | PROT_WRITE);
  mapped_.clear();
}

void Memory::end_execution(bool completed) {
  if (!mapped_.empty()) [[unlikely]] take_back_mapped();
  if (!write_protected_.empty()) [[unlikely]] make_writable();
  undo_.each([](const std::uint64_t* word, std::uint64_t before) { note_rolled_back(word, before); });
  undo_.roll_back();
  shared_.clear();
  changed_.forget();
  running_ = &nobody_;
  // What the C library or an uninstrumented library sets up lazily, it sets up in the first execution: that one's blocks
  // are kept whether or not it was abandoned.
  const bool keep = live_ > 0 && (completed || executions_ < 2) && top_ - arena_ < retained_max;
  ++executions_;
  if (keep) start_ = top_;
  top_ = start_;
  limit_heap();
  live_ = 0;
  last_ = 0;
  freed_.clear();
}

}  // namespace interleave::engine
