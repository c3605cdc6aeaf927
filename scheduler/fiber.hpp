// A fiber: a stack and the place where it stands. The only file, with its .cpp, that names Boost.
//
// Switches are direct, from any fiber to any other, and take along what belongs to a thread: the registers that a call preserves,
// errno and the exception globals (Itanium C++ ABI, 2.2.2), or, for programs with thread-local variables, the whole thread block
// (thread_block.hpp), and for programs that use them the floating-point control words (control_words.hpp). Everything runs on
// one OS thread. An abandoned fiber is never unwound; starting it anew reuses its stack.
//
// On x86-64 the switch is ours. Boost.Context's reads the control words each time, and goes on by a jump, after which the
// processor guesses every return from the calls below wrongly: together several times the cost of what there is to do. Elsewhere,
// and where the hardware checks returns (shadow stacks), it is Boost's.
#pragma once

#include <cstddef>
#include <cstdint>

#include <interleave/scheduler/control_words.hpp>
#include <interleave/scheduler/thread_block.hpp>

#if defined(__x86_64__) && !defined(__SHSTK__)
#define INTERLEAVE_OWN_SWITCH 1
#else
#include <boost/context/detail/fcontext.hpp>
#endif

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
  bool control_words = false;  // each fiber has its own
};
extern OsThread os_thread;

class Fiber {
 public:
  // To start this fiber will be to call entry(argument) on the given stack. `entry` must not return.
  void prepare(void* stack_low, std::size_t stack_size, void (*entry)(void*), void* argument);
  // Makes it ready to be started, for the first time or once more. `block`: the FS base that it runs with; 0 if the fibers share that
  // of the OS thread.
  void make_ready(std::uintptr_t block);

  // ---- REQUIRES, of all three: *this is what runs now ----
  // Starts `to`, which is ready; returns when somebody switches back.
  void start(Fiber& to);
  // Goes on with `to` where it stands; returns when somebody switches back.
  void switch_to(Fiber& to);
  // The same, but *this will never run again.
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
  void jump(Fiber& to);
#ifndef INTERLEAVE_OWN_SWITCH
  void* make_context();  // where it begins
#endif
  friend struct FiberEntry;

  std::uintptr_t block_ = 0;
  void* context_ = nullptr;  // where it stands, while it does not run
  RuntimeState state_;
  ControlWords control_words_;
  void (*entry_)(void*) = nullptr;
  void* argument_ = nullptr;
  const void* stack_low_ = nullptr;  // null: the OS thread's own stack
  std::size_t stack_size_ = 0;
  [[maybe_unused]] void* fake_stack_ = nullptr;  // AddressSanitizer's
};

// In the header, so that a step is one call deep.

inline void Fiber::save() {
#ifdef INTERLEAVE_OWN_SWITCH
  if (os_thread.control_words) [[unlikely]] control_words_.save();
#endif
  if (block_ != 0) return;
  state_.error = *os_thread.error;
  state_.caught_exceptions = os_thread.exceptions->caught_exceptions;
  state_.uncaught_exceptions = os_thread.exceptions->uncaught_exceptions;
}

inline void Fiber::restore() {
#ifdef INTERLEAVE_OWN_SWITCH
  if (os_thread.control_words) [[unlikely]] control_words_.restore();
#endif
  if (block_ != 0) {
    thread_blocks::switch_to(block_);
    return;
  }
  *os_thread.error = state_.error;
  os_thread.exceptions->caught_exceptions = state_.caught_exceptions;
  os_thread.exceptions->uncaught_exceptions = state_.uncaught_exceptions;
}

#ifdef INTERLEAVE_OWN_SWITCH
// Keeps the registers that a call preserves on the stack and its top in *place, and goes on with the stack whose top is `to`.
extern "C" __attribute__((visibility("hidden"))) void interleave_switch_stacks(void** place, void* to);

inline void Fiber::jump(Fiber& to) { interleave_switch_stacks(&context_, to.context_); }
#else
inline void Fiber::jump(Fiber& to) {
  Fiber* pair[2] = {this, &to};
  const boost::context::detail::transfer_t back = boost::context::detail::jump_fcontext(to.context_, pair);
  // Whoever switched to us stands now at `back.fctx`.
  static_cast<Fiber**>(back.data)[0]->context_ = back.fctx;
}
#endif

inline void Fiber::make_ready(std::uintptr_t block) {
  block_ = block;
  state_ = {};
#ifdef INTERLEAVE_OWN_SWITCH
  if (os_thread.control_words) [[unlikely]] control_words_.save();  // a thread begins with those of the one that creates it
#else
  context_ = make_context();
#endif
}

inline void Fiber::switch_to(Fiber& to) {
  save();
#ifdef INTERLEAVE_ASAN
  __sanitizer_start_switch_fiber(&fake_stack_, to.stack_low_, to.stack_size_);
#endif
  jump(to);
#ifdef INTERLEAVE_ASAN
  __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr);
#endif
  restore();
}

}  // namespace interleave::engine
