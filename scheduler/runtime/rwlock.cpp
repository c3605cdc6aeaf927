// Reader-writer locks: pthread_rwlock_t, and through it std::shared_mutex and std::shared_timed_mutex.
//
// Kept in the C library's own fields: `__readers` counts the readers inside, `__cur_writer` is the writer's id plus one,
// `__writers` counts the writers that wait, as far as anybody can tell that they do.
//
// Nobody can by default: readers may enter while a writer waits. A lock of the kind PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP
// keeps readers out as soon as a writer waits, so *beginning to wait* is something that others notice, and a step of its own:
//
//     write lock                 takes the lock if nobody is inside and no writer waits; else begins to wait
//     write lock after waiting   no candidate while anybody is inside; then takes the lock; or gives up, where it is timed
//
// Such a lock is two objects, the *gate* that readers come through and writers close, and the *room* behind it:
//
//                                gate      room
//     a reader goes in or out    share     share
//     a writer goes in or out    write     write
//     a writer begins to wait    enqueue
//       goes in after waiting              write
//       (timed) goes in          write     write
//       gives up waiting         write     read
//     a try fails                read
//
// Which of several writers that wait goes in next is a choice. The kind PTHREAD_RWLOCK_PREFER_WRITER_NP is, in the C library, about
// which of those who wait go in next, and so makes no difference here.
#include <pthread.h>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

auto& fields(const void* lock) { return static_cast<pthread_rwlock_t*>(const_cast<void*>(lock))->__data; }
int owner_id(const Thread& thread) { return static_cast<int>(thread.id) + 1; }

bool writers_first(const pthread_rwlock_t* l) { return l->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP; }

constexpr std::uint32_t room_offset = 8;  // another word
const void* room_of(const void* lock) { return static_cast<const char*>(lock) + room_offset; }
const void* lock_of(const void* room) { return static_cast<const char*>(room) - room_offset; }

bool may_read(const void* lock) { return fields(lock).__cur_writer == 0 && fields(lock).__writers == 0; }
bool may_write(const void* lock) { return fields(lock).__cur_writer == 0 && fields(lock).__readers == 0; }

// A reader takes one of the lock's permits, a writer all of them; a writer that waits, all those of the gate.
constexpr std::int32_t permits = 1 << 20;

std::int64_t permits_of_room(const void* lock) {
  return std::int64_t{permits} * (fields(lock).__cur_writer == 0) - fields(lock).__readers;
}
std::int64_t permits_of_gate(const void* lock) { return permits_of_room(lock) - std::int64_t{permits} * fields(lock).__writers; }

// By how many readers are inside, whether a writer is, and how many wait. Of the room, without the last.
constexpr std::uint64_t a_writer = std::uint64_t{1} << 32;

std::uint64_t state_of_room(const void* lock) { return fields(lock).__cur_writer != 0 ? a_writer : fields(lock).__readers; }
std::uint64_t state_of(const void* lock) { return state_of_room(lock) + a_writer * 2 * fields(lock).__writers; }
bool read_fails(const Operation&, std::uint64_t state, std::uint32_t) { return state >= a_writer; }
bool write_fails(const Operation&, std::uint64_t state, std::uint32_t) { return state != 0; }

const Thread* writer_of(const Execution& run, const void* lock) {
  const auto id = static_cast<std::size_t>(fields(lock).__cur_writer - 1);
  return id < run.threads_created() ? &run.thread(id) : nullptr;
}
const Thread* writer(const Execution& run, const Thread& thread) { return writer_of(run, thread.pending.object); }

const OperationType init_type{.name = "rwlock init", .access = Access::write, .does = OperationClass::begins};
const OperationType destroy_type{.name = "rwlock destroy", .access = Access::write, .failed = Access::write, .does = OperationClass::ends};

bool life_step_of(Execution& run, const OperationType& type, const void* lock) {
  if (!life_step({.type = &type, .object = lock, .second_access = Access::write, .second = room_of(lock)})) return false;
  run.self().pending.state = state_of(lock);
  run.self().pending.second_state = state_of_room(lock);
  return true;
}

