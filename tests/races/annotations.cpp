// What a program tells ThreadSanitizer by annotation: locks of its own, regions, order. Each beside a program in which it is not told, or not
// told enough.
#include "../annotations.hpp"
#include "programs.hpp"

#include <memory>

namespace races {
namespace {

constexpr unsigned is_try = 1 << 4, has_failed = 1 << 5;

// As abseil's: the orders of its atomics are too weak to order anything, and it counts in a plain variable.
template <bool annotated>
class Spinlock {
 public:
  void lock() {
    if (annotated) __tsan_mutex_pre_lock(this, 0);
    while (taken_.exchange(true, relaxed)) {
    }
    put(times_, get(times_) + 1);
    if (annotated) __tsan_mutex_post_lock(this, 0, 0);
  }
  bool try_lock() {
    if (annotated) __tsan_mutex_pre_lock(this, is_try);
    const bool failed = taken_.exchange(true, relaxed);
    if (annotated) __tsan_mutex_post_lock(this, is_try | (failed ? has_failed : 0), 0);
    return !failed;
  }
  void unlock() {
    if (annotated) __tsan_mutex_pre_unlock(this, 0);
    taken_.store(false, relaxed);
    if (annotated) __tsan_mutex_post_unlock(this, 0);
  }

 private:
  std::atomic<bool> taken_{false};
  int times_ = 0;
};

// Readers and a writer; their annotations stand behind the fact.
class ReadersAndWriter {
 public:
  bool try_read() {
    int seen = state_.load(relaxed);
    while (seen >= 0)
      if (state_.compare_exchange_strong(seen, seen + 1, relaxed)) {
        AnnotateRWLockAcquired(__FILE__, __LINE__, this, 0);
        return true;
      }
    return false;
  }
  void end_read() {
    AnnotateRWLockReleased(__FILE__, __LINE__, this, 0);
    state_.fetch_sub(1, relaxed);
  }
  bool try_write() {
    int seen = 0;
    if (!state_.compare_exchange_strong(seen, -1, relaxed)) return false;
    AnnotateRWLockAcquired(__FILE__, __LINE__, this, 1);
    return true;
  }
  void end_write() {
    AnnotateRWLockReleased(__FILE__, __LINE__, this, 1);
    state_.store(0, relaxed);
  }

