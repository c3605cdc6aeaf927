// Condition variables: pthread_cond_t, and through it std::condition_variable(_any).
//
//     wait      one step: gives the mutex back and joins the waiters
//     asleep    no candidate, unless timed (timeout) or spurious wakeups are wanted
//     lock      after a signal, a timeout or a spurious wakeup: takes the mutex again
//
// POSIX does not say which waiter a signal wakes: each waiter is a candidate of its own. The set of waiters is the threads
// that are asleep on the condition; nothing is kept in the pthread_cond_t itself.
#include <pthread.h>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

extern const OperationType asleep_type;

bool waits_on(const Thread& thread, const void* condition) {
  return thread.pending.type == &asleep_type && thread.pending.object == condition;
}

std::uint32_t waiters(const Execution& run, const void* condition) {
  std::uint32_t n = 0;
  run.each_live([&](const Thread& thread) { n += waits_on(thread, condition); });
  return n;
}

// The state of a condition variable is how many wait on it.
bool finds_nobody(const Operation&, std::uint64_t state, std::uint32_t) { return state == 0; }

const OperationType wait_type{.name = "condition wait", .access = Access::enqueue, .noted = true,
                              .does = OperationClass::waits, .does_to_second = OperationClass::gives};
const OperationType timed_wait_type{.name = "condition wait", .access = Access::enqueue, .noted = true,
                                    .does = OperationClass::waits, .does_to_second = OperationClass::gives, .tries = true};
// How a thread woke that nobody woke: Operation::argument.
constexpr std::uint64_t by_itself = 1;

const char* shown(const Operation& op, bool asleep) {
  return asleep ? "condition wait" : op.argument == by_itself ? "condition spurious wakeup" : "condition timeout";
}

const OperationType asleep_type{
    .name = "condition timeout", .access = Access::write, .failed = Access::write, .waits = true,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t {
      return (t.timed && run.time().due(t)) + (run.options().model.has(model_value(&Options::spurious_wakeups)) && t.may_be_disturbed(t.pending.object));
    },
    .noted = true, .failure = "", .shown = &shown, .does = OperationClass::resumes};
const OperationType signal_type{
    .name = "condition signal", .access = Access::write,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t {
      return std::max(1u, waiters(run, t.pending.object));
    },
    .fails = &finds_nobody, .noted = true, .failure = "nobody waits", .does = OperationClass::wakes};
const OperationType broadcast_type{.name = "condition broadcast", .access = Access::write, .fails = &finds_nobody, .noted = true,
                                   .failure = "nobody waits", .does = OperationClass::wakes};

const OperationType init_type{.name = "condition init", .access = Access::write, .does = OperationClass::begins};
const OperationType destroy_type{.name = "condition destroy", .access = Access::write, .does = OperationClass::ends};

// The waiter goes on with taking its mutex, which is its next step.
void wake(Execution& run, Thread& waiter) {
  run.wake(waiter, {.type = &mutex_lock_type, .object = waiter.pending.second});
}

int wait(Execution& run, pthread_cond_t* c, pthread_mutex_t* m, const std::uint64_t* deadline) {
  Thread& me = run.self();
  const NotedCaller caller;
  run.step({.type = deadline != nullptr ? &timed_wait_type : &wait_type, .object = c, .second_access = Access::write, .second = m});
  used(c);
  if (run.watched_by_strategy()) me.pending.state = waiters(run, c);
  if (const int error = release_mutex(run, m)) return error;
  me.woken = false;
  me.timed = deadline != nullptr;
  if (deadline != nullptr) me.deadline = *deadline;
  const bool can_time_out = me.timed;
  caller.announces_again();
  const std::uint32_t variant = run.step({.type = &asleep_type, .object = c, .second = m});
  int result = 0;
  // The candidates of a sleeper are: timeout (if its time has come), then spurious wakeup.
  const bool timed_out = !me.woken && can_time_out && variant == 0 && run.time().due(me);
  if (me.woken || timed_out) {
    me.undisturbed(c);
  } else {
    me.disturbed(c);
  }
  if (!me.woken) {
    if (run.watched_by_strategy()) me.pending.state = waiters(run, c);
    if (timed_out) {
      result = ETIMEDOUT;
      me.pending.failed = true;
      run.time().pass_until(run.self(), *deadline);
    } else {
      me.pending.argument = by_itself;
    }
    me.timed = false;
    caller.announces_again();
    run.step({.type = &mutex_lock_type, .object = m});
  }
  const int error = take_mutex(run, m);  // of a robust mutex
  return error != 0 ? error : result;
}

