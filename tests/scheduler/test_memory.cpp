// The memory of executions: blocks, stacks, pages, and how all of it goes back.
#include <catch2/catch.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "random_numbers.hpp"
#include "scheduler/memory/memory.hpp"

namespace interleave::engine {
namespace {

// ---- UndoLog ----

TEST_CASE("an undo log gives back what was there, however often it was written") {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    RandomNumbers random(seed);
    alignas(8) static unsigned char bytes[8 * 700];  // more words than the log's filter has room for
    for (auto& byte : bytes) byte = static_cast<unsigned char>(random.below(256));
    const std::vector<unsigned char> before(std::begin(bytes), std::end(bytes));
    UndoLog log;
    CHECK(log.empty());
    for (int i = 0; i < 2'000; ++i) {
      const std::uint32_t size = 1 + random.below(random.one_in(10) ? 100 : 8), at = random.below(sizeof bytes - size + 1);
      log.log(bytes + at, size);
      for (std::uint32_t k = 0; k < size; ++k) bytes[at + k] = static_cast<unsigned char>(random.below(256));
    }
    CHECK_FALSE(log.empty());
    log.roll_back();
    CHECK(log.empty());
    CHECK(std::equal(before.begin(), before.end(), bytes));
  }
}

TEST_CASE("an undo log leaves alone what was forgotten, and begins anew after it") {
  alignas(8) std::uint64_t words[4] = {1, 2, 3, 4};
  UndoLog log;
  for (auto& word : words) log.log(&word, sizeof word);
  for (auto& word : words) word += 10;
  log.forget(reinterpret_cast<std::uintptr_t>(&words[1]), reinterpret_cast<std::uintptr_t>(&words[3]));
  std::vector<std::pair<const std::uint64_t*, std::uint64_t>> kept;
  log.each([&](const std::uint64_t* word, std::uint64_t old) { kept.emplace_back(word, old); });
  CHECK(kept == std::vector<std::pair<const std::uint64_t*, std::uint64_t>>{{&words[0], 1}, {&words[3], 4}});
  log.roll_back();
  CHECK(std::vector(std::begin(words), std::end(words)) == std::vector<std::uint64_t>{1, 12, 13, 4});

  log.log(&words[0], 1);
  words[0] = 20;
  log.forget();
  log.log(&words[0], 1);  // what stands there now counts
  words[0] = 30;
  log.roll_back();
  CHECK(words[0] == 20);
}

TEST_CASE("an undo log keeps whole words, and nothing of a null pointer") {
  alignas(8) unsigned char bytes[24] = {};
  UndoLog log;
  log.log(nullptr, 8);
  CHECK(log.empty());
  log.log(bytes + 7, 2);  // in two words
  std::size_t words = 0;
  log.each_word([&](const std::uint64_t*) { ++words; });
  CHECK(words == 2);
  log.log(bytes + 3, 1);
  words = 0;
  log.each_word([&](const std::uint64_t*) { ++words; });
  CHECK(words == 2);
}

// ---- SharedWords ----

TEST_CASE("shared words are those that were added, stack by stack") {
  constexpr std::uintptr_t base = 0x1000'0000, slot = 0x3000;
  constexpr std::size_t stacks = 5;
  RandomNumbers random;
  SharedWords words;
  words.cover(base, slot, stacks);
  std::set<std::uintptr_t> expected;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 100; ++i) {
      const std::uint32_t size = 1 + random.below(16);
      const std::uintptr_t at = base + random.below(stacks * slot - size);
      words.add(reinterpret_cast<const void*>(at), size);
      for (std::uintptr_t byte = at; byte < at + size; ++byte) expected.insert(byte / 8);
      REQUIRE(words.knows(reinterpret_cast<const void*>(at), 1));
    }
    std::size_t found = 0;
    for (std::uintptr_t at = base; at < base + stacks * slot; at += 8) {
      const bool is_one = words.contains((at - base) / slot, (at - base) % slot);
      REQUIRE(is_one == expected.contains(at / 8));
      REQUIRE(words.contains(reinterpret_cast<const void*>(at)) == is_one);
      if (words.knows(reinterpret_cast<const void*>(at), 8)) REQUIRE(is_one);
      found += is_one;
    }
    REQUIRE(found == expected.size());
    if (round % 3 == 0) {
      words.clear();
      expected.clear();
      REQUIRE_FALSE(words.knows(reinterpret_cast<const void*>(base), 1));
      REQUIRE_FALSE(words.contains(reinterpret_cast<const void*>(base)));
    }
  }
}

