// The memory that belongs to executions, and how it goes back to what it was.
//
// One reserved range of addresses holds the stacks of the fibers and the arena from which modelled threads allocate; both
// are simply used again by the next execution. The stacks begin at different offsets in their pages: a cache finds a line by that,
// and would have no room for the tops of many stacks. Whatever instrumented code writes *outside* that range during an execution
// (static storage, captured objects, heap blocks from before) is logged with its old value and rolled back afterwards.
//
//     +-- stack 0 --+-- stack 1 --+- ... -+------------- arena -------------+
//     | guard|stack | guard|stack |       | blocks, bump-allocated          |
//     +-------------+-------------+- ... -+---------------------------------+
//     ^ base                                                           base + size
//
// The arena never reuses a block within an execution. Blocks still alive after an execution that ended by itself may be
// referred to from outside through code that we cannot see (a libc cache, a string of an uninstrumented library): the arena
// then starts behind them, until `retained_max` bytes are kept so; from there on they count as leaks and their space is
// used again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "scheduler/memory/change_observer.hpp"
#include "scheduler/memory/shared_words.hpp"
#include "scheduler/support/interception_mode.hpp"
#include "scheduler/support/word_filter.hpp"

namespace interleave::engine {

// A log of old values, so that writes can be taken back in reverse order.
class UndoLog {
 public:
  __attribute__((noinline)) void log(void* address, std::size_t size) {
    const auto p = reinterpret_cast<std::uintptr_t>(address);
    if (!recent_.contains(address, size)) log_words(p, p + size);
  }
  bool empty() const { return entries_.empty(); }
  void roll_back();
  void forget();
  void forget(std::uintptr_t begin, std::uintptr_t end);
  template <class F>
  void each(F f) const {  // f(word, old value)
    for (const Entry& entry : entries_) f(entry.word, entry.old);
  }
  template <class F>
  void each_word(F f) const {
    for (const Entry& entry : entries_) f(entry.word);
  }

 private:
  struct Entry {
    std::uint64_t* word;
    std::uint64_t  old;
  };
  void log_words(std::uintptr_t p, std::uintptr_t end) {
    const EngineScope engine;  // the log itself must not live in the arena
    for (p &= ~std::uintptr_t{7}; p < end; p += 8) {
      if (p == 0 || recent_.has(p / 8)) continue;  // nothing is there: the program shall fault, and not the engine
      recent_.add(p / 8);
      entries_.push_back({reinterpret_cast<std::uint64_t*>(p), *reinterpret_cast<std::uint64_t*>(p)});
    }
  }

  std::vector<Entry> entries_;
  WordFilter<256> recent_;  // that were logged
};

// What memory must know of the thread that runs.
struct StackOwner {
  bool polling = false;        // it has changed nothing since its SpinDetector was cleared
  std::uint32_t stack = 0;     // index of the thread's stack
  std::uintptr_t slot = 0;     // first address of the slot that the stack lies in
};

// How a block was allocated. It must be freed by a function of the same family, and with the same alignment if one was asked for.
struct Origin {
  enum Family : std::uint8_t { c, scalar, array };  // malloc and its kin; new; new[]
  Family       family = c;
  std::uint8_t alignment = 0;                       // its logarithm; 0: not asked for
  bool operator==(const Origin&) const = default;
};

// Half of the machine's memory, in bytes.
std::size_t half_of_the_machine();

class Memory {
 public:
  // The one instance; mapped at the first use. Throws std::bad_alloc if not even a small range can be had.
  static Memory& instance();

  bool contains(const void* p) const { return reinterpret_cast<std::uintptr_t>(p) - base_ < size_; }
  std::uintptr_t base() const { return base_; }
  std::uintptr_t arena() const { return arena_; }
  std::size_t arena_size() const { return arena_size_; }
  bool in_arena(const void* p) const { return reinterpret_cast<std::uintptr_t>(p) - arena_ < arena_size_; }

  // ---- stacks ----
  std::size_t stacks_max() const { return stacks_max_; }
  std::size_t stack_size() const { return stack_size_; }
  // The lowest usable address of stack `index`; made usable at its first use. REQUIRES: those before it were used before.
  void* stack(std::size_t index);
  // The index of the stack that `p` lies in; stacks_max() if in none.
  std::size_t stack_of(const void* p) const {
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(p) - base_;
    return offset < arena_ - base_ ? offset / slot_size() : stacks_max_;
  }
  // Whether all of it lies in the slot of addresses of the running thread's stack.
  bool on_own_stack(const void* p, std::size_t size) const {
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(p) - running_->slot;
    return offset < slot_size_ && size <= slot_size_ - offset;
  }
  std::size_t slot_size() const { return slot_size_; }
  // How many bytes of its stack the caller has left. On a stack that is not one of these: stack_size().
  std::size_t stack_room() const {
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) - base_;
    if (offset >= arena_ - base_) return stack_size_;
    return std::max(offset % slot_size(), guard_size) - guard_size;
  }
  // The engine asks for at least so much before it allocates: an overflow while it does would leave the heap locked.
  static constexpr std::size_t stack_reserve = std::size_t{16} << 10;
  // Whether `p` lies in the guard of a stack: a stack overflow.
  bool in_guard(const void* p) const;

