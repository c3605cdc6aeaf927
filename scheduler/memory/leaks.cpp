#include "scheduler/memory/leaks.hpp"

#include <link.h>
#include <pthread.h>

#include <algorithm>
#include <vector>

#include "scheduler/fibers/tls_block.hpp"
#include "scheduler/memory/memory.hpp"

namespace interleave::engine {
namespace {

struct Block {
  std::uintptr_t begin;
  std::size_t    size;
  bool           referred_to = false;
};

class Search {
 public:
  Search() {
    memory->each_live([&](std::uintptr_t begin, std::size_t size) { blocks_.push_back({begin, size}); });
    std::reverse(blocks_.begin(), blocks_.end());  // by address
  }

  void word(std::uintptr_t value) {
    constexpr std::uintptr_t address_bits = (std::uintptr_t{1} << 48) - 1;  // what is above may be a tag
    value &= address_bits;
    if (blocks_.empty() || value < blocks_.front().begin) return;
    const auto behind = std::upper_bound(blocks_.begin(), blocks_.end(), value, [](std::uintptr_t v, const Block& b) { return v < b.begin; });
    Block& block = *std::prev(behind);
    if (block.referred_to || value > block.begin + block.size) return;  // its end counts: what is behind it belongs to nobody
    block.referred_to = true;
    pending_.push_back(&block);
  }

  // Whatever lies there: also what a sanitizer keeps around variables.
  __attribute__((no_sanitize("address"))) void range(std::uintptr_t begin, std::uintptr_t end) {
    for (begin = (begin + 7) & ~std::uintptr_t{7}; begin + 8 <= end; begin += 8) word(*reinterpret_cast<const std::uintptr_t*>(begin));
  }

  // What is referred to by what is referred to.
  void follow() {
    while (!pending_.empty()) {
      const Block* block = pending_.back();
      pending_.pop_back();
      range(block->begin, block->begin + block->size);
    }
  }

  // What nothing refers to, and what that refers to.
  void leave_out(bool (*set_aside)(std::uintptr_t block)) {
    for (const Block& block : blocks_)
      if (!block.referred_to && set_aside(block.begin)) word(block.begin);
    follow();
  }

  Leaks rest() const {
    Leaks leaks;
    for (const Block& block : blocks_) {
      if (block.referred_to) continue;
      if (leaks.blocks++ == 0) leaks.first = block.begin;
      leaks.bytes += block.size;
    }
    return leaks;
  }

 private:
  std::vector<Block> blocks_;
  std::vector<Block*> pending_;
};

// The writable static storage of every module.
int search_statics(dl_phdr_info* module, std::size_t, void* search) {
  for (int i = 0; i < module->dlpi_phnum; ++i) {
    const auto& segment = module->dlpi_phdr[i];
    const std::uintptr_t begin = module->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_W) != 0) static_cast<Search*>(search)->range(begin, begin + segment.p_memsz);
  }
  return 0;
}

std::uintptr_t end_of_stack() {
  pthread_attr_t attributes;
  void* low = nullptr;
  std::size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
  }
  return reinterpret_cast<std::uintptr_t>(low) + size;
}

}  // namespace

Leaks find_leaks(const void* frame, bool (*set_aside)(std::uintptr_t block)) {
  if (memory->live() == 0) return {};
  Search search;
  memory->undo().each_word([&](const std::uint64_t* word) { search.word(*word); });
  dl_iterate_phdr(&search_statics, &search);
  tls_blocks::each_range([](tls_blocks::Range range, void* to) { static_cast<Search*>(to)->range(range.begin, range.end); }, &search);
  search.range(reinterpret_cast<std::uintptr_t>(frame), end_of_stack());
  search.range(memory->arena(), memory->start());
  search.follow();
  if (set_aside != nullptr) search.leave_out(set_aside);
  return search.rest();
}

}  // namespace interleave::engine
