// Python's `with`: holds something for the length of a scope.
#pragma once

#include <exception>

namespace interleave {

// Acquires on construction, with the defaults of `acquire()`, and releases on every way out of the scope. Works with Lock,
// RLock, Condition, Semaphore and BoundedSemaphore. Not to be shared between threads.
//
// A release that is refused (the scope has already released the lock, say) is reported by its exception, unless the scope
// is being left by another exception: then that one goes on, as two cannot.
template <class Lockable>
class [[nodiscard]] Guard {
 public:
  explicit Guard(Lockable& lockable) : lockable_(lockable) { lockable_.acquire(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  ~Guard() noexcept(false) {
    try {
      lockable_.release();
    } catch (...) {
      if (std::uncaught_exceptions() == exceptions_) throw;
    }
  }

 private:
  Lockable& lockable_;
  const int exceptions_ = std::uncaught_exceptions();
};

}  // namespace interleave
