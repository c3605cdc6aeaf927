#include "scheduler/fibers/fiber.hpp"

#include <cerrno>
#include <cstdlib>
#include <cxxabi.h>

namespace interleave::engine {

OsThread os_thread;

void Fiber::adopt_os_thread(bool blocks) {
  block_ = blocks ? tls_blocks::current() : 0;
  os_thread.error = &errno;
  os_thread.exceptions = reinterpret_cast<OsThread::ExceptionGlobals*>(abi::__cxa_get_globals());
  os_thread.control_words = FpEnvironment::used();
}

// Where a fiber begins, on its own stack.
struct FiberEntry {
  // Returns who goes on.
  static Fiber& run(Fiber& self, [[maybe_unused]] Fiber& from) {
#ifdef INTERLEAVE_ASAN
    const void* low = nullptr;
    std::size_t size = 0;
    __sanitizer_finish_switch_fiber(nullptr, &low, &size);
    if (from.stack_low_ == nullptr) {
      from.stack_low_ = low;
      from.stack_size_ = size;
    }
#endif
    self.restore();
    Fiber& next = self.entry_(self.argument_);
#ifdef INTERLEAVE_ASAN
    __sanitizer_start_switch_fiber(nullptr, next.stack_low_, next.stack_size_);
#endif
    return next;
  }

#ifdef INTERLEAVE_OWN_SWITCH
  static void* begin(Fiber& self, Fiber& from) { return run(self, from).context_; }
#else
  static void begin(boost::context::detail::transfer_t transfer) {
    auto** pair = static_cast<Fiber**>(transfer.data);  // {from, to}, on the stack of `from`
    pair[0]->context_ = transfer.fctx;
    Fiber& self = *pair[1];
    self.jump(run(self, *pair[0]));
  }
#endif
};

#ifdef INTERLEAVE_OWN_SWITCH
// A suspended stack has on its top
//
//     r15 r14 r13 r12 rbx rbp   and where it goes on: behind the call by which it was left
//
// A processor guesses where a `ret` leads from the calls that it has seen, whatever stack they were made on. A wrong guess costs as
// much as all else of a switch, and one too many or too few makes all that follow wrong as well. So
//
//   * a switch goes on by `ret`: threads wait in the same place, in the same calls, and what one leaves behind fits the next
//   * a fiber is started without a call, and its first announcement goes back by a jump: so the calls in which it waits stay on top,
//     and are those of whoever is next
//   * one that ends returns from all its calls before it goes on with the next
asm(R"(
.macro interleave_push register
  pushq %\register
  .cfi_adjust_cfa_offset 8
.endm
.macro interleave_pop register
  popq %\register
  .cfi_adjust_cfa_offset -8
.endm
.macro interleave_push_all
  interleave_push rbp
  interleave_push rbx
  interleave_push r12
  interleave_push r13
  interleave_push r14
  interleave_push r15
.endm
.macro interleave_pop_all
  interleave_pop r15
  interleave_pop r14
  interleave_pop r13
  interleave_pop r12
  interleave_pop rbx
  interleave_pop rbp
.endm
.macro interleave_function name
  .p2align 4
  .globl \name
  .hidden \name
  .type \name, @function
\name:
  .cfi_startproc
.endm
.macro interleave_end name
  .cfi_endproc
  .size \name, .-\name
.endm

  .text
  interleave_function interleave_switch_stacks     # rdi: place, rsi: to
  interleave_push_all
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  interleave_pop_all
  retq
  interleave_end interleave_switch_stacks

  interleave_function interleave_switch_stacks_back  # rdi: place, rsi: to
  interleave_push_all
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  interleave_pop_all
  popq %rcx
  .cfi_adjust_cfa_offset -8
  jmpq *%rcx
  interleave_end interleave_switch_stacks_back

  interleave_function interleave_begin_on_stack    # rdi: place, rsi: end of the stack, rdx: to, rcx: from; the registers are kept
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  .cfi_undefined %rip
  movq %rdx, %rdi
  movq %rcx, %rsi
  xorl %ebp, %ebp
  callq interleave_run_fiber
  movq %rax, %rsp
  interleave_pop_all
  retq
  interleave_end interleave_begin_on_stack

  interleave_function interleave_leave_for_stack   # rdi: to
  movq %rdi, %rsp
  .cfi_adjust_cfa_offset 48
  interleave_pop_all
  popq %rcx
  .cfi_adjust_cfa_offset -8
  jmpq *%rcx
  interleave_end interleave_leave_for_stack
)");

extern "C" {
[[noreturn]] __attribute__((visibility("hidden"))) void interleave_leave_for_stack(void* to);
__attribute__((visibility("hidden"), used)) void* interleave_run_fiber(Fiber* to, Fiber* from) { return FiberEntry::begin(*to, *from); }
}
#endif

void Fiber::prepare(void* stack_low, std::size_t stack_size, Entry entry, void* argument) {
  entry_ = entry;
  argument_ = argument;
  stack_low_ = stack_low;
  stack_size_ = stack_size;
}

#ifndef INTERLEAVE_OWN_SWITCH
void* Fiber::make_context() {
  char* low = const_cast<char*>(static_cast<const char*>(stack_low_));
  return boost::context::detail::make_fcontext(low + stack_size_, stack_size_, &FiberEntry::begin);
}
#endif

void Fiber::leave_to(Fiber& to) {
#ifdef INTERLEAVE_ASAN
  __sanitizer_start_switch_fiber(nullptr, to.stack_low_, to.stack_size_);
#endif
#ifdef INTERLEAVE_OWN_SWITCH
  interleave_leave_for_stack(to.context_);
#else
  jump(to);
  std::abort();
#endif
}

}  // namespace interleave::engine
