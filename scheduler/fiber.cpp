#include <interleave/scheduler/fiber.hpp>

#include <cerrno>
#include <cstdlib>
#include <cxxabi.h>

namespace interleave::engine {

OsThread os_thread;

void Fiber::adopt_os_thread(bool blocks) {
  block_ = blocks ? thread_blocks::current() : 0;
  os_thread.error = &errno;
  os_thread.exceptions = reinterpret_cast<OsThread::ExceptionGlobals*>(abi::__cxa_get_globals());
  os_thread.control_words = ControlWords::used();
}

// Where a fiber begins, on its own stack.
struct FiberEntry {
  [[noreturn]] static void run(Fiber& self, [[maybe_unused]] Fiber& from) {
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
    self.entry_(self.argument_);
    std::abort();  // an entry that returns is a fault of the harness
  }

#ifndef INTERLEAVE_OWN_SWITCH
  static void begin(boost::context::detail::transfer_t transfer) {
    auto** pair = static_cast<Fiber**>(transfer.data);  // {from, to}, on the stack of `from`
    pair[0]->context_ = transfer.fctx;
    run(*pair[1], *pair[0]);
  }
#endif
};

#ifdef INTERLEAVE_OWN_SWITCH
// A suspended stack has on its top
//
//     r15 r14 r13 r12 rbx rbp   and where it goes on: behind the call by which it was left
//
// A switch goes on there by `ret`, which is mostly what the processor expects: threads wait in the same place. A fiber that
// begins is called, and one that ends jumps: no return would be expected there.
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

  interleave_function interleave_start_on_stack    # rdi: place, rsi: end of the stack, rdx: to, rcx: from
  interleave_push_all
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  .cfi_undefined %rip
  movq %rdx, %rdi
  movq %rcx, %rsi
  xorl %ebp, %ebp
  callq interleave_run_fiber
  ud2
  interleave_end interleave_start_on_stack

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
__attribute__((visibility("hidden"))) void interleave_start_on_stack(void** place, void* end, Fiber* to, Fiber* from);
[[noreturn]] __attribute__((visibility("hidden"))) void interleave_leave_for_stack(void* to);
[[noreturn]] __attribute__((visibility("hidden"), used)) void interleave_run_fiber(Fiber* to, Fiber* from) { FiberEntry::run(*to, *from); }
}
#endif

void Fiber::prepare(void* stack_low, std::size_t stack_size, void (*entry)(void*), void* argument) {
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

void Fiber::start(Fiber& to) {
  save();
#ifdef INTERLEAVE_ASAN
  __sanitizer_start_switch_fiber(&fake_stack_, to.stack_low_, to.stack_size_);
#endif
#ifdef INTERLEAVE_OWN_SWITCH
  interleave_start_on_stack(&context_, const_cast<char*>(static_cast<const char*>(to.stack_low_)) + to.stack_size_, &to, this);
#else
  jump(to);
#endif
#ifdef INTERLEAVE_ASAN
  __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr);
#endif
  restore();
}

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
