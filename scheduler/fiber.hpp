// A fiber: a stack and the place where it stands. The only file, with its .cpp, that names Boost.
//
// Switches are direct, from any fiber to any other, and cost what Boost.Context's jump costs plus the state that the C++
// runtime keeps per thread: errno and the exception globals (Itanium C++ ABI, 2.2.2), or, for programs with thread-local
// variables, the whole thread block (thread_block.hpp). Everything runs on one OS thread.
// An abandoned fiber is never unwound; preparing it again reuses its stack.
#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/context/detail/fcontext.hpp>

#include <interleave/scheduler/thread_block.hpp>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define INTERLEAVE_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define INTERLEAVE_ASAN 1
#endif

#ifdef INTERLEAVE_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace interleave::engine {

// Where the C++ runtime keeps, for the one OS thread, what belongs to a thread.
struct OsThread {
  struct ExceptionGlobals {  // as the ABI prescribes for what __cxa_get_globals returns
    void*    caught_exceptions;
    unsigned uncaught_exceptions;
  };
  int* error = nullptr;
  ExceptionGlobals* exceptions = nullptr;
};
extern OsThread os_thread;

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
  [[maybe_unused]] void* fake_stack_ = nullptr;  // AddressSanitizer's
};

// In the header, so that a step is one call deep: every return after a switch is one that the processor predicts wrongly.

inline void Fiber::save() {
  if (block_ != 0) return;
  state_.error = *os_thread.error;
  state_.caught_exceptions = os_thread.exceptions->caught_exceptions;
  state_.uncaught_exceptions = os_thread.exceptions->uncaught_exceptions;
}

inline void Fiber::restore() {
  if (block_ != 0) {
    thread_blocks::switch_to(block_);
    return;
  }
  *os_thread.error = state_.error;
  os_thread.exceptions->caught_exceptions = state_.caught_exceptions;
  os_thread.exceptions->uncaught_exceptions = state_.uncaught_exceptions;
}

inline void Fiber::switch_to(Fiber& to) {
  save();
  Fiber* pair[2] = {this, &to};
#ifdef INTERLEAVE_ASAN
  __sanitizer_start_switch_fiber(&fake_stack_, to.stack_low_, to.stack_size_);
#endif
  const boost::context::detail::transfer_t back = boost::context::detail::jump_fcontext(to.context_, pair);
#ifdef INTERLEAVE_ASAN
  __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr);
#endif
  // Whoever switched to us stands now at `back.fctx`.
  static_cast<Fiber**>(back.data)[0]->context_ = back.fctx;
  restore();
}

}  // namespace interleave::engine
