// What is known of the memory that an execution accesses: who accessed each word and whether something orders these accesses, and
// which bytes may not be accessed at all.
//
// A *data race* is two accesses of different threads to the same bytes, one of them a write, that nothing orders.
// Happens-before by vector clocks, after "FastTrack: Efficient and Precise Dynamic Race Detection" (Flanagan, Freund, PLDI'09),
// with every unordered earlier access kept instead of the last one, so that an access of other bytes of a word hides nothing. What
// orders: creating and joining a thread, a mutex, a reader-writer lock, a semaphore, once-only initialisation, and atomics by
// their *declared* orders, with release sequences and fences; not the interleaving. So a missing release or acquire is found
// although values are sequentially consistent, and every execution of an equivalence class shows the same races.
//
// The arena uses no block twice within an execution, so bytes that were freed stay dead, and so do those before and behind a
// block. Freeing counts as a write of the whole block. An access that nothing orders and the end of what it accesses is a
// *use after free*, whichever of the two comes second in this execution: in another one it is the other.
//
// Doors tell what orders (acquire, release, ...); the hooks of plain accesses tell of accesses. Accesses of code that is not
// instrumented are not seen, except those of memcpy and its kin.
//
// The files that this is written in:
//
//     shadow.cpp         clocks, pages of words, and accesses
//     shadow_orders.cpp  what orders: threads, objects that are acquired and released, atomics
//     shadow_blocks.cpp  blocks of the arena, and bytes that may not be accessed
//     shadow_inline.hpp  what these three do so often that each has it in line
//     shadow_suppressed.cpp  findings that suppressions set aside
//     shadow_report.cpp  what was found, for a reader
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <interleave/scheduler/observer.hpp>

namespace interleave {
class Symbols;
}

namespace interleave::engine {

class Execution;
class NamedObjects;

// Ends the execution where the shadow cannot go on.
class ShadowLimits {
 public:
  [[noreturn]] virtual void no_stack() = 0;                        // the running thread has too little of it left
  [[noreturn]] virtual void no_memory(std::string sentence) = 0;

 protected:
  ~ShadowLimits() = default;
};

class Shadow {
 public:
  // `races`: whether to look for them; dead bytes are always looked for. `explains`: keeps the stack of every access and
  // allocation, for `describe`. `suppresses`: asks suppressions.hpp about each finding; one that is set aside is not reported.
  // REQUIRES: `explains` if `suppresses`.
  Shadow(ShadowLimits& limits, bool races, bool explains, bool suppresses = false);
  Shadow(const Shadow&) = delete;
  Shadow& operator=(const Shadow&) = delete;

  void begin_execution();

  // ---- what orders ----
  void created(std::uint32_t parent, std::uint32_t child);
  void joined(std::uint32_t thread, std::uint32_t ended);
  void acquire(std::uint32_t thread, std::uintptr_t object);
  // What the thread did so far happens before every later acquire of the object. `also`: what the object released before stays released
  // (a semaphore, a read-modify-write); else the new release replaces it (a mutex, a store).
  void release(std::uint32_t thread, std::uintptr_t object, bool also);
  // acquire or release, and `used` in one. False: as `used`.
  bool acquired_by_use(std::uint32_t thread, std::uintptr_t object);
  bool released_by_use(std::uint32_t thread, std::uintptr_t object, bool also);

  // An atomic operation of this memory order (__ATOMIC_*): `reads`, `writes`, or both. False: it races with a plain access.
  // `bytes`: mask_of(size).
  template <bool reads, bool writes>
  bool atomic(std::uint32_t thread, std::uintptr_t object, std::size_t size, unsigned bytes, int order);
  bool atomic(std::uint32_t thread, std::uintptr_t object, std::size_t size, int order, bool reads, bool writes) {
    const unsigned bytes = mask_of(size);
    return !writes ? atomic<true, false>(thread, object, size, bytes, order)
           : reads ? atomic<true, true>(thread, object, size, bytes, order) : atomic<false, true>(thread, object, size, bytes, order);
  }
  void fence(std::uint32_t thread, int order);

