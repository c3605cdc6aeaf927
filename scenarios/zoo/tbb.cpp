// oneTBB: concurrent_queue, concurrent_bounded_queue and concurrent_hash_map. All are headers, but for an allocator and an exception
// in libtbb.so, which is not instrumented and takes its memory from tbbmalloc, outside of the model's heap: the client provides these
// functions itself. So it does with the monitors on which the bounded queue sleeps: those of libtbb.so are made of atomics that
// nobody would see.
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>

#include <oneapi/tbb/concurrent_hash_map.h>
#include <oneapi/tbb/concurrent_queue.h>

#include <interleave/scenarios/scenario.hpp>
#include <interleave/scenarios/zoo/client.hpp>

namespace tbb::detail::r1 {

void* cache_aligned_allocate(std::size_t size) {
  constexpr std::size_t line = 128;
  if (void* block = std::aligned_alloc(line, (size + line - 1) / line * line)) return block;
  throw std::bad_alloc();
}
void cache_aligned_deallocate(void* block) { std::free(block); }
std::size_t cache_line_size() { return 128; }
void* allocate_memory(std::size_t size) {
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
void deallocate_memory(void* block) { std::free(block); }
void throw_exception(exception_id) { throw std::runtime_error("oneTBB"); }

// Two for each queue, behind its representation: who waits for places, and who waits for items. Whoever has made a predicate false
// notifies afterwards; the library's monitors wake those whose ticket has come, ours all, who look again.
class concurrent_monitor {
 public:
  void wait(d1::delegate_base& has_to_wait) {
    std::unique_lock lock(mutex_);
    while (has_to_wait()) changed_.wait(lock);
  }
  void notify() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

constexpr std::size_t monitors_per_queue = 2;

std::uint8_t* allocate_bounded_queue_rep(std::size_t size) {
  auto* block = static_cast<std::uint8_t*>(cache_aligned_allocate(size + monitors_per_queue * sizeof(concurrent_monitor)));
  new (block + size) concurrent_monitor[monitors_per_queue];
  return block;
}
void deallocate_bounded_queue_rep(std::uint8_t* block, std::size_t size) {
  std::destroy_n(reinterpret_cast<concurrent_monitor*>(block + size), monitors_per_queue);
  cache_aligned_deallocate(block);
}
void wait_bounded_queue_monitor(concurrent_monitor* monitors, std::size_t which, std::ptrdiff_t, d1::delegate_base& has_to_wait) {
  monitors[which].wait(has_to_wait);
}
void notify_bounded_queue_monitor(concurrent_monitor* monitors, std::size_t which, std::size_t) { monitors[which].notify(); }
void abort_bounded_queue_monitors(concurrent_monitor* monitors) {
  for (std::size_t which = 0; which < monitors_per_queue; ++which) monitors[which].notify();
}

}  // namespace tbb::detail::r1

namespace interleave::scenarios {
namespace {

using zoo::Load;
using zoo::Parcel;

template <class Queue>
auto producers_of(Queue& container) {
  return [&container] {
    return [&container](Parcel* parcel) {
      container.push(parcel);
      return true;
    };
  };
}

void queue(const Load& load) {
  tbb::concurrent_queue<Parcel*> container;
  zoo::hand_over(
      load, producers_of(container),
      [&] {
        return [&]() -> Parcel* {
          Parcel* parcel = nullptr;
          return container.try_pop(parcel) ? parcel : nullptr;
        };
      });
}

// Producers wait for a place, consumers for a parcel; main, at the end, looks whether anything is left.
void bounded_queue(const Load& load) {
  tbb::concurrent_bounded_queue<Parcel*> container;
  container.set_capacity(1);
  zoo::hand_over(
      load, producers_of(container),
      [&, ends = std::size_t{0}]() mutable {
        const bool waits = ends++ < load.consumers.size();
        return [&container, waits]() -> Parcel* {
          Parcel* parcel = nullptr;
          if (waits) container.pop(parcel);
          else container.try_pop(parcel);
          return parcel;
        };
      });
}

Definition handed_over(const std::string& name, const std::string& summary, void (*run)(const Load&), const Load& load,
                       std::vector<std::string> outcomes, std::uint64_t classes) {
  return {.name = "zoo/tbb_" + name, .summary = summary, .outcomes = std::move(outcomes), .effort = Effort::search_reduced,
          .classes = classes, .spins = true, .body = [=] { run(load); }};
}

const Scenario queues[] = {
    Scenario(handed_over("queue_1_1", "tbb::concurrent_queue, one producer of two, one consumer", &queue,
                         {.producers = {2}, .consumers = {2}}, {"0", "1", "2"}, 90)),
    Scenario(handed_over("queue_2_1", "tbb::concurrent_queue, two producers, one consumer", &queue,
                         {.producers = {1, 1}, .consumers = {2}}, {"0", "1", "2"}, 306)),
    Scenario(handed_over("queue_1_2", "tbb::concurrent_queue, one producer of two, two consumers", &queue,
                         {.producers = {2}, .consumers = {1, 1}}, {"0 + 0", "0 + 1", "1 + 0", "1 + 1"}, 483)),
    Scenario(handed_over("bounded_queue_1_1", "tbb::concurrent_bounded_queue of one place, one producer of two, one consumer, both wait",
                         &bounded_queue, {.producers = {2}, .consumers = {2}}, {"2"}, 1022)),
    Scenario(handed_over("bounded_queue_2_1", "tbb::concurrent_bounded_queue of one place, two producers, one consumer, all wait",
                         &bounded_queue, {.producers = {1, 1}, .consumers = {2}}, {"2"}, 7760)),
};

using Map = tbb::concurrent_hash_map<int, int>;

// Two threads insert one key into a map with or without room for it.
void insert_twice(Map& map) {
  int seen[2] = {};
  bool first[2] = {};
  const auto insert = [&](int by) {
    Map::accessor place;
    first[by] = map.insert(place, 7);
    if (first[by]) place->second = by + 1;
    seen[by] = place->second;
  };
  parallel([&] { insert(0); }, [&] { insert(1); });
  require(first[0] + first[1] == 1);
  require(seen[0] == seen[1]);
  outcome(std::to_string(seen[0]));
}

// The map has grown before: the search of all scenarios ends soon. g++ makes more executions of it than clang.
const Scenario map_insert{{
    .name = "zoo/tbb_hash_map_insert",
    .summary = "tbb::concurrent_hash_map, two threads insert the same key: one does, the other finds what it wrote",
    .outcomes = {"1", "2"},
    .effort = Effort::search_reduced,
    .spins = true,
    .body = [] {
      Map map;
      map.insert({1, 0});
      insert_twice(map);
      require(map.size() == 2);
    },
}};

// The first insertion makes the map grow while the other thread waits and counts: 367,714 executions, two minutes. By hand.
const Scenario map_insert_grows{{
    .name = "zoo/tbb_hash_map_insert_grows",
    .summary = "tbb::concurrent_hash_map, two threads insert the same key into an empty map",
    .outcomes = {"1", "2"},
    .effort = Effort::bounded,
    .body = [] {
      Map map;
      insert_twice(map);
      require(map.size() == 1);
    },
}};

const Scenario map_erase{{
    .name = "zoo/tbb_hash_map_erase",
    .summary = "tbb::concurrent_hash_map, one thread erases what another finds and changes",
    .outcomes = {"0", "1"},
    .effort = Effort::search_reduced,
    .classes = 280,
    .spins = true,
    .body = [] {
      Map map;
      map.insert({7, 1});
      bool erased = false;
      int seen = 0;
      parallel([&] { erased = map.erase(7); },
               [&] {
                 Map::accessor place;
                 if (map.find(place, 7)) {
                   seen = place->second;
                   place->second = 2;
                 }
               });
      require(erased);
      require(map.empty());
      outcome(std::to_string(seen));
    },
}};

const Scenario map_count{{
    .name = "zoo/tbb_hash_map_count",
    .summary = "tbb::concurrent_hash_map, two threads count one word each, and both count a third",
    .effort = Effort::sample,
    .body = [] {
      Map map;
      const auto count = [&](int word) {
        Map::accessor place;
        map.insert(place, word);
        ++place->second;
      };
      parallel([&] { count(1); count(3); }, [&] { count(2); count(3); });
      Map::const_accessor place;
      require(map.find(place, 3) && place->second == 2);
      require(map.size() == 3);
    },
}};

}  // namespace
}  // namespace interleave::scenarios
