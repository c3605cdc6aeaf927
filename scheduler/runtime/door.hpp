// What every door of the runtime needs. A *door* (an interceptor, in ThreadSanitizer's words) is a function of the C or C++ library, or a hook
// of the instrumentation, that the engine defines in place of the original, and by which a program enters the model:
//
//     INTERLEAVE_NOTING_DOOR("sem_post", "interleave_sem_post", 1);     // the exported function; one argument
//     INTERLEAVE_BEHIND_DOOR int interleave_sem_post(sem_t* s) {      // the exported function jumps to it
//       Model model(s);                        // false outside the model, and for objects of the system's own libraries
//       if (!model) return REAL(sem_post)(s);  // the C library's function
//       model->step({.type = &post_type, .object = s});   // returns when it is this thread's turn
//       ...the effect, on the program's own object, and what it orders (acquire, release)...
//     }
//
// Which of three ways a function takes (the macros are defined in entry.hpp):
//
//   * INTERLEAVE_POLLING_DOOR: it announces an operation that `polls`, so a thread may wait by calling it in a loop. The caller's registers and
//     stack are noted at each call, in order to recognise that the thread is back where it was.
//   * INTERLEAVE_NOTING_DOOR: it announces an operation that waits, or that cannot fail. The caller is noted where states are kept, and only there.
//   * a plain extern "C" function: it is no step, or a step after which no thread counts as being back where it was (sem_init).
//
// A door is called only if scheduler/exports.map exports its name: the test structure_exports finds one that is not. structure_surface demands a
// row of docs/surface.md for it.
//
// The state of a modelled object lives in the program's own object, as it does in the C library: so it is rolled back with
// everything else, and no step looks anything up.
#pragma once

#include <cerrno>
#include <cstdint>
#include <ctime>

#include "scheduler/execution/clock_origin.hpp"
#include "scheduler/execution/execution.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/modules/instrumented.hpp"
#include "scheduler/modules/real.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/runtime/entry.hpp"
#include "scheduler/runtime/plain_access.hpp"
#include "scheduler/support/interception_mode.hpp"

namespace interleave::engine {

// What a destroyed object has in it.
inline constexpr std::uint32_t destroyed_mark = 0xdeadb10cu;

// The execution that the calling code belongs to; false outside the model. While it lives, calls that the door makes go to the real functions.
class Model {
 public:
  Model() : inside_(mode == Mode::modelled) {
    if (inside_) mode = Mode::outside;
  }
  // For an object that may belong to a library that we cannot see into: such objects are left to the real functions.
  explicit Model(const void* object) : inside_(mode == Mode::modelled && !foreign(object)) {
    if (inside_) mode = Mode::outside;
  }
  ~Model() {
    if (inside_) mode = Mode::modelled;
  }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  explicit operator bool() const { return inside_; }
  Execution* operator->() const { return Execution::current; }
  Execution& operator*() const { return *Execution::current; }

  // Whether `p` lies in the static storage of an uninstrumented library.
  static bool foreign(const void* p);

 private:
  bool inside_;
};

// The caller of a door that is noted (entry.hpp) and makes several steps, each of which is announced in the caller's state.
class NotedCaller {
 public:
  NotedCaller() {
    if (interleave_keeps_states) [[unlikely]] state_ = interleave_call_state;
  }
  // Before the steps after the first: other threads have called doors meanwhile.
  void announces_again() const {
    if (interleave_keeps_states) [[unlikely]] interleave_call_state = state_;
  }