  // ---- what must be ordered ----
  // False: it races with an earlier access, which `describe` tells of.
  bool access(std::uint32_t thread, std::uintptr_t address, std::size_t size, bool writes, bool atomic = false);
  // Fast path of `access`, inlined in the hooks: true if the access races with nothing and is noted. False: call `access_among_few`. Allocates
  // nothing. `bytes`: mask_of(the size). again(): called if an earlier access of the word by the same thread already stands for this one.
  template <bool writes, class F>
  bool access_quickly(std::uint32_t thread, std::uintptr_t address, unsigned bytes, F again);
  // Middle path of `access`, for words with few earlier accesses: true if the access races with nothing and is noted. False: call `access`.
  bool access_among_few(std::uint32_t thread, std::uintptr_t address, std::size_t size, bool writes);
  // A bit for each byte, of one that begins a word; of a size beyond a word, more bits than a word has.
  static constexpr unsigned mask_of(std::size_t size) { return size <= 8 ? 0xffu >> (8 - size) : 0x1ff; }

  // ---- objects of the program's that doors know: mutexes, condition variables, ... ----
  // Two uses of one object never race, as two atomic accesses never do. False: the object was freed, or its end is unordered with this use.
  bool used(std::uint32_t thread, std::uintptr_t object);
  // False: a use that nothing orders before the destruction, or it was destroyed before. While *word is `value`, any use is one after the end.
  bool destroyed(std::uint32_t thread, std::uintptr_t object, const std::uint32_t* word, std::uint32_t value);
  // It is initialised: what was there before is forgotten.
  void begun(std::uintptr_t object);

  // ---- what the program takes out by annotation ----
  // A region begins, or ends, in which the thread's accesses are not looked at, or its operations order nothing. Regions nest. False: none
  // is open.
  enum class Ignored : std::uint8_t { accesses, order };
  void ignore(std::uint32_t thread, Ignored what);
  bool ignore_no_more(std::uint32_t thread, Ignored what);

  // ---- blocks of the arena ----
  void allocated(std::uint32_t thread, std::uintptr_t block, std::size_t size);
  // False: something that nothing orders accesses it. `checks`: whether that is looked at.
  bool freed(std::uint32_t thread, std::uintptr_t block, std::size_t size, bool checks);
  // The thread gets a block that was freed: what was done to it before happens before what is done to it from now on.
  void revived(std::uint32_t thread, std::uintptr_t block, std::size_t size);
  // These pages were unmapped: what is known of their words is forgotten. REQUIRES: `begin` and `end` are multiples of the page size.
  void unmapped(std::uintptr_t begin, std::uintptr_t end);
  // The thread frees what it may not: `kind` is the fault, `how` what more there is to say. True: it is set aside.
  bool freed_wrongly(std::uint32_t thread, std::uintptr_t address, const char* kind, std::string how = {});
  // Whether a suppression sets the leak of this block aside.
  bool leak_set_aside(std::uintptr_t block);

  // A block that is in use, for a reader. REQUIRES: this shadow explains.
  std::string describe_block(Symbols& symbols, const Execution& run, std::uintptr_t block);

  // Calls f(begin, size) for each block of the execution, those that were freed as well, in order of allocation. REQUIRES: this shadow explains.
  template <class F>
  void each_block(F f) const {
    for (const Block& block : blocks_) f(block.begin, block.size);
  }
  // Where what was found last is; 0: nothing was found.
  std::uintptr_t found_address() const { return *found_.kind != '\0' ? found_.address : 0; }

  // What was found last: a kind of failure.
  const char* found() const { return found_.kind; }
  // Where the two accesses of a race were made. Where one of them is the end of a block or an object, or there is one only: twice the other.
  // REQUIRES: this shadow explains.
  std::array<std::span<const void* const>, 2> found_at() const;
  // The accesses that `describe` speaks of, and the end of the block, in the order in which they were made. REQUIRES: this shadow explains.
  struct Told {
    std::uint32_t  thread = 0;
    const char*    what = "";      // "read", "write", "free", "destroy", "use"
    OperationClass does{};
    bool           is_step = false;  // it belongs to a step of the thread
    std::uintptr_t address = 0;
    std::size_t    moment = 0;     // what notes_moments pointed at then
    std::span<const void* const> stack{};
  };
  std::vector<Told> told();
  // From now on accesses are told apart by `now` as well, which must stay valid. REQUIRES: this shadow explains one execution.
  void notes_moments(const std::size_t& now) { now_ = &now; }
  // Text for a reader about what was found last: the object, both accesses, their stacks. REQUIRES: this shadow explains.
  std::string describe(Symbols& symbols, const Execution& run, NamedObjects& names);
  // What lies at the address, for a reader: a named variable, or a place in a block; empty if neither. REQUIRES: this one explains.
  std::string known_at(std::uintptr_t address, Symbols& symbols, const Execution& run, NamedObjects& names);

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  using Count = std::uint32_t;
  using Stack = std::vector<const void*>;

