// A fiber: a stack and the place where it stands. The only file, with its .cpp, that names Boost.
//
// Switches are direct, from any fiber to any other, and cost what Boost.Context's jump costs plus the state that the C++
// runtime keeps per thread: errno and the exception globals (Itanium C++ ABI, 2.2.2). Everything runs on one OS thread.
// An abandoned fiber is never unwound; preparing it again reuses its stack.
#pragma once

#include <cstddef>
#include <cstdint>

namespace interleave::engine {

class Fiber {
 public:
  // The next switch to this fiber calls entry(argument) on the given stack. `entry` must not return.
  void prepare(void* stack_low, std::size_t stack_size, void (*entry)(void*), void* argument);

  // Goes on with `to` where it stands; returns when somebody switches back. REQUIRES: *this is what runs now.
  void switch_to(Fiber& to);

  // As switch_to, but *this will never run again.
  [[noreturn]] void leave_to(Fiber& to);

  // Prepares the calling OS thread for switches: finds its errno and exception globals. Idempotent.
  static void adopt_os_thread();

 private:
  struct RuntimeState {
    void*    caught_exceptions = nullptr;
    unsigned uncaught_exceptions = 0;
    int      error = 0;
  };

  void save();
  void restore();
  friend struct FiberEntry;

  void* context_ = nullptr;  // where it stands, while it does not run
  RuntimeState state_;
  void (*entry_)(void*) = nullptr;
  void* argument_ = nullptr;
  const void* stack_low_ = nullptr;  // null: the OS thread's own stack
  std::size_t stack_size_ = 0;
  void* fake_stack_ = nullptr;       // AddressSanitizer's
};

}  // namespace interleave::engine
