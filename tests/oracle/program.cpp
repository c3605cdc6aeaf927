#include "program.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <functional>

#include <interleave/interleave.hpp>

namespace oracle {
namespace {

struct World {
  alignas(8) std::uint64_t word[words];
  pthread_mutex_t  mutex[mutexes];
  pthread_cond_t   condition[conditions];
  sem_t            semaphore[semaphores];
  pthread_rwlock_t rwlock;
  pthread_once_t   once;
  pthread_t        handle[threads_max];
  std::uint64_t    result[threads_max];
  std::uint8_t     waiting[threads_max];    // for each thread
  std::uint8_t     asked[threads_max][16];  // the targets of each thread's try_join and timed_join, in order
  std::uint8_t     askings[threads_max];
};
World world;

// Which threads there are, in order of creation, as the engine numbers them. For the observer, and so not for the engine to see: it lies
// on the heap from before the exploration, and these functions are not instrumented.
struct Created {
  std::size_t  count;
  std::uint8_t thread[threads_max * (1 + crowd_size) + 2];
};
Created* const created_so_far = new Created{};

__attribute__((noinline, no_sanitize("thread"))) void no_thread_but_the_first() {
  created_so_far->count = 1;
  created_so_far->thread[0] = 255;
}
__attribute__((noinline, no_sanitize("thread"))) void one_more(std::uint8_t thread) { created_so_far->thread[created_so_far->count++] = thread; }

const Program* running = nullptr;
std::uint8_t creator[threads_max];  // the one thread that may create and join this one

void initialise() {}

struct Interpreter {
  std::uint8_t  self;
  std::uint64_t last = 0;
  bool          held[mutexes] = {};
  bool          reading = false, writing = false;
  bool          created[threads_max] = {}, joined[threads_max] = {}, crowded = false;

  void saw(std::uint64_t value) {
    last = value;
    world.result[self] = (world.result[self] ^ (value + 1)) * 0x100000001b3ULL;
  }