  struct Entry {
    Count count;
    std::uint16_t thread;
    std::uint8_t mask;     // of the bytes of the word
    std::uint8_t kind;     // any of the following
    std::uint32_t where;   // among stacks_, if it explains
  };
  static constexpr std::uint8_t plain_read = 0, writing = 1, atomically = 2, by_door = 4, freeing = 8, destroying = 16;
  // Whether everything that races with `other` races with `one` as well, so that `other` need not be kept.
  static bool stands_for(const Entry& one, const Entry& other) {
    return (other.mask & ~one.mask) == 0 && (one.kind & writing) >= (other.kind & writing) && (one.kind & atomically) <= (other.kind & atomically);
  }
  // An entry but for `where`, as one number: so it stays in one register. In the lower 48 bits, the time of a thread.
  static_assert(std::endian::native == std::endian::little);
  static std::uint64_t bits_of(const Entry& entry) {
    std::uint64_t bits;
    __builtin_memcpy(&bits, &entry, sizeof bits);
    return bits;
  }
  static void put(Entry& place, std::uint64_t bits) {
    __builtin_memcpy(&place, &bits, sizeof bits);
    place.where = 0;
  }
  static unsigned claims(std::uint64_t bits) {
    return (static_cast<unsigned>(bits >> 48) ^ atomically << 8) & (0xff | (writing | atomically) << 8);
  }
  static bool stands_for(std::uint64_t one, std::uint64_t other) { return (claims(other) & ~claims(one)) == 0; }
  static bool same_time(std::uint64_t one, std::uint64_t other) { return (one ^ other) << 16 == 0; }
  static bool before(std::uint64_t entry, const Count* past) { return static_cast<Count>(entry) <= past[entry >> 32 & 0xffff]; }
  struct Cell {            // what is known of a word
    std::uint32_t execution = 0;
    std::uint32_t objects = none;  // that release what threads did: the first that begins in the word, among objects_
    std::uint32_t more = none;     // accesses that are not in `entries`, among more_
    std::uint16_t size = 0;        // of `entries`; 0 while there are `reads`
    std::uint8_t read_mask = 0;    // not 0: there are only plain reads of these bytes, by several threads, kept in `reads`
    std::uint8_t dead = 0;         // bytes that may not be accessed
    struct Reads {
      std::uint64_t no_entry;      // 0: no access was made when the first of `entries` seems to have been
      std::array<Count, 10> counts;  // when each thread read last, or 0
    };
    union {
      std::array<Entry, 4> entries;
      Reads reads;
    };
    Cell() : entries() {}
    // Forgets everything. The only entry left covers no bytes and happens before everything, so the first access replaces it.
    void begin() {
      objects = none;
      more = none;
      size = 1;
      read_mask = 0;
      dead = 0;
      entries[0] = {.count = 0, .thread = 0, .mask = 0, .kind = atomically, .where = 0};
    }
  };
  static constexpr std::size_t page_bits = 12, page_words = std::size_t{1} << (page_bits - 3);
  struct Page {
    std::array<Cell, page_words> cells;
    std::uint32_t execution = 0;   // the last one in which anything was known of a word of the page
    std::uint32_t dead_in = 0;     // in this one, words of which nothing is known are dead
  };
  struct Pages {           // by number
    std::uintptr_t begin, end;
  };
  struct Object {          // something that is acquired and released
    std::uintptr_t address = 0;
    std::uint32_t next = none;     // of the same word
    std::uint32_t by = none;       // the thread that released last: whoever has seen `count` of its clock has seen all that the object releases
    Count count = 0;
  };