// ---- Memory ----

struct Known {
  char* p;
  std::size_t size;
  Origin origin;
  bool live;
};

// One execution's random allocations; what is live is checked at the end. Returns the addresses.
std::vector<char*> allocate_at_random(Memory& m, std::uint64_t seed) {
  RandomNumbers random(seed);
  std::vector<Known> blocks;
  for (int i = 0; i < 300; ++i) {
    if (random.below(3) != 0 || blocks.empty()) {
      const std::size_t size = random.one_in(20) ? random.below(100'000) : random.below(100);
      const auto logarithm = static_cast<std::uint8_t>(random.below(13));
      const Origin origin{static_cast<Origin::Family>(random.below(3)), logarithm};
      auto* const p = static_cast<char*>(m.allocate(size, std::size_t{1} << logarithm, origin));
      REQUIRE(p != nullptr);
      REQUIRE(reinterpret_cast<std::uintptr_t>(p) % (std::size_t{1} << logarithm) == 0);
      REQUIRE(reinterpret_cast<std::uintptr_t>(p) % 16 == 0);
      REQUIRE(m.in_arena(p));
      REQUIRE((size == 0 || m.in_arena(p + size - 1)));
      for (const Known& other : blocks) REQUIRE((other.p + other.size <= p || p + size <= other.p));
      std::memset(p, 0x5a, size);
      blocks.push_back({p, size, origin, true});
    } else {
      Known& one = blocks[random.below(static_cast<std::uint32_t>(blocks.size()))];
      REQUIRE(m.release(one.p) == (one.live ? Memory::Release::done : Memory::Release::again));
      one.live = false;
    }
    const auto live = static_cast<std::size_t>(std::count_if(blocks.begin(), blocks.end(), [](const Known& b) { return b.live; }));
    REQUIRE(m.live() == live);
  }
  std::vector<std::pair<std::uintptr_t, std::size_t>> live, expected;
  m.each_live([&](std::uintptr_t begin, std::size_t size) { live.emplace_back(begin, size); });
  std::vector<char*> addresses;
  for (const Known& block : blocks) {
    REQUIRE(m.begins_block(block.p));
    REQUIRE(m.size_of(block.p) == block.size);
    REQUIRE(m.origin_of(block.p) == block.origin);
    REQUIRE(m.is_live(block.p) == block.live);
    REQUIRE(m.in_block(block.p) == (block.size > 0));
    REQUIRE_FALSE(m.in_block(block.p + block.size));
    REQUIRE_FALSE(m.in_block(block.p - 1));
    REQUIRE_FALSE(m.begins_block(block.p + 8));
    REQUIRE(m.release(block.p + 8) == Memory::Release::never);
    if (block.live) expected.emplace_back(reinterpret_cast<std::uintptr_t>(block.p), block.size);
    addresses.push_back(block.p);
  }
  std::reverse(expected.begin(), expected.end());
  CHECK(live == expected);
  return addresses;
}

// From here on, blocks that are left are no longer kept: see Memory::end_execution.
Memory& warm_memory() {
  Memory& m = Memory::instance();
  for (int i = 0; i < 2; ++i) m.end_execution(true);
  return m;
}

TEST_CASE("blocks lie apart, where they were asked to, and are known until the execution ends") {
  Memory& m = warm_memory();
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto first = allocate_at_random(m, seed);
    m.end_execution(false);
    CHECK(m.live() == 0);
    CHECK(m.heap_used() == 0);
    const auto again = allocate_at_random(m, seed);
    m.end_execution(false);
    CHECK(first == again);  // the same addresses in every execution
  }
}

TEST_CASE("a block that outlives its execution stays where it is, and is of an earlier one") {
  Memory& m = warm_memory();
  auto* const kept = static_cast<char*>(m.allocate(24, 8, {}));
  m.end_execution(true);
  CHECK(m.release(kept) == Memory::Release::earlier);
  CHECK_FALSE(m.begins_block(kept));
  auto* const next = static_cast<char*>(m.allocate(24, 8, {}));
  CHECK(next >= kept + 24);
  CHECK(m.release(next) == Memory::Release::done);
  m.end_execution(true);  // nothing was left: the space is used again
  CHECK(m.allocate(24, 8, {}) == next);
  m.end_execution(false);
}