  // Returns how many operations to skip after it.
  std::size_t step(const Op& op);
  void run() {
    const std::vector<Op>& ops = running->threads[self];
    for (std::size_t i = 0; i < ops.size(); ++i) i += step(ops[i]);
  }
};

const timespec long_ago{};

void* idle(void*) {
  one_more(254);
  return nullptr;
}

void* thread_main(void* argument) {
  const auto self = static_cast<std::uint8_t>(reinterpret_cast<std::uintptr_t>(argument));
  one_more(self);  // within the step that creates it
  Interpreter{.self = self}.run();
  return nullptr;
}

std::uint32_t* low(std::uint64_t& word) { return reinterpret_cast<std::uint32_t*>(&word); }

std::uint64_t wake(std::uint64_t& word, int count) {
  return static_cast<std::uint64_t>(syscall(SYS_futex, low(word), FUTEX_WAKE, count, nullptr, nullptr, 0));
}

std::size_t Interpreter::step(const Op& op) {
  std::uint64_t& word = world.word[op.object % words];
  std::uint32_t* high = low(word) + 1;
  const std::size_t m = op.object % mutexes, c = op.object % conditions;
  pthread_mutex_t* mutex = &world.mutex[m];
  sem_t* semaphore = &world.semaphore[op.object % semaphores];
  pthread_rwlock_t* rwlock = &world.rwlock;
  const std::size_t target = op.object % running->threads.size();
  switch (op.kind) {
    case Kind::load: saw(__atomic_load_n(&word, __ATOMIC_SEQ_CST)); break;
    case Kind::store: __atomic_store_n(&word, op.value, __ATOMIC_SEQ_CST); break;
    case Kind::add: saw(__atomic_fetch_add(&word, op.value, __ATOMIC_SEQ_CST)); break;
    case Kind::exchange: saw(__atomic_exchange_n(&word, op.value, __ATOMIC_SEQ_CST)); break;
    case Kind::compare_exchange: {
      std::uint64_t expected = op.value / 4;
      saw(__atomic_compare_exchange_n(&word, &expected, op.value % 4, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ? 1 : 2 + 2 * expected);
      break;
    }
    case Kind::load_high: saw(__atomic_load_n(high, __ATOMIC_SEQ_CST)); break;
    case Kind::store_high: __atomic_store_n(high, op.value, __ATOMIC_SEQ_CST); break;
    case Kind::lock:
      pthread_mutex_lock(mutex);
      held[m] = true;
      break;
    case Kind::unlock:
      if (!held[m]) break;
      held[m] = false;
      pthread_mutex_unlock(mutex);
      break;
    case Kind::try_lock:
    case Kind::timed_lock: {
      const int error = op.kind == Kind::try_lock ? pthread_mutex_trylock(mutex) : pthread_mutex_timedlock(mutex, &long_ago);
      if (error == 0) held[m] = true;
      saw(error == 0);
      break;
    }
    case Kind::sem_wait: sem_wait(semaphore); break;
    case Kind::sem_post: sem_post(semaphore); break;
    case Kind::sem_try: saw(sem_trywait(semaphore) == 0); break;
    case Kind::sem_timed: saw(sem_timedwait(semaphore, &long_ago) == 0); break;
    case Kind::sem_value: {
      int value = 0;
      sem_getvalue(semaphore, &value);
      saw(static_cast<std::uint64_t>(value));
      break;
    }
    case Kind::cond_wait:
      if (held[m]) pthread_cond_wait(&world.condition[c], mutex);
      break;
    case Kind::cond_timed:
      if (held[m]) saw(pthread_cond_timedwait(&world.condition[c], mutex, &long_ago) == 0);
      break;
    case Kind::cond_signal: pthread_cond_signal(&world.condition[c]); break;
    case Kind::cond_broadcast: pthread_cond_broadcast(&world.condition[c]); break;
    case Kind::read_lock:
      if (reading || writing) break;
      pthread_rwlock_rdlock(rwlock);
      reading = true;
      break;
    case Kind::write_lock:
      if (reading || writing) break;
      pthread_rwlock_wrlock(rwlock);
      writing = true;
      break;
    case Kind::try_read_lock:
      if (reading || writing) break;
      reading = pthread_rwlock_tryrdlock(rwlock) == 0;
      saw(reading);
      break;
    case Kind::try_write_lock:
      if (reading || writing) break;
      writing = pthread_rwlock_trywrlock(rwlock) == 0;
      saw(writing);
      break;
    case Kind::timed_read_lock:
      if (reading || writing) break;
      reading = pthread_rwlock_timedrdlock(rwlock, &long_ago) == 0;
      saw(reading);
      break;
    case Kind::timed_write_lock:
      if (reading || writing) break;
      writing = pthread_rwlock_timedwrlock(rwlock, &long_ago) == 0;
      saw(writing);
      break;
    case Kind::rw_unlock:
      if (!reading && !writing) break;
      reading = writing = false;
      pthread_rwlock_unlock(rwlock);
      break;
    case Kind::once: pthread_once(&world.once, &initialise); break;
    case Kind::create:
      if (creator[target] != self || created[target]) break;
      created[target] = true;
      pthread_create(&world.handle[target], nullptr, &thread_main, reinterpret_cast<void*>(target));
      break;
    case Kind::join:
    case Kind::try_join:
    case Kind::timed_join: {
      if (!created[target] || joined[target]) break;
      int error = 0;
      if (op.kind != Kind::join) world.asked[self][world.askings[self]++] = static_cast<std::uint8_t>(target);
      if (op.kind == Kind::join) error = pthread_join(world.handle[target], nullptr);
      if (op.kind == Kind::try_join) error = pthread_tryjoin_np(world.handle[target], nullptr);
      if (op.kind == Kind::timed_join) error = pthread_timedjoin_np(world.handle[target], nullptr, &long_ago);
      if (error == 0) joined[target] = true;
      saw(error == 0);
      break;
    }
    case Kind::choose: saw(interleave::choose(2 + op.value % 2)); break;
    case Kind::futex_wait:
    case Kind::futex_timed: {
      const timespec* time = op.kind == Kind::futex_timed ? &long_ago : nullptr;
      saw(syscall(SYS_futex, low(word), FUTEX_WAIT, static_cast<int>(op.value), time, nullptr, 0) == 0);
      break;
    }
    case Kind::futex_wake_one: saw(wake(world.word[0], 1)); break;
    case Kind::futex_wake_all: saw(wake(world.word[words - 1], INT_MAX)); break;
    case Kind::both: {
      std::vector<std::function<void()>> bodies;
      for (std::size_t t = running->started; t < running->threads.size(); ++t) {
        if (creator[t] != self || created[t]) continue;
        created[t] = joined[t] = true;
        world.waiting[t] = self;
        bodies.push_back([t] { thread_main(reinterpret_cast<void*>(t)); });
      }
      interleave::parallel(std::move(bodies));
      break;
    }
    case Kind::crowd:
      if (crowded) break;
      crowded = true;
      for (std::size_t i = 0; i < crowd_size; ++i) {
        pthread_t thread;
        pthread_create(&thread, nullptr, &idle, nullptr);
        pthread_detach(thread);
      }
      break;
    case Kind::skip: return last % 2 == 1 ? op.value : 0;
    case Kind::count: break;
  }
  return 0;
}

constexpr const char* names[] = {
    "load", "store", "add", "exchange", "compare_exchange", "load_high", "store_high", "lock", "unlock", "try_lock", "timed_lock",
    "sem_wait", "sem_post", "sem_try", "sem_timed", "sem_value", "cond_wait", "cond_timed", "cond_signal", "cond_broadcast",
    "read_lock", "write_lock", "try_read_lock", "try_write_lock", "timed_read_lock", "timed_write_lock", "rw_unlock", "once", "create", "join", "try_join", "timed_join",
    "choose", "futex_wait", "futex_timed", "futex_wake_one", "futex_wake_all", "both", "crowd", "skip"};
static_assert(sizeof names / sizeof *names == static_cast<std::size_t>(Kind::count));

using Family = std::vector<Kind>;
const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      {Kind::load, Kind::store, Kind::add, Kind::exchange, Kind::compare_exchange, Kind::load_high, Kind::store_high},
      {Kind::lock, Kind::unlock, Kind::try_lock, Kind::unlock, Kind::timed_lock},
      {Kind::sem_wait, Kind::sem_post, Kind::sem_try, Kind::sem_post, Kind::sem_timed, Kind::sem_value},
      {Kind::lock, Kind::cond_wait, Kind::unlock, Kind::cond_signal, Kind::cond_timed, Kind::cond_broadcast},
      {Kind::read_lock, Kind::rw_unlock, Kind::write_lock, Kind::try_read_lock, Kind::rw_unlock, Kind::try_write_lock},
      {Kind::read_lock, Kind::rw_unlock, Kind::write_lock, Kind::timed_read_lock, Kind::rw_unlock, Kind::timed_write_lock},
      {Kind::once, Kind::choose, Kind::skip},
      {Kind::create, Kind::join, Kind::try_join, Kind::timed_join},
      {Kind::futex_wait, Kind::store, Kind::futex_wake_one, Kind::futex_timed, Kind::futex_wake_all},
  };
  return all;
}

}  // namespace