int timed_wait(Execution& run, pthread_cond_t* c, pthread_mutex_t* m, clockid_t clock, const timespec* absolute) {
  if (!valid(*absolute)) return EINVAL;
  const std::uint64_t deadline = virtual_deadline(*absolute, clock);
  return wait(run, c, m, &deadline);
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

// The C library has two versions of these; the program means the new one.
#define REAL_CONDITION(function) INTERLEAVE_REAL_VERSION(function, "GLIBC_2.3.2")

#pragma GCC visibility push(default)

extern "C" {

INTERLEAVE_NOTING_DOOR("pthread_cond_wait", "interleave_pthread_cond_wait", 2);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_cond_wait(pthread_cond_t* c, pthread_mutex_t* m) {
  Model model(c);
  if (!model) return REAL_CONDITION(pthread_cond_wait)(c, m);
  return wait(*model, c, m, nullptr);
}

INTERLEAVE_NOTING_DOOR("pthread_cond_timedwait", "interleave_pthread_cond_timedwait", 3);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_cond_timedwait(pthread_cond_t* c, pthread_mutex_t* m, const timespec* absolute) {
  Model model(c);
  if (!model) return REAL_CONDITION(pthread_cond_timedwait)(c, m, absolute);
  // glibc keeps the clock of the attribute in a bit of __wrefs.
  return timed_wait(*model, c, m, (c->__data.__wrefs & 2) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME, absolute);
}

INTERLEAVE_NOTING_DOOR("pthread_cond_clockwait", "interleave_pthread_cond_clockwait", 4);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_cond_clockwait(pthread_cond_t* c, pthread_mutex_t* m, clockid_t clock, const timespec* absolute) {
  Model model(c);
  if (!model) return REAL(pthread_cond_clockwait)(c, m, clock, absolute);
  return timed_wait(*model, c, m, clock, absolute);
}

INTERLEAVE_NOTING_DOOR("pthread_cond_signal", "interleave_pthread_cond_signal", 1);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_cond_signal(pthread_cond_t* c) {
  Model model(c);
  if (!model) return REAL_CONDITION(pthread_cond_signal)(c);
  std::uint32_t chosen = model->step({.type = &signal_type, .object = c});
  used(c);
  if (model->watched_by_strategy()) model->self().pending.state = waiters(*model, c);
  Thread* woken = nullptr;
  model->each_live([&](Thread& thread) {
    if (woken == nullptr && waits_on(thread, c) && chosen-- == 0) woken = &thread;
  });
  if (woken != nullptr) {
    wake(*model, *woken);
  } else {
    model->self().pending.failed = true;
  }
  return 0;
}

INTERLEAVE_NOTING_DOOR("pthread_cond_broadcast", "interleave_pthread_cond_broadcast", 1);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_cond_broadcast(pthread_cond_t* c) {
  Model model(c);
  if (!model) return REAL_CONDITION(pthread_cond_broadcast)(c);
  model->step({.type = &broadcast_type, .object = c});
  used(c);
  if (model->watched_by_strategy()) model->self().pending.state = waiters(*model, c);
  bool found = false;
  model->each_live([&](Thread& thread) {
    if (!waits_on(thread, c)) return;
    wake(*model, thread);
    found = true;
  });
  model->self().pending.failed = !found;
  return 0;
}

int pthread_cond_init(pthread_cond_t* c, const pthread_condattr_t* attributes) {
  Model model;
  if (model) {
    if (life_step({.type = &init_type, .object = c})) model->self().pending.state = waiters(*model, c);
    began(c, sizeof *c);
  }
  return REAL_CONDITION(pthread_cond_init)(c, attributes);
}

int pthread_cond_destroy(pthread_cond_t* c) {
  Model model(c);
  if (!model) return REAL_CONDITION(pthread_cond_destroy)(c);
  if (life_step({.type = &destroy_type, .object = c})) model->self().pending.state = waiters(*model, c);
  if (waiters(*model, c) > 0) misuse("a condition variable is destroyed while a thread waits on it");
  destroyed(c, *reinterpret_cast<std::uint32_t*>(c));
  return 0;
}

}  // extern "C"

#pragma GCC visibility pop
