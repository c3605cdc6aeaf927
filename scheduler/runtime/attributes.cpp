// What a program may set for a thread and ask again: whether it can be cancelled, scheduling policy and priority, which signals
// are blocked. All of it is remembered, handed down to new threads as POSIX says, and decides nothing: any thread may step next
// whatever its priority, nobody can be cancelled (pthread_cancel is refused), and no signal is sent to a modelled thread. No steps:
// nobody else is influenced.
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <cstring>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

int fail_with(int error) {
  errno = error;
  return -1;
}

bool sensible(int policy, int priority) {
  const int lowest = sched_get_priority_min(policy & ~SCHED_RESET_ON_FORK);
  return lowest >= 0 && priority >= lowest && priority <= sched_get_priority_max(policy & ~SCHED_RESET_ON_FORK);
}

int set_policy(Thread* thread, int policy, int priority) {
  if (thread == nullptr) return ESRCH;
  if (!sensible(policy, priority)) return EINVAL;
  thread->extras().attributes.policy = policy;
  thread->extras().attributes.priority = priority;
  return 0;
}

int set_cancel(int& place, int value, int* before) {
  if (value != 0 && value != 1) return EINVAL;
  if (before != nullptr) write(*before, place);
  place = value;
  return 0;
}

// Signals 1 to 64 are the bits of the first word of a sigset_t.
int change_mask(Thread& me, int how, const sigset_t* change, sigset_t* before) {
  std::uint64_t& mask = me.extras().attributes.blocked_signals;
  const std::uint64_t old = mask;
  if (change != nullptr) {
    std::uint64_t bits;
    std::memcpy(&bits, change, sizeof bits);
    switch (how) {
      case SIG_BLOCK: mask |= bits; break;
      case SIG_UNBLOCK: mask &= ~bits; break;
      case SIG_SETMASK: mask = bits; break;
      default: return EINVAL;
    }
  }
  if (before != nullptr) {
    memory->note_write(before, sizeof *before);
    sigemptyset(before);
    std::memcpy(before, &old, sizeof old);
  }
  return 0;
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

int pthread_setcancelstate(int state, int* before) {
  Model model;
  if (!model) return REAL(pthread_setcancelstate)(state, before);
  return set_cancel(model->self().extras().attributes.cancel_state, state, before);
}

int pthread_setcanceltype(int type, int* before) {
  Model model;
  if (!model) return REAL(pthread_setcanceltype)(type, before);
  return set_cancel(model->self().extras().attributes.cancel_type, type, before);
}

void pthread_testcancel() {
  const Model model;
  if (!model) REAL(pthread_testcancel)();
}

int pthread_setschedparam(pthread_t h, int policy, const sched_param* parameter) noexcept {
  Model model;
  if (!model) return REAL(pthread_setschedparam)(h, policy, parameter);
  return set_policy(model->known_by(h), policy, parameter->sched_priority);
}

int pthread_setschedprio(pthread_t h, int priority) noexcept {
  Model model;
  if (!model) return REAL(pthread_setschedprio)(h, priority);
  Thread* thread = model->known_by(h);
  return set_policy(thread, thread == nullptr ? 0 : thread->extras().attributes.policy, priority);
}

int pthread_getschedparam(pthread_t h, int* policy, sched_param* parameter) noexcept {
  Model model;
  if (!model) return REAL(pthread_getschedparam)(h, policy, parameter);
  const Thread* thread = model->known_by(h);
  if (thread == nullptr) return ESRCH;
  write(*policy, thread->extras().attributes.policy);
  write(parameter->sched_priority, thread->extras().attributes.priority);
  return 0;
}

int sched_setscheduler(pid_t id, int policy, const sched_param* parameter) noexcept {
  Model model;
  if (!model) return REAL(sched_setscheduler)(id, policy, parameter);
  const int error = set_policy(model->of_kernel_id(id), policy, parameter->sched_priority);
  return error == 0 ? 0 : fail_with(error);
}

int sched_getscheduler(pid_t id) noexcept {
  Model model;
  if (!model) return REAL(sched_getscheduler)(id);
  const Thread* thread = model->of_kernel_id(id);
  return thread == nullptr ? fail_with(ESRCH) : thread->extras().attributes.policy;
}

int sched_setparam(pid_t id, const sched_param* parameter) noexcept {
  Model model;
  if (!model) return REAL(sched_setparam)(id, parameter);
  Thread* thread = model->of_kernel_id(id);
  const int error = set_policy(thread, thread == nullptr ? 0 : thread->extras().attributes.policy, parameter->sched_priority);
  return error == 0 ? 0 : fail_with(error);
}

int sched_getparam(pid_t id, sched_param* parameter) noexcept {
  Model model;
  if (!model) return REAL(sched_getparam)(id, parameter);
  const Thread* thread = model->of_kernel_id(id);
  if (thread == nullptr) return fail_with(ESRCH);
  write(parameter->sched_priority, thread->extras().attributes.priority);
  return 0;
}

int pthread_sigmask(int how, const sigset_t* change, sigset_t* before) noexcept {
  Model model;
  if (!model) return REAL(pthread_sigmask)(how, change, before);
  return change_mask(model->self(), how, change, before);
}

int sigprocmask(int how, const sigset_t* change, sigset_t* before) noexcept {
  Model model;
  if (!model) return REAL(sigprocmask)(how, change, before);
  const int error = change_mask(model->self(), how, change, before);
  return error == 0 ? 0 : fail_with(error);
}

}  // extern "C"

#pragma GCC visibility pop
