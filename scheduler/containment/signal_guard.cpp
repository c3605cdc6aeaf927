#include "scheduler/containment/signal_guard.hpp"

#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <cassert>
#include <cstdlib>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "scheduler/containment/crash_reporter.hpp"
#include "scheduler/execution/execution.hpp"
#include "scheduler/explain/recorder.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/memory/stack_walk.hpp"
#include "scheduler/support/exception_text.hpp"
#include "scheduler/unseen/unseen_runs.hpp"

namespace interleave::engine {
namespace {

// The handler jumps off this stack and never returns to it, so one is enough. It is in no module's static storage, which is searched for
// what refers to blocks (leaks.cpp): the kernel leaves there what was in the registers when a signal came, also the watchdog's.
constexpr std::size_t handler_stack_size = 128 * 1024;
char* handler_stack = nullptr;

SignalGuard* installed = nullptr;

// Of what the signal interrupted.
const void* stack_pointer(const void* context) {
  return reinterpret_cast<const void*>(static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RSP]);
}

// A thread has run over the end of its stack if its stack pointer has, or is about to: a wild access, or a walk along a stack that the
// program has overwritten, may end in the guard as well.
bool has_overflowed(const void* accessed, const void* top) {
  constexpr std::size_t below = 256;  // a call writes below the stack pointer, and so may a function that calls nothing
  return memory->in_guard(accessed) && memory->stack_of(accessed) == memory->stack_of(top) &&
         memory->in_guard(static_cast<const char*>(top) - below);
}

bool is_on_handler_stack(const void* p) {
  return reinterpret_cast<std::uintptr_t>(p) - reinterpret_cast<std::uintptr_t>(handler_stack) < handler_stack_size;
}

// The same in every process, so without addresses that are not.
std::string place_of(const void* p) {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  constexpr std::uintptr_t null_page_end = std::uintptr_t{1} << 16;
  if (address < null_page_end) return fmt::format("at address {:#x}", address);
  return memory->in_arena(p) ? "in the heap, where no block has ever been" : "at an address where the program has nothing, or may not write";
}

}  // namespace

void overflowed(Execution& run) {
  run.crash("crash", fmt::format("stack overflow: a modelled thread has {} KiB of stack; INTERLEAVE_STACK_KB gives it more",
                                 memory->stack_size() / 1024));
}

ShadowLimits& shadow_limits() {
  struct Fails final : ShadowLimits {
    [[noreturn]] void no_stack() override { overflowed(*Execution::current); }
    [[noreturn]] void no_memory(std::string sentence) override { Execution::current->fail("unsupported", std::move(sentence)); }
  };
  static Fails limits;
  return limits;
}

volatile std::sig_atomic_t SignalGuard::request_ = 0;

int SignalGuard::take_request_to_end() {
  const int number = request_;
  request_ = 0;
  return number;
}

void SignalGuard::on_signal(int number, siginfo_t* info, void* context) {
  if (is_trap(number, *info, context)) return;
  if (number == SIGSEGV && answered_cycle_counter(*info, context)) return;
  Execution* run = Execution::current;
  const bool asynchronous = number != SIGSEGV && number != SIGBUS && number != SIGFPE && number != SIGILL && number != SIGABRT;
  const bool sent_by_itself = info->si_code <= 0 && info->si_pid == getpid();
  if ((number == SIGINT || number == SIGTERM) && !sent_by_itself && request_ == 0) {
    request_ = number;
    return;
  }
  if (run == nullptr || !run->on_fiber() || (asynchronous && !sent_by_itself)) {
    // Not the program under test: let it happen as it would have.
    sigaction(number, &installed->previous_[number], nullptr);
    raise(number);
    return;
  }
  const void* top = stack_pointer(context);
  const bool overflow = number == SIGSEGV && has_overflowed(info->si_addr, top);
  if (broken_stack != nullptr && number == SIGSEGV && !overflow) longjmp(*broken_stack, 1);
  if (is_on_handler_stack(top)) stop_harness("a crash of the program was followed by one in the handler that was to contain it");
  if (mode == Mode::outside && number == SIGABRT && !run->outcome().failed)
    stop_harness("the engine aborts, by a fault of its own or because the program has overwritten its memory");
  mode = Mode::outside;
  if (asynchronous || (sent_by_itself && number != SIGABRT))
    run->crash("crash", fmt::format("the program sends itself SIG{}", sigabbrev_np(number)));
  if (overflow) overflowed(*run);
  if (number == SIGABRT) run->crash("crash", "the program aborts (SIGABRT)");
  const bool of_access = number == SIGSEGV || number == SIGBUS;
  run->crash("crash", of_access ? fmt::format("SIG{} {}", sigabbrev_np(number), place_of(info->si_addr)) : fmt::format("SIG{}", sigabbrev_np(number)));
}

namespace {

[[noreturn]] void on_terminate() {
  Execution* run = Execution::current;
  if (run == nullptr || !run->on_fiber()) {  // not the program under test: let it happen as it would have
    crash_reporter::end();
    SignalGuard::otherwise();
  }
  mode = Mode::outside;
  run->crash("crash", std::current_exception() != nullptr ? fmt::format("std::terminate, on {}", current_exception_text())
                                                           : "std::terminate: a joinable std::thread destroyed, or no exception to rethrow");
}

}  // namespace

void SignalGuard::otherwise() {
  assert(installed != nullptr);
  installed->previous_terminate_();
  std::abort();
}

SignalGuard::SignalGuard() : previous_terminate_(std::set_terminate(&on_terminate)), outer_(std::exchange(installed, this)) {
  if (handler_stack == nullptr) {
    void* const mapped = mmap(nullptr, handler_stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    handler_stack = static_cast<char*>(mapped);
  }
  stack_t stack{};
  stack.ss_sp = handler_stack;
  stack.ss_size = handler_stack_size;
  sigaltstack(&stack, &previous_stack_);
  struct sigaction action {};
  action.sa_sigaction = &on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART;
  for (const int number : signals) {
    sigaction(number, nullptr, &previous_[number]);
    if (previous_[number].sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
  trap_.emplace();
}

SignalGuard::~SignalGuard() {
  trap_.reset();
  installed = outer_;
  std::set_terminate(previous_terminate_);
  for (const int number : signals) sigaction(number, &previous_[number], nullptr);
  sigaltstack(&previous_stack_, nullptr);
}

}  // namespace interleave::engine
