// Random programs: a race is reported, by dpor and by dfs, exactly where some interleaving has one by the definitions of C++20; and
// under races=explore both find exactly the outcomes that the interleavings have.
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>
#include <interleave/scheduler/services.hpp>

#include "../text_of.hpp"
#include "reference.hpp"

using namespace interleave;
using namespace races;

#define UNSEEN __attribute__((no_sanitize("thread"), noinline))
#define ACCESS __attribute__((noinline))

namespace {

// What the program under test is made of. The interpreter is not looked at, only what it calls.
struct Memory {
  alignas(8) std::uint8_t bytes[8];
  std::atomic<std::uint8_t> atomics[2];
  std::mutex mutex;
};

Memory* shared = nullptr;
unsigned seen[3][8];

template <class T>
ACCESS T read_plain(const void* p) {
  return *static_cast<const T*>(p);
}
template <class T>
ACCESS void write_plain(void* p, T value) {
  *static_cast<T*>(p) = value;
}

#define BY_ORDER(order, call)                                          \
  switch (order) {                                                     \
    case __ATOMIC_RELAXED: call(std::memory_order_relaxed);            \
    case __ATOMIC_ACQUIRE: call(std::memory_order_acquire);            \
    case __ATOMIC_RELEASE: call(std::memory_order_release);            \
    case __ATOMIC_ACQ_REL: call(std::memory_order_acq_rel);            \
    default: call(std::memory_order_seq_cst);                          \
  }

ACCESS unsigned load(std::atomic<std::uint8_t>& a, int order) {
  if (order == __ATOMIC_RELAXED) return a.load(std::memory_order_relaxed);
  if (order == __ATOMIC_ACQUIRE) return a.load(std::memory_order_acquire);
  return a.load(std::memory_order_seq_cst);
}
ACCESS void store(std::atomic<std::uint8_t>& a, std::uint8_t value, int order) {
  if (order == __ATOMIC_RELAXED) return a.store(value, std::memory_order_relaxed);
  if (order == __ATOMIC_RELEASE) return a.store(value, std::memory_order_release);
  return a.store(value, std::memory_order_seq_cst);
}
ACCESS unsigned add(std::atomic<std::uint8_t>& a, std::uint8_t value, int order) {
#define ADD(mo) return a.fetch_add(value, mo)
  BY_ORDER(order, ADD)
}
ACCESS void fence(int order) {
#define FENCE(mo) return std::atomic_thread_fence(mo)
  BY_ORDER(order, FENCE)
}
ACCESS void lock(std::mutex& m) { m.lock(); }
ACCESS void unlock(std::mutex& m) { m.unlock(); }

UNSEEN unsigned read_of(const std::uint8_t* p, unsigned size) {
  return size == 1 ? read_plain<std::uint8_t>(p) : size == 2 ? read_plain<std::uint16_t>(p) : read_plain<std::uint32_t>(p);
}
UNSEEN void write_of(std::uint8_t* p, unsigned size, std::uint8_t value) {
  if (size == 1) return write_plain<std::uint8_t>(p, value);
  if (size == 2) return write_plain<std::uint16_t>(p, static_cast<std::uint16_t>(value * 0x0101u));
  write_plain<std::uint32_t>(p, value * 0x01010101u);
}

// Flat copies: a container's functions would be instrumented.
Op code[3][8];
unsigned length[3], threads;

UNSEEN void interpret(unsigned thread) {
  unsigned reads = 0;
  for (unsigned i = 0; i < length[thread]; ++i) {
    const Op& op = code[thread][i];
    switch (op.what) {
      case What::read: seen[thread][reads++] = read_of(shared->bytes + op.place, op.size); break;
      case What::write: write_of(shared->bytes + op.place, op.size, op.value); break;
      case What::load: seen[thread][reads++] = load(shared->atomics[op.place], op.order); break;
      case What::store: store(shared->atomics[op.place], op.value, op.order); break;
      case What::add: seen[thread][reads++] = add(shared->atomics[op.place], op.value, op.order); break;
      case What::fence: fence(op.order); break;
      case What::lock: lock(shared->mutex); break;
      case What::unlock: unlock(shared->mutex); break;
    }
  }
}

void body() {
  Memory memory{};
  shared = &memory;
  const auto first = [] { interpret(0); };
  const auto second = [] { interpret(1); };
  if (threads == 2) {
    parallel(first, second);
  } else {
    parallel(first, second, [] { interpret(2); });
  }
  State state;
  state.seen.resize(threads);
  for (unsigned thread = 0; thread < threads; ++thread)
    for (unsigned i = 0, reads = 0; i < length[thread]; ++i)
      if (const What what = code[thread][i].what; what == What::read || what == What::load || what == What::add)
        state.seen[thread].push_back(seen[thread][reads++]);
  for (unsigned i = 0; i < 8; ++i) state.bytes[i] = memory.bytes[i];
  for (unsigned i = 0; i < 2; ++i) state.atomics[i] = memory.atomics[i].load();
  outcome(outcome_of(state));
}

void set(const RandomProgram& to) {
  threads = static_cast<unsigned>(to.size());
  for (unsigned thread = 0; thread < threads; ++thread) {
    length[thread] = static_cast<unsigned>(to[thread].size());
    for (unsigned i = 0; i < length[thread]; ++i) code[thread][i] = to[thread][i];
  }
}

Report search(const char* strategy, const char* races, bool first_failure) {
  Options options;
  options.name = "random";
  options.strategy = strategy;
  options.races = races;
  options.stop_at_first_failure = first_failure;
  return detail::explore_unsaid(body, options);
}

std::set<std::string> names(const Report& report) {
  std::set<std::string> result;
  for (const auto& [name, count] : report.outcomes) result.insert(name);
  return result;
}

constexpr std::uint64_t programs = INTERLEAVE_BRIEF_TESTS ? 50 : 150;

}  // namespace

TEST_CASE("a race is reported exactly where some interleaving has one, by dpor and by dfs") {
  std::size_t racy = 0;
  for (std::uint64_t seed = 1; seed <= programs; ++seed) {
    const RandomProgram program = random_program(seed);
    set(program);
    const Truths truths = judge_by_definition(program);
    racy += truths.racy;
    INFO("seed " << seed << "\n" << text_of(program) << (truths.racy ? "racy" : "free of races"));
    for (const char* strategy : {"dpor", "dfs"}) {
      INFO(strategy);
      const Report report = search(strategy, "fail", true);
      if (truths.racy) {
        CHECK((report.failure && report.failure->kind == "data-race"));
      } else {
        INFO(text_of(report));
        CHECK(report.complete);
        CHECK_FALSE(report.failure);
        CHECK(names(report) == truths.outcomes);
      }
    }
  }
  CHECK(racy > programs / 4);
  CHECK(racy < programs * 3 / 4);
}

TEST_CASE("races=explore finds exactly the outcomes that the interleavings have, by dpor and by dfs") {
  std::size_t more = 0;  // outcomes than without
  for (std::uint64_t seed = 1; seed <= programs; ++seed) {
    const RandomProgram program = random_program(seed);
    set(program);
    const Truths truths = judge_by_definition(program);
    INFO("seed " << seed << "\n" << text_of(program));
    for (const char* strategy : {"dpor", "dfs"}) {
      INFO(strategy);
      const Report report = search(strategy, "explore", false);
      CHECK(report.complete);
      CHECK(names(report) == truths.outcomes);
    }
    if (truths.racy) more += names(search("dpor", "ignore", false)) != truths.outcomes;
  }
  CHECK(more > 0);  // or this test says nothing
}
