// What the model does not do it refuses by name, at the first call: the execution ends as a failure of kind `unsupported`.
#include "surface.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <unistd.h>

using namespace interleave;

namespace {

struct Refused {
  const char* name;
  void (*call)();
};

// One line for each function.
const Refused table[] = {
    {"pthread_cancel", [] { pthread_cancel(pthread_self()); }},
    {"pthread_kill", [] { pthread_kill(pthread_self(), 0); }},
    {"pthread_sigqueue", [] { pthread_sigqueue(pthread_self(), 0, {}); }},
    {"pthread_getattr_np", [] { pthread_attr_t a; pthread_getattr_np(pthread_self(), &a); }},
    {"pthread_setattr_default_np", [] { pthread_attr_t a; pthread_attr_init(&a); pthread_setattr_default_np(&a); }},
    {"pthread_getcpuclockid", [] { clockid_t c; pthread_getcpuclockid(pthread_self(), &c); }},
    {"pthread_mutex_setprioceiling", [] { pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; int b; pthread_mutex_setprioceiling(&m, 1, &b); }},
    {"sem_open", [] { sem_open("/interleave", O_CREAT, 0600, 0); }},
    {"sem_close", [] { sem_t s; sem_close(&s); }},
    {"sem_unlink", [] { sem_unlink("/interleave"); }},
    {"timer_create", [] { timer_t t; timer_create(CLOCK_MONOTONIC, nullptr, &t); }},
    {"timer_settime", [] { timer_settime(timer_t{}, 0, nullptr, nullptr); }},
    {"timer_gettime", [] { timer_gettime(timer_t{}, nullptr); }},
    {"timer_getoverrun", [] { timer_getoverrun(timer_t{}); }},
    {"timer_delete", [] { timer_delete(timer_t{}); }},
    {"timerfd_settime", [] { timerfd_settime(-1, 0, nullptr, nullptr); }},
    {"timerfd_gettime", [] { timerfd_gettime(-1, nullptr); }},
    {"getitimer", [] { itimerval t{}; getitimer(ITIMER_REAL, &t); }},
    {"clock_adjtime", [] { timex t{}; clock_adjtime(CLOCK_REALTIME, &t); }},
    {"sched_rr_get_interval", [] { timespec t; sched_rr_get_interval(0, &t); }},
    {"pthread_setconcurrency", [] { pthread_setconcurrency(1); }},
    {"vfork", [] { vfork(); }},
    {"timerfd_create", [] { timerfd_create(CLOCK_MONOTONIC, 0); }},
    {"setitimer", [] { itimerval t{}; setitimer(ITIMER_REAL, &t, nullptr); }},
    {"alarm", [] { alarm(1); }},
    {"ualarm", [] { ualarm(1, 0); }},
    {"clock_settime", [] { timespec t{}; clock_settime(CLOCK_REALTIME, &t); }},
    {"settimeofday", [] { timeval t{}; settimeofday(&t, nullptr); }},
    {"initstate", [] { char b[8]; initstate(1, b, sizeof b); }},
    {"setstate", [] { char b[8] = {}; setstate(b); }},
    {"flockfile", [] { flockfile(stdout); }},
    {"ftrylockfile", [] { ftrylockfile(stdout); }},
    {"fork", [] { fork(); }},
    {"system", [] { static_cast<void>(!system("true")); }},
    {"pause", [] { pause(); }},
    {"sigwait", [] { sigset_t s; int n; sigemptyset(&s); sigwait(&s, &n); }},
    {"sigwaitinfo", [] { sigset_t s; sigemptyset(&s); sigwaitinfo(&s, nullptr); }},
    {"sigtimedwait", [] { sigset_t s; sigemptyset(&s); sigtimedwait(&s, nullptr, nullptr); }},
    {"sigsuspend", [] { sigset_t s; sigemptyset(&s); sigsuspend(&s); }},
    {"syscall", [] { syscall(SYS_getppid); }},
};

}  // namespace

TEST_CASE("what the model cannot control is refused by name", "[shared_with_asan]") {
  for (const Refused& refused : table) fails(1, 1, "unsupported", refused.name, refused.call);
}
