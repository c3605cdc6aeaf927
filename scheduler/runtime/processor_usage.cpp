// What a process has used of the processor: as much time as has passed for the thread, as clock() says, and nothing else.
#include <sys/resource.h>
#include <sys/times.h>

#include <ctime>

#include "scheduler/runtime/door.hpp"

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

clock_t times(tms* used) noexcept {
  Model model;
  if (!model) return REAL(times)(used);
  constexpr std::uint64_t tick = 10'000'000;  // sysconf(_SC_CLK_TCK) is 100 on Linux
  model->look_at_clock();
  if (used != nullptr) {
    memory->note_write(used, sizeof *used);
    *used = {};
    used->tms_utime = static_cast<clock_t>((clock_origin(CLOCK_PROCESS_CPUTIME_ID) + model->time().now(model->self())) / tick);
  }
  return static_cast<clock_t>((clock_origin(CLOCK_MONOTONIC) + model->time().now(model->self())) / tick);
}

int getrusage(__rusage_who_t who, rusage* used) noexcept {
  Model model;
  if (!model) return REAL(getrusage)(who, used);
  rusage real{};
  if (const int result = REAL(getrusage)(who, &real); result != 0) return result;  // no such process
  model->look_at_clock();
  memory->note_write(used, sizeof *used);
  *used = {};
  if (who == RUSAGE_CHILDREN) return 0;
  const std::uint64_t microseconds = (clock_origin(CLOCK_PROCESS_CPUTIME_ID) + model->time().now(model->self())) / 1000;
  used->ru_utime = {.tv_sec = static_cast<time_t>(microseconds / 1'000'000), .tv_usec = static_cast<suseconds_t>(microseconds % 1'000'000)};
  return 0;
}

}  // extern "C"

#pragma GCC visibility pop
