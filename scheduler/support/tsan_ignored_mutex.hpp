// A mutex that ThreadSanitizer does not see: neither the accesses made under it nor the order that it creates.
//
// Bookkeeping that several threads of a body share needs mutual exclusion, but an ordinary mutex would order the threads and
// so hide their races from ThreadSanitizer. It spins; keep what is done under it short.
#pragma once

#include <sched.h>

#include <atomic>

#if defined(__SANITIZE_THREAD__)
#define INTERLEAVE_UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define INTERLEAVE_UNDER_TSAN 1
#endif
#endif

#if defined(INTERLEAVE_UNDER_TSAN) && defined(INTERLEAVE_REAL_THREADS)
extern "C" {  // of ThreadSanitizer's runtime
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
void AnnotateIgnoreSyncBegin(const char* file, int line);
void AnnotateIgnoreSyncEnd(const char* file, int line);
}
#endif

namespace interleave::real {

// For std::lock_guard. Not recursive.
class TsanIgnoredMutex {
 public:
  void lock() noexcept {
#if defined(INTERLEAVE_UNDER_TSAN) && defined(INTERLEAVE_REAL_THREADS)
    AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
#endif
    for (int spins = 1; taken_.test_and_set(std::memory_order_acquire); ++spins) {
      if (spins % 100 == 0) sched_yield();
    }
  }

  void unlock() noexcept {
    taken_.clear(std::memory_order_release);
#if defined(INTERLEAVE_UNDER_TSAN) && defined(INTERLEAVE_REAL_THREADS)
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
    AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
#endif
  }

 private:
  std::atomic_flag taken_ = ATOMIC_FLAG_INIT;
};

}  // namespace interleave::real