// Readers commute with each other. A failed try is a read: it commutes with another one, but a writer's would have succeeded
// without the readers, so not with them.
const OperationType read_lock_type{
    .name = "rwlock read lock", .access = Access::share, .waits = true,
    .candidates = [](const Execution&, const Thread& t) -> std::uint32_t { return may_read(t.pending.object); },
    .slack = [](const Execution&, const Thread& t) { return permits_of_gate(t.pending.object) - 1; },
    .blocker = &writer, .noted = true, .does = OperationClass::takes, .hold = Hold::shared};
const OperationType timed_read_lock_type{
    .name = "rwlock timed read lock", .access = Access::share, .second = When::done, .waits = true,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t { return may_read(t.pending.object) || run.time().due(t); },
    .fails = &read_fails, .blocker = &writer, .polls = true, .bytes = sizeof(pthread_rwlock_t),
    .does = OperationClass::takes, .hold = Hold::shared, .tries = true};
const OperationType try_read_lock_type{.name = "rwlock try read lock", .access = Access::share, .second = When::done, .fails = &read_fails,
                                       .polls = true, .bytes = sizeof(pthread_rwlock_t),
                                       .does = OperationClass::takes, .hold = Hold::shared, .tries = true};
const OperationType write_lock_type{
    .name = "rwlock write lock", .access = Access::write, .waits = true,
    .candidates = [](const Execution&, const Thread& t) -> std::uint32_t { return may_write(t.pending.object); },
    .slack = [](const Execution&, const Thread& t) { return permits_of_room(t.pending.object) - permits; },
    .held_up_by_many = true, .blocker = &writer, .noted = true, .does = OperationClass::takes};
const OperationType timed_write_lock_type{
    .name = "rwlock timed write lock", .access = Access::write, .waits = true,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t { return may_write(t.pending.object) || run.time().due(t); },
    .fails = &write_fails, .blocker = &writer, .polls = true, .bytes = sizeof(pthread_rwlock_t), .does = OperationClass::takes, .tries = true};
const OperationType try_write_lock_type{.name = "rwlock try write lock", .access = Access::write, .second = When::done, .fails = &write_fails,
                                        .polls = true, .bytes = sizeof(pthread_rwlock_t), .does = OperationClass::takes, .tries = true};
const OperationType read_unlock_type{.name = "rwlock read unlock", .access = Access::share, .noted = true,
                                     .does = OperationClass::gives, .hold = Hold::shared};
const OperationType write_unlock_type{.name = "rwlock write unlock", .access = Access::write, .noted = true, .does = OperationClass::gives};

// ---- where writers come first ----
// Writers begin to wait in no order, and so keep a reader out as readers do a writer.
const OperationType read_lock_behind_type = [] {
  OperationType type = read_lock_type;
  type.held_up_by_many = true;
  return type;
}();
const OperationType write_lock_or_wait_type{.name = "rwlock write lock", .access = Access::write, .failed = Access::enqueue,
                                            .second = When::done, .fails = &write_fails, .failure = "has to wait", .does = OperationClass::takes};

const char* shown_after_waiting(const Operation&, bool asleep) { return asleep ? "rwlock write lock" : "rwlock write lock after waiting"; }

bool room_is_empty(const Thread& thread) { return may_write(lock_of(thread.pending.object)); }

const Thread* writer_in_room(const Execution& run, const Thread& thread) { return writer_of(run, lock_of(thread.pending.object)); }

const OperationType after_waiting_type{
    .name = "rwlock write lock after waiting", .access = Access::write, .waits = true,
    .candidates = [](const Execution&, const Thread& t) -> std::uint32_t { return room_is_empty(t); },
    .slack = [](const Execution&, const Thread& t) { return permits_of_room(lock_of(t.pending.object)) - permits; },
    .held_up_by_many = true, .blocker = &writer_in_room, .inside = room_offset, .shown = &shown_after_waiting, .does = OperationClass::takes};
const OperationType timed_after_waiting_type{
    .name = "rwlock timed write lock after waiting", .access = Access::write, .second_effect = When::failed, .waits = true,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t { return room_is_empty(t) || run.time().due(t); },
    .fails = &write_fails, .blocker = &writer_in_room, .inside = room_offset, .does = OperationClass::takes, .tries = true};

// Stands, beside the lock, for what its readers did.
const void* readers_of(const pthread_rwlock_t* l) { return reinterpret_cast<const char*>(l) + 1; }

