// The threads of C11 (<threads.h>): in the C library they are POSIX's under other names, with the same objects, and so they are
// here. What differs is how results are told.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>

#include "scheduler/runtime/door.hpp"

namespace {

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t));

auto* posix(mtx_t* m) { return reinterpret_cast<pthread_mutex_t*>(m); }
auto* posix(cnd_t* c) { return reinterpret_cast<pthread_cond_t*>(c); }
auto* posix(once_flag* once) { return reinterpret_cast<pthread_once_t*>(once); }

int told(int error) {
  switch (error) {
    case 0: return thrd_success;
    case EBUSY: return thrd_busy;
    case ETIMEDOUT: return thrd_timedout;
    case ENOMEM: return thrd_nomem;
    default: return thrd_error;
  }
}

// The modelled part is done by the doors of POSIX: this only asks which world it is.
bool modelled() { return interleave::engine::mode == interleave::engine::Mode::modelled; }

}  // namespace

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

// What a thread returns is an int in the low half of what pthread_join yields.
int thrd_create(thrd_t* thread, thrd_start_t start, void* argument) {
  if (!modelled()) return REAL(thrd_create)(thread, start, argument);
  return told(pthread_create(thread, nullptr, reinterpret_cast<void* (*)(void*)>(reinterpret_cast<void*>(start)), argument));
}

int thrd_join(thrd_t thread, int* result) {
  if (!modelled()) return REAL(thrd_join)(thread, result);
  void* value = nullptr;
  const int error = pthread_join(thread, &value);
  if (error == 0 && result != nullptr) write(*result, static_cast<int>(reinterpret_cast<std::intptr_t>(value)));
  return told(error);
}

void thrd_exit(int result) {
  if (!modelled()) REAL(thrd_exit)(result);
  pthread_exit(reinterpret_cast<void*>(static_cast<std::intptr_t>(result)));
}

int thrd_detach(thrd_t thread) { return modelled() ? told(pthread_detach(thread)) : REAL(thrd_detach)(thread); }

thrd_t thrd_current() { return modelled() ? pthread_self() : REAL(thrd_current)(); }

int thrd_sleep(const timespec* duration, timespec* remaining) {
  if (!modelled()) return REAL(thrd_sleep)(duration, remaining);
  return nanosleep(duration, remaining) == 0 ? 0 : -2;
}

void thrd_yield() { modelled() ? static_cast<void>(sched_yield()) : REAL(thrd_yield)(); }

int mtx_init(mtx_t* m, int type) {
  const Model model;
  if (model) {
    static constexpr OperationType init{.name = "mutex init", .access = Access::write, .does = interleave::OperationClass::begins};
    life_step({.type = &init, .object = m});
    began(m, sizeof *m);
  }
  return REAL(mtx_init)(m, type);
}

int mtx_lock(mtx_t* m) { return modelled() ? told(pthread_mutex_lock(posix(m))) : REAL(mtx_lock)(m); }

int mtx_trylock(mtx_t* m) { return modelled() ? told(pthread_mutex_trylock(posix(m))) : REAL(mtx_trylock)(m); }

int mtx_timedlock(mtx_t* m, const timespec* t) {
  return modelled() ? told(pthread_mutex_timedlock(posix(m), t)) : REAL(mtx_timedlock)(m, t);
}

int mtx_unlock(mtx_t* m) { return modelled() ? told(pthread_mutex_unlock(posix(m))) : REAL(mtx_unlock)(m); }

void mtx_destroy(mtx_t* m) { modelled() ? static_cast<void>(pthread_mutex_destroy(posix(m))) : REAL(mtx_destroy)(m); }

int cnd_init(cnd_t* c) { return modelled() ? told(pthread_cond_init(posix(c), nullptr)) : REAL(cnd_init)(c); }

int cnd_wait(cnd_t* c, mtx_t* m) { return modelled() ? told(pthread_cond_wait(posix(c), posix(m))) : REAL(cnd_wait)(c, m); }

int cnd_timedwait(cnd_t* c, mtx_t* m, const timespec* t) {
  return modelled() ? told(pthread_cond_timedwait(posix(c), posix(m), t)) : REAL(cnd_timedwait)(c, m, t);
}

int cnd_signal(cnd_t* c) { return modelled() ? told(pthread_cond_signal(posix(c))) : REAL(cnd_signal)(c); }

int cnd_broadcast(cnd_t* c) { return modelled() ? told(pthread_cond_broadcast(posix(c))) : REAL(cnd_broadcast)(c); }

void cnd_destroy(cnd_t* c) { modelled() ? static_cast<void>(pthread_cond_destroy(posix(c))) : REAL(cnd_destroy)(c); }

void call_once(once_flag* once, void (*init)()) {
  modelled() ? static_cast<void>(pthread_once(posix(once), init)) : REAL(call_once)(once, init);
}

int tss_create(tss_t* key, tss_dtor_t destructor) {
  return modelled() ? told(pthread_key_create(key, destructor)) : REAL(tss_create)(key, destructor);
}

void* tss_get(tss_t key) { return modelled() ? pthread_getspecific(key) : REAL(tss_get)(key); }

int tss_set(tss_t key, void* value) { return modelled() ? told(pthread_setspecific(key, value)) : REAL(tss_set)(key, value); }

void tss_delete(tss_t key) { modelled() ? static_cast<void>(pthread_key_delete(key)) : REAL(tss_delete)(key); }

}  // extern "C"

#pragma GCC visibility pop
