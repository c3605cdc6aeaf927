#include <interleave/scheduler/fiber.hpp>

#include <cerrno>
#include <cstdlib>
#include <cxxabi.h>



namespace interleave::engine {
namespace context = boost::context::detail;

OsThread os_thread;

void Fiber::adopt_os_thread(bool blocks) {
  block_ = blocks ? thread_blocks::current() : 0;
  os_thread.error = &errno;
  os_thread.exceptions = reinterpret_cast<OsThread::ExceptionGlobals*>(abi::__cxa_get_globals());
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

void Fiber::leave_to(Fiber& to) {
  Fiber* pair[2] = {this, &to};
#ifdef INTERLEAVE_ASAN
  __sanitizer_start_switch_fiber(nullptr, to.stack_low_, to.stack_size_);
#endif
  context::jump_fcontext(to.context_, pair);
  std::abort();
}

}  // namespace interleave::engine
