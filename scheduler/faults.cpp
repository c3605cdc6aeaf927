#include <interleave/scheduler/faults.hpp>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include <interleave/scheduler/execution.hpp>
#include <interleave/scheduler/memory.hpp>

namespace interleave::engine {
namespace {

// The handler jumps off this stack and never returns to it, so one is enough.
alignas(16) char handler_stack[128 * 1024];

void on_signal(int number, siginfo_t* info, void*) {
  Execution* run = Execution::current;
  if (run == nullptr || !run->on_fiber()) {
    // Not the program under test: let it happen as it would have.
    signal(number, SIG_DFL);
    raise(number);
    return;
  }
  mode = Mode::outside;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  if (number == SIGSEGV && memory->in_guard(info->si_addr))
    run->crash("crash", fmt::format("stack overflow: a modelled thread has {} KiB of stack; INTERLEAVE_STACK_KB gives it more",
                                    memory->stack_size() / 1024));
  if (number == SIGABRT) run->crash("crash", "the program aborts (SIGABRT)");
  run->crash("crash", fmt::format("SIG{} at address {:#x}", sigabbrev_np(number), address));
}

[[noreturn]] void on_terminate() {
  Execution* run = Execution::current;
  if (run == nullptr || !run->on_fiber()) std::abort();
  mode = Mode::outside;
  run->crash("crash", std::current_exception() != nullptr ? fmt::format("std::terminate, on {}", current_exception_text())
                                                           : "std::terminate: a joinable std::thread destroyed, or no exception to rethrow");
}

}  // namespace

FaultGuard::FaultGuard() : previous_terminate_(std::set_terminate(&on_terminate)) {
  stack_t stack{};
  stack.ss_sp = handler_stack;
  stack.ss_size = sizeof handler_stack;
  sigaltstack(&stack, &previous_stack_);
  struct sigaction action {};
  action.sa_sigaction = &on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (std::size_t i = 0; i < std::size(signals); ++i) sigaction(signals[i], &action, &previous_[i]);
}

FaultGuard::~FaultGuard() {
  std::set_terminate(previous_terminate_);
  for (std::size_t i = 0; i < std::size(signals); ++i) sigaction(signals[i], &previous_[i], nullptr);
  sigaltstack(&previous_stack_, nullptr);
}

void release_streams() {
  for (std::FILE* stream : {stdin, stdout, stderr})
    if (stream->_lock != nullptr) std::memset(static_cast<void*>(stream->_lock), 0, sizeof(int) * 2 + sizeof(void*));
}

}  // namespace interleave::engine
