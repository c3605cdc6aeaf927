// A modelled thread: what the engine knows of it, and what a program may set for it and ask again.
//
// Threads are reused by the executions that follow: what a thread of an earlier one left behind is forgotten when a new one takes its
// place (`begin`), and its stack and the room of its vectors stay.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/fibers/fiber.hpp"
#include "scheduler/liveness/spin_detector.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/model/operation.hpp"
#include "scheduler/support/random.hpp"

namespace interleave::engine {

// What a program may set for a thread and ask again, and what decides nothing in the model.
struct ThreadAttributes {
  int cancel_state = 0, cancel_type = 0;   // as new threads have them: enabled, deferred
  int policy = 0, priority = 0;
  std::uint32_t processors = 3;            // it may run on: one bit each
  std::uint64_t blocked_signals = 0;

  ThreadAttributes inherited() const { return {0, 0, policy, priority, processors, blocked_signals}; }
};

// The state of drand48() and its kin: x' = a x + c modulo 2^48.
struct Rand48 {
  std::uint64_t x = 0, a = 0x5deece66d, c = 0xb;
};

// Rarely used state of a thread. Reset lazily: only threads that touched it pay for the reset.
struct ThreadExtras {
  struct Destructor {  // of a thread_local variable
    void (*function)(void*);
    void* object;
  };

  std::vector<Destructor> destructors;
  std::vector<std::pair<unsigned, void*>> specific;  // values of pthread_key_t
  std::vector<void*> robust;                         // robust mutexes that it holds
  std::vector<void*> delayed;                        // results that become ready when it ends
  std::vector<const void*> disturbed_at;
  ThreadAttributes attributes;
  Random random{0};                                  // what rand() and its kin draw from
  Rand48 rand48;
  std::string name;

  explicit ThreadExtras(std::uint64_t handle) { seed(handle); }
  void renew() {
    destructors.clear();
    specific.clear();
    robust.clear();
    delayed.clear();
    disturbed_at.clear();
    attributes = {};
    name.clear();
  }
  // The first thread begins as the C library does.
  void seed(std::uint64_t handle) {
    random = Random(handle - 1);
    rand48 = {.x = (handle - 1) * 0x9e3779b97f4a & 0xffff'ffff'ffff};
  }
};

// One modelled thread. These members are used in every execution. `begin` resets them one by one and leaves out those that are written before
// they are read, which is cheaper than clearing the whole.
struct Thread : StackOwner {
  explicit Thread(std::uint32_t its_id) : id(its_id), extras_(handle) {}
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  const std::uint32_t id;            // of its slot: the same in every execution
  std::uint64_t handle = 1;          // what the program knows it by
  std::uint64_t started = 0;         // how many threads it has started
  std::uint32_t variant = 0;         // of the candidate by which it was chosen last
  Operation     pending;             // announced; after its step: as performed
  bool finished = false;
  bool daemon = false;               // detached
  bool joined = false;
  bool woken = false;                // its sleep was ended by another thread's step
  bool timed = false;                // the pending operation ends at `deadline`
  bool awaiting = false;             // it has gone round, and is not offered until something that it read has changed
  bool read_clock = false;           // since `spin` began
  bool has_just_read = false;        // its last access was a plain read, and a step
  bool conditional = false;          // how many candidates the pending operation offers depends on the state
  std::uint32_t offered = 0;         // candidates of it, while those of the execution are valid
  std::uint32_t fingerprint = 0;            // what the pending operation adds to the fingerprint of a choice point
  const OperationType* fingerprinted = nullptr;  // the type whose fingerprint that is
  const std::uintptr_t* stack_high = nullptr;  // where the program's part of the stack ends
  Fiber fiber;
  Thread* resumer = nullptr;         // waits until this thread has announced its next operation
  Thread* group = nullptr;           // the thread in parallel() that waits for this one
  std::uint32_t group_left = 0;      // bodies of parallel() that this thread waits for
  void* (*start)(void*) = nullptr;
  void* argument = nullptr;
  void* result = nullptr;
  const std::function<void()>* body = nullptr;  // instead of start
  std::uint64_t deadline = 0;        // virtual nanoseconds
  std::uint64_t now = 0;             // its own virtual clock
  std::uint64_t haste = 0;           // by how much its clock was moved last, because it spun until some time
  SpinDetector spin;

  void begin() {
    handle = 1;
    started = 0;
    variant = 0;
    pending.type = nullptr;
    finished = daemon = joined = woken = timed = awaiting = has_just_read = conditional = false;
    polling = false;
    offered = fingerprint = 0;
    fingerprinted = nullptr;
    resumer = group = nullptr;
    group_left = 0;
    start = nullptr;
    argument = result = nullptr;
    body = nullptr;
    deadline = now = haste = 0;
    if (has_extras_) [[unlikely]] renew_extras();
  }

  // The handle of the thread that this one starts next. A handle is made of the parent's handle and the number of the child among the
  // parent's children. A number in order of creation would not do: equivalent executions may create threads in different orders, and a
  // thread must have the same handle in all of them. Children of the first thread, which most programs have only, are 2, 3, 4, ...
  std::uint64_t next_handle() const {
    const std::uint64_t number = started + 2;
    if (handle == 1) return number;
    std::uint64_t h = (handle ^ number * 0x9e3779b97f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL;
    h = (h ^ h >> 29) * 0x94d049bb133111ebULL;
    return (h ^ h >> 32) >> 2 | std::uint64_t{1} << 40;
  }
  // What gettid() returns for this thread: the handle, in fewer bits.
  std::int32_t kernel_id() const {
    return handle <= 0xffff ? static_cast<std::int32_t>(handle) : static_cast<std::int32_t>(0x4000'0000 | (handle & 0x3fff'ffff));
  }

  bool has_extras() const { return has_extras_; }
  const ThreadExtras& extras() const { return extras_; }
  ThreadExtras& extras() {
    if (!std::exchange(has_extras_, true)) extras_.seed(handle);
    return extras_;
  }

  // Spurious wakeups and interrupts disturb a sleep. A sleep at an object may be disturbed once. The program then loops and sleeps at the
  // object again; this second sleep counts as the rest of the first and is not disturbed. Otherwise no such loop would end, and a lost
  // wakeup would never be found.
  bool may_be_disturbed(const void* object) const {
    return std::find(extras_.disturbed_at.begin(), extras_.disturbed_at.end(), object) == extras_.disturbed_at.end();
  }
  void disturbed(const void* object) { extras().disturbed_at.push_back(object); }
  void undisturbed(const void* object) {  // the sleep has ended as it should
    if (!extras_.disturbed_at.empty()) std::erase(extras_.disturbed_at, object);
  }

 private:
  void renew_extras() {
    has_extras_ = false;
    extras_.renew();
  }

  bool has_extras_ = false;          // since the execution began
  ThreadExtras extras_;
};

}  // namespace interleave::engine
