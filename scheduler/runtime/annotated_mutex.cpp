// Mutexes of the program's own that it annotates for ThreadSanitizer: __tsan_mutex_* (abseil, folly) and AnnotateRWLock* (libcds).
//
// What such a mutex is made of -- atomics, futexes -- makes steps like any other code, so waiting and hanging are explored as they are
// written. But it is the annotations that order: what was done before an unlock happens before what comes after a later lock. Between
// pre_lock and post_lock, and between pre_unlock and post_unlock, accesses are not looked at for races and nothing orders; a call
// to the program's code in between is taken out of that by pre_divert and post_divert.
//
//     pre_lock                                    post_lock
//        | the mutex's own steps; nothing counts   | step "mutex lock" : orders, and the thread is the owner
//     pre_unlock                                                              post_unlock
//        | step "mutex unlock": orders; no owner   | the mutex's own steps ...  |
//
// So a thread owns the mutex for no longer than the program says, and a second owner is a fault of the mutex: it does not exclude.
// Lock and unlock are steps, as those of a pthread mutex are, so that such a fault is found in some execution of every class.
#include <unordered_map>

#include "scheduler/api/checker_registry.hpp"
#include "scheduler/runtime/annotated.hpp"

namespace interleave::engine {
namespace {

// As in <sanitizer/tsan_interface.h>.
constexpr unsigned linker_initialised = 1 << 0, read_lock = 1 << 3, try_lock = 1 << 4, try_lock_failed = 1 << 5, recursive_lock = 1 << 6, recursive_unlock = 1 << 7,
                   not_static = 1 << 8;

constexpr OperationType of_mutex(const char* name, Access access, OperationClass does) {
  OperationType type{.name = name, .access = access};
  type.noted = true;
  type.noun = "mutex";
  type.inside = annotated::beside;
  type.does = does;
  type.hold = access == Access::share ? Hold::shared : Hold::exclusive;
  return type;
}
const OperationType lock_type = of_mutex("annotated mutex lock", Access::write, OperationClass::takes);
const OperationType try_lock_type = [] {
  OperationType type = lock_type;
  type.tries = true;
  return type;
}();
const OperationType unlock_type = of_mutex("annotated mutex unlock", Access::write, OperationClass::gives);
const OperationType destroy_type = of_mutex("annotated mutex destroy", Access::write, OperationClass::ends);
const OperationType read_lock_type = of_mutex("annotated mutex read lock", Access::share, OperationClass::takes);
const OperationType read_unlock_type = of_mutex("annotated mutex read unlock", Access::share, OperationClass::gives);

struct Mutex {
  unsigned flags = 0;        // with which it was created
  std::uint32_t owner = 0;   // a thread's id plus one; 0: nobody
  int depth = 0;             // how often it has to unlock it
};

// Of this execution, by address. What the program's own memory says of the mutex, only the program knows.
std::unordered_map<const void*, Mutex>& mutexes() {
  static auto* only = new std::unordered_map<const void*, Mutex>;
  return *only;
}
bool any = false;  // since the exploration began

const hooks::BeforeExecution forget{[] {
  if (!mutexes().empty()) mutexes().clear();
}};
const hooks::Basis basis{[](const Options&) { any = false; },
                         [](Report& report) {
                           if (any)
                             report.assumed.push_back("that what the program's annotated mutexes do inside of a lock or an unlock is free of races");
                         }};

std::uint32_t owner_id(const Thread& thread) { return thread.id + 1; }

void locked(Execution& run, const void* m, unsigned flags, int depth) {
  any = true;
  const bool reads = (flags & read_lock) != 0;
  run.step({.type = reads ? &read_lock_type : (flags & try_lock) != 0 ? &try_lock_type : &lock_type, .object = annotated::name_of(m)});
  Mutex& mutex = mutexes()[m];
  used(m);
  if (mutex.owner != 0 && (reads || mutex.owner != owner_id(run.self())))
    misuse(reads ? "an annotated mutex lets a reader in while a thread owns it" : "an annotated mutex is locked while another thread owns it");
  annotated::acquire(run, m, annotated::beside);
  if (reads) return;
  annotated::acquire(run, m, annotated::readers);
  mutex.owner = owner_id(run.self());
  mutex.depth += depth;
}

// How often it was unlocked.
int unlocked(Execution& run, const void* m, unsigned flags) {
  const bool reads = (flags & read_lock) != 0;
  run.step({.type = reads ? &read_unlock_type : &unlock_type, .object = annotated::name_of(m)});
  used(m);
  Mutex& mutex = mutexes()[m];
  if (reads) {
    if (mutex.owner != 0) misuse("a reader gives an annotated mutex back while a thread owns it");
    annotated::release(run, m, annotated::readers, true);
    return 0;
  }
  if (mutex.owner != owner_id(run.self()))
    misuse(mutex.owner == 0 ? "a thread unlocks an annotated mutex that is not locked" : "a thread unlocks an annotated mutex that another thread owns");
  const int times = (flags & recursive_unlock) != 0 ? mutex.depth : 1;
  mutex.depth -= times;
  if (mutex.depth == 0) {
    mutex.owner = 0;
    annotated::release(run, m, annotated::beside, false);
  }
  return times;
}

void create(const void* m, unsigned flags) {
  const Model model;
  if (model) mutexes()[m] = {.flags = flags};
}

void destroy(const void* m, unsigned flags) {
  const Model model;
  if (!model) return;
  const auto known = mutexes().find(m);
  const Mutex mutex = known != mutexes().end() ? known->second : Mutex{};
  // A mutex of static storage has no end; one that is said to have one only now had none before.
  if (((mutex.flags | flags) & linker_initialised) != 0 || ((flags & not_static) != 0 && (mutex.flags & not_static) == 0)) return;
  life_step({.type = &destroy_type, .object = annotated::name_of(m)});
  if (mutexes()[m].owner != 0) misuse("an annotated mutex is destroyed while it is locked");
  destroyed(m);
  mutexes().erase(m);
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

void __tsan_mutex_create(void* m, unsigned flags) { create(m, flags); }
void __tsan_mutex_destroy(void* m, unsigned flags) { destroy(m, flags); }

void __tsan_mutex_pre_lock(void* m, unsigned flags) {
  Model model;
  if (!model) return;
  // The flags may be told here by a mutex that has no constructor.
  if (flags & (linker_initialised | not_static)) mutexes()[m].flags |= flags & (linker_initialised | not_static);
  annotated::enter_mutex(*model);
}
INTERLEAVE_NOTING_DOOR("__tsan_mutex_post_lock", "interleave_mutex_post_lock", 3);
INTERLEAVE_BEHIND_DOOR void interleave_mutex_post_lock(void* m, unsigned flags, int recursion) {
  Model model;
  if (!model) return;
  annotated::leave_mutex(*model);
  if ((flags & try_lock_failed) == 0) locked(*model, m, flags, (flags & recursive_lock) != 0 ? recursion : 1);
}
INTERLEAVE_NOTING_DOOR("__tsan_mutex_pre_unlock", "interleave_mutex_pre_unlock", 2);
INTERLEAVE_BEHIND_DOOR int interleave_mutex_pre_unlock(void* m, unsigned flags) {
  Model model;
  if (!model) return 0;
  const int times = unlocked(*model, m, flags);
  annotated::enter_mutex(*model);
  return times;
}
void __tsan_mutex_post_unlock(void*, unsigned) {
  Model model;
  if (model) annotated::leave_mutex(*model);
}
void __tsan_mutex_pre_signal(void*, unsigned) {
  Model model;
  if (model) annotated::enter_mutex(*model);
}
void __tsan_mutex_post_signal(void*, unsigned) {
  Model model;
  if (model) annotated::leave_mutex(*model);
}
void __tsan_mutex_pre_divert(void*, unsigned) {
  Model model;
  if (model) annotated::leave_mutex(*model);
}
void __tsan_mutex_post_divert(void*, unsigned) {
  Model model;
  if (model) annotated::enter_mutex(*model);
}

void AnnotateRWLockCreate(const char*, int, const volatile void* m) { create(const_cast<const void*>(m), 0); }
void AnnotateRWLockCreateStatic(const char*, int, const volatile void* m) { create(const_cast<const void*>(m), linker_initialised); }
void AnnotateRWLockDestroy(const char*, int, const volatile void* m) { destroy(const_cast<const void*>(m), 0); }
INTERLEAVE_NOTING_DOOR("AnnotateRWLockAcquired", "interleave_rwlock_acquired", 4);
INTERLEAVE_BEHIND_DOOR void interleave_rwlock_acquired(const char*, int, const void* m, long writes) {
  Model model;
  if (model) locked(*model, m, writes != 0 ? 0 : read_lock, 1);
}
INTERLEAVE_NOTING_DOOR("AnnotateRWLockReleased", "interleave_rwlock_released", 4);
INTERLEAVE_BEHIND_DOOR void interleave_rwlock_released(const char*, int, const void* m, long writes) {
  Model model;
  if (model) unlocked(*model, m, writes != 0 ? 0 : read_lock);
}

}  // extern "C"

#pragma GCC visibility pop
