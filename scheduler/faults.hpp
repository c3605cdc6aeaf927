// Signals and std::terminate of a program under test: caught while an exploration runs, and turned into the failure of that execution.
#pragma once

#include <csignal>
#include <exception>

namespace interleave::engine {

// Installs the handlers; restores the previous ones when it goes.
class FaultGuard {
 public:
  FaultGuard();
  ~FaultGuard();
  FaultGuard(const FaultGuard&) = delete;
  FaultGuard& operator=(const FaultGuard&) = delete;

 private:
  static constexpr int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  struct sigaction previous_[sizeof signals / sizeof *signals] = {};
  stack_t previous_stack_ = {};
  std::terminate_handler previous_terminate_;
};

// A thread that crashed inside printf holds the stream's lock for ever, and the next to print would wait for it.
void release_streams();

}  // namespace interleave::engine
