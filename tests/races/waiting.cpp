// Handover by what threads wait for.
#include "programs.hpp"

#include <barrier>
#include <chrono>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <semaphore>
#include <stop_token>
#include <thread>
#include <pthread.h>
#include <semaphore.h>

namespace races {
namespace {

const Group waiting("waiting", {
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
    {"condition_variable, flag outside of the mutex", racy, [] {
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
    {"sem_t with two permits", racy, [] {
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
    {"sem_getvalue is no handover", racy, [] {
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
    {"one wait for two posts", racy, [] {
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
    {"counting_semaphore, read too early", racy, [] {
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
    {"pthread_barrier_t, a round too few", racy, [] {
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
    {"latch, written after counting down", racy, [] {
       int x = 0;
       std::latch done(1);
       parallel([&] { done.count_down(); put(x); }, [&] { done.wait(); get(x); });
     }},
    {"barrier", ordered, [] {
       int x[2] = {0, 0};
       std::barrier phase(2);
       parallel([&] { put(x[0]); phase.arrive_and_wait(); get(x[1]); }, [&] { put(x[1]); phase.arrive_and_wait(); get(x[0]); });
     }},
    {"barrier, the second phase unguarded", racy, [] {
       int x[2] = {0, 0};
       std::barrier phase(2);
       parallel([&] { put(x[0]); phase.arrive_and_wait(); put(x[1]); }, [&] { put(x[1]); phase.arrive_and_wait(); get(x[1]); });
     }},
    {"atomic wait and notify", ordered, [] {
       int x = 0;
       std::atomic<int> a{0};
       parallel([&] { put(x); a.store(1, release); a.notify_one(); }, [&] { a.wait(0, acquire); get(x); });
     }},
    {"atomic wait, relaxed", racy, [] {
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
    {"written after the promise", racy, [] {
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

}  // namespace
}  // namespace races
