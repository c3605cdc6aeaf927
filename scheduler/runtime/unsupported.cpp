// What the model does not know. Each is interposed so that a program which calls it hears so at once, with the place of the
// call, instead of hanging or going on in a world that is only half controlled. Outside the model the real function runs.
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include <cstdarg>

#include <interleave/scheduler/door.hpp>

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
REFUSE(int, pthread_setschedparam, (pthread_t t, int p, const sched_param* s), (t, p, s), noexcept)
REFUSE(int, pthread_getschedparam, (pthread_t t, int* p, sched_param* s), (t, p, s), noexcept)
REFUSE(int, pthread_setaffinity_np, (pthread_t t, std::size_t n, const cpu_set_t* s), (t, n, s), noexcept)
REFUSE(int, pthread_getattr_np, (pthread_t t, pthread_attr_t* a), (t, a), noexcept)
REFUSE(int, pthread_getaffinity_np, (pthread_t t, std::size_t n, cpu_set_t* s), (t, n, s), noexcept)
REFUSE(int, pthread_getcpuclockid, (pthread_t t, clockid_t* c), (t, c), noexcept)
REFUSE(int, pthread_setschedprio, (pthread_t t, int p), (t, p), noexcept)
// C11's threads call the C library's inside, not the functions above.
REFUSE(int, thrd_create, (thrd_t * t, thrd_start_t f, void* a), (t, f, a), )
REFUSE(int, thrd_sleep, (const timespec* d, timespec* r), (d, r), )
REFUSE(int, mtx_lock, (mtx_t * m), (m), )
REFUSE(int, mtx_trylock, (mtx_t * m), (m), )
REFUSE(int, mtx_unlock, (mtx_t * m), (m), )
REFUSE(int, cnd_wait, (cnd_t * c, mtx_t* m), (c, m), )
REFUSE(int, cnd_signal, (cnd_t * c), (c), )
REFUSE(int, cnd_broadcast, (cnd_t * c), (c), )
REFUSE(int, pthread_mutex_consistent, (pthread_mutex_t * m), (m), noexcept)
REFUSE(int, sem_close, (sem_t * s), (s), noexcept)
REFUSE(int, sem_unlink, (const char* n), (n), noexcept)
REFUSE(int, timer_create, (clockid_t c, sigevent* e, timer_t* t), (c, e, t), noexcept)
REFUSE(pid_t, fork, (), (), noexcept)
REFUSE(pid_t, vfork, (), (), noexcept)
REFUSE(pid_t, waitpid, (pid_t p, int* s, int o), (p, s, o), )
REFUSE(unsigned, alarm, (unsigned s), (s), noexcept)
REFUSE(int, pause, (), (), )
REFUSE(int, sigwait, (const sigset_t* s, int* n), (s, n), )

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
