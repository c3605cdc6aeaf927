// Spinlocks. A free one is 1, as in the C library on x86-64; one that is held says by whom. Whoever waits for one sleeps: how
// often it would have looked makes no difference.
#include <pthread.h>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

constexpr int free_mark = 1, gone_mark = 0x7ead10c;  // gone: destroyed; not held, so that locking it goes on, and is a use after its end

int word(const void* lock) { return *static_cast<const volatile int*>(lock); }
int owner_mark(const Thread& thread) { return -static_cast<int>(thread.id) - 1; }
void set(pthread_spinlock_t* lock, int value) { write(*const_cast<int*>(lock), value); }

bool is_free(const void* lock) { return word(lock) == free_mark || word(lock) == gone_mark; }

std::int64_t slack(const Execution&, const Thread& thread) { return is_free(thread.pending.object) ? 0 : -1; }

const Thread* holder(const Execution& run, const Thread& thread) {
  const auto id = static_cast<std::size_t>(-(word(thread.pending.object) + 1));
  return id < run.threads_created() ? &run.thread(id) : nullptr;
}

const OperationType lock_type{
    .name = "spinlock lock", .access = Access::write, .waits = true,
    .candidates = [](const Execution&, const Thread& t) -> std::uint32_t { return is_free(t.pending.object); },
    .slack = &slack, .blocker = &holder, .noted = true, .does = OperationClass::takes};
const OperationType try_lock_type{.name = "spinlock try_lock", .access = Access::write,
                                  .fails = [](const Operation&, std::uint64_t state, std::uint32_t) { return state != 0; },
                                  .polls = true, .does = OperationClass::takes, .tries = true};
const OperationType unlock_type{.name = "spinlock unlock", .access = Access::write, .noted = true, .does = OperationClass::gives};

const OperationType init_type{.name = "spinlock init", .access = Access::write, .does = OperationClass::begins};
const OperationType destroy_type{.name = "spinlock destroy", .access = Access::write, .does = OperationClass::ends};

Operation operation(const OperationType& type, pthread_spinlock_t* lock) {
  return {.type = &type, .object = const_cast<int*>(lock), .size = sizeof *lock};
}

int take(Execution& run, pthread_spinlock_t* lock) {
  Thread& me = run.self();
  const bool available = is_free(const_cast<int*>(lock));
  me.pending.state = !available;
  me.pending.failed = !available;
  if (!available) {
    used(const_cast<int*>(lock));
    return EBUSY;
  }
  acquire(const_cast<int*>(lock));
  set(lock, owner_mark(me));
  me.pending.effect = -1;
  return 0;
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

INTERLEAVE_NOTING_DOOR("pthread_spin_lock", "interleave_pthread_spin_lock", 1);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_spin_lock(pthread_spinlock_t* lock) noexcept {
  Model model;
  if (!model) return REAL(pthread_spin_lock)(lock);
  model->step(operation(lock_type, lock));
  return take(*model, lock);
}

INTERLEAVE_POLLING_DOOR("pthread_spin_trylock", "interleave_pthread_spin_trylock", 1);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_spin_trylock(pthread_spinlock_t* lock) noexcept {
  Model model;
  if (!model) return REAL(pthread_spin_trylock)(lock);
  model->step(operation(try_lock_type, lock));
  return take(*model, lock);
}

INTERLEAVE_NOTING_DOOR("pthread_spin_unlock", "interleave_pthread_spin_unlock", 1);
INTERLEAVE_BEHIND_DOOR int interleave_pthread_spin_unlock(pthread_spinlock_t* lock) noexcept {
  Model model;
  if (!model) return REAL(pthread_spin_unlock)(lock);
  model->step(operation(unlock_type, lock));
  const int before = word(const_cast<int*>(lock));
  if (before != owner_mark(model->self()))
    misuse(before == free_mark ? "a thread unlocks a spinlock that is not locked" : "a thread unlocks a spinlock that another thread holds");
  model->self().pending.state = 1;
  set(lock, free_mark);
  model->self().pending.effect = 1;
  release(const_cast<int*>(lock));
  return 0;
}

int pthread_spin_init(pthread_spinlock_t* lock, int shared) noexcept {
  Model model;
  if (model) {
    if (life_step(operation(init_type, lock))) {
      model->self().pending.state = !is_free(const_cast<int*>(lock));
      model->self().pending.effect = !is_free(const_cast<int*>(lock));
    }
    began(const_cast<int*>(lock), sizeof *lock);
  }
  return REAL(pthread_spin_init)(lock, shared);
}

int pthread_spin_destroy(pthread_spinlock_t* lock) noexcept {
  Model model;
  if (!model) return REAL(pthread_spin_destroy)(lock);
  if (life_step(operation(destroy_type, lock))) model->self().pending.state = !is_free(const_cast<int*>(lock));
  if (!is_free(const_cast<int*>(lock))) misuse("a spinlock is destroyed while it is held");
  destroyed(const_cast<int*>(lock), reinterpret_cast<std::uint32_t&>(*const_cast<int*>(lock)), gone_mark);
  return 0;
}

}  // extern "C"

#pragma GCC visibility pop
