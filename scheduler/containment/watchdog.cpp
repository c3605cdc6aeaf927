#include "scheduler/containment/watchdog.hpp"

#include <dlfcn.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "scheduler/api/environment.hpp"
#include "scheduler/containment/crash_reporter.hpp"
#include "scheduler/execution/execution.hpp"

namespace interleave::engine {
namespace {

// Debuggers pass it on without stopping, and hardly a program uses it.
constexpr int signal_number = SIGVTALRM;

double limit_seconds() {
  const char* text = std::getenv("INTERLEAVE_WATCHDOG");
  if (text == nullptr || *text == '\0') return 10;
  return parse_duration(text, "INTERLEAVE_WATCHDOG").count();
}

double now(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double limit = 0;
std::string limit_text;

// What the last ticks saw.
struct Seen {
  std::uint64_t execution = 0, step = 0;
  double processor = 0;       // when there was a step last
  std::uintptr_t call = 0;    // the instruction behind the system call that every tick since `waits_since` met
  double waits_since = 0;
  double tick = 0;
} seen;

// The instruction behind the system call that the signal interrupted, whether or not it will be made again; 0: it was in none.
std::uintptr_t interrupted_call(const void* context) {
  const auto* state = static_cast<const ucontext_t*>(context);
  const auto at = static_cast<std::uintptr_t>(state->uc_mcontext.gregs[REG_RIP]);
  const auto is_call = [](std::uintptr_t p) {
    const auto* code = reinterpret_cast<const unsigned char*>(p);
    return code[0] == 0x0f && code[1] == 0x05;
  };
  if (is_call(at)) return at + 2;
  return is_call(at - 2) && state->uc_mcontext.gregs[REG_RAX] == -EINTR ? at : 0;
}

std::string name_of_call(std::uintptr_t address) {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(address), &info) == 0 || info.dli_sname == nullptr) return "a system call";
  std::string_view name = info.dli_sname;
  while (name.starts_with('_')) name.remove_prefix(1);
  for (const std::string_view end : {"_nocancel", "_time64"})
    if (name.ends_with(end)) name.remove_suffix(end.size());
  return std::string(name);
}

}  // namespace

void Watchdog::tick(int, siginfo_t*, void* context) {
  Execution* run = Execution::current;
  if (run == nullptr || !run->on_fiber()) return;
  const int error = errno;
  const Mode before = mode;
  mode = Mode::outside;  // or the clock would be the model's
  const double processor = now(CLOCK_THREAD_CPUTIME_ID), real = now(CLOCK_MONOTONIC);
  if (seen.execution != run->ordinal() || seen.step != run->steps()) {
    seen = {.execution = run->ordinal(), .step = run->steps(), .processor = processor, .tick = real};
  } else if (const std::uintptr_t call = interrupted_call(context); call == 0 || call != seen.call || real - seen.tick > limit / 2) {
    seen.call = call;  // another one, or the whole program was stopped for a while
    seen.waits_since = real;
  }
  seen.tick = real;
  const bool waits = seen.call != 0 && real - seen.waits_since >= limit;
  const bool goes_round = processor - seen.processor >= limit;
  if (before == Mode::modelled && waits) {
    seen = {};
    const std::string name = name_of_call(interrupted_call(context));
    run->crash("unsupported", fmt::format("unsupported operation {}: for {} s of real time it has waited for the world outside, or for "
                                          "a lock of a library that the model does not see", name, limit_text));
  }
  if (before == Mode::modelled && goes_round) {
    seen = {};
    run->crash("livelock", fmt::format("a loop without a step: nothing that another thread could see for {} s of processor time "
                                       "(INTERLEAVE_WATCHDOG sets the limit)", limit_text));
  }
  // In the engine there is nothing to end an execution for: a lock is held that nobody will give back.
  if (before == Mode::outside && waits) stop_harness("waits for a lock that a thread of the program held when it crashed");
  mode = before;
  errno = error;
}

Watchdog::Watchdog() {
  limit = limit_seconds();
  const char* debugged = std::getenv("INTERLEAVE_BREAK");
  if (limit == 0 || (debugged != nullptr && *debugged != '\0')) return;
  limit_text = fmt::format("{:g}", limit);
  seen = {};
  struct sigaction action {};
  action.sa_sigaction = &Watchdog::tick;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART;
  sigaction(signal_number, &action, &previous_);
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal_number;
  event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
  if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) return;
  armed_ = true;
  const double period = std::clamp(limit / 8, 0.01, 0.5);
  const timespec time{static_cast<time_t>(period), static_cast<long>((period - static_cast<double>(static_cast<time_t>(period))) * 1e9)};
  const itimerspec often{time, time};
  timer_settime(timer_, 0, &often, nullptr);
}

Watchdog::~Watchdog() {
  if (armed_) timer_delete(timer_);
  if (previous_.sa_sigaction != nullptr || armed_) sigaction(signal_number, &previous_, nullptr);
}

}  // namespace interleave::engine