  // ---- clocks: how much of each thread happens before; a thread's own entry begins at 1 ----
  enum Row { of_thread, acquired, released, rows };  // acquired: by relaxed loads, counts from the next acquire fence on;
                                                     // released: at the last release fence, what relaxed stores release
  Count* clock(std::uint32_t thread, Row row = of_thread) { return clocks_.data() + thread * stride_ + static_cast<std::size_t>(row) * width_; }
  // To be written to.
  Count* weak_clock(std::uint32_t thread, Row row) {
    weak_[thread] = 1;
    return clock(thread, row);
  }
  Count* object_clock(std::uint32_t object) { return object_clocks_.data() + std::size_t{object} * width_; }
  std::size_t width() const;
  void join(Count* into, const Count* from) const;
  void copy(Count* into, const Count* from) const;
  void clear(Count* row) const;
  void start(std::uint32_t thread);
  void widen();

  std::uint32_t find(const Cell& cell, std::uintptr_t object) const;
  void acquire(Count* into, std::uint32_t object);
  void release(std::uint32_t thread, Count* own, std::uint32_t object, bool also);
  void release(std::uint32_t thread, Cell& cell, std::uintptr_t object, bool also);
  template <bool reads, bool writes, bool quick>
  bool atomic_as(std::uint32_t thread, std::uintptr_t object, std::size_t size, unsigned bytes, int order);
  bool release_first(std::uint32_t thread, Cell& cell, std::uintptr_t object, int order);
  static bool releases(int order) { return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST; }
  template <bool reads, bool writes>
  bool atomic_slowly(std::uint32_t thread, std::uintptr_t object, std::size_t size, unsigned bytes, int order);
  Cell& cell(std::uintptr_t word);
  void begin_if_old(Page& page, Cell& cell) const;
  Cell& in_page(Page& page, std::uintptr_t word) const;
  void turn_to(std::uintptr_t page);
  [[noreturn]] void no_room();
  bool access(std::uint32_t thread, Cell& cell, std::uintptr_t word, std::uint8_t mask, std::uint8_t kind);
  template <std::uint8_t kind>
  bool access(std::uint32_t thread, Cell& cell, std::uintptr_t word, std::uint8_t mask);
  static constexpr auto nothing = [] {};
  template <std::uint8_t kind, class F = decltype(nothing)>
  bool settles(std::uint32_t thread, std::uint8_t mask, Cell& cell, const Count* past, F again = nothing);
  template <std::uint8_t kind, class F = decltype(nothing)>
  bool settled(std::uint32_t thread, std::uintptr_t address, unsigned bytes, F again = nothing);
  static bool comes_after(std::uint64_t now, Cell& cell, const Count* past);
  bool follows(std::uint32_t thread, std::uint8_t mask, Cell& cell, std::uint8_t kind);
  bool among_few(std::uint32_t thread, Cell& cell, std::uintptr_t word, std::uint8_t mask, std::uint8_t kind);
  bool ends_reads(const Entry& now, Cell& cell, const Count* past) const;
  bool used(std::uint32_t thread, Cell& cell, std::uintptr_t object);
  void list_reads(Cell& cell);
  void add(Cell& cell, const Entry& entry);
  void bury(std::uintptr_t begin, std::uintptr_t end);
  template <class F>
  bool each_word(std::uintptr_t begin, std::uintptr_t end, F f);
  template <class F, class G>
  bool each_part(std::uintptr_t begin, std::uintptr_t end, F words, G untouched);
  Page* page_if_any(std::uintptr_t number) const;
  bool is_touched(std::uintptr_t number) const;
  void bury_untouched(std::uintptr_t number, Page* page);
  bool is_dead_page(std::uintptr_t number) const;
  std::uintptr_t buried_ = 0;        // the end of what was made dead behind the block allocated last
  bool access_as(std::uint32_t thread, std::uintptr_t address, std::size_t size, std::uint8_t kind);
  bool last_access(std::uint32_t thread, std::uintptr_t word, std::uintptr_t end);
  // True: it is set aside.
  bool met_dead(std::uintptr_t word, const Entry& now);
  bool met_race(std::uintptr_t word, const Entry& before, const Entry& now);
  bool met_destroyed(std::uint32_t thread, std::uintptr_t object, std::uint8_t kind);
  static bool is_benign(std::uintptr_t word, unsigned mask);
  bool ignores(std::uint32_t thread, Ignored what) const {
    return ignoring_ != 0 && thread < ignores_.size() && ignores_[thread][static_cast<std::size_t>(what)] != 0;
  }
  void forget_ignored(std::uint32_t thread);
  void begin_without_annotations();
  std::uint32_t remember_stack();
  bool insert(std::uint32_t thread, Cell& cell, std::uintptr_t word, Entry now);
  // `insert` for searches with suppressions, which match places: an access stands for another only if both were made at the same place.
  bool insert_each(std::uint32_t thread, Cell& cell, std::uintptr_t word, Entry now);