TEST_CASE("a heap that is full gives nothing, and goes on with what fits") {
  Memory& m = warm_memory();
  CHECK(m.allocate(m.heap_max() + 1, 16, {}) == nullptr);
  CHECK(m.allocate(~std::size_t{0}, 16, {}) == nullptr);
  CHECK(m.allocate(~std::size_t{0} - 15, 4096, {}) == nullptr);
  CHECK(m.live() == 0);
  CHECK(m.allocate(m.heap_max() - 64, 16, {}) != nullptr);
  CHECK(m.allocate(64, 16, {}) == nullptr);
  CHECK(m.live() == 1);
  m.end_execution(false);
  CHECK(m.allocate(64, 16, {}) != nullptr);
  m.end_execution(false);
}

TEST_CASE("where blocks are used again, it is the one freed last of those of that size") {
  Memory& m = warm_memory();
  reuses_blocks = true;
  RandomNumbers random;
  std::vector<Known> live, freed;
  for (int i = 0; i < 1'000; ++i) {
    const std::uint32_t size = 1 + random.below(80);
    if (!live.empty() && random.one_in(2)) {
      const std::uint32_t at = random.below(static_cast<std::uint32_t>(live.size()));
      REQUIRE(m.release(live[at].p) == Memory::Release::done);
      REQUIRE(m.release(live[at].p) == Memory::Release::again);
      freed.push_back(live[at]);
      live.erase(live.begin() + at);
      continue;
    }
    const auto fits = std::find_if(freed.rbegin(), freed.rend(), [&](const Known& b) { return (b.size + 15) / 16 == (size + 15) / 16; });
    void* const p = m.reusable(size);
    REQUIRE(p == (fits == freed.rend() ? nullptr : fits->p));
    if (p != nullptr) {
      freed.erase(std::next(fits).base());
      m.reuse(p, size, {Origin::array, 3});
      REQUIRE(m.size_of(p) == size);
      REQUIRE(m.origin_of(p) == Origin{Origin::array, 3});
      live.push_back({static_cast<char*>(p), size, {}, true});
    } else {
      live.push_back({static_cast<char*>(m.allocate(size, 16, {})), size, {}, true});
    }
    REQUIRE(m.is_live(live.back().p));
    REQUIRE(m.live() == live.size());
  }
  m.end_execution(false);
  CHECK(m.reusable(16) == nullptr);
  reuses_blocks = false;
}

TEST_CASE("stacks lie apart, with a guard below each, and are told by their addresses") {
  Memory& m = warm_memory();
  for (std::size_t i = 0; i < 40; ++i) {
    auto* const low = static_cast<char*>(m.stack(i));
    CHECK(m.stack(i) == low);
    low[0] = 1;
    low[m.stack_size() - 1] = 1;
    CHECK(m.stack_of(low) == i);
    CHECK(m.stack_of(low + m.stack_size() - 1) == i);
    CHECK_FALSE(m.in_guard(low));
    CHECK(m.in_guard(low - 0x10000));
    CHECK(m.contains(low));
    CHECK_FALSE(m.in_arena(low));
    StackOwner owner;
    m.give_stack(owner, i);
    m.runs(owner);
    CHECK(m.on_own_stack(low, m.stack_size()));
    CHECK_FALSE(m.on_own_stack(low, m.slot_size()));
    CHECK_FALSE(m.on_own_stack(low + m.slot_size(), 1));
  }
  m.end_execution(false);
  int local = 0;
  CHECK(m.stack_of(&local) == m.stacks_max());
  CHECK_FALSE(m.in_guard(&local));
  CHECK(m.stack_room() == m.stack_size());
}

TEST_CASE("what is written outside the range of executions is taken back, and what is inside is not") {
  Memory& m = warm_memory();
  static std::uint64_t outside[600];
  RandomNumbers random;
  auto* const inside = static_cast<std::uint64_t*>(m.allocate(8, 8, {}));
  *inside = 1;
  for (int i = 0; i < 2'000; ++i) {
    auto& word = outside[random.below(600)];
    if (!m.note_write_quickly(&word, sizeof word)) m.note_write(&word, sizeof word);
    word = random.bits();
  }
  REQUIRE(m.note_write_quickly(inside, sizeof *inside));
  *inside = 2;
  m.end_execution(false);
  CHECK(std::count(std::begin(outside), std::end(outside), 0) == 600);
  CHECK(*inside == 2);
}