  // ---- heap of the modelled threads ----
  void* allocate(std::size_t size, std::size_t alignment, Origin origin);  // null if the heap is full
  // How much the heap of one execution may hold, what it has freed included: half of the machine's memory, or INTERLEAVE_MEMORY_MB.
  std::size_t heap_max() const { return heap_max_; }
  std::size_t heap_used() const { return top_ - start_; }
  std::uintptr_t heap_begin() const { return start_; }
  // Whether all of what is used may be read, as far as is known.
  bool heap_is_plain() const { return mapped_.empty() && write_protected_.empty(); }
  enum class Release { done, earlier, again, never };            // earlier: of an earlier execution; again: it was released
                                                                 // before; never: no block begins there
  Release release(void* p);
  // The block at p is never looked at for races when it is freed: what orders its accesses is precompiled.
  void  exempt(void* p) { header(p)->exempt = 1; }
  bool  exempted(const void* p) const { return header(p)->exempt != 0; }
  // Whether a block of this execution, freed or not, begins at p.
  bool  begins_block(const void* p) const;
  // Whether p lies in a block of this execution, freed or not, and not before or behind one.
  bool  in_block(const void* p) const;
  std::size_t size_of(const void* p) const { return header(p)->size; }  // of the block that begins at p
  Origin origin_of(const void* p) const { return header(p)->origin; }
  // ---- where blocks may be used again (heap=reuse) ----
  // The block of this execution that was freed last, of those that a request of `size` bytes would fit exactly; null: none.
  void* reusable(std::size_t size) const;
  void  reuse(void* p, std::size_t size, Origin origin);         // REQUIRES: p is reusable(size)
  bool  is_live(const void* p) const { return begins_block(p) && header(p)->live != 0; }
  std::size_t live() const { return live_; }                     // blocks in use
  template <class F>
  void each_live(F f) const {                                    // f(begin, size), of this execution, the youngest first
    for (std::uintptr_t block = last_; block != 0;) {
      const Block* known = header(reinterpret_cast<const void*>(block));
      if (known->live != 0 && known->exempt == 0) f(block, known->size);
      block = known->previous == 0 ? 0 : block - (std::uintptr_t{known->previous} << 4);
    }
  }
  std::uintptr_t start() const { return start_; }                // of the blocks of this execution, or else of the next one

  // ---- pages that the modelled threads map, where they do not say where ----
  // Part of the arena, so that they lie at the same addresses in every execution, and are nobody's when it has ended. Arguments,
  // results and errno as those of mmap, munmap and mremap; unlike theirs, addresses are not used again within the execution.
  // MAP_FAILED with ENOMEM, too, if the arena is full.
  void* map(std::size_t size, int protection, int flags, int descriptor, std::int64_t offset);
  int   unmap(void* p, std::size_t size);                        // REQUIRES: in_arena(p)
  void* remap(void* p, std::size_t size, std::size_t wanted, int flags, void* place);  // REQUIRES: in_arena(p)

  // ---- going back ----
  // A write by the running thread is about to happen.
  void note_write(void* p, std::size_t size) {
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(p) - base_;
    if (offset < arena_ - base_) {
      note_stack_write(p, size);
      return;
    }
    if (offset >= size_) [[unlikely]] undo_.log(p, size);
    if (changes_ != nullptr) [[unlikely]] note_state(p, size);
    changed();
  }
  // Fast path of note_write, inlined in the hooks: true if nothing of the write had to be kept. False: call note_write.
  bool note_write_quickly(const void* p, std::size_t size) {
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(p) - base_;
    if (offset < arena_ - base_) {
      const std::uintptr_t in_slot = reinterpret_cast<std::uintptr_t>(p) - running_->slot;
      if (in_slot < slot_size_) {
        if (shared_.contains(running_->stack, in_slot)) changed();
        return true;
      }
      changed();
      return changes_ == nullptr && shared_.knows(p, size);
    }
    changed();
    return offset < size_ && changes_ == nullptr;
  }
  // A door is about to write to an object of the program's. It counts as a change even on the thread's own stack.
  template <class T>
  void note_change(T* p) {
    changed();
    if (!changed_.contains(p)) note_change_anew(p, sizeof *p);
  }
  // The running thread changes something besides its own stack, so it is not waiting by spinning.
  void changed() { running_->polling = false; }
  // The running thread changes something that is not memory: it creates a thread, wakes one, allocates.
  void beyond() {
    changed();
    if (changes_ != nullptr) [[unlikely]] changes_->beyond();
  }
  // There is nothing at these addresses any more: nothing to write back to.
  void unmapped(std::uintptr_t begin, std::uintptr_t end);
  // Until the execution ends, these pages may not be written to, or not even read.
  void write_protected(std::uintptr_t begin, std::uintptr_t end, bool readable);
  // Who is told of changes from now on; null: nobody.
  void tell_changes(ChangeObserver* observer) { changes_ = observer; }
  // This thread runs from now on.
  void runs(StackOwner& thread) { running_ = &thread; }
  // Says where the stack of a new thread lies.
  void give_stack(StackOwner& thread, std::size_t index) const {
    thread.stack = static_cast<std::uint32_t>(index);
    thread.slot = base_ + index * slot_size();
  }
  const SharedWords& shared_words() const { return shared_; }
  // `completed`: no suspended fiber was left behind.
  void end_execution(bool completed);
  UndoLog& undo() { return undo_; }