Operation operation(const OperationType& type, pthread_rwlock_t* l) {
  if (!writers_first(l)) return {.type = &type, .object = l};
  return {.type = &type, .object = l, .second_access = type.access, .second = room_of(l)};
}

void note_states(Operation& op, const pthread_rwlock_t* l) {
  const bool gate_first = op.object == l;
  (gate_first ? op.state : op.second_state) = state_of(l);
  (gate_first ? op.second_state : op.state) = state_of_room(l);
}

int failed(Execution& run, int error) {
  run.self().pending.failed = true;
  return error;
}

void take(Execution& run, pthread_rwlock_t* l, bool writing) {
  auto& lock = l->__data;
  if (writing) {
    write(lock.__cur_writer, owner_id(run.self()));
  } else {
    write(lock.__readers, lock.__readers + 1);
  }
  acquire(l);
  if (writing) acquire(readers_of(l));
  run.self().pending.effect = writing ? -permits : -1;
}

// Where a writer that waits keeps out who wants to read, it keeps out who only tries to write, too.
int enter(Execution& run, pthread_rwlock_t* l, bool writing) {
  note_states(run.self().pending, l);
  if (writing ? state_of(l) != 0 : !may_read(l)) {
    used(l);
    return failed(run, EBUSY);
  }
  take(run, l, writing);
  return 0;
}

int give_up(Execution& run, std::uint64_t deadline) {
  run.time().pass_until(run.self(), deadline);
  return ETIMEDOUT;
}

// `deadline`: null for ever.
int lock_before_readers(Execution& run, pthread_rwlock_t* l, const std::uint64_t* deadline) {
  auto& lock = l->__data;
  run.step(operation(write_lock_or_wait_type, l));
  if (enter(run, l, true) == 0) return 0;
  write(lock.__writers, lock.__writers + 1);
  run.self().pending.effect = -permits;
  if (deadline != nullptr) {
    const Timed timed(run.self(), *deadline);
    run.step({.type = &timed_after_waiting_type, .object = room_of(l), .second_access = Access::write, .second = l});
  } else {
    run.step({.type = &after_waiting_type, .object = room_of(l)});
  }
  note_states(run.self().pending, l);
  used(l);
  write(lock.__writers, lock.__writers - 1);
  if (may_write(l)) {
    take(run, l, true);
    return 0;
  }
  run.self().pending.failed = true;
  run.self().pending.effect = permits;
  return give_up(run, *deadline);
}

int lock(Execution& run, pthread_rwlock_t* l, bool writing) {
  if (l->__data.__cur_writer == owner_id(run.self())) return EDEADLK;
  if (writing && writers_first(l)) return lock_before_readers(run, l, nullptr);
  run.step(operation(writing ? write_lock_type : writers_first(l) ? read_lock_behind_type : read_lock_type, l));
  return enter(run, l, writing);
}

int try_lock(Execution& run, pthread_rwlock_t* l, bool writing) {
  run.step(operation(writing ? try_write_lock_type : try_read_lock_type, l));
  return enter(run, l, writing);
}

int timed_lock(Execution& run, pthread_rwlock_t* l, bool writing, clockid_t clock, const timespec* absolute) {
  if (!valid(*absolute)) return EINVAL;
  if (l->__data.__cur_writer == owner_id(run.self())) return EDEADLK;
  const std::uint64_t deadline = virtual_deadline(*absolute, clock);
  if (writing && writers_first(l)) return lock_before_readers(run, l, &deadline);
  const Timed timed(run.self(), deadline);
  run.step(operation(writing ? timed_write_lock_type : timed_read_lock_type, l));
  return enter(run, l, writing) == 0 ? 0 : give_up(run, deadline);
}