Program generate(std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  Program program;
  program.started = 2 + below(3);
  const std::size_t later = below(3) == 0 ? 1 + below(2) : 0;
  program.permits = static_cast<std::uint8_t>(below(3));
  program.writers_first = below(2) == 0;
  // A program is about one to three families: many meetings, rather than a little of everything.
  std::vector<const Family*> about;
  for (std::size_t n = 1 + below(3); n > 0; --n) about.push_back(&families()[below(families().size())]);
  if (later > 0) about.push_back(&families()[7]);
  // A compare-exchange over a word whose halves are written by themselves is left out: dpor may then visit a class twice.
  const Kind rarer = below(2) == 0 ? Kind::store_high : Kind::compare_exchange;
  const auto add_thread = [&](std::size_t longest) {
    std::vector<Op> ops;
    for (std::size_t n = 1 + below(longest); n > 0; --n) {
      const Family& family = *about[below(about.size())];
      Op op{.kind = family[below(family.size())], .object = 0, .value = static_cast<std::uint8_t>(below(8))};
      if (op.kind == rarer) op.kind = Kind::add;
      op.object = static_cast<std::uint8_t>(below(3) == 0 ? 1 : 0);
      if (op.kind == Kind::create || op.kind == Kind::join || op.kind == Kind::try_join || op.kind == Kind::timed_join)
        op.object = static_cast<std::uint8_t>(program.started + below(std::max<std::size_t>(later, 1)));
      if (op.kind == Kind::skip) op.value = static_cast<std::uint8_t>(1 + below(2));
      if (op.kind == Kind::futex_wait || op.kind == Kind::futex_timed) op.value = static_cast<std::uint8_t>(below(2));
      if (op.kind == Kind::store) op.value = static_cast<std::uint8_t>(below(3));
      ops.push_back(op);
    }
    program.threads.push_back(std::move(ops));
  };
  const std::size_t longest = program.started == 2 ? 6 : program.started == 3 ? 4 : 3;
  for (std::size_t t = 0; t < program.started + later; ++t) add_thread(longest);

  // A program in four has threads side by side within a thread, and more threads than the engine has had room for.
  if (below(4) == 0) {
    while (program.threads.size() < program.started + 2) add_thread(2);
    for (const Kind kind : {Kind::both, Kind::crowd}) {
      std::vector<Op>& ops = program.threads[below(program.started + (kind == Kind::crowd ? 2 : 0))];
      ops.insert(ops.begin() + static_cast<std::ptrdiff_t>(below(ops.size() + 1)), Op{.kind = kind, .object = 0, .value = 0});
    }
  }
  return program;
}