TEST_CASE("a thread polls until it changes something that is not its own") {
  Memory& m = warm_memory();
  StackOwner mine, other;
  m.give_stack(mine, 0);
  m.give_stack(other, 1);
  auto* const own = static_cast<std::uint64_t*>(m.stack(0)) + 100;
  auto* const foreign = static_cast<std::uint64_t*>(m.stack(1)) + 100;
  const auto changes = [&](StackOwner& by, std::uint64_t* word) {
    m.runs(by);
    by.polling = true;
    if (!m.note_write_quickly(word, sizeof *word)) m.note_write(word, sizeof *word);
    return !by.polling;
  };
  CHECK_FALSE(changes(mine, own));
  CHECK(changes(mine, foreign));
  CHECK(m.shared_words().contains(foreign));
  CHECK(changes(other, foreign));  // its own, but others write to it
  CHECK_FALSE(changes(other, foreign + 1));
  CHECK(m.note_write_quickly(foreign + 1, 8));
  m.runs(mine);
  CHECK(m.note_write_quickly(foreign, 8));  // known
  CHECK_FALSE(m.note_write_quickly(foreign + 1, 8));
  static std::uint64_t outside;
  CHECK(changes(mine, &outside));
  mine.polling = true;
  m.note_change(own);
  CHECK_FALSE(mine.polling);
  m.end_execution(false);
  CHECK_FALSE(m.shared_words().contains(foreign));
}

TEST_CASE("pages are mapped at the same addresses in every execution, and are empty again") {
  Memory& m = warm_memory();
  char* first = nullptr;
  for (int execution = 0; execution < 3; ++execution) {
    auto* const p = static_cast<char*>(m.map(10'000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(p != MAP_FAILED);
    CHECK(reinterpret_cast<std::uintptr_t>(p) % 4096 == 0);
    CHECK(m.in_arena(p));
    CHECK_FALSE(m.heap_is_plain());
    CHECK((first == nullptr || first == p));
    first = p;
    CHECK(std::count(p, p + 10'000, 0) == 10'000);
    std::memset(p, 1, 10'000);
    auto* const block = static_cast<char*>(m.allocate(100, 16, {}));
    CHECK(block >= p + 10'000);
    CHECK(m.unmap(p + 1, 4096) == -1);
    CHECK(errno == EINVAL);
    CHECK(m.unmap(p, 0) == -1);
    auto* const moved = static_cast<char*>(m.remap(p, 8192, 20'000, MREMAP_MAYMOVE, nullptr));
    REQUIRE(moved != MAP_FAILED);
    CHECK(moved > block);
    CHECK(moved[8191] == 1);
    CHECK(m.remap(moved, 20'000, 40'000, 0, nullptr) == MAP_FAILED);
    CHECK(errno == ENOMEM);
    CHECK(m.unmap(moved, 4096) == 0);
    m.end_execution(false);
    CHECK(m.heap_is_plain());
    auto* const after = static_cast<char*>(m.allocate(60'000, 16, {}));  // where the pages were
    REQUIRE(after <= p + 4096);
    REQUIRE(after + 60'000 > moved + 20'000);
    CHECK(std::count(std::max(after, p), p + 10'000, 0) == p + 10'000 - std::max(after, p));
    std::memset(after, 2, 60'000);
    m.end_execution(false);
  }
  CHECK(m.map(m.arena_size() + 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
  CHECK(errno == ENOMEM);
}

TEST_CASE("an observer is told of each change but those of the running thread's own stack") {
  struct Observer final : ChangeObserver {
    std::string told;
    void wrote(const void*, std::size_t size) override { told += "w" + std::to_string(size); }
    void beyond() override { told += "b"; }
    void allocates() override { told += "a"; }
    void freed(const void*, std::size_t size) override { told += "f" + std::to_string(size); }
    void unmapped(std::uintptr_t, std::uintptr_t) override { told += "u"; }
  } observer;
  Memory& m = warm_memory();
  StackOwner mine;
  m.give_stack(mine, 0);
  m.runs(mine);
  m.stack(0);
  m.stack(1);
  m.tell_changes(&observer);
  static std::uint64_t outside;
  void* const block = m.allocate(5, 16, {});
  m.note_write(&outside, 8);
  m.note_write(m.stack(0), 8);
  m.note_write(m.stack(1), 4);
  m.note_write(block, 2);
  m.release(block);
  m.beyond();
  m.unmapped(0x1000, 0x2000);
  m.tell_changes(nullptr);
  m.note_write(&outside, 8);
  m.beyond();
  CHECK(observer.told == "aw8w4w2f5bu");
  m.end_execution(false);
}

}  // namespace
}  // namespace interleave::engine