  ShadowLimits& limits_;
  // Rare conditions that every access tests.
  bool explains_;
  bool alone_ = true;                // only the first thread has been: all that it did happens before all others
  std::uint32_t ignoring_ = 0;       // how many entries of ignores_ are not 0
  bool unusual_ = true;              // one of these three
  // Not looked at: thread-local variables of precompiled libraries, which all fibers share (as std::call_once's are).
  std::uintptr_t unwatched_, unwatched_size_;
  std::uintptr_t arena_, arena_size_;  // where there are blocks, and so dead bytes
  std::uint32_t execution_ = 0;
  bool races_;
  std::size_t width_ = 8, stride_ = rows * 8;  // of a clock, and of all rows of a thread
  std::vector<Count> clocks_, object_clocks_;
  std::vector<std::uint8_t> weak_;   // by thread, of any execution: whether its rows `acquired` and `released` were written to
  std::vector<std::array<std::uint32_t, 2>> ignores_;  // by thread: how many regions it is in
  std::vector<Object> objects_;      // of this execution
  std::unordered_map<std::uintptr_t, std::unique_ptr<Page>> pages_;
  struct Recent {
    std::uintptr_t number = ~std::uintptr_t{0};
    Page* page = nullptr;
  };
  std::array<Recent, 64> recent_;
  std::vector<Pages> dead_pages_;    // of this execution, by address: there was no such page when they were freed
  std::vector<std::vector<Entry>> more_;  // reused between executions
  std::size_t more_used_ = 0;

  struct Destroyed {
    std::uintptr_t object;
    const std::uint32_t* word;
    std::uint32_t value, thread, where;
  };
  std::vector<Destroyed> destroyed_;  // in this execution

  struct Found {
    const char* kind = "";
    std::uintptr_t address = 0;
    Entry before{}, now{};         // before: of a race
    std::string how{};             // of what is freed wrongly
  };
  bool found(Found found);           // whether it is set aside
  Found found_;                      // what was not
  bool suppresses_;
  std::vector<Stack> stacks_;        // each once, of all executions; at each moment once, if these are noted
  const std::size_t* now_ = nullptr;
  std::vector<std::size_t> moments_;  // of stacks_
  std::unordered_multimap<std::size_t, std::uint32_t> stacks_by_hash_;
  // Whether findings of this kind, at these places and in this static variable, are set aside.
  std::map<std::tuple<const char*, std::uint32_t, std::uint32_t, std::uintptr_t>, bool> decided_;
  struct Block {
    std::uintptr_t begin;
    std::size_t size;
    std::uint32_t where, freed_where;
    std::uint32_t thread, freed_by;
  };
  std::vector<Block> blocks_;
  Block* block_around(std::uintptr_t address);
  std::string object_at(std::uintptr_t address, Symbols& symbols, const Execution& run, NamedObjects& names);
};

// Where the program says that races on some bytes do no harm.
struct BenignRace {
  std::uintptr_t begin = 0, end = 0;
  const char* file = nullptr;
  int line = 0;
};
// From now on, in this execution or in all (`always`), races on these bytes are none.
void allow_races(const BenignRace& on, bool always);
// The one of these that has set a race aside since it was asked last; null: none has.
const BenignRace* race_allowed();

// The shadow of the exploration under way; null: memory accesses are not looked at.
[[gnu::visibility("hidden")]] extern Shadow* shadow;

}  // namespace interleave::engine
