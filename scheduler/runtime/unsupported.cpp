// What the model does not know. Each is interposed so that a program which calls it hears so at once, with the place of the
// call, instead of hanging or going on in a world that is only half controlled. Outside the model the real function runs.
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "scheduler/runtime/door.hpp"

using namespace interleave::engine;

// A door of any signature that ends the execution.
#define REFUSE(result, name, parameters, arguments, specifiers) \
  result name parameters specifiers {                           \
    Model model;                                                \
    if (model) unsupported(#name);                              \
    return REAL(name) arguments;                                \
  }

#pragma GCC visibility push(default)

extern "C" {

REFUSE(int, pthread_cancel, (pthread_t t), (t), )
REFUSE(int, pthread_kill, (pthread_t t, int s), (t, s), noexcept)
REFUSE(int, pthread_getattr_np, (pthread_t t, pthread_attr_t* a), (t, a), noexcept)
REFUSE(int, pthread_getcpuclockid, (pthread_t t, clockid_t* c), (t, c), noexcept)
REFUSE(int, pthread_sigqueue, (pthread_t t, int s, const sigval v), (t, s, v), noexcept)
REFUSE(int, pthread_mutex_setprioceiling, (pthread_mutex_t * m, int c, int* b), (m, c, b), noexcept)
REFUSE(int, pthread_setattr_default_np, (const pthread_attr_t* a), (a), noexcept)
REFUSE(int, sem_close, (sem_t * s), (s), noexcept)
REFUSE(int, sem_unlink, (const char* n), (n), noexcept)
REFUSE(int, timer_create, (clockid_t c, sigevent* e, timer_t* t), (c, e, t), noexcept)
REFUSE(int, timer_settime, (timer_t t, int f, const itimerspec* n, itimerspec* o), (t, f, n, o), noexcept)
REFUSE(int, timer_gettime, (timer_t t, itimerspec* n), (t, n), noexcept)
REFUSE(int, timer_getoverrun, (timer_t t), (t), noexcept)
REFUSE(int, timer_delete, (timer_t t), (t), noexcept)
REFUSE(int, timerfd_settime, (int d, int f, const itimerspec* n, itimerspec* o), (d, f, n, o), noexcept)
REFUSE(int, timerfd_gettime, (int d, itimerspec* n), (d, n), noexcept)
REFUSE(int, clock_adjtime, (clockid_t c, timex* t), (c, t), noexcept)
REFUSE(int, getitimer, (int w, itimerval* t), (w, t), noexcept)
REFUSE(int, sched_rr_get_interval, (pid_t p, timespec* t), (p, t), noexcept)
REFUSE(int, pthread_setconcurrency, (int n), (n), noexcept)
REFUSE(int, setitimer, (int w, const itimerval* t, itimerval* b), (w, t, b), noexcept)
REFUSE(useconds_t, ualarm, (useconds_t first, useconds_t then), (first, then), noexcept)
REFUSE(int, timerfd_create, (clockid_t c, int f), (c, f), noexcept)
REFUSE(int, clock_settime, (clockid_t c, const timespec* t), (c, t), noexcept)
REFUSE(int, settimeofday, (const timeval* t, const struct timezone* z), (t, z), noexcept)
REFUSE(char*, initstate, (unsigned s, char* b, std::size_t n), (s, b, n), noexcept)
REFUSE(char*, setstate, (char* b), (b), noexcept)
REFUSE(void, flockfile, (FILE* f), (f), noexcept)
REFUSE(int, ftrylockfile, (FILE* f), (f), noexcept)
REFUSE(pid_t, fork, (), (), noexcept)
REFUSE(pid_t, vfork, (), (), noexcept)
REFUSE(unsigned, alarm, (unsigned s), (s), noexcept)
REFUSE(int, pause, (), (), )
REFUSE(int, sigwait, (const sigset_t* s, int* n), (s, n), )
REFUSE(int, sigwaitinfo, (const sigset_t* s, siginfo_t* i), (s, i), )
REFUSE(int, sigtimedwait, (const sigset_t* s, siginfo_t* i, const timespec* t), (s, i, t), )
REFUSE(int, sigsuspend, (const sigset_t* s), (s), )
// Other processes, which would go on beside the model, or take its place.
REFUSE(int, system, (const char* c), (c), )
REFUSE(FILE*, popen, (const char* c, const char* m), (c, m), )
REFUSE(int, posix_spawn, (pid_t * p, const char* f, const posix_spawn_file_actions_t* a, const posix_spawnattr_t* t, char* const* v,
                          char* const* e), (p, f, a, t, v, e), )
REFUSE(int, posix_spawnp, (pid_t * p, const char* f, const posix_spawn_file_actions_t* a, const posix_spawnattr_t* t, char* const* v,
                           char* const* e), (p, f, a, t, v, e), )
REFUSE(int, execve, (const char* f, char* const* v, char* const* e), (f, v, e), noexcept)
REFUSE(int, execv, (const char* f, char* const* v), (f, v), noexcept)
REFUSE(int, execvp, (const char* f, char* const* v), (f, v), noexcept)
// Names of machines are looked up over the network.
REFUSE(int, getaddrinfo, (const char* n, const char* s, const addrinfo* h, addrinfo** r), (n, s, h, r), )
REFUSE(hostent*, gethostbyname, (const char* n), (n), )

sem_t* sem_open(const char* name, int flags, ...) noexcept {
  Model model;
  if (model) unsupported("sem_open", "named semaphores belong to other processes, too");
  va_list list;
  va_start(list, flags);
  const auto permissions = va_arg(list, mode_t);
  const auto value = va_arg(list, unsigned);
  va_end(list);
  return REAL(sem_open)(name, flags, permissions, value);
}

}  // extern "C"

#pragma GCC visibility pop
