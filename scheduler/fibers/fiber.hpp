// A fiber: a stack and the place where it stands. The only file, with its .cpp, that names Boost.
//
// Switches are direct, from any fiber to any other, and take along what belongs to a thread: the registers that a call preserves,
// errno and the exception globals (Itanium C++ ABI, 2.2.2), or, for programs with thread-local variables, the whole thread block
// (tls_block.hpp), and for programs that use them the floating-point control words (fp_environment.hpp). Everything runs on
// one OS thread. An abandoned fiber is never unwound; starting it anew reuses its stack.
//
// On x86-64 the switch is ours. Boost.Context's reads the control words each time, and goes on by a jump, after which the
// processor guesses every return from the calls below wrongly: together several times the cost of what there is to do. Elsewhere,
// and where the hardware checks returns (shadow stacks), it is Boost's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "scheduler/fibers/fp_environment.hpp"
#include "scheduler/fibers/tls_block.hpp"

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
[[gnu::visibility("hidden")]] extern OsThread os_thread;

class Fiber {
 public:
  // To start this fiber will be to call entry(argument) on the given stack. It returns who goes on when this one has ended.
  using Entry = Fiber& (*)(void*);
  void prepare(void* stack_low, std::size_t stack_size, Entry entry, void* argument);
  // Makes it ready to be started, for the first time or once more. `block`: the FS base that it runs with; 0 if the fibers share that
  // of the OS thread.
  void make_ready(std::uintptr_t block);

  // ---- REQUIRES, of all three: *this is what runs now ----
  // Starts `to`, which is ready; returns when somebody switches back.
  void start(Fiber& to);
  // Goes on with `to` where it stands; returns when somebody switches back.
  void switch_to(Fiber& to);
  // switch_to for the fiber that has started this one or woken it: the processor predicts its return.
  void switch_back_to(Fiber& to);
  // Goes on with `to`; *this will never run again.
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
  template <bool back>
  void switch_over(Fiber& to);
#ifndef INTERLEAVE_OWN_SWITCH
  void jump(Fiber& to);
  void* make_context();  // where it begins
#endif
  friend struct FiberEntry;

  std::uintptr_t block_ = 0;
  void* context_ = nullptr;  // where it stands, while it does not run
  RuntimeState state_;
  FpEnvironment control_words_;
  Entry entry_ = nullptr;
  void* argument_ = nullptr;
  const void* stack_low_ = nullptr;  // null: the OS thread's own stack
  std::size_t stack_size_ = 0;
  [[maybe_unused]] void* fake_stack_ = nullptr;  // AddressSanitizer's
};

// In the header, so that a step is one call deep.

__attribute__((always_inline)) inline void Fiber::save() {
#ifdef INTERLEAVE_OWN_SWITCH
  if (os_thread.control_words) [[unlikely]] control_words_.save();
#endif
  if (block_ != 0) return;
  state_.error = *os_thread.error;
  state_.caught_exceptions = os_thread.exceptions->caught_exceptions;
  state_.uncaught_exceptions = os_thread.exceptions->uncaught_exceptions;
}

__attribute__((always_inline)) inline void Fiber::restore() {
#ifdef INTERLEAVE_OWN_SWITCH
  if (os_thread.control_words) [[unlikely]] control_words_.restore();
#endif
  if (block_ != 0) {
    tls_blocks::switch_to(block_);
    return;
  }
  *os_thread.error = state_.error;
  os_thread.exceptions->caught_exceptions = state_.caught_exceptions;
  os_thread.exceptions->uncaught_exceptions = state_.uncaught_exceptions;
}

#ifdef INTERLEAVE_OWN_SWITCH
extern "C" {
// Keeps the registers that a call preserves on the stack and its top in *place, and goes on with the stack whose top is `to`; fiber.cpp
// says why there are two.
__attribute__((visibility("hidden"))) void interleave_switch_stacks(void** place, void* to);
__attribute__((visibility("hidden"))) void interleave_switch_stacks_back(void** place, void* to);
}
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

template <bool back>
__attribute__((always_inline)) inline void Fiber::switch_over(Fiber& to) {
  save();
#ifdef INTERLEAVE_ASAN
  __sanitizer_start_switch_fiber(&fake_stack_, to.stack_low_, to.stack_size_);
#endif
#ifdef INTERLEAVE_OWN_SWITCH
  if constexpr (back) {
    interleave_switch_stacks_back(&context_, to.context_);
  } else {
    interleave_switch_stacks(&context_, to.context_);
  }
#else
  jump(to);
#endif
#ifdef INTERLEAVE_ASAN
  __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr);
#endif
  restore();
}

__attribute__((always_inline)) inline void Fiber::switch_to(Fiber& to) { switch_over<false>(to); }
__attribute__((always_inline)) inline void Fiber::switch_back_to(Fiber& to) { switch_over<true>(to); }

__attribute__((always_inline)) inline void Fiber::start(Fiber& to) {
  save();
#ifdef INTERLEAVE_ASAN
  __sanitizer_start_switch_fiber(&fake_stack_, to.stack_low_, to.stack_size_);
#endif
#ifdef INTERLEAVE_OWN_SWITCH
  void** place = &context_;
  const char* end = static_cast<const char*>(to.stack_low_) + to.stack_size_;
  Fiber* first = &to;
  Fiber* from = this;
  asm volatile(
      "leaq -128(%%rsp), %%rsp\n"  // what lies below the top may be in use
      "leaq 1f(%%rip), %%rax\n"
      "pushq %%rax\n"
      "pushq %%rbp\n"
      "pushq %%rbx\n"
      "pushq %%r12\n"
      "pushq %%r13\n"
      "pushq %%r14\n"
      "pushq %%r15\n"
      "jmp interleave_begin_on_stack\n"
      "1:\n"
      "leaq 128(%%rsp), %%rsp\n"
      : "+D"(place), "+S"(end), "+d"(first), "+c"(from)
      :
      : "rax", "r8", "r9", "r10", "r11", "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
        "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
#ifdef __AVX512F__
        , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29",
        "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#endif
  );
#else
  jump(to);
#endif
#ifdef INTERLEAVE_ASAN
  __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr);
#endif
  restore();
}

}  // namespace interleave::engine
