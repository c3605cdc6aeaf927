// Barriers: pthread_barrier_t. Who arrives last lets the others go on, and is the one that gets PTHREAD_BARRIER_SERIAL_THREAD.
#include <pthread.h>

#include <vector>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

// As the C library lays out a pthread_barrier_t; `in` counts who has arrived in this round.
struct Fields {
  unsigned in, round, count;
  int      shared;
  unsigned out;
};
Fields& fields(pthread_barrier_t* barrier) { return *reinterpret_cast<Fields*>(barrier); }

const OperationType arrive_type{.name = "barrier wait", .access = Access::write, .does = OperationClass::waits};
const OperationType asleep_type{.name = "barrier asleep", .access = Access::write, .waits = true,
                                .candidates = [](const Execution&, const Thread&) -> std::uint32_t { return 0; },
                                .shown = [](const Operation&, bool asleep) { return asleep ? "barrier wait" : "barrier passed"; },
                                .does = OperationClass::resumes};

const OperationType init_type{.name = "barrier init", .access = Access::write, .does = OperationClass::begins};
const OperationType destroy_type{.name = "barrier destroy", .access = Access::write, .does = OperationClass::ends};

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

int pthread_barrier_wait(pthread_barrier_t* barrier) noexcept {
  Model model;
  if (!model) return REAL(pthread_barrier_wait)(barrier);
  Execution& run = *model;
  run.step({.type = &arrive_type, .object = barrier, .size = sizeof *barrier, .second_access = Access::post, .second = &waking});
  Fields& state = fields(barrier);
  release(barrier, true);
  if (state.in + 1 < state.count) {
    write(state.in, state.in + 1);
    run.self().woken = false;
    run.step({.type = &asleep_type, .object = barrier, .size = sizeof *barrier});
    acquire_after_sleep(barrier);
    return 0;
  }
  write(state.in, 0);
  acquire(barrier);
  std::vector<Thread*> sleepers;
  run.each_live([&](Thread& thread) {
    if (thread.pending.type == &asleep_type && thread.pending.object == barrier && !thread.woken) sleepers.push_back(&thread);
  });
  for (Thread* thread : sleepers) run.wake(*thread);
  for (Thread* thread : sleepers) run.advance(*thread);
  return PTHREAD_BARRIER_SERIAL_THREAD;
}

int pthread_barrier_init(pthread_barrier_t* barrier, const pthread_barrierattr_t* attributes, unsigned count) noexcept {
  Model model;
  if (model) {
    life_step({.type = &init_type, .object = barrier, .size = sizeof *barrier});
    began(barrier, sizeof *barrier);
  }
  return REAL(pthread_barrier_init)(barrier, attributes, count);
}

int pthread_barrier_destroy(pthread_barrier_t* barrier) noexcept {
  Model model;
  if (!model) return REAL(pthread_barrier_destroy)(barrier);
  life_step({.type = &destroy_type, .object = barrier, .size = sizeof *barrier});
  if (fields(barrier).in != 0) misuse("a barrier is destroyed while threads wait at it");
  destroyed(barrier, fields(barrier).out);
  return 0;
}

}  // extern "C"

#pragma GCC visibility pop
