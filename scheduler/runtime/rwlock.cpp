// Reader-writer locks: pthread_rwlock_t, and through it std::shared_mutex and std::shared_timed_mutex.
//
// Kept in the C library's own fields: `__readers` counts the readers inside, `__cur_writer` is the writer's id plus one.
// Readers may enter while a writer waits (the C library's default).
#include <pthread.h>

#include <interleave/scheduler/door.hpp>

namespace interleave::engine {
namespace {

auto& fields(const void* lock) { return static_cast<pthread_rwlock_t*>(const_cast<void*>(lock))->__data; }
int mark(const Thread& thread) { return static_cast<int>(thread.id) + 1; }

// A lock that keeps readers out while a writer waits. Its readers depend on when a writer began to wait, which is no step here.
void refuse_writers_first(const pthread_rwlock_t* l, const char* function) {
  if (l->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) unsupported(function, "of a lock that prefers writers");
}

bool may_read(const void* lock) { return fields(lock).__cur_writer == 0; }
bool may_write(const void* lock) { return fields(lock).__cur_writer == 0 && fields(lock).__readers == 0; }

// A reader takes one of the lock's permits, a writer all of them.
constexpr std::int32_t permits = 1 << 20;

std::int64_t free_permits(const void* lock) {
  return may_read(lock) ? std::int64_t{permits} - fields(lock).__readers : 0;
}

// By whether there is a writer, and how many readers.
constexpr std::uint64_t writer_inside = std::uint64_t{1} << 32;

std::uint64_t state_of(const void* lock) { return may_read(lock) ? fields(lock).__readers : writer_inside; }
bool read_fails(const Operation&, std::uint64_t state, std::uint32_t) { return state == writer_inside; }
bool write_fails(const Operation&, std::uint64_t state, std::uint32_t) { return state != 0; }

const Thread* writer(const Execution& run, const Thread& thread) {
  const auto id = static_cast<std::size_t>(fields(thread.pending.object).__cur_writer - 1);
  return id < run.threads_created() ? &run.thread(id) : nullptr;
}

// Readers commute with each other. A failed try is a read: it commutes with another one, but a writer's would have succeeded
// without the readers, so not with them.
const OperationType read_lock_type{
    .name = "rwlock read lock", .access = Access::share, .waits = true,
    .candidates = [](const Execution&, const Thread& t) -> std::uint32_t { return may_read(t.pending.object); },
    .slack = [](const Execution&, const Thread& t) { return free_permits(t.pending.object) - 1; },
    .blocker = &writer};
const OperationType timed_read_lock_type{
    .name = "rwlock timed read lock", .access = Access::share, .waits = true,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t { return may_read(t.pending.object) || run.due(t); },
    .fails = &read_fails, .blocker = &writer, .polls = true, .bytes = sizeof(pthread_rwlock_t)};
const OperationType try_read_lock_type{.name = "rwlock try read lock", .access = Access::share, .fails = &read_fails,
                                       .polls = true, .bytes = sizeof(pthread_rwlock_t)};
const OperationType write_lock_type{
    .name = "rwlock write lock", .access = Access::write, .waits = true,
    .candidates = [](const Execution&, const Thread& t) -> std::uint32_t { return may_write(t.pending.object); },
    .slack = [](const Execution&, const Thread& t) { return free_permits(t.pending.object) - permits; },
    .held_up_by_many = true, .blocker = &writer};
const OperationType timed_write_lock_type{
    .name = "rwlock timed write lock", .access = Access::write, .waits = true,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t { return may_write(t.pending.object) || run.due(t); },
    .fails = &write_fails, .blocker = &writer, .polls = true, .bytes = sizeof(pthread_rwlock_t)};
const OperationType try_write_lock_type{.name = "rwlock try write lock", .access = Access::write, .fails = &write_fails,
                                        .polls = true, .bytes = sizeof(pthread_rwlock_t)};
const OperationType read_unlock_type{.name = "rwlock read unlock", .access = Access::share};
const OperationType write_unlock_type{.name = "rwlock write unlock", .access = Access::write};

// Stands, beside the lock, for what its readers did.
const void* readers_of(const pthread_rwlock_t* l) { return reinterpret_cast<const char*>(l) + 1; }

int failed(Execution& run, int error) {
  run.self().pending.failed = true;
  return error;
}

int enter(Execution& run, pthread_rwlock_t* l, bool writing) {
  auto& lock = l->__data;
  run.self().pending.state = state_of(l);
  if (writing ? !may_write(l) : !may_read(l)) return failed(run, EBUSY);
  if (writing) {
    write(lock.__cur_writer, mark(run.self()));
  } else {
    write(lock.__readers, lock.__readers + 1);
  }
  acquire(l);
  if (writing) acquire(readers_of(l));
  run.self().pending.effect = writing ? -permits : -1;
  return 0;
}

int lock(Execution& run, pthread_rwlock_t* l, bool writing) {
  refuse_writers_first(l, writing ? "pthread_rwlock_wrlock" : "pthread_rwlock_rdlock");
  if (l->__data.__cur_writer == mark(run.self())) return EDEADLK;
  run.step({.type = writing ? &write_lock_type : &read_lock_type, .object = l});
  return enter(run, l, writing);
}

int try_lock(Execution& run, pthread_rwlock_t* l, bool writing) {
  refuse_writers_first(l, writing ? "pthread_rwlock_trywrlock" : "pthread_rwlock_tryrdlock");
  run.step({.type = writing ? &try_write_lock_type : &try_read_lock_type, .object = l});
  return enter(run, l, writing);
}

int timed_lock(Execution& run, pthread_rwlock_t* l, bool writing, clockid_t clock, const timespec* absolute) {
  refuse_writers_first(l, writing ? "pthread_rwlock_timedwrlock" : "pthread_rwlock_timedrdlock");
  if (!valid(*absolute)) return EINVAL;
  if (l->__data.__cur_writer == mark(run.self())) return EDEADLK;
  const std::uint64_t deadline = virtual_deadline(*absolute, clock);
  const Timed timed(run.self(), deadline);
  run.step({.type = writing ? &timed_write_lock_type : &timed_read_lock_type, .object = l});
  if (enter(run, l, writing) == 0) return 0;
  run.pass_until(deadline);
  return ETIMEDOUT;
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

int pthread_rwlock_rdlock(pthread_rwlock_t* l) {
  Model model(l);
  return model ? lock(*model, l, false) : REAL(pthread_rwlock_rdlock)(l);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* l) {
  Model model(l);
  return model ? lock(*model, l, true) : REAL(pthread_rwlock_wrlock)(l);
}

INTERLEAVE_POLLING_DOOR("pthread_rwlock_tryrdlock", "interleave_pthread_rwlock_tryrdlock");
__attribute__((visibility("hidden"), used)) int interleave_pthread_rwlock_tryrdlock(pthread_rwlock_t* l) {
  Model model(l);
  return model ? try_lock(*model, l, false) : REAL(pthread_rwlock_tryrdlock)(l);
}

INTERLEAVE_POLLING_DOOR("pthread_rwlock_trywrlock", "interleave_pthread_rwlock_trywrlock");
__attribute__((visibility("hidden"), used)) int interleave_pthread_rwlock_trywrlock(pthread_rwlock_t* l) {
  Model model(l);
  return model ? try_lock(*model, l, true) : REAL(pthread_rwlock_trywrlock)(l);
}

INTERLEAVE_POLLING_DOOR("pthread_rwlock_timedrdlock", "interleave_pthread_rwlock_timedrdlock");
__attribute__((visibility("hidden"), used)) int interleave_pthread_rwlock_timedrdlock(pthread_rwlock_t* l, const timespec* t) {
  Model model(l);
  return model ? timed_lock(*model, l, false, CLOCK_REALTIME, t) : REAL(pthread_rwlock_timedrdlock)(l, t);
}

INTERLEAVE_POLLING_DOOR("pthread_rwlock_timedwrlock", "interleave_pthread_rwlock_timedwrlock");
__attribute__((visibility("hidden"), used)) int interleave_pthread_rwlock_timedwrlock(pthread_rwlock_t* l, const timespec* t) {
  Model model(l);
  return model ? timed_lock(*model, l, true, CLOCK_REALTIME, t) : REAL(pthread_rwlock_timedwrlock)(l, t);
}

INTERLEAVE_POLLING_DOOR("pthread_rwlock_clockrdlock", "interleave_pthread_rwlock_clockrdlock");
__attribute__((visibility("hidden"), used)) int interleave_pthread_rwlock_clockrdlock(pthread_rwlock_t* l, clockid_t clock, const timespec* t) {
  Model model(l);
  return model ? timed_lock(*model, l, false, clock, t) : REAL(pthread_rwlock_clockrdlock)(l, clock, t);
}

INTERLEAVE_POLLING_DOOR("pthread_rwlock_clockwrlock", "interleave_pthread_rwlock_clockwrlock");
__attribute__((visibility("hidden"), used)) int interleave_pthread_rwlock_clockwrlock(pthread_rwlock_t* l, clockid_t clock, const timespec* t) {
  Model model(l);
  return model ? timed_lock(*model, l, true, clock, t) : REAL(pthread_rwlock_clockwrlock)(l, clock, t);
}

int pthread_rwlock_unlock(pthread_rwlock_t* l) {
  Model model(l);
  if (!model) return REAL(pthread_rwlock_unlock)(l);
  auto& lock = l->__data;
  const bool writing = lock.__cur_writer == mark(model->self());
  model->step({.type = writing ? &write_unlock_type : &read_unlock_type, .object = l});
  model->self().pending.state = state_of(l);
  if (!writing && lock.__readers == 0) misuse("a thread unlocks a reader-writer lock that it does not hold");
  if (writing) {
    write(lock.__cur_writer, 0);
  } else {
    write(lock.__readers, lock.__readers - 1);
  }
  if (writing) {
    release(l);
  } else {
    release(readers_of(l), true);  // readers do not order each other
  }
  model->self().pending.effect = writing ? permits : 1;
  return 0;
}

// Not steps; see mutex.cpp.
int pthread_rwlock_init(pthread_rwlock_t* l, const pthread_rwlockattr_t* attributes) {
  Model model;
  if (model) memory->note_write(l, sizeof *l);
  const int error = REAL(pthread_rwlock_init)(l, attributes);
  if (model && error == 0) refuse_writers_first(l, "pthread_rwlock_init");
  return error;
}

int pthread_rwlock_destroy(pthread_rwlock_t* l) {
  Model model(l);
  if (!model) return REAL(pthread_rwlock_destroy)(l);
  if (!may_write(l)) return EBUSY;
  destroyed(l);
  return 0;
}

}  // extern "C"

#pragma GCC visibility pop
