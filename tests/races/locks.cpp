// Handover by locks.
#include "programs.hpp"

#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <pthread.h>

namespace races {
namespace {

const Group locks("mutexes and reader-writer locks", {
    {"std::mutex", ordered, [] {
       int x = 0;
       std::mutex m;
       const auto add = [&] { const std::lock_guard guard(m); put(x, get(x) + 1); };
       parallel(add, add, add);
     }},
    {"one of them without", racy, [] {
       int x = 0;
       std::mutex m;
       parallel([&] { const std::lock_guard guard(m); put(x); }, [&] { put(x); });
     }},
    {"two mutexes", racy, [] {
       int x = 0;
       std::mutex m, n;
       parallel([&] { const std::lock_guard guard(m); put(x); }, [&] { const std::lock_guard guard(n); put(x); });
     }},
    {"after unlocking", racy, [] {
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
    {"a try_lock that failed", racy, [] {
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
    {"timed_mutex, too late", racy, [] {
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
    {"shared_mutex, writing as a reader", racy, [] {
       int x = 0;
       std::shared_mutex m;
       const auto wrong = [&] { const std::shared_lock lock(m); put(x); };
       parallel(wrong, wrong);
     }},
    {"readers do not order each other", racy, [] {
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

}  // namespace
}  // namespace races
