// Handover by the rest of the standard's and POSIX's surface.
#include "programs.hpp"

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <future>
#include <latch>
#include <barrier>
#include <memory>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include <pthread.h>
#include <semaphore.h>

namespace races {
namespace {

timespec in_a_second(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  ++t.tv_sec;
  return t;
}

// The first posts after writing; the second reads if `wait` says that it got what was posted.
std::function<void()> posted(const std::function<bool(sem_t&)>& wait) {
  return [=] {
    int x = 0;
    sem_t s;
    sem_init(&s, 0, 0);
    parallel([&] { put(x); sem_post(&s); }, [&] { if (wait(s)) get(x); });
  };
}

std::function<void()> of_mutex_type(int type, bool locks_both) {
  return [=] {
    int x = 0;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutex_t m;
    pthread_mutex_init(&m, &attributes);
    parallel([&] { pthread_mutex_lock(&m); put(x); pthread_mutex_unlock(&m); }, [&] {
      if (locks_both) pthread_mutex_lock(&m);
      put(x);
      if (locks_both) pthread_mutex_unlock(&m);
    });
  };
}

const Group surface("the rest of the surface", {
    {"pthread_mutex_t, errorcheck", ordered, of_mutex_type(PTHREAD_MUTEX_ERRORCHECK, true)},
    {"pthread_mutex_t, errorcheck, one of them without", racy, of_mutex_type(PTHREAD_MUTEX_ERRORCHECK, false)},
    {"pthread_mutex_t, recursive", ordered, of_mutex_type(PTHREAD_MUTEX_RECURSIVE, true)},
    {"pthread_mutex_timedlock", ordered, [] {
       int x = 0;
       pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
       const auto add = [&] {
         const timespec end = in_a_second(CLOCK_REALTIME);
         if (pthread_mutex_timedlock(&m, &end) != 0) return;
         put(x);
         pthread_mutex_unlock(&m);
       };
       parallel(add, add);
     }},
    {"sem_timedwait", ordered, posted([](sem_t& s) {
       const timespec end = in_a_second(CLOCK_REALTIME);
       return sem_timedwait(&s, &end) == 0;
     })},
    {"sem_timedwait that ran out of time", racy, posted([](sem_t& s) {
       const timespec past{};
       return sem_timedwait(&s, &past) != 0;
     })},
    {"sem_clockwait", ordered, posted([](sem_t& s) {
       const timespec end = in_a_second(CLOCK_MONOTONIC);
       return sem_clockwait(&s, CLOCK_MONOTONIC, &end) == 0;
     })},
    {"counting_semaphore, try_acquire_for", ordered, [] {
       int x = 0;
       std::counting_semaphore<4> s(0);
       parallel([&] { put(x); s.release(2); }, [&] { if (s.try_acquire_for(std::chrono::seconds(1))) get(x); });
     }},
    {"counting_semaphore, try_acquire that fails", racy, [] {
       int x = 0;
       std::counting_semaphore<4> s(0);
       parallel([&] { put(x); s.release(); }, [&] { if (!s.try_acquire()) get(x); });
     }},
    {"pthread_cond_broadcast to two", ordered, [] {
       int x = 0;
       bool ready = false;
       pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
       pthread_cond_t c = PTHREAD_COND_INITIALIZER;
       const auto wait = [&] {
         pthread_mutex_lock(&m);
         while (!ready) pthread_cond_wait(&c, &m);
         pthread_mutex_unlock(&m);
         get(x);
       };
       parallel(wait, wait, [&] {
         put(x);
         pthread_mutex_lock(&m);
         ready = true;
         pthread_cond_broadcast(&c);
         pthread_mutex_unlock(&m);
       });
     }},
    {"a notification alone orders nothing", racy, [] {
       int x = 0;
       std::mutex m;
       std::condition_variable c;
       parallel([&] { put(x); c.notify_one(); }, [&] {
         std::unique_lock lock(m);
         c.wait_for(lock, std::chrono::milliseconds(1));
         get(x);
       });
     }},
    {"shared_timed_mutex", ordered, [] {
       int x = 0;
       std::shared_timed_mutex m;
       parallel([&] { if (m.try_lock_for(std::chrono::seconds(1))) { put(x); m.unlock(); } },
                [&] { if (m.try_lock_shared_for(std::chrono::seconds(1))) { get(x); m.unlock_shared(); } });
     }},
    {"recursive_timed_mutex", ordered, [] {
       int x = 0;
       std::recursive_timed_mutex m;
       const auto add = [&] { m.lock(); if (m.try_lock()) { put(x); m.unlock(); } m.unlock(); };
       parallel(add, add);
     }},
    {"latch, arrive_and_wait", ordered, [] {
       int x[2] = {0, 0};
       std::latch met(2);
       parallel([&] { put(x[0]); met.arrive_and_wait(); get(x[1]); }, [&] { put(x[1]); met.arrive_and_wait(); get(x[0]); });
     }},
    {"latch, try_wait", ordered, [] {
       int x = 0;
       std::latch done(1);
       parallel([&] { put(x); done.count_down(); }, [&] { if (done.try_wait()) get(x); });
     }},
    {"barrier, its completion sees what was done before", ordered, [] {
       int x = 0;
       std::barrier phase(2, [&]() noexcept { put(x, get(x) + 1); });
       parallel([&] { put(x); phase.arrive_and_wait(); }, [&] { phase.arrive_and_wait(); get(x); });
     }},
    {"barrier, dropped", ordered, [] {
       int x = 0;
       std::barrier phase(2);
       parallel([&] { put(x); phase.arrive_and_drop(); }, [&] { phase.arrive_and_wait(); get(x); });
     }},
    {"atomic_flag, wait and notify", ordered, [] {
       int x = 0;
       std::atomic_flag up;
       parallel([&] { put(x); up.test_and_set(release); up.notify_one(); }, [&] { up.wait(false, acquire); get(x); });
     }},
    {"shared_future, two readers", ordered, [] {
       int x = 0;
       std::promise<void> promise;
       const std::shared_future<void> done = promise.get_future().share();
       parallel([&] { put(x); promise.set_value(); }, [&, done] { done.wait(); get(x); }, [&, done] { done.wait(); get(x); });
     }},
    {"future, timed out", racy, [] {
       int x = 0;
       std::promise<void> promise;
       const std::future<void> done = promise.get_future();
       parallel([&] { put(x); promise.set_value(); },
                [&] { if (done.wait_for(std::chrono::seconds(0)) == std::future_status::timeout) get(x); });
     }},
    {"async, deferred", ordered, [] {
       int x = 0;
       std::future<void> done = std::async(std::launch::deferred, [&] { put(x); });
       done.get();
       get(x);
     }},
    {"an exception through a future", ordered, [] {
       int x = 0;
       std::promise<int> promise;
       std::future<int> result = promise.get_future();
       parallel([&] { put(x); promise.set_exception(std::make_exception_ptr(std::runtime_error("late"))); }, [&] {
         try {
           result.get();
         } catch (const std::runtime_error&) {
           get(x);
         }
       });
     }},
    {"weak_ptr, locked", ordered, [] {
       auto owner = std::make_shared<int>(0);
       std::weak_ptr<int> weak = owner;
       parallel([&] { owner.reset(); }, [&] { if (const auto seen = weak.lock()) get(*seen); });
     }},
    {"stop_callback", ordered, [] {
       int x = 0;
       std::stop_source source;
       std::stop_callback callback(source.get_token(), [&] { get(x); });
       parallel([&] { put(x); source.request_stop(); }, [] {});
     }},
    {"jthread, stopped", ordered, [] {
       int x = 0;
       {
         std::jthread t([&](const std::stop_token& token) { if (token.stop_requested()) get(x); });
         put(x);
         t.request_stop();
       }
     }},
    {"pthread_once", ordered, [] {
       static int x;
       static pthread_once_t once;
       once = PTHREAD_ONCE_INIT;
       const auto use = [] { pthread_once(&once, [] { put(x); }); get(x); };
       parallel(use, use);
     }},
    {"call_once that throws and is done again", ordered, [] {
       int x = 0, tries = 0;
       std::once_flag once;
       const auto use = [&] {
         try {
           std::call_once(once, [&] {
             put(x);
             if (++tries == 1) throw std::runtime_error("again");
           });
           get(x);
         } catch (const std::runtime_error&) {
         }
       };
       parallel(use, use);
     }},
    {"destructor of a thread-specific value", ordered, [] {
       int x = 0;
       pthread_key_t key;
       pthread_key_create(&key, [](void* p) { put(*static_cast<int*>(p)); });
       std::thread t([&] { pthread_setspecific(key, &x); });
       t.join();
       get(x);
       pthread_key_delete(key);
     }},
    {"the address of a thread_local, handed over", racy, [] {
       static thread_local int own = 0;
       std::atomic<int*> shared{nullptr};
       std::latch read(1);
       parallel([&] { shared.store(&own, relaxed); put(own); read.wait(); },
                [&] { if (const int* p = shared.load(relaxed)) get(*p); read.count_down(); });
     }},
    {"a detached thread, waited for by a latch", ordered, [] {
       auto x = std::make_shared<int>(0);
       auto done = std::make_shared<std::latch>(1);
       std::thread([=] { put(*x); done->count_down(); }).detach();
       done->wait();
       get(*x);
     }},
    {"yield and sleep order nothing", racy, [] {
       int x = 0;
       parallel([&] { put(x); std::this_thread::yield(); },
                [&] { std::this_thread::sleep_for(std::chrono::microseconds(50)); get(x); });
     }},
});

}  // namespace
}  // namespace races
