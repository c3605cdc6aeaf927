// Waiting for child processes (outside_calls.hpp).
#include <sys/resource.h>
#include <sys/wait.h>

#include "scheduler/runtime/outside_calls.hpp"

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

pid_t waitpid(pid_t p, int* status, int options) {
  if (!modelled()) return REAL(waitpid)(p, status, options);
  return attempted("waitpid", some_child, [&] { return REAL(waitpid)(p, status, options | WNOHANG); },
                   [&](pid_t result) { return result == 0 && (options & WNOHANG) == 0; });
}
pid_t wait(int* status) {
  if (!modelled()) return REAL(wait)(status);
  return attempted("wait", some_child, [&] { return REAL(waitpid)(-1, status, WNOHANG); }, [](pid_t result) { return result == 0; });
}
pid_t wait3(int* status, int options, rusage* usage) {
  if (!modelled()) return REAL(wait3)(status, options, usage);
  return attempted("wait3", some_child, [&] { return REAL(wait3)(status, options | WNOHANG, usage); },
                   [&](pid_t result) { return result == 0 && (options & WNOHANG) == 0; });
}
pid_t wait4(pid_t p, int* status, int options, rusage* usage) {
  if (!modelled()) return REAL(wait4)(p, status, options, usage);
  return attempted("wait4", some_child, [&] { return REAL(wait4)(p, status, options | WNOHANG, usage); },
                   [&](pid_t result) { return result == 0 && (options & WNOHANG) == 0; });
}
int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  if (!modelled()) return REAL(waitid)(type, id, info, options);
  siginfo_t child{};
  const int result = attempted("waitid", some_child, [&] { return REAL(waitid)(type, id, &child, options | WNOHANG); },
                               [&](int r) { return r == 0 && child.si_pid == 0 && (options & WNOHANG) == 0; });
  if (info != nullptr) {
    about_to_fill(info, sizeof *info);
    *info = child;
  }
  return result;
}

}  // extern "C"

#pragma GCC visibility pop