std::string text(const Program& program) {
  std::string out = "permits " + std::to_string(program.permits) + (program.writers_first ? ", writers first\n" : "\n");
  for (std::size_t t = 0; t < program.threads.size(); ++t) {
    out += t < program.started ? "thread " : "later  ";
    out += std::to_string(t) + ":";
    for (const Op& op : program.threads[t])
      out += std::string(" ") + names[static_cast<std::size_t>(op.kind)] + "(" + std::to_string(op.object) + "," + std::to_string(op.value) + ")";
    out += "\n";
  }
  return out;
}

void run(const Program& program) {
  running = &program;
  std::fill_n(creator, threads_max, 255);
  for (std::size_t t = program.threads.size(); t-- > 0;)
    for (const Op& op : program.threads[t])
      for (std::size_t target = program.started; target < program.threads.size(); ++target)
        if ((op.kind == Kind::both || (op.kind == Kind::create && op.object % program.threads.size() == target)) && target != t)
          creator[target] = static_cast<std::uint8_t>(t);
  world = {};
  std::fill_n(world.waiting, threads_max, 255);
  sem_init(&world.semaphore[0], 0, program.permits);
  sem_init(&world.semaphore[1], 0, 0);
  if (program.writers_first) world.rwlock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
  std::vector<std::function<void()>> bodies;
  for (std::size_t t = 0; t < program.started; ++t)
    bodies.push_back([t] { thread_main(reinterpret_cast<void*>(t)); });
  no_thread_but_the_first();
  interleave::parallel(std::move(bodies));
  std::string results;
  for (std::size_t t = 0; t < program.started; ++t) results += std::to_string(world.result[t] % 1000003) + " ";
  interleave::outcome(results);
}

std::uint8_t asked_for(std::uint8_t thread, std::size_t nth) { return world.asked[thread][nth]; }

std::uint8_t thread_of(std::uint32_t id) { return created_so_far->thread[id]; }

std::uint8_t waiting_for(std::uint8_t thread) { return thread < threads_max ? world.waiting[thread] : 255; }

int object_of(const void* address) {
  const auto p = reinterpret_cast<std::uintptr_t>(address);
  const auto index = [&](const auto& array, std::size_t n, std::uintptr_t at) -> int {
    for (std::size_t i = 0; i < n; ++i)
      if (at == reinterpret_cast<std::uintptr_t>(&array[i])) return static_cast<int>(i);
    return -1;
  };
  constexpr std::uintptr_t queue = std::uintptr_t{1} << 63;
  if (const int i = index(world.word, words, p); i >= 0) return first_word + i;
  if (const int i = index(world.word, words, p - 4); i >= 0) return first_high + i;
  if (const int i = index(world.word, words, p ^ queue); i >= 0) return first_queue + i;
  if (const int i = index(world.mutex, mutexes, p); i >= 0) return first_mutex + i;
  if (const int i = index(world.condition, conditions, p); i >= 0) return first_condition + i;
  if (const int i = index(world.semaphore, semaphores, p); i >= 0) return first_semaphore + i;
  if (p == reinterpret_cast<std::uintptr_t>(&world.rwlock)) return the_gate;
  if (p == reinterpret_cast<std::uintptr_t>(&world.rwlock) + 8) return the_room;
  return p == reinterpret_cast<std::uintptr_t>(&world.once) ? the_once : -1;
}

}  // namespace oracle
