#include <interleave/scheduler/fiber.hpp>

#include <cerrno>
#include <cstdlib>
#include <cxxabi.h>

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
namespace {

namespace context = boost::context::detail;

// The layout that the ABI prescribes for what __cxa_get_globals returns.
struct ExceptionGlobals {
  void*    caught_exceptions;
  unsigned uncaught_exceptions;
};

int*              os_errno = nullptr;
ExceptionGlobals* os_exceptions = nullptr;

}  // namespace

void Fiber::adopt_os_thread(bool blocks) {
  block_ = blocks ? thread_blocks::current() : 0;
  os_errno = &errno;
  os_exceptions = reinterpret_cast<ExceptionGlobals*>(abi::__cxa_get_globals());
}

inline void Fiber::save() {
  if (block_ != 0) return;
  state_.error = *os_errno;
  state_.caught_exceptions = os_exceptions->caught_exceptions;
  state_.uncaught_exceptions = os_exceptions->uncaught_exceptions;
}

inline void Fiber::restore() {
  if (block_ != 0) {
    thread_blocks::switch_to(block_);
    return;
  }
  *os_errno = state_.error;
  os_exceptions->caught_exceptions = state_.caught_exceptions;
  os_exceptions->uncaught_exceptions = state_.uncaught_exceptions;
}

struct FiberEntry {
  static void run(context::transfer_t transfer) {
    auto** pair = static_cast<Fiber**>(transfer.data);  // {from, to}, on the stack of `from`
    Fiber& self = *pair[1];
    pair[0]->context_ = transfer.fctx;
#ifdef INTERLEAVE_ASAN
    const void* low = nullptr;
    std::size_t size = 0;
    __sanitizer_finish_switch_fiber(nullptr, &low, &size);
    if (pair[0]->stack_low_ == nullptr) {
      pair[0]->stack_low_ = low;
      pair[0]->stack_size_ = size;
    }
#endif
    self.restore();
    self.entry_(self.argument_);
    std::abort();  // an entry that returns is a fault of the harness
  }
};

void Fiber::prepare(void* stack_low, std::size_t stack_size, void (*entry)(void*), void* argument, std::uintptr_t block) {
  block_ = block;
  entry_ = entry;
  argument_ = argument;
  state_ = {};
  stack_low_ = stack_low;
  stack_size_ = stack_size;
  context_ = context::make_fcontext(static_cast<char*>(stack_low) + stack_size, stack_size, &FiberEntry::run);
}

void Fiber::switch_to(Fiber& to) {
  save();
  Fiber* pair[2] = {this, &to};
#ifdef INTERLEAVE_ASAN
  __sanitizer_start_switch_fiber(&fake_stack_, to.stack_low_, to.stack_size_);
#endif
  const context::transfer_t back = context::jump_fcontext(to.context_, pair);
#ifdef INTERLEAVE_ASAN
  __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr);
#endif
  // Whoever switched to us stands now at `back.fctx`.
  static_cast<Fiber**>(back.data)[0]->context_ = back.fctx;
  restore();
}

void Fiber::leave_to(Fiber& to) {
  Fiber* pair[2] = {this, &to};
#ifdef INTERLEAVE_ASAN
  __sanitizer_start_switch_fiber(nullptr, to.stack_low_, to.stack_size_);
#endif
  context::jump_fcontext(to.context_, pair);
  std::abort();
}

}  // namespace interleave::engine
