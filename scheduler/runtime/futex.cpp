// Futexes, by which C++20's atomic waits, semaphores, latches, barriers and futures sleep: the raw syscall(SYS_futex, ...).
//
// Two things live at a futex word: its value, which a wait reads, and a queue of sleepers, which a wait joins and a wake
// writes. Waking does not touch the value, so the queue is an object of its own.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <cstdarg>
#include <vector>

#include <fmt/format.h>

#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

const void* queue_of(const void* word) {
  return reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(word) | std::uintptr_t{1} << 63);
}

// A wait counts as joining the queue even if the value is not the expected one: what it does to the queue would otherwise
// depend on the word, and dependence is a matter of one object at a time.
const OperationType wait_type{.name = "futex wait", .access = Access::read, .noted = true, .does = OperationClass::waits};
const OperationType asleep_type{
    .name = "futex timeout", .access = Access::write, .failed = Access::write, .waits = true,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t { return t.timed && run.time().due(t); },
    .noted = true, .failure = "", .shown = [](const Operation&, bool asleep) { return asleep ? "futex wait" : "futex timeout"; },
    .does = OperationClass::resumes};

bool sleeps_on(const Thread& thread, const void* queue) {
  return thread.pending.type == &asleep_type && thread.pending.object == queue && !thread.woken;
}

std::uint32_t sleepers(const Execution& run, const void* queue) {
  std::uint32_t n = 0;
  run.each_live([&](const Thread& thread) { n += sleeps_on(thread, queue); });
  return n;
}

// n over k, saturated: more candidates than that cannot be explored anyway.
std::uint32_t combinations(std::uint32_t n, std::uint32_t k) {
  std::uint64_t result = 1;
  for (std::uint32_t i = 1; i <= k; ++i) {
    result = result * (n - k + i) / i;
    if (result > 1u << 20) return 1u << 20;
  }
  return static_cast<std::uint32_t>(result);
}

const OperationType wake_type{
    .name = "futex wake", .access = Access::write,
    .candidates = [](const Execution& run, const Thread& t) -> std::uint32_t {
      const std::uint32_t n = sleepers(run, t.pending.object);
      const auto wanted = static_cast<std::uint32_t>(std::min<std::uint64_t>(t.pending.argument, n));
      return combinations(n, wanted);
    },
    .fails = [](const Operation& op, std::uint64_t state, std::uint32_t) { return state == 0 || op.argument == 0; },
    .noted = true,
    .failure = "nobody waits", .does = OperationClass::wakes};

// The `index`-th way, in lexicographic order, to choose k of the sleepers.
std::vector<Thread*> chosen_sleepers(Execution& run, const void* queue, std::uint32_t k, std::uint32_t index) {
  std::vector<Thread*> all, chosen;
  run.each_live([&](Thread& thread) {
    if (sleeps_on(thread, queue)) all.push_back(&thread);
  });
  for (std::size_t i = 0; i < all.size() && chosen.size() < k; ++i) {
    const auto rest = static_cast<std::uint32_t>(all.size() - i - 1);
    const auto wanted = k - static_cast<std::uint32_t>(chosen.size());
    const std::uint32_t with_this = wanted - 1 > rest ? 0 : combinations(rest, wanted - 1);
    if (index < with_this) {
      chosen.push_back(all[i]);
    } else {
      index -= with_this;
    }
  }
  return chosen;
}

long wait(Execution& run, int* word, int expected, const std::uint64_t* deadline) {
  Thread& me = run.self();
  const NotedCaller caller;
  const void* queue = queue_of(word);
  run.step({.type = &wait_type, .object = word, .size = 4, .second_access = Access::enqueue, .second = queue});
  me.pending.state = static_cast<std::uint32_t>(*word);
  if (run.watched_by_strategy()) me.pending.second_state = sleepers(run, queue);
  if (*word != expected) {
    me.pending.failed = true;
    errno = EAGAIN;
    return -1;
  }
  me.woken = false;
  me.timed = deadline != nullptr;
  if (deadline != nullptr) me.deadline = *deadline;
  caller.announces_again();
  run.step({.type = &asleep_type, .object = queue});
  me.timed = false;
  if (me.woken) return 0;
  if (run.watched_by_strategy()) me.pending.state = sleepers(run, queue) + 1;
  me.pending.failed = true;
  run.time().pass_until(run.self(), *deadline);
  errno = ETIMEDOUT;
  return -1;
}

long wake(Execution& run, int* word, int count) {
  const void* queue = queue_of(word);
  const std::uint64_t wanted = count < 0 ? 0 : static_cast<std::uint64_t>(count);
  const std::uint32_t variant = run.step({.type = &wake_type, .object = queue, .second_access = Access::post, .second = &waking, .argument = wanted});
  const std::uint32_t n = sleepers(run, queue);
  const auto k = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, n));
  run.self().pending.state = n;
  run.self().pending.failed = k == 0;
  if (k == 0) return 0;
  const std::vector<Thread*> woken = chosen_sleepers(run, queue, k, variant);
  for (Thread* thread : woken) run.wake(*thread);
  for (Thread* thread : woken) run.advance(*thread);
  return k;
}

long futex(Execution& run, int* word, int operation, int value, const timespec* time) {
  const int command = operation & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  const clockid_t clock = (operation & FUTEX_CLOCK_REALTIME) != 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC;
  std::uint64_t deadline = 0;
  if (time != nullptr && (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET)) {
    if (!valid(*time)) {
      errno = EINVAL;
      return -1;
    }
    deadline = command == FUTEX_WAIT_BITSET
                   ? virtual_deadline(*time, clock)
                   : run.time().now(run.self()) + static_cast<std::uint64_t>(time->tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time->tv_nsec);
  }
  switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: return wait(run, word, value, time != nullptr ? &deadline : nullptr);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET: return wake(run, word, value);
    default: unsupported(fmt::format("futex command {}", command).c_str());
  }
}

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

#pragma GCC visibility push(default)

extern "C" {

INTERLEAVE_NOTING_DOOR("syscall", "interleave_syscall", 5);
INTERLEAVE_BEHIND_DOOR long interleave_syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& each : a) each = va_arg(list, long);
  va_end(list);
  Model model;
  if (!model) return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  switch (number) {
    case SYS_futex:
      return futex(*model, reinterpret_cast<int*>(a[0]), static_cast<int>(a[1]), static_cast<int>(a[2]),
                   reinterpret_cast<const timespec*>(a[3]));
    case SYS_gettid: return model->self().kernel_id();
    case SYS_getpid:
    case SYS_write: return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    default: unsupported(fmt::format("syscall({})", number).c_str(), "the model cannot control a raw system call");
  }
}

}  // extern "C"

#pragma GCC visibility pop
