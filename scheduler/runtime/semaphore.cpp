// POSIX semaphores: sem_t. The value is where the C library keeps it, in the low half of the first word.
#include <semaphore.h>

#include <climits>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

std::uint32_t& value(const void* semaphore) { return *static_cast<std::uint32_t*>(const_cast<void*>(semaphore)); }

bool may_interrupt(const Execution& run, const Thread& thread) {
  return run.options().model.has(model_value(&Options::interrupts)) && thread.may_be_disturbed(thread.pending.object);
}

std::int64_t slack(const Execution& run, const Thread& thread) {
  return may_interrupt(run, thread) ? unblockable : static_cast<std::int64_t>(value(thread.pending.object)) - 1;
}

bool fails(const Operation&, std::uint64_t state, std::uint32_t) { return state == 0; }

const OperationType wait_type{
    .name = "sem_wait", .access = Access::write, .waits = true,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t {
      return std::uint32_t{value(t.pending.object) > 0} + may_interrupt(run, t);
    },
    .slack = &slack, .noted = true, .noun = "semaphore", .does = OperationClass::takes, .hold = Hold::permit};
const OperationType timed_wait_type{
    .name = "sem_timedwait", .access = Access::write, .waits = true,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t {
      return std::uint32_t{value(t.pending.object) > 0 || run.time().due(t)} + may_interrupt(run, t);
    },
    .fails = &fails, .polls = true, .bytes = sizeof(sem_t), .noun = "semaphore", .does = OperationClass::takes, .hold = Hold::permit, .tries = true};
const OperationType try_wait_type{.name = "sem_trywait", .access = Access::write, .fails = &fails, .polls = true, .bytes = sizeof(sem_t),
                                  .noun = "semaphore", .does = OperationClass::takes, .hold = Hold::permit, .tries = true};
const OperationType post_type{.name = "sem_post", .access = Access::post, .noted = true, .noun = "semaphore",
                              .does = OperationClass::gives, .hold = Hold::permit};
const OperationType get_value_type{.name = "sem_getvalue", .access = Access::read, .polls = true, .bytes = sizeof(sem_t), .noun = "semaphore",
                                   .does = OperationClass::reads};

const OperationType init_type{.name = "sem_init", .access = Access::write, .noun = "semaphore", .does = OperationClass::begins};
const OperationType destroy_type{.name = "sem_destroy", .access = Access::write, .noun = "semaphore", .does = OperationClass::ends};

int fail_with(Execution& run, int error) {
  run.self().pending.failed = true;
  errno = error;
  return -1;
}

// One of the candidates of a wait was chosen: the last one is the interrupt, if there may be one.
int wait(Execution& run, sem_t* s, const OperationType& type, const std::uint64_t* deadline) {
  Thread& me = run.self();
  const std::uint32_t variant = run.step({.type = &type, .object = s});
  me.pending.state = value(s);
  const bool ready = value(s) > 0 || (deadline != nullptr && run.time().due(me));
  if (variant == (ready ? 1u : 0u)) {
    me.disturbed(s);
    used(s);
    // An alternative to taking a permit, so what depends on the one depends on the other.
    me.pending.second = s;
    me.pending.second_access = Access::write;
    return fail_with(run, EINTR);
  }
  me.undisturbed(s);
  if (value(s) > 0) {
    write(value(s), value(s) - 1);
    me.pending.effect = -1;
    acquire(s);
    return 0;
  }
  used(s);
  run.time().pass_until(run.self(), *deadline);
  return fail_with(run, ETIMEDOUT);
}

int timed_wait(Execution& run, sem_t* s, clockid_t clock, const timespec* absolute) {
  if (!valid(*absolute)) {
    errno = EINVAL;
    return -1;
  }
  const std::uint64_t deadline = virtual_deadline(*absolute, clock);
  const Timed timed(run.self(), deadline);
  return wait(run, s, timed_wait_type, &deadline);
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

INTERLEAVE_NOTING_DOOR("sem_wait", "interleave_sem_wait", 1);
INTERLEAVE_BEHIND_DOOR int interleave_sem_wait(sem_t* s) {
  Model model(s);
  if (!model) return REAL(sem_wait)(s);
  return wait(*model, s, wait_type, nullptr);
}

INTERLEAVE_POLLING_DOOR("sem_trywait", "interleave_sem_trywait", 1);
INTERLEAVE_BEHIND_DOOR int interleave_sem_trywait(sem_t* s) {
  Model model(s);
  if (!model) return REAL(sem_trywait)(s);
  model->step({.type = &try_wait_type, .object = s});
  model->self().pending.state = value(s);
  if (value(s) == 0) {
    used(s);
    return fail_with(*model, EAGAIN);
  }
  write(value(s), value(s) - 1);
  model->self().pending.effect = -1;
  acquire(s);
  return 0;
}

INTERLEAVE_POLLING_DOOR("sem_timedwait", "interleave_sem_timedwait", 2);
INTERLEAVE_BEHIND_DOOR int interleave_sem_timedwait(sem_t* s, const timespec* absolute) {
  Model model(s);
  if (!model) return REAL(sem_timedwait)(s, absolute);
  return timed_wait(*model, s, CLOCK_REALTIME, absolute);
}

INTERLEAVE_POLLING_DOOR("sem_clockwait", "interleave_sem_clockwait", 3);
INTERLEAVE_BEHIND_DOOR int interleave_sem_clockwait(sem_t* s, clockid_t clock, const timespec* absolute) {
  Model model(s);
  if (!model) return REAL(sem_clockwait)(s, clock, absolute);
  return timed_wait(*model, s, clock, absolute);
}

INTERLEAVE_NOTING_DOOR("sem_post", "interleave_sem_post", 1);
INTERLEAVE_BEHIND_DOOR int interleave_sem_post(sem_t* s) {
  Model model(s);
  if (!model) return REAL(sem_post)(s);
  model->step({.type = &post_type, .object = s});
  model->self().pending.state = value(s);
  if (value(s) == INT_MAX) return fail_with(*model, EOVERFLOW);
  write(value(s), value(s) + 1);
  model->self().pending.effect = 1;
  release(s, true);
  return 0;
}

INTERLEAVE_POLLING_DOOR("sem_getvalue", "interleave_sem_getvalue", 2);
INTERLEAVE_BEHIND_DOOR int interleave_sem_getvalue(sem_t* s, int* result) {
  Model model(s);
  if (!model) return REAL(sem_getvalue)(s, result);
  model->step({.type = &get_value_type, .object = s});
  used(s);
  hand_over(*result, static_cast<int>(value(s)));
  return 0;
}

int sem_init(sem_t* s, int shared, unsigned initial) {
  Model model;
  if (model) {
    if (life_step({.type = &init_type, .object = s})) {
      model->self().pending.state = value(s);
      model->self().pending.effect = static_cast<std::int32_t>(initial - value(s));
    }
    began(s, sizeof *s);
  }
  return REAL(sem_init)(s, shared, initial);
}

int sem_destroy(sem_t* s) {
  Model model;
  if (!model) return REAL(sem_destroy)(s);
  if (life_step({.type = &destroy_type, .object = s})) model->self().pending.state = value(s);
  destroyed(s, (&value(s))[2]);
  return 0;
}

}  // extern "C"

#pragma GCC visibility pop