 private:
  Memory();

  struct Block {            // stands before each block
    std::uint32_t previous; // the distance to the block before it, in units of 16 bytes; 0: none
    std::uint8_t  live, exempt;
    std::uint16_t check;    // of its address
    std::size_t   size : 48;
    Origin        origin;
  };
  static constexpr std::size_t size_max = (std::size_t{1} << 48) - 1;  // of a block; the arena is smaller
  static Block* header(void* p) { return static_cast<Block*>(p) - 1; }
  static const Block* header(const void* p) { return static_cast<const Block*>(p) - 1; }
  static std::uint16_t check_of(std::uintptr_t address) { return static_cast<std::uint16_t>((address >> 4) * 0x9e37u ^ 0xb10c); }
  static_assert(sizeof(Block) == 16);
  void note_stack_write(const void* p, std::size_t size) {
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(p) - running_->slot;
    if (offset < slot_size()) {  // its own
      if (shared_.contains(running_->stack, offset)) changed();
      return;
    }
    changed();
    if (changes_ != nullptr) [[unlikely]] note_state(p, size);
    if (!shared_.knows(p, size)) write_elsewhere(p, size);
  }
  void note_change_anew(void* p, std::size_t size);
  void limit_heap() { heap_end_ = start_ + std::min(heap_max_, arena_ + arena_size_ - start_); }
  void make_writable();
  void take_back_mapped();
  void note_allocation();
  void note_release(void* p);
  void write_elsewhere(const void* p, std::size_t size);
  void note_state(const void* p, std::size_t size);

  static constexpr std::size_t retained_max = std::size_t{64} << 20;
  static constexpr std::size_t guard_size = std::size_t{8} << 20;  // no frame of a real thread is larger
  static constexpr std::size_t offsets = 16, offset_size = 832;  // of stacks: an odd number of lines of 64 bytes

  std::uintptr_t base_ = 0, arena_ = 0;
  std::size_t size_ = 0, arena_size_ = 0;
  std::size_t stack_size_ = 0, stacks_max_ = 0, slot_size_ = 0;
  std::size_t stacks_ready_ = 0;        // the first so many
  std::size_t heap_max_ = 0;
  std::uintptr_t heap_end_ = 0;         // of what this execution may allocate
  std::uintptr_t top_ = 0, start_ = 0;  // next free address; where the current execution's blocks begin
  std::uintptr_t last_ = 0;             // the block allocated last; 0: none in this execution
  std::size_t live_ = 0, executions_ = 0;
  std::vector<void*> freed_;            // where blocks may be used again: those that are free, the one freed last at the end
  UndoLog undo_;
  struct Pages {
    std::uintptr_t begin, end;
  };
  std::vector<Pages> write_protected_, mapped_;  // in this execution
  SharedWords shared_;
  WordFilter<256> changed_;            // words already logged in this execution: a further write needs only `changed()`
  StackOwner nobody_;
  StackOwner* running_ = &nobody_;
  ChangeObserver* changes_ = nullptr;
};

// heap=reuse: whether a block that was freed may be given out again within the execution.
[[gnu::visibility("hidden")]] extern bool reuses_blocks;

inline void* Memory::allocate(std::size_t size, std::size_t alignment, Origin origin) {
  changed();
  if (changes_ != nullptr) [[unlikely]] note_allocation();
  alignment = std::max<std::size_t>(alignment, 16);
  const std::uintptr_t user = (top_ + sizeof(Block) + alignment - 1) & ~(alignment - 1), end = heap_end_;
  if (user > end || size > end - user) [[unlikely]] return nullptr;
  const std::uintptr_t distance = last_ == 0 ? 0 : user - last_;
  *(reinterpret_cast<Block*>(user) - 1) = {.previous = static_cast<std::uint32_t>(distance >> 4), .live = 1, .exempt = 0,
                                           .check = check_of(user), .size = size & size_max, .origin = origin};
  last_ = user;
  ++live_;
  top_ = (user + size + 15) & ~std::uintptr_t{15};
  return reinterpret_cast<void*>(user);
}

inline Memory::Release Memory::release(void* p) {
  changed();
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  Block* block = header(p);
  if (address >= arena_ && address < start_) [[unlikely]] {
    beyond();
    return Release::earlier;
  }
  if (address % 16 != 0 || address - start_ < sizeof(Block) || address - start_ > top_ - start_ || block->check != check_of(address))
    return Release::never;
  if (block->live == 0) return Release::again;
  block->live = 0;
  --live_;
  if (changes_ != nullptr || reuses_blocks) [[unlikely]] note_release(p);
  return Release::done;
}

// Known once mapped, so that the hooks test it without a call; null before.
[[gnu::visibility("hidden")]] extern Memory* memory;

}  // namespace interleave::engine
