// Programs whose races are known, in twins: what orders two accesses, and what only seems to. Each is searched exhaustively, by
// dpor and by dfs: a race must be found, and where there is none nothing may be said.
#include "explored.hpp"

#include <array>
#include <atomic>
#include <barrier>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <semaphore.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Winvalid-memory-model"  // g++ 12 still thinks that failing may not be stronger than succeeding
#endif

using namespace interleave;

namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto consume = std::memory_order_consume;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;

// Plain accesses that the optimiser leaves alone.
template <class T>
__attribute__((noinline)) void put(T& x, T value = T{1}) {
  x = value;
}
template <class T>
__attribute__((noinline)) T get(const T& x) {
  const T value = x;
  asm volatile("" : : "r"(&value) : "memory");
  return value;
}

enum Truth { ordered, races };

struct Program {
  const char* name;
  Truth truth;
  std::function<void()> body;
};

void judge(const Program& program) {
  INFO(program.name);
  for (const char* strategy : {"dpor", "dfs"}) {
    INFO(strategy);
    const bool plain = std::string(strategy) == "dfs";  // whose interleavings are too many here and there
    const Report report = explore(program.body, {.name = "race", .strategy = strategy, .executions_max = plain ? 20'000u : 0u});
    if (program.truth == ordered) {
      if (report.failure) FAIL_CHECK(report.failure->kind << ": " << report.failure->message);
      CHECK((report.complete || plain));
    } else {
      CHECK(report.failure);
      if (!report.failure) continue;
      CHECK(report.failure->kind == "data-race");
      const Report again = explore(program.body, {.name = "race", .schedule = report.failure->schedule});
      CHECK(again.failure);
      if (!again.failure) continue;
      CHECK(again.failure->message == report.failure->message);
    }
  }
}

void judge(const std::vector<Program>& programs) {
  for (const Program& program : programs) judge(program);
}

// One thread writes x and raises a flag; the other reads x if it sees the flag.
std::function<void()> passing(std::memory_order store, std::memory_order load) {
  return [=] {
    int x = 0;
    std::atomic<int> flag{0};
    parallel([&] { put(x); flag.store(1, store); }, [&] {
      if (flag.load(load) == 1) get(x);
    });
  };
}

// The same with fences before the store and after the load.
std::function<void()> fenced(std::memory_order before, std::memory_order store, std::memory_order load, std::memory_order after) {
  return [=] {
    int x = 0;
    std::atomic<int> flag{0};
    parallel(
        [&] {
          put(x);
          std::atomic_thread_fence(before);
          flag.store(1, store);
        },
        [&] {
          const int seen = flag.load(load);
          std::atomic_thread_fence(after);
          if (seen == 1) get(x);
        });
  };
}

// The first thread writes x and stores 1 with release; the second does `between`; the third reads x if it loads 2 with acquire.
std::function<void()> sequence(const std::function<void(std::atomic<int>&)>& between) {
  return [=] {
    int x = 0;
    std::atomic<int> a{0};
    parallel([&] { put(x); a.store(1, release); }, [&] { between(a); }, [&] {
      if (a.load(acquire) == 2) get(x);
    });
  };
}

// Two threads write their own and count down; the last one reads both.
std::function<void()> counted(std::memory_order down, bool fence) {
  return [=] {
    int x[2] = {0, 0};
    std::atomic<int> left{2};
    const auto part = [&](int i) {
      put(x[i]);
      if (left.fetch_sub(1, down) == 1) {
        if (fence) std::atomic_thread_fence(acquire);
        get(x[1 - i]);
      }
    };
    parallel([&] { part(0); }, [&] { part(1); });
  };
}

// Both threads write x, each in what `enclosed` does.
std::function<void()> both(const std::function<void(int&)>& enclosed) {
  return [=] {
    int x = 0;
    parallel([&] { enclosed(x); }, [&] { enclosed(x); });
  };
}

}  // namespace

TEST_CASE("races: the order of a store and of a load") {
  judge({
      {"relaxed, relaxed", races, passing(relaxed, relaxed)},
      {"relaxed, acquire", races, passing(relaxed, acquire)},
      {"relaxed, seq_cst", races, passing(relaxed, seq_cst)},
      {"release, relaxed", races, passing(release, relaxed)},
      {"seq_cst, relaxed", races, passing(seq_cst, relaxed)},
      {"release, consume", ordered, passing(release, consume)},
      {"release, acquire", ordered, passing(release, acquire)},
      {"release, seq_cst", ordered, passing(release, seq_cst)},
      {"seq_cst, acquire", ordered, passing(seq_cst, acquire)},
      {"seq_cst, seq_cst", ordered, passing(seq_cst, seq_cst)},
      {"the flag is not looked at", races, [] {
         int x = 0;
         std::atomic<int> flag{0};
         parallel([&] { put(x); flag = 1; }, [&] { (void)flag.load(); get(x); });
       }},
      {"the write comes after the store", races, [] {
         int x = 0;
         std::atomic<int> flag{0};
         parallel([&] { flag = 1; put(x); }, [&] {
           if (flag == 1) get(x);
         });
       }},
      {"volatile is no synchronisation", races, [] {
         int x = 0;
         volatile int flag = 0;
         parallel([&] { put(x); flag = 1; }, [&] {
           if (flag == 1) get(x);
         });
       }},
      {"a store back and forth", ordered, [] {
         int x = 0;
         std::atomic<int> turn{0};
         parallel([&] { put(x); turn.store(1, release); if (turn.load(acquire) == 2) put(x); }, [&] {
           if (turn.load(acquire) == 1) { put(x, 2); turn.store(2, release); }
         });
       }},
  });
}

TEST_CASE("races: fences") {
  judge({
      {"release fence, acquire fence", ordered, fenced(release, relaxed, relaxed, acquire)},
      {"release fence, acquire load", ordered, fenced(release, relaxed, acquire, relaxed)},
      {"release store, acquire fence", ordered, fenced(relaxed, release, relaxed, acquire)},
      {"acq_rel fences", ordered, fenced(acq_rel, relaxed, relaxed, acq_rel)},
      {"seq_cst fences", ordered, fenced(seq_cst, relaxed, relaxed, seq_cst)},
      {"no release fence", races, fenced(relaxed, relaxed, relaxed, acquire)},
      {"no acquire fence", races, fenced(release, relaxed, relaxed, relaxed)},
      {"acquire fence for a release fence", races, fenced(acquire, relaxed, relaxed, acquire)},
      {"release fence for an acquire fence", races, fenced(release, relaxed, relaxed, release)},
      {"the release fence comes before the write", races, [] {
         int x = 0;
         std::atomic<int> flag{0};
         parallel([&] { std::atomic_thread_fence(release); put(x); flag.store(1, relaxed); }, [&] {
           if (flag.load(acquire) == 1) get(x);
         });
       }},
      {"the acquire fence comes before the load", races, [] {
         int x = 0;
         std::atomic<int> flag{0};
         parallel([&] { put(x); flag.store(1, release); }, [&] {
           std::atomic_thread_fence(acquire);
           if (flag.load(relaxed) == 1) get(x);
         });
       }},
      {"seq_cst fences without an atomic between them", races, [] {
         int x = 0;
         parallel([&] { put(x); std::atomic_thread_fence(seq_cst); }, [&] { std::atomic_thread_fence(seq_cst); get(x); });
       }},
  });
}

TEST_CASE("races: release sequences and read-modify-writes") {
  const auto plus_one = [](std::memory_order order) {
    return [order](std::atomic<int>& a) {
      if (a.load(relaxed) == 1) a.fetch_add(1, order);
    };
  };
  judge({
      {"a relaxed fetch_add goes on with the sequence", ordered, sequence(plus_one(relaxed))},
      {"an acquiring fetch_add goes on with it", ordered, sequence(plus_one(acquire))},
      {"a releasing fetch_add adds to it", ordered, sequence(plus_one(release))},
      {"a relaxed exchange goes on with it", ordered, sequence([](std::atomic<int>& a) {
         // Its result is used: clang makes a store of an exchange whose result is not.
         if (a.load(relaxed) == 1 && a.exchange(2, relaxed) != 1) a.store(3);
       })},
      {"a relaxed compare_exchange goes on with it", ordered, sequence([](std::atomic<int>& a) {
         int one = 1;
         a.compare_exchange_strong(one, 2, relaxed);
       })},
      {"a relaxed store ends it", races, sequence([](std::atomic<int>& a) {
         if (a.load(relaxed) == 1) a.store(2, relaxed);
       })},
      {"another thread's release does not stand for it", races, sequence([](std::atomic<int>& a) {
         if (a.load(relaxed) == 1) a.store(2, release);
       })},
      {"acquired and released", ordered, sequence([](std::atomic<int>& a) {
         if (a.load(acquire) == 1) a.store(2, release);
       })},
      {"the same thread's relaxed store ends it", races, [] {
         int x = 0;
         std::atomic<int> a{0};
         parallel([&] { put(x); a.store(1, release); a.store(2, relaxed); }, [&] {
           if (a.load(acquire) == 2) get(x);
         });
       }},
      {"a compare_exchange that fails acquires by its second order", ordered, [] {
         int x = 0;
         std::atomic<int> a{0};
         parallel([&] { put(x); a.store(1, release); }, [&] {
           int two = 2;
           if (!a.compare_exchange_strong(two, 3, relaxed, acquire) && two == 1) get(x);
         });
       }},
      {"a compare_exchange that fails relaxed acquires nothing", races, [] {
         int x = 0;
         std::atomic<int> a{0};
         parallel([&] { put(x); a.store(1, release); }, [&] {
           int two = 2;
           if (!a.compare_exchange_strong(two, 3, acq_rel, relaxed) && two == 1) get(x);
         });
       }},
      {"a compare_exchange that fails does not end a sequence", ordered, sequence([](std::atomic<int>& a) {
         int seven = 7;
         a.compare_exchange_strong(seven, 8, relaxed);
         a.load(relaxed) == 1 ? (void)a.fetch_add(1, relaxed) : (void)0;
       })},
      {"counting down with acq_rel", ordered, counted(acq_rel, false)},
      {"counting down with release, then a fence", ordered, counted(release, true)},
      {"counting down with release, no fence", races, counted(release, false)},
      {"counting down relaxed", races, counted(relaxed, false)},
      {"counting down relaxed, then a fence", races, counted(relaxed, true)},
      {"counting down with acquire", races, counted(acquire, false)},
      {"a flag taken and cleared", ordered, both([flag = std::make_shared<std::atomic_flag>()](int& x) {
         if (flag->test_and_set(acquire)) return;
         put(x);
         flag->clear(release);
       })},
      {"a flag cleared relaxed", races, both([flag = std::make_shared<std::atomic_flag>()](int& x) {
         if (flag->test_and_set(acquire)) return;
         put(x);
         flag->clear(relaxed);
       })},
      {"16 bytes", ordered, [] {
         struct alignas(16) Pair { long a, b; };
         int x = 0;
         std::atomic<Pair> pair{Pair{0, 0}};
         parallel([&] { put(x); pair.store({1, 1}, release); }, [&] {
           if (pair.load(acquire).b == 1) get(x);
         });
       }},
      {"16 bytes, relaxed", races, [] {
         struct alignas(16) Pair { long a, b; };
         int x = 0;
         std::atomic<Pair> pair{Pair{0, 0}};
         parallel([&] { put(x); pair.store({1, 1}, relaxed); }, [&] {
           if (pair.load(acquire).b == 1) get(x);
         });
       }},
      {"neighbours in a word are different objects", races, [] {
         int x = 0;
         struct { std::atomic<int> a{0}, b{0}; } two;
         parallel([&] { put(x); two.a.store(1, release); two.b.store(1, relaxed); }, [&] {
           if (two.b.load(acquire) == 1) get(x);
         });
       }},
  });
}

TEST_CASE("races: mutexes and reader-writer locks") {
  judge({
      {"std::mutex", ordered, [] {
         int x = 0;
         std::mutex m;
         const auto add = [&] { const std::lock_guard guard(m); put(x, get(x) + 1); };
         parallel(add, add, add);
       }},
      {"one of them without", races, [] {
         int x = 0;
         std::mutex m;
         parallel([&] { const std::lock_guard guard(m); put(x); }, [&] { put(x); });
       }},
      {"two mutexes", races, [] {
         int x = 0;
         std::mutex m, n;
         parallel([&] { const std::lock_guard guard(m); put(x); }, [&] { const std::lock_guard guard(n); put(x); });
       }},
      {"after unlocking", races, [] {
         int x = 0;
         std::mutex m;
         const auto late = [&] { { const std::lock_guard guard(m); } put(x); };
         parallel(late, late);
       }},
      {"try_lock", ordered, [] {
         int x = 0;
         std::mutex m;
         const auto attempt = [&] { if (m.try_lock()) { put(x); m.unlock(); } };
         parallel(attempt, attempt);
       }},
      {"a try_lock that failed", races, [] {
         int x = 0;
         std::mutex m;
         parallel([&] { m.lock(); put(x); m.unlock(); }, [&] {
           if (m.try_lock()) m.unlock(); else get(x);
         });
       }},
      {"recursive_mutex", ordered, [] {
         int x = 0;
         std::recursive_mutex m;
         const auto add = [&] { m.lock(); m.lock(); put(x); m.unlock(); put(x); m.unlock(); };
         parallel(add, add);
       }},
      {"timed_mutex, in time", ordered, [] {
         int x = 0;
         std::timed_mutex m;
         const auto add = [&] { if (m.try_lock_for(std::chrono::seconds(1))) { put(x); m.unlock(); } };
         parallel(add, add);
       }},
      {"timed_mutex, too late", races, [] {
         int x = 0;
         std::timed_mutex m;
         const auto add = [&] {
           const bool locked = m.try_lock_for(std::chrono::seconds(1));
           put(x);
           if (locked) m.unlock();
         };
         parallel(add, add);
       }},
      {"scoped_lock of two", ordered, [] {
         int x = 0;
         std::mutex m, n;
         parallel([&] { const std::scoped_lock lock(m, n); put(x); }, [&] { const std::lock_guard guard(n); put(x); });
       }},
      {"shared_mutex, writers", ordered, [] {
         int x = 0;
         std::shared_mutex m;
         parallel([&] { const std::unique_lock lock(m); put(x); }, [&] { const std::unique_lock lock(m); put(x); });
       }},
      {"shared_mutex, a reader and a writer", ordered, [] {
         int x = 0;
         std::shared_mutex m;
         const auto read = [&] { const std::shared_lock lock(m); get(x); };
         parallel(read, read, [&] { const std::unique_lock lock(m); put(x); });
       }},
      {"shared_mutex, writing as a reader", races, [] {
         int x = 0;
         std::shared_mutex m;
         const auto wrong = [&] { const std::shared_lock lock(m); put(x); };
         parallel(wrong, wrong);
       }},
      {"readers do not order each other", races, [] {
         int x = 0;
         std::shared_mutex m;
         parallel([&] { put(x); const std::shared_lock lock(m); }, [&] { { const std::shared_lock lock(m); } get(x); });
       }},
      {"pthread_rwlock_t", ordered, [] {
         int x = 0;
         pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
         parallel([&] { pthread_rwlock_rdlock(&lock); get(x); pthread_rwlock_unlock(&lock); },
                  [&] { pthread_rwlock_wrlock(&lock); put(x); pthread_rwlock_unlock(&lock); });
       }},
      {"pthread_spinlock_t", ordered, [] {
         int x = 0;
         pthread_spinlock_t lock;
         pthread_spin_init(&lock, 0);
         const auto add = [&] { pthread_spin_lock(&lock); put(x); pthread_spin_unlock(&lock); };
         parallel(add, add);
       }},
  });
}

TEST_CASE("races: waiting") {
  judge({
      {"condition_variable", ordered, [] {
         int x = 0;
         bool ready = false;
         std::mutex m;
         std::condition_variable c;
         parallel([&] { put(x); const std::lock_guard guard(m); ready = true; c.notify_one(); }, [&] {
           std::unique_lock lock(m);
           c.wait(lock, [&] { return ready; });
           lock.unlock();
           get(x);
         });
       }},
      {"condition_variable, flag outside of the mutex", races, [] {
         bool ready = false;
         std::mutex m;
         std::condition_variable c;
         parallel([&] { put(ready, true); const std::lock_guard guard(m); c.notify_one(); }, [&] {
           std::unique_lock lock(m);
           if (!get(ready)) c.wait_for(lock, std::chrono::seconds(1));
         });
       }},
      {"condition_variable_any", ordered, [] {
         int x = 0;
         bool ready = false;
         std::mutex m;
         std::condition_variable_any c;
         parallel([&] { put(x); m.lock(); ready = true; m.unlock(); c.notify_one(); }, [&] {
           std::unique_lock lock(m);
           c.wait(lock, [&] { return ready; });
           get(x);
         });
       }},
      {"sem_t", ordered, [] {
         int x = 0;
         sem_t s;
         sem_init(&s, 0, 0);
         parallel([&] { put(x); sem_post(&s); }, [&] { sem_wait(&s); get(x); });
       }},
      {"sem_t with two permits", races, [] {
         int x = 0;
         sem_t s;
         sem_init(&s, 0, 2);
         const auto add = [&] { sem_wait(&s); put(x); sem_post(&s); };
         parallel(add, add);
       }},
      {"sem_trywait", ordered, [] {
         int x = 0;
         sem_t s;
         sem_init(&s, 0, 0);
         parallel([&] { put(x); sem_post(&s); }, [&] { if (sem_trywait(&s) == 0) get(x); });
       }},
      {"sem_getvalue is no handover", races, [] {
         int x = 0, value = 0;
         sem_t s;
         sem_init(&s, 0, 0);
         parallel([&] { put(x); sem_post(&s); }, [&] { sem_getvalue(&s, &value); if (value == 1) get(x); });
       }},
      {"two posts for two waits", ordered, [] {
         int x = 0, y = 0;
         sem_t s;
         sem_init(&s, 0, 0);
         parallel([&] { put(x); sem_post(&s); }, [&] { put(y); sem_post(&s); }, [&] { sem_wait(&s); sem_wait(&s); get(x); get(y); });
       }},
      {"one wait for two posts", races, [] {
         int x = 0, y = 0;
         sem_t s;
         sem_init(&s, 0, 0);
         parallel([&] { put(x); sem_post(&s); }, [&] { put(y); sem_post(&s); }, [&] { sem_wait(&s); get(x); get(y); });
       }},
      {"binary_semaphore", ordered, [] {
         int x = 0;
         std::binary_semaphore s(0);
         parallel([&] { put(x); s.release(); }, [&] { s.acquire(); get(x); });
       }},
      {"counting_semaphore, released twice", ordered, [] {
         int x = 0, y = 0;
         std::counting_semaphore<2> s(0);
         parallel([&] { put(x); s.release(); put(y); s.release(); }, [&] { s.acquire(); get(x); s.acquire(); get(y); });
       }},
      {"counting_semaphore, read too early", races, [] {
         int x = 0, y = 0;
         std::counting_semaphore<2> s(0);
         parallel([&] { put(x); s.release(); put(y); s.release(); }, [&] { s.acquire(); get(y); });
       }},
      {"pthread_barrier_t", ordered, [] {
         int x[2] = {0, 0};
         pthread_barrier_t phase;
         pthread_barrier_init(&phase, nullptr, 2);
         const auto part = [&](int i) {
           put(x[i]);
           pthread_barrier_wait(&phase);
           get(x[1 - i]);
           pthread_barrier_wait(&phase);
           put(x[1 - i]);
         };
         parallel([&] { part(0); }, [&] { part(1); });
       }},
      {"pthread_barrier_t, a round too few", races, [] {
         int x[2] = {0, 0};
         pthread_barrier_t phase;
         pthread_barrier_init(&phase, nullptr, 2);
         const auto part = [&](int i) {
           put(x[i]);
           pthread_barrier_wait(&phase);
           get(x[1 - i]);
           put(x[i]);
         };
         parallel([&] { part(0); }, [&] { part(1); });
       }},
      {"latch", ordered, [] {
         int x = 0;
         std::latch done(1);
         parallel([&] { put(x); done.count_down(); }, [&] { done.wait(); get(x); });
       }},
      {"latch, written after counting down", races, [] {
         int x = 0;
         std::latch done(1);
         parallel([&] { done.count_down(); put(x); }, [&] { done.wait(); get(x); });
       }},
      {"barrier", ordered, [] {
         int x[2] = {0, 0};
         std::barrier phase(2);
         parallel([&] { put(x[0]); phase.arrive_and_wait(); get(x[1]); }, [&] { put(x[1]); phase.arrive_and_wait(); get(x[0]); });
       }},
      {"barrier, the second phase unguarded", races, [] {
         int x[2] = {0, 0};
         std::barrier phase(2);
         parallel([&] { put(x[0]); phase.arrive_and_wait(); put(x[1]); }, [&] { put(x[1]); phase.arrive_and_wait(); get(x[1]); });
       }},
      {"atomic wait and notify", ordered, [] {
         int x = 0;
         std::atomic<int> a{0};
         parallel([&] { put(x); a.store(1, release); a.notify_one(); }, [&] { a.wait(0, acquire); get(x); });
       }},
      {"atomic wait, relaxed", races, [] {
         int x = 0;
         std::atomic<int> a{0};
         parallel([&] { put(x); a.store(1, relaxed); a.notify_one(); }, [&] { a.wait(0, relaxed); get(x); });
       }},
      {"promise and future", ordered, [] {
         int x = 0;
         std::promise<int> promise;
         std::future<int> future = promise.get_future();
         parallel([&] { put(x); promise.set_value(1); }, [&] { future.get(); get(x); });
       }},
      {"written after the promise", races, [] {
         int x = 0;
         std::promise<int> promise;
         std::future<int> future = promise.get_future();
         parallel([&] { promise.set_value(1); put(x); }, [&] { future.get(); get(x); });
       }},
      {"async", ordered, [] {
         int x = 0;
         std::future<void> done = std::async(std::launch::async, [&] { put(x); });
         done.get();
         get(x);
       }},
      {"packaged_task", ordered, [] {
         int x = 0;
         std::packaged_task<int()> task([&] { put(x); return 1; });
         std::future<int> result = task.get_future();
         std::thread t(std::move(task));
         result.get();
         get(x);
         t.join();
       }},
      {"stop_token", ordered, [] {
         int x = 0;
         std::stop_source source;
         parallel([&] { put(x); source.request_stop(); }, [&] { if (source.get_token().stop_requested()) get(x); });
       }},
  });
}

TEST_CASE("races: threads and initialisation") {
  judge({
      {"creation", ordered, [] {
         int x = 0;
         put(x);
         std::thread t([&] { get(x); });
         t.join();
       }},
      {"written after creation", races, [] {
         int x = 0;
         std::thread t([&] { get(x); });
         put(x);
         t.join();
       }},
      {"join", ordered, [] {
         int x = 0;
         std::thread t([&] { put(x); });
         t.join();
         get(x);
       }},
      {"read before join", races, [] {
         int x = 0;
         std::thread t([&] { put(x); });
         get(x);
         t.join();
       }},
      {"jthread", ordered, [] {
         int x = 0;
         { const std::jthread t([&] { put(x); }); }
         get(x);
       }},
      {"a tryjoin that succeeds", ordered, [] {
         int x = 0;
         pthread_t t;
         pthread_create(&t, nullptr, [](void* p) -> void* { put(*static_cast<int*>(p)); return nullptr; }, &x);
         if (pthread_tryjoin_np(t, nullptr) == 0) get(x); else pthread_join(t, nullptr);
       }},
      {"siblings", races, [] {
         int x = 0;
         std::thread a([&] { put(x); }), b([&] { put(x); });
         a.join();
         b.join();
       }},
      {"siblings, one after the other", ordered, [] {
         int x = 0;
         std::thread([&] { put(x); }).join();
         std::thread([&] { put(x); }).join();
       }},
      {"a grandchild, joined by the child", ordered, [] {
         int x = 0;
         std::thread t([&] { std::thread([&] { put(x); }).join(); });
         t.join();
         get(x);
       }},
      {"a grandchild that nobody joins", races, [] {
         auto x = std::make_shared<int>(0);
         std::thread t([&] { std::thread([x] { put(*x); }).detach(); });
         t.join();
         get(*x);
       }},
      {"parallel", ordered, [] {
         int x = 0;
         parallel([&] { put(x); }, [] {});
         get(x);
         parallel([&] { put(x); }, [] {});
       }},
      {"call_once", ordered, [] {
         int x = 0;
         std::once_flag once;
         const auto use = [&] { std::call_once(once, [&] { put(x); }); get(x); };
         parallel(use, use);
       }},
      {"read before call_once", races, [] {
         int x = 0;
         std::once_flag once;
         const auto use = [&] { get(x); std::call_once(once, [&] { put(x); }); };
         parallel(use, use);
       }},
      {"a function-local static", ordered, [] {
         const auto use = [] {
           static const int made = [] { return static_cast<int>(choose(1)) + 1; }();
           get(made);
         };
         parallel(use, use);
       }},
      {"double-checked locking with a plain pointer", races, [] {
         int* instance = nullptr;
         std::mutex m;
         const auto use = [&] {
           if (get(instance) != nullptr) return;
           const std::lock_guard guard(m);
           if (instance == nullptr) put(instance, new int(1));
         };
         parallel(use, use);
       }},
      {"double-checked locking, relaxed", races, [] {
         std::atomic<int*> instance{nullptr};
         std::mutex m;
         const auto use = [&] {
           int* p = instance.load(relaxed);
           if (p == nullptr) {
             const std::lock_guard guard(m);
             p = instance.load(relaxed);
             if (p == nullptr) { p = new int; put(*p); instance.store(p, release); }
           }
           get(*p);
         };
         parallel(use, use);
       }},
      {"double-checked locking, acquire and release", ordered, [] {
         std::atomic<int*> instance{nullptr};
         std::mutex m;
         const auto use = [&] {
           int* p = instance.load(acquire);
           if (p == nullptr) {
             const std::lock_guard guard(m);
             p = instance.load(relaxed);
             if (p == nullptr) { p = new int; put(*p); instance.store(p, release); }
           }
           get(*p);
         };
         parallel(use, use);
       }},
      {"thread_local", ordered, both([](int&) {
         static thread_local int own = 0;
         put(own, get(own) + 1);
       })},
      {"Dekker's entry with seq_cst", ordered, [] {
         int x = 0;
         std::atomic<int> wants[2] = {0, 0};
         const auto enter = [&](int i) { wants[i] = 1; if (wants[1 - i] == 0) put(x); };
         parallel([&] { enter(0); }, [&] { enter(1); });
       }},
  });
}

TEST_CASE("races: which bytes, and of what") {
  judge({
      {"two bytes of a word", ordered, [] {
         char x[8] = {};
         parallel([&] { put(x[2]); }, [&] { put(x[3]); });
       }},
      {"four bytes and one of them", races, [] {
         union { int whole = 0; char part[4]; } x;
         parallel([&] { put(x.whole); }, [&] { put(x.part[2]); });
       }},
      {"across two words", races, [] {
         alignas(8) char x[16] = {};
         parallel([&] { std::memset(x + 4, 1, 8); }, [&] { put(x[9]); });
       }},
      {"bit-fields of a word", races, [] {
         struct { unsigned a : 4, b : 4; } x{0, 0};
         parallel([&] { x.a = 1; }, [&] { x.b = 1; });
       }},
      {"memcpy reads", races, [] {
         char from[32] = {}, to[32];
         parallel([&] { std::memcpy(to, from, sizeof to); }, [&] { put(from[20]); });
       }},
      {"memmove writes", races, [] {
         char x[32] = {};
         parallel([&] { std::memmove(x + 1, x, 20); }, [&] { get(x[20]); });
       }},
      {"elements of a vector", ordered, [] {
         std::vector<int> x(2);
         parallel([&] { put(x[0]); }, [&] { put(x[1]); });
       }},
      {"elements of a vector of bool", races, [] {
         std::vector<bool> x(2);
         parallel([&] { x[0] = true; }, [&] { x[1] = true; });
       }},
      {"readers", ordered, [] {
         int x = 1;
         const auto read = [&] { get(x); };
         parallel(read, read, read);
       }},
      {"a write after many readers of which one is not ordered", races, [] {
         int x = 1;
         std::atomic<int> done{0};
         std::vector<std::function<void()>> bodies(5, [&] { get(x); done.fetch_add(1, acq_rel); });
         bodies.push_back([&] { get(x); });
         bodies.push_back([&] { if (done.load(acquire) == 5) put(x); });
         std::vector<std::thread> readers;
         for (auto& body : bodies) readers.emplace_back(body);
         for (auto& thread : readers) thread.join();
       }},
      {"atomic_ref on both sides", ordered, both([](int& x) { std::atomic_ref(x).fetch_add(1, relaxed); })},
      {"atomic_ref and a plain read", races, [] {
         int x = 0;
         parallel([&] { std::atomic_ref(x).store(1); }, [&] { get(x); });
       }},
      {"atomic_ref loads and a plain read", ordered, [] {
         int x = 0;
         parallel([&] { (void)std::atomic_ref(x).load(); }, [&] { get(x); });
       }},
      {"copies of a shared_ptr", ordered, [] {
         auto x = std::make_shared<int>(0);
         parallel([y = x]() mutable { y.reset(); }, [z = x]() mutable { z.reset(); });
         x.reset();
       }},
      {"one shared_ptr", races, [] {
         auto x = std::make_shared<int>(0);
         parallel([&] { x.reset(); }, [&] { const auto copy = x; });
       }},
      {"a static", races, [] {
         static int x = 0;
         parallel([] { put(x); }, [] { put(x); });
       }},
      {"a block of the heap", races, [] {
         const auto x = std::make_unique<int>(0);
         parallel([&] { put(*x); }, [&] { put(*x); });
       }},
  });
}

TEST_CASE("races: ignored if asked") {
  const Report report = explore(both([](int& x) { put(x); }), {.name = "race", .races = "ignore"});
  CHECK(report.verdict == Verdict::pass);
}

TEST_CASE("races: the report names both accesses, their threads and what they access") {
  static int number = 0;
  const auto heap = [] {
    auto x = std::make_unique<std::array<int, 4>>();
    parallel([&] { put((*x)[2]); }, [&] { get((*x)[2]); });
  };
  const auto local = [] {
    int x = 0;
    std::thread t([&] { put(x); });
    put(x);
    t.join();
  };
  const auto message = [](const std::function<void()>& body) {
    const Report report = explore(body, {.name = "race"});
    REQUIRE(report.failure);
    CHECK(report.failure->kind == "data-race");
    return report.failure->message;
  };
  const std::string of_static = message([] { parallel([] { put(number); }, [] { put(number); }); });
  CHECK_THAT(of_static, Catch::Contains("number"));
  CHECK_THAT(of_static, Catch::Contains("write by T1 at races.cpp:") && Catch::Contains("write by T2 at races.cpp:"));
  const std::string of_heap = message(heap);
  CHECK_THAT(of_heap, Catch::Contains("byte 8 of a block of 16 bytes, allocated by main at races.cpp:"));
  CHECK_THAT(of_heap, Catch::Contains("write by T1") && Catch::Contains("read by T2"));
  CHECK_THAT(message(local), Catch::Contains("a local variable of main") && Catch::Contains("write by T1"));
}

TEST_CASE("races: beyond a failure every thread runs on, so that no class is lost") {
  // Two stores to an atomic, in two orders, each with a race beside it: two classes, both fail.
  Options options;
  options.name = "race";
  options.strategy = "dpor";
  options.stop_at_first_failure = false;
  const Report report = explore([] {
    int x = 0;
    std::atomic<int> a{0};
    parallel([&] { put(x); a = 1; }, [&] { a = 2; put(x); });
    outcome(std::to_string(a));
  }, options);
  CHECK(report.complete);
  CHECK(report.executions == 2);
  CHECK(report.failing == 2);
  CHECK(report.redundant == 0);
}
