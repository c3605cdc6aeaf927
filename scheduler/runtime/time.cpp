// Time. No real time ever passes in the model: a clock shows the calling thread's virtual time, which a timeout or a sleep
// moves forward; with the virtual clock, one time for all, which moves when nobody else can step.
#include <sched.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <limits>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

const OperationType yield_type{.name = "yield", .polls = true};
const OperationType sleep_type{
    .name = "sleep", .waits = true,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t { return run.time().due(t); },
    .polls = true};

void sleep_until(Execution& run, std::uint64_t deadline) {
  const Timed timed(run.self(), deadline);
  run.step({.type = &sleep_type});
  run.time().pass_until(run.self(), deadline);
}

std::uint64_t nanoseconds(const timespec& t) {
  return static_cast<std::uint64_t>(t.tv_sec) * second + static_cast<std::uint64_t>(t.tv_nsec);
}

std::uint64_t saturated_sum(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max() / 2;
  return a > most || b > most ? most : a + b;
}

timespec as_timespec(std::uint64_t t) {
  return {static_cast<time_t>(t / second), static_cast<long>(t % second)};
}

}  // namespace

std::uint64_t virtual_deadline(const timespec& absolute, clockid_t clock) {
  if (absolute.tv_sec < 0) return 0;
  if (static_cast<std::uint64_t>(absolute.tv_sec) > std::numeric_limits<std::uint64_t>::max() / 2 / second)
    return std::numeric_limits<std::uint64_t>::max() / 2;
  const std::uint64_t t = nanoseconds(absolute);
  return t > clock_origin(clock) ? t - clock_origin(clock) : 0;
}

bool valid(const timespec& t) { return t.tv_nsec >= 0 && t.tv_nsec < static_cast<long>(second); }

}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

INTERLEAVE_POLLING_DOOR("sched_yield", "interleave_sched_yield", 0);
INTERLEAVE_BEHIND_DOOR int interleave_sched_yield() noexcept {
  Model model;
  if (!model) return REAL(sched_yield)();
  model->step({.type = &yield_type});
  return 0;
}

int clock_gettime(clockid_t clock, timespec* result) noexcept {
  Model model;
  if (!model) return REAL(clock_gettime)(clock, result);
  model->look_at_clock();
  memory->note_write(result, sizeof *result);
  *result = as_timespec(clock_origin(clock) + model->time().now(model->self()));
  return 0;
}

int gettimeofday(timeval* result, void* zone) noexcept {
  Model model;
  if (!model) return REAL(gettimeofday)(result, zone);
  model->look_at_clock();
  const timespec t = as_timespec(clock_origin(CLOCK_REALTIME) + model->time().now(model->self()));
  memory->note_write(result, sizeof *result);
  *result = {t.tv_sec, t.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* result) noexcept {
  Model model;
  if (!model) return REAL(time)(result);
  model->look_at_clock();
  const auto t = static_cast<time_t>((clock_origin(CLOCK_REALTIME) + model->time().now(model->self())) / second);
  if (result != nullptr) hand_over(*result, t);
  return t;
}

// The processor time that the program has used is the time that has passed for its thread.
clock_t clock() noexcept {
  Model model;
  if (!model) return REAL(clock)();
  model->look_at_clock();
  return static_cast<clock_t>((clock_origin(CLOCK_PROCESS_CPUTIME_ID) + model->time().now(model->self())) / 1000);
}

int timespec_get(timespec* result, int base) noexcept {
  Model model;
  if (!model) return REAL(timespec_get)(result, base);
  if (base != TIME_UTC) return 0;
  model->look_at_clock();
  memory->note_write(result, sizeof *result);
  *result = as_timespec(clock_origin(CLOCK_REALTIME) + model->time().now(model->self()));
  return base;
}

INTERLEAVE_POLLING_DOOR("nanosleep", "interleave_nanosleep", 2);
INTERLEAVE_BEHIND_DOOR int interleave_nanosleep(const timespec* duration, timespec* remaining) {
  Model model;
  if (!model) return REAL(nanosleep)(duration, remaining);
  if (!valid(*duration) || duration->tv_sec < 0) {
    errno = EINVAL;
    return -1;
  }
  sleep_until(*model, saturated_sum(model->time().now(model->self()), nanoseconds(*duration)));
  return 0;
}

INTERLEAVE_POLLING_DOOR("clock_nanosleep", "interleave_clock_nanosleep", 4);
INTERLEAVE_BEHIND_DOOR int interleave_clock_nanosleep(clockid_t clock, int flags, const timespec* t, timespec* remaining) {
  Model model;
  if (!model) return REAL(clock_nanosleep)(clock, flags, t, remaining);
  if (!valid(*t) || t->tv_sec < 0) return EINVAL;
  sleep_until(*model, (flags & TIMER_ABSTIME) != 0 ? virtual_deadline(*t, clock)
                                                   : saturated_sum(model->time().now(model->self()), nanoseconds(*t)));
  return 0;
}

INTERLEAVE_POLLING_DOOR("usleep", "interleave_usleep", 1);
INTERLEAVE_BEHIND_DOOR int interleave_usleep(useconds_t microseconds) {
  Model model;
  if (!model) return REAL(usleep)(microseconds);
  sleep_until(*model, saturated_sum(model->time().now(model->self()), std::uint64_t{microseconds} * 1000));
  return 0;
}

INTERLEAVE_POLLING_DOOR("sleep", "interleave_sleep", 1);
INTERLEAVE_BEHIND_DOOR unsigned interleave_sleep(unsigned seconds) {
  Model model;
  if (!model) return REAL(sleep)(seconds);
  sleep_until(*model, saturated_sum(model->time().now(model->self()), seconds * second));
  return 0;
}

}  // extern "C"

#pragma GCC visibility pop