 private:
  std::atomic<int> state_{0};
};

template <class Before, class After>
void relaxed_handover(Before before, After after) {
  int x = 0;
  std::atomic<bool> ready{false};
  parallel([&] { put(x); before(&ready); ready.store(true, relaxed); },
           [&] { if (ready.load(relaxed)) { after(&ready); get(x); } });
}

template <class Begin, class End>
void handover_in(Begin begin, End end) {
  int x = 0;
  std::atomic<bool> ready{false};
  parallel([&] { put(x); begin(); ready.store(true, release); end(); }, [&] { if (ready.load(acquire)) get(x); });
}

const Group annotations("annotations", {
    {"annotated spinlock with relaxed atomics", ordered, [] {
       int x = 0;
       Spinlock<true> m;
       const auto add = [&] { m.lock(); put(x, get(x) + 1); m.unlock(); };
       parallel(add, add);
     }},
    {"the same without annotations", racy, [] {
       int x = 0;
       Spinlock<false> m;
       const auto add = [&] { m.lock(); put(x, get(x) + 1); m.unlock(); };
       parallel(add, add);
     }},
    {"annotated try_lock", ordered, [] {
       int x = 0;
       Spinlock<true> m;
       const auto attempt = [&] { if (m.try_lock()) { put(x); m.unlock(); } };
       parallel(attempt, attempt);
     }},
    {"annotated try_lock that failed", racy, [] {
       int x = 0;
       Spinlock<true> m;
       const auto attempt = [&] { const bool got = m.try_lock(); put(x); if (got) m.unlock(); };
       parallel(attempt, attempt);
     }},
    {"one of them without an annotated lock", racy, [] {
       int x = 0;
       Spinlock<true> m;
       parallel([&] { m.lock(); put(x); m.unlock(); }, [&] { put(x); });
     }},
    {"after unlocking an annotated lock", racy, [] {
       int x = 0;
       Spinlock<true> m;
       const auto late = [&] { m.lock(); m.unlock(); put(x); };
       parallel(late, late);
     }},
    {"an access inside an annotated lock", ordered, [] {
       int x = 0;
       const auto touch = [&] { int m; __tsan_mutex_pre_lock(&m, is_try); put(x); __tsan_mutex_post_lock(&m, is_try | has_failed, 0); };
       parallel(touch, touch);
     }},
    {"the same diverted", racy, [] {
       int x = 0;
       const auto touch = [&] {
         int m;
         __tsan_mutex_pre_lock(&m, is_try);
         __tsan_mutex_pre_divert(&m, 0);
         put(x);
         __tsan_mutex_post_divert(&m, 0);
         __tsan_mutex_post_lock(&m, is_try | has_failed, 0);
       };
       parallel(touch, touch);
     }},
    {"annotated writer and reader", ordered, [] {
       int x = 0;
       ReadersAndWriter m;
       parallel([&] { if (m.try_write()) { put(x); m.end_write(); } }, [&] { if (m.try_read()) { get(x); m.end_read(); } });
     }},
    {"a write as an annotated reader", racy, [] {
       int x = 0;
       ReadersAndWriter m;
       const auto write = [&] { if (m.try_read()) { put(x); m.end_read(); } };
       parallel(write, write);
     }},
    {"released and acquired", ordered, [] { relaxed_handover(__tsan_release, __tsan_acquire); }},
    {"released only", racy, [] { relaxed_handover(__tsan_release, [](void*) {}); }},
    {"acquired only", racy, [] { relaxed_handover([](void*) {}, __tsan_acquire); }},
    {"happens before and after", ordered, [] {
       relaxed_handover([](void* p) { AnnotateHappensBefore("", 0, p); }, [](void* p) { AnnotateHappensAfter("", 0, p); });
     }},
    {"the annotations of WebKit order nothing", racy, [] {
       relaxed_handover([](void* p) { WTFAnnotateHappensBefore("", 0, p); }, [](void* p) { WTFAnnotateHappensAfter("", 0, p); });
     }},
    {"ignored reads", ordered, [] {
       int x = 0;
       parallel([&] { put(x); }, [&] { AnnotateIgnoreReadsBegin("", 0); get(x); AnnotateIgnoreReadsEnd("", 0); });
     }},
    {"ignored writes", ordered, [] {
       int x = 0;
       parallel([&] { get(x); }, [&] { AnnotateIgnoreWritesBegin("", 0); put(x); AnnotateIgnoreWritesEnd("", 0); });
     }},
    {"a read after those that are ignored", racy, [] {
       int x = 0;
       parallel([&] { put(x); }, [&] { AnnotateIgnoreReadsBegin("", 0); AnnotateIgnoreReadsEnd("", 0); get(x); });
     }},
    {"a read between two ends", ordered, [] {
       int x = 0;
       parallel([&] { put(x); }, [&] {
         AnnotateIgnoreReadsBegin("", 0);
         AnnotateIgnoreWritesBegin("", 0);
         AnnotateIgnoreWritesEnd("", 0);
         get(x);
         AnnotateIgnoreReadsEnd("", 0);
       });
     }},
    {"ignored by another thread", racy, [] {
       int x = 0;
       std::atomic<int> other{0};
       parallel([&] { AnnotateIgnoreReadsBegin("", 0); other = 1; AnnotateIgnoreReadsEnd("", 0); put(x); }, [&] { other.load(relaxed); put(x); });
     }},
    {"an atomic that orders while accesses are ignored", ordered, [] {
       handover_in([] { AnnotateIgnoreWritesBegin("", 0); }, [] { AnnotateIgnoreWritesEnd("", 0); });
     }},
    {"ignored synchronisation", racy, [] {
       handover_in([] { AnnotateIgnoreSyncBegin("", 0); }, [] { AnnotateIgnoreSyncEnd("", 0); });
     }},
    {"synchronisation after the ignored", ordered, [] {
       handover_in([] { AnnotateIgnoreSyncBegin("", 0); AnnotateIgnoreSyncEnd("", 0); }, [] {});
     }},
    {"a benign race", ordered, [] {
       int x = 0;
       AnnotateBenignRaceSized("", 0, &x, sizeof x, "");
       parallel([&] { put(x); }, [&] { put(x, 2); });
     }},
    {"a benign race, by its first byte", ordered, [] {
       int x = 0;
       AnnotateBenignRace("", 0, &x, "");
       parallel([&] { put(x); }, [&] { get(x); });
     }},
    {"a benign race beside another one", racy, [] {
       int x[2] = {};
       AnnotateBenignRaceSized("", 0, &x[0], sizeof x[0], "");
       const auto both = [&] { put(x[0]); put(x[1]); };
       parallel(both, both);
     }},
    {"new memory is none", racy, [] {
       int x = 0;
       parallel([&] { put(x); }, [&] { AnnotateNewMemory("", 0, &x, sizeof x); put(x); });
     }},
});

}  // namespace
}  // namespace races
