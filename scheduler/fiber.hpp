// A fiber: a stack and the place where it stands. The only file, with its .cpp, that names Boost.
//
// Switches are direct, from any fiber to any other, and cost what Boost.Context's jump costs plus the state that the C++
// runtime keeps per thread: errno and the exception globals (Itanium C++ ABI, 2.2.2), or, for programs with thread-local
// variables, the whole thread block (thread_block.hpp). Everything runs on one OS thread.
// An abandoned fiber is never unwound; preparing it again reuses its stack.
#pragma once

#include <cstddef>
#include <cstdint>

namespace interleave::engine {

class Fiber {
 public:
  // The next switch to this fiber calls entry(argument) on the given stack. `entry` must not return. `block`: the FS base
  // that it runs with; 0 if the fibers share that of the OS thread.
  void prepare(void* stack_low, std::size_t stack_size, void (*entry)(void*), void* argument, std::uintptr_t block);

  // Goes on with `to` where it stands; returns when somebody switches back. REQUIRES: *this is what runs now.
  void switch_to(Fiber& to);

  // As switch_to, but *this will never run again.
  [[noreturn]] void leave_to(Fiber& to);

  // Makes *this what runs now on the calling OS thread. `blocks`: whether fibers have blocks of their own.
  void adopt_os_thread(bool blocks);

 private:
  struct RuntimeState {
    void*    caught_exceptions = nullptr;
    unsigned uncaught_exceptions = 0;
    int      error = 0;
  };

  void save();     // before a switch away
  void restore();  // after arriving
  friend struct FiberEntry;

  std::uintptr_t block_ = 0;
  void* context_ = nullptr;  // where it stands, while it does not run
  RuntimeState state_;
  void (*entry_)(void*) = nullptr;
  void* argument_ = nullptr;
  const void* stack_low_ = nullptr;  // null: the OS thread's own stack
  std::size_t stack_size_ = 0;
  void* fake_stack_ = nullptr;       // AddressSanitizer's
};

}  // namespace interleave::engine
