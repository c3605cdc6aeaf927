// Mutexes: pthread_mutex_t of the kinds normal, recursive and errorcheck, and through them all of <mutex> but call_once.
//
// A mutex that is held is `__lock != 0`, by the thread `__owner - 1`, as in the C library: so one that was locked before the
// exploration is seen as locked. The bits of a priority ceiling, which the C library keeps in the same word, stay what they are:
// priorities decide nothing here.
//
// A robust mutex outlives its owner: the end of a thread that holds one is a step that gives it up, and whoever takes it next is
// told so. What has become of it is kept in `__spins`, which the C library uses for adaptive mutexes only.
#include <pthread.h>

#include "scheduler/execution/at_thread_exit.hpp"
#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

auto& fields(const void* mutex) { return static_cast<pthread_mutex_t*>(const_cast<void*>(mutex))->__data; }
int kind(const void* mutex) { return fields(mutex).__kind & 3; }
bool robust(const void* mutex) { return (fields(mutex).__kind & 16) != 0; }

enum : short { consistent = 0, owner_died = 1, not_recoverable = 2 };

constexpr int ceiling_bits = ~0x7ffff;
int ceiling(const void* mutex) { return (fields(mutex).__kind & 64) != 0 ? fields(mutex).__lock & ceiling_bits : 0; }
bool locked(const void* mutex) { return fields(mutex).__lock != ceiling(mutex); }
bool recursive(const void* mutex) { return kind(mutex) == PTHREAD_MUTEX_RECURSIVE; }
int owner_mark(const Thread& thread) { return static_cast<int>(thread.id) + 1; }

bool held_by(const void* mutex, const Thread& thread) {
  return locked(mutex) && fields(mutex).__owner == owner_mark(thread);
}

// Free, or held by the thread itself where that is not a reason to sleep.
bool can_proceed(const Thread& thread) {
  const void* mutex = thread.pending.object;
  return !locked(mutex) || (kind(mutex) != PTHREAD_MUTEX_NORMAL && kind(mutex) != PTHREAD_MUTEX_ADAPTIVE_NP &&
                                       held_by(mutex, thread));
}

std::int64_t slack(const Execution&, const Thread& thread) {
  const void* mutex = thread.pending.object;
  return !locked(mutex) ? 0 : can_proceed(thread) ? unblockable : -1;
}

const Thread* holder(const Execution& run, const Thread& thread) {
  const void* mutex = thread.pending.object;
  const auto id = static_cast<std::size_t>(fields(mutex).__owner - 1);
  return locked(mutex) && id < run.threads_created() ? &run.thread(id) : nullptr;
}

// A mutex that is held by a thread is in the state `owner mark`; one that is not, in 0.
std::uint64_t state_of(const void* mutex) { return !locked(mutex) ? 0 : static_cast<std::uint64_t>(fields(mutex).__owner); }

bool fails(const Operation& op, std::uint64_t state, std::uint32_t thread) {
  return state != 0 && !(state == thread + 1 && recursive(op.object));
}

// Held once by the thread of this mark, or by nobody.
void set_owner(pthread_mutex_t* m, int owner) {
  auto& mutex = m->__data;
  static_assert(offsetof(pthread_mutex_t, __data.__count) == sizeof mutex.__lock);
  memory->note_change(reinterpret_cast<std::uint64_t*>(&mutex));  // lock and count are of one word
  mutex.__lock = ceiling(m) | static_cast<int>(owner != 0);
  mutex.__count = owner != 0;
  write(mutex.__owner, owner);
}

// What taking a mutex comes to when it is the thread's turn: 0, EBUSY, EDEADLK; of a robust one also EOWNERDEAD, ENOTRECOVERABLE.
int attempt(Execution& run, pthread_mutex_t* m) {
  Thread& me = run.self();
  auto& mutex = m->__data;
  me.pending.state = state_of(m);
  if (robust(m) && mutex.__spins == not_recoverable) return ENOTRECOVERABLE;
  if (!locked(m)) {
    set_owner(m, owner_mark(me));
    me.pending.effect = -1;
    acquire(m);
    if (!robust(m)) return 0;
    me.extras().robust.push_back(m);
    return mutex.__spins == owner_died ? EOWNERDEAD : 0;
  }
  if (held_by(m, me) && recursive(m)) {
    write(mutex.__count, mutex.__count + 1);
    return 0;
  }
  used(m);
  me.pending.failed = true;
  return held_by(m, me) && kind(m) == PTHREAD_MUTEX_ERRORCHECK ? EDEADLK : EBUSY;
}

const OperationType try_lock_type{.name = "mutex try_lock", .access = Access::write, .fails = &fails, .polls = true,
                                  .bytes = sizeof(pthread_mutex_t), .does = OperationClass::takes, .tries = true};
const OperationType timed_lock_type{
    .name = "mutex timed lock", .access = Access::write, .waits = true,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t { return can_proceed(t) || run.time().due(t); },
    .fails = &fails, .blocker = &holder, .polls = true, .bytes = sizeof(pthread_mutex_t), .does = OperationClass::takes, .tries = true};
const OperationType unlock_type{.name = "mutex unlock", .access = Access::write, .noted = true, .does = OperationClass::gives};
const OperationType init_type{.name = "mutex init", .access = Access::write, .does = OperationClass::begins};
const OperationType destroy_type{.name = "mutex destroy", .access = Access::write, .failed = Access::write, .does = OperationClass::ends};
const OperationType owner_died_type{.name = "mutex owner ends", .access = Access::write, .does = OperationClass::gives};

