// Waiting for child processes (outside_calls.hpp).
#include <sys/resource.h>
#include <sys/wait.h>

#include "scheduler/runtime/outside_calls.hpp"

namespace interleave::engine {
namespace {

// `attempt`: the real function, with WNOHANG. What it says of a child is written by the kernel. `status` and `usage` may be null.
template <class Attempt>
pid_t wait_for(const char* name, int* status, rusage* usage, int options, Attempt attempt, const void* caller) {
  about_to_fill(status, sizeof *status);
  about_to_fill(usage, sizeof *usage);
  const pid_t child = attempted(name, some_child, attempt, [&](pid_t result) { return result == 0 && (options & WNOHANG) == 0; }, caller);
  if (child > 0) {
    wrote(status, sizeof *status);
    wrote(usage, sizeof *usage);
  }
  return child;
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

pid_t waitpid(pid_t p, int* status, int options) {
  if (!modelled()) return REAL(waitpid)(p, status, options);
  return wait_for("waitpid", status, nullptr, options, [&] { return REAL(waitpid)(p, status, options | WNOHANG); }, __builtin_return_address(0));
}
pid_t wait(int* status) {
  if (!modelled()) return REAL(wait)(status);
  return wait_for("wait", status, nullptr, 0, [&] { return REAL(waitpid)(-1, status, WNOHANG); }, __builtin_return_address(0));
}
pid_t wait3(int* status, int options, rusage* usage) {
  if (!modelled()) return REAL(wait3)(status, options, usage);
  return wait_for("wait3", status, usage, options, [&] { return REAL(wait3)(status, options | WNOHANG, usage); }, __builtin_return_address(0));
}
pid_t wait4(pid_t p, int* status, int options, rusage* usage) {
  if (!modelled()) return REAL(wait4)(p, status, options, usage);
  return wait_for("wait4", status, usage, options, [&] { return REAL(wait4)(p, status, options | WNOHANG, usage); }, __builtin_return_address(0));
}
int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  if (!modelled()) return REAL(waitid)(type, id, info, options);
  siginfo_t child{};
  const int result = attempted("waitid", some_child, [&] { return REAL(waitid)(type, id, &child, options | WNOHANG); },
                               [&](int r) { return r == 0 && child.si_pid == 0 && (options & WNOHANG) == 0; });
  if (info != nullptr) {
    about_to_fill(info, sizeof *info);
    *info = child;
    if (result == 0) wrote(info, sizeof *info);
  }
  return result;
}

}  // extern "C"

#pragma GCC visibility pop