int unlock(Execution& run, pthread_rwlock_t* l) {
  auto& lock = l->__data;
  const bool writing = lock.__cur_writer == owner_id(run.self());
  run.step(operation(writing ? write_unlock_type : read_unlock_type, l));
  note_states(run.self().pending, l);
  if (!writing && lock.__readers == 0) misuse("a thread unlocks a reader-writer lock that it does not hold");
  if (writing) {
    write(lock.__cur_writer, 0);
    release(l);
  } else {
    write(lock.__readers, lock.__readers - 1);
    release(readers_of(l), true);  // readers do not order each other
  }
  run.self().pending.effect = writing ? permits : 1;
  return 0;
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

INTERLEAVE_NOTING_DOOR("pthread_rwlock_rdlock", "interleave_pthread_rwlock_rdlock", 1);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_rwlock_rdlock(pthread_rwlock_t* l) {
  Model model(l);
  return model ? lock(*model, l, false) : REAL(pthread_rwlock_rdlock)(l);
}

INTERLEAVE_NOTING_DOOR("pthread_rwlock_wrlock", "interleave_pthread_rwlock_wrlock", 1);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_rwlock_wrlock(pthread_rwlock_t* l) {
  Model model(l);
  return model ? lock(*model, l, true) : REAL(pthread_rwlock_wrlock)(l);
}

INTERLEAVE_POLLING_DOOR("pthread_rwlock_tryrdlock", "interleave_pthread_rwlock_tryrdlock", 1);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_rwlock_tryrdlock(pthread_rwlock_t* l) {
  Model model(l);
  return model ? try_lock(*model, l, false) : REAL(pthread_rwlock_tryrdlock)(l);
}

INTERLEAVE_POLLING_DOOR("pthread_rwlock_trywrlock", "interleave_pthread_rwlock_trywrlock", 1);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_rwlock_trywrlock(pthread_rwlock_t* l) {
  Model model(l);
  return model ? try_lock(*model, l, true) : REAL(pthread_rwlock_trywrlock)(l);
}

INTERLEAVE_POLLING_DOOR("pthread_rwlock_timedrdlock", "interleave_pthread_rwlock_timedrdlock", 2);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_rwlock_timedrdlock(pthread_rwlock_t* l, const timespec* t) {
  Model model(l);
  return model ? timed_lock(*model, l, false, CLOCK_REALTIME, t) : REAL(pthread_rwlock_timedrdlock)(l, t);
}

INTERLEAVE_POLLING_DOOR("pthread_rwlock_timedwrlock", "interleave_pthread_rwlock_timedwrlock", 2);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_rwlock_timedwrlock(pthread_rwlock_t* l, const timespec* t) {
  Model model(l);
  return model ? timed_lock(*model, l, true, CLOCK_REALTIME, t) : REAL(pthread_rwlock_timedwrlock)(l, t);
}

INTERLEAVE_POLLING_DOOR("pthread_rwlock_clockrdlock", "interleave_pthread_rwlock_clockrdlock", 3);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_rwlock_clockrdlock(pthread_rwlock_t* l, clockid_t clock, const timespec* t) {
  Model model(l);
  return model ? timed_lock(*model, l, false, clock, t) : REAL(pthread_rwlock_clockrdlock)(l, clock, t);
}

INTERLEAVE_POLLING_DOOR("pthread_rwlock_clockwrlock", "interleave_pthread_rwlock_clockwrlock", 3);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_rwlock_clockwrlock(pthread_rwlock_t* l, clockid_t clock, const timespec* t) {
  Model model(l);
  return model ? timed_lock(*model, l, true, clock, t) : REAL(pthread_rwlock_clockwrlock)(l, clock, t);
}

INTERLEAVE_NOTING_DOOR("pthread_rwlock_unlock", "interleave_pthread_rwlock_unlock", 1);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_rwlock_unlock(pthread_rwlock_t* l) {
  Model model(l);
  return model ? unlock(*model, l) : REAL(pthread_rwlock_unlock)(l);
}

int pthread_rwlock_init(pthread_rwlock_t* l, const pthread_rwlockattr_t* attributes) {
  Model model;
  if (model) {
    if (life_step_of(*model, init_type, l)) model->self().pending.effect = static_cast<std::int32_t>(permits - permits_of_room(l));
    began(l, sizeof *l);
  }
  return REAL(pthread_rwlock_init)(l, attributes);
}

int pthread_rwlock_destroy(pthread_rwlock_t* l) {
  Model model(l);
  if (!model) return REAL(pthread_rwlock_destroy)(l);
  if (life_step_of(*model, destroy_type, l)) model->self().pending.failed = state_of(l) != 0;
  if (state_of(l) != 0) {
    used(l);
    return EBUSY;
  }
  destroyed(l, fields(l).__pad4);
  return 0;
}

}  // extern "C"

#pragma GCC visibility pop