int timed_lock(Execution& run, pthread_mutex_t* m, clockid_t clock, const timespec* absolute) {
  if (!valid(*absolute)) return EINVAL;
  Thread& me = run.self();
  const std::uint64_t deadline = virtual_deadline(*absolute, clock);
  const Timed timed(me, deadline);
  run.step({.type = &timed_lock_type, .object = m});
  const int result = attempt(run, m);
  if (result != EBUSY) return result;
  run.time().pass_until(run.self(), deadline);
  return ETIMEDOUT;
}

}  // namespace

const OperationType mutex_lock_type{
    .name = "mutex lock", .access = Access::write, .waits = true,
    .candidates = [](const Execution&, const Thread& t) -> std::uint32_t { return can_proceed(t); },
    .slack = &slack, .blocker = &holder, .noted = true, .does = OperationClass::takes};

int take_mutex(Execution& run, pthread_mutex_t* m) { return attempt(run, m); }

int release_mutex(Execution& run, pthread_mutex_t* m) {
  auto& mutex = m->__data;
  Operation& op = run.self().pending;
  (op.object == m ? op.state : op.second_state) = state_of(m);
  if (!held_by(m, run.self())) {
    if (kind(m) == PTHREAD_MUTEX_RECURSIVE || kind(m) == PTHREAD_MUTEX_ERRORCHECK || robust(m)) return EPERM;
    misuse(!locked(m) ? "a thread unlocks a mutex that is not locked"
                             : "a thread unlocks a mutex that another thread holds");
  }
  if (mutex.__count > 1) {
    write(mutex.__count, mutex.__count - 1);
    return 0;
  }
  set_owner(m, 0);
  op.effect = 1;
  release(m);
  if (!robust(m)) return 0;
  std::erase(run.self().extras().robust, m);
  if (mutex.__spins == owner_died) write(mutex.__spins, not_recoverable);
  return 0;
}

namespace {

// Whoever waits for a robust mutex of the thread learns that its owner has died.
void give_up_robust_mutexes(Execution& run, Thread& me) {
  while (!me.extras().robust.empty()) {
    auto* m = static_cast<pthread_mutex_t*>(me.extras().robust.front());
    run.step({.type = &owner_died_type, .object = m});
    write(m->__data.__count, 1);  // however often it was taken
    release_mutex(run, m);
    write(m->__data.__spins, owner_died);
  }
}

const AtThreadExit at_exit(AtThreadExit::Phase::locks, &give_up_robust_mutexes);

}  // namespace

}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

INTERLEAVE_NOTING_DOOR("pthread_mutex_lock", "interleave_pthread_mutex_lock", 1);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_mutex_lock(pthread_mutex_t* m) {
  Model model(m);
  if (!model) return REAL(pthread_mutex_lock)(m);
  model->step({.type = &mutex_lock_type, .object = m});
  return attempt(*model, m);
}

INTERLEAVE_POLLING_DOOR("pthread_mutex_trylock", "interleave_pthread_mutex_trylock", 1);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_mutex_trylock(pthread_mutex_t* m) {
  Model model(m);
  if (!model) return REAL(pthread_mutex_trylock)(m);
  model->step({.type = &try_lock_type, .object = m});
  const int result = attempt(*model, m);
  return result == EDEADLK ? EBUSY : result;
}

INTERLEAVE_POLLING_DOOR("pthread_mutex_timedlock", "interleave_pthread_mutex_timedlock", 2);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_mutex_timedlock(pthread_mutex_t* m, const timespec* absolute) {
  Model model(m);
  if (!model) return REAL(pthread_mutex_timedlock)(m, absolute);
  return timed_lock(*model, m, CLOCK_REALTIME, absolute);
}

INTERLEAVE_POLLING_DOOR("pthread_mutex_clocklock", "interleave_pthread_mutex_clocklock", 3);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_mutex_clocklock(pthread_mutex_t* m, clockid_t clock, const timespec* absolute) {
  Model model(m);
  if (!model) return REAL(pthread_mutex_clocklock)(m, clock, absolute);
  return timed_lock(*model, m, clock, absolute);
}

INTERLEAVE_NOTING_DOOR("pthread_mutex_unlock", "interleave_pthread_mutex_unlock", 1);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_mutex_unlock(pthread_mutex_t* m) {
  Model model(m);
  if (!model) return REAL(pthread_mutex_unlock)(m);
  model->step({.type = &unlock_type, .object = m});
  const int result = release_mutex(*model, m);
  if (result != 0) model->self().pending.failed = true;
  return result;
}

int pthread_mutex_init(pthread_mutex_t* m, const pthread_mutexattr_t* attributes) {
  Model model;
  if (model) {
    if (life_step({.type = &init_type, .object = m})) {
      model->self().pending.state = state_of(m);
      model->self().pending.effect = locked(m);
    }
    began(m, sizeof *m);
  }
  return REAL(pthread_mutex_init)(m, attributes);
}

int pthread_mutex_destroy(pthread_mutex_t* m) {
  Model model(m);
  if (!model) return REAL(pthread_mutex_destroy)(m);
  if (life_step({.type = &destroy_type, .object = m})) {
    model->self().pending.state = state_of(m);
    model->self().pending.failed = locked(m);
  }
  if (locked(m)) {
    used(m);
    return EBUSY;
  }
  destroyed(m, reinterpret_cast<std::uint32_t&>(fields(m).__list));
  return 0;
}

// Not a step: nobody but the owner can tell.
int pthread_mutex_consistent(pthread_mutex_t* m) noexcept {
  Model model(m);
  if (!model) return REAL(pthread_mutex_consistent)(m);
  if (!robust(m) || m->__data.__spins != owner_died || !held_by(m, model->self())) return EINVAL;
  write(m->__data.__spins, consistent);
  return 0;
}

}  // extern "C"

#pragma GCC visibility pop