 private:
  CallState state_;
};

// A write by a door to a modelled object: a change.
template <class T>
void write(T& place, std::type_identity_t<T> value) {
  memory->note_change(&place);
  place = value;
}

// A result that a door writes where the caller wants it.
template <class T>
void hand_over(T& place, std::type_identity_t<T> value) {
  memory->note_write(&place, sizeof place);
  place = value;
}

// ---- plain accesses of modelled code ----
// The running thread is about to make one, which is a step like any other. Where races are explored. False: nobody else can tell when it
// happens (shared_lines.hpp), so it is none.
bool plain_step(const void* p, std::size_t size, bool writes);

void copy_step(void* to, const void* from, std::size_t size);

// To the shadow.
__attribute__((always_inline)) inline void shown(const void* p, std::size_t size, bool writes) {
  if (shadow == nullptr) return;
  if (writes) {
    plain_access<true, false>(p, size, Shadow::mask_of(size));
  } else {
    plain_access<false, false>(p, size, Shadow::mask_of(size));
  }
}

// REQUIRES, of both: modelled code. Before the access.
inline void accessed(const void* p, std::size_t size, bool writes) {
  if (explores_races) [[unlikely]] plain_step(p, size, writes);
  shown(p, size, writes);
}
inline void copied(void* to, const void* from, std::size_t size) {
  if (explores_races) [[unlikely]] copy_step(to, from, size);
  shown(from, size, false);
  shown(to, size, true);
}

// A door uses an object of the program's. The use of a destroyed or freed object is a failure; two uses never race with each other.
inline void used(const void* object) {
  if (shadow != nullptr && !shadow->used(Execution::current->self().id, reinterpret_cast<std::uintptr_t>(object))) [[unlikely]]
    report_found(*Execution::current);
}

// ---- the life of objects of the program's ----
// Where races are explored, an operation that begins or ends the life of memory or of an object is a step that depends on every use: other
// threads may use it just before and just after. Elsewhere such a use is found by what orders it.
void touch_all(Operation& operation, const void* p, std::size_t size);  // makes these bytes its object; a write
// False: it is no step here. The effect has to be carried out either way.
bool life_step(const Operation& operation);

// An object of so many bytes is initialised, whatever it was before. Before the effect.
void began(void* object, std::size_t size);
// The object is destroyed: any use is a failure until it is initialised anew, by its function or by just writing to it. `mark` is a part of
// it that every initialisation writes and nothing else does: `value` is put there, and while it is there, the object counts as destroyed.
void destroyed(const void* object, std::uint32_t& mark, std::uint32_t value = destroyed_mark);
// Destroys an object that has no such part: a later use that is ordered after the destruction is not found.
void destroyed(const void* object);

// ---- what orders, for the shadow: by the running thread, on an object that it uses ----
// `acquire` after a sleep: the object that the thread has slept on may be gone by now, so its use is not checked.
inline void acquire_after_sleep(const void* object) {
  if (shadow != nullptr) shadow->acquire(Execution::current->self().id, reinterpret_cast<std::uintptr_t>(object));
}
inline void acquire(const void* object) {
  if (shadow != nullptr && !shadow->acquired_by_use(Execution::current->self().id, reinterpret_cast<std::uintptr_t>(object))) [[unlikely]]
    report_found(*Execution::current);
}
// Instead of what the object released before, or besides it (`also`).
inline void release(const void* object, bool also = false) {
  if (shadow != nullptr && !shadow->released_by_use(Execution::current->self().id, reinterpret_cast<std::uintptr_t>(object), also)) [[unlikely]]
    report_found(*Execution::current);
}
inline void joined(const Thread& ended) {
  if (shadow != nullptr) shadow->joined(Execution::current->self().id, ended.id);
}

// Ends the execution: the program called something that the model does not know.
[[noreturn]] void unsupported(const char* name, const char* why = nullptr);

// Ends the execution: the program broke a rule of POSIX whose breach is undefined behaviour.
[[noreturn]] void misuse(const char* sentence);

// ---- time: every clock is the thread's virtual clock plus a fixed origin ----
std::uint64_t virtual_deadline(const timespec& absolute, clockid_t clock);
bool valid(const timespec& t);

// While it lives, what the thread waits in ends at `deadline`.
class Timed {
 public:
  Timed(Thread& thread, std::uint64_t deadline) : thread_(thread) {
    thread_.timed = true;
    thread_.deadline = deadline;
  }
  ~Timed() { thread_.timed = false; }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  Thread& thread_;
};

// ---- shared between families ----
extern const OperationType mutex_lock_type;
// Stands for "threads may be woken and run to their end within this step": a step that does so posts it, one that asks whether
// a thread has ended reads it.
extern const char waking;
int  take_mutex(Execution&, pthread_mutex_t*);                          // REQUIRES: the thread's lock step was chosen
int  release_mutex(Execution&, pthread_mutex_t*);                       // 0 or EPERM

}  // namespace interleave::engine
