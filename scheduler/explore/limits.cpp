#include "scheduler/explore/limits.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include <fmt/format.h>

namespace interleave::engine {

std::optional<std::string> Limits::time_is_over(std::uint64_t begun) const {
  // Not before the first: a limit that is over before anything ran would be a pass of nothing.
  constexpr std::uint64_t often = 16;
  if (time.count() == 0 || begun == 0 || begun % often != 0 || Clock::now() - start <= time) return std::nullopt;
  return fmt::format("the time limit of {} s was met", time.count());
}

std::optional<std::string> Limits::memory_is_full(std::size_t kept) const {
  if (kept <= memory) return std::nullopt;
  return fmt::format("the limit of {} MiB of memory was met (INTERLEAVE_MEMORY_MB raises it)", memory >> 20);
}

std::optional<std::string> Limits::enough(std::uint64_t begun, std::uint64_t steps_made) const {
  if (executions != 0 && begun == executions) return fmt::format("the limit of {} executions was met", executions);
  if (steps != 0 && steps_made >= steps) return fmt::format("the limit of {} steps in all was met", steps);
  return std::nullopt;
}

std::optional<std::string> Limits::processor_time_is_over(std::chrono::duration<double> used) const {
  if (processor_time.count() == 0 || used < processor_time) return std::nullopt;
  return fmt::format("the limit of {} s of processor time was met", processor_time.count());
}

std::optional<std::string> Limits::deadline_is_near(Clock::time_point now) const {
  if (!deadline || now < *deadline) return std::nullopt;
  return "the time that INTERLEAVE_DEADLINE gives this process (a test's TIMEOUT) was about to end";
}

namespace {

std::chrono::duration<double> time_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::duration<double>(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9);
}

// By CLOCK_BOOTTIME, from the field `starttime` of /proc/self/stat; 0: not known.
double seconds_at_start() {
  std::FILE* file = std::fopen("/proc/self/stat", "r");
  if (file == nullptr) return 0;
  unsigned long long ticks = 0;
  // The name in parentheses may have parentheses of its own; nothing behind it has.
  char text[1024];
  const std::size_t size = std::fread(text, 1, sizeof text - 1, file);
  std::fclose(file);
  text[size] = '\0';
  const char* at = nullptr;
  for (const char* c = text; *c != '\0'; ++c)
    if (*c == ')') at = c + 1;
  if (at == nullptr ||
      std::sscanf(at, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &ticks) != 1)
    return 0;
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

std::chrono::duration<double> processor_time() { return time_of(CLOCK_THREAD_CPUTIME_ID); }

Limits::Clock::time_point start_of_process() {
  static const auto start = [] {
    const double at = seconds_at_start();
    const auto age = at == 0 ? std::chrono::duration<double>(0) : time_of(CLOCK_BOOTTIME) - std::chrono::duration<double>(at);
    return Limits::Clock::now() - std::chrono::duration_cast<Limits::Clock::duration>(age);
  }();
  return start;
}

std::optional<Limits::Clock::time_point> deadline_of(Limits::Clock::time_point started, std::chrono::duration<double> seconds) {
  if (seconds.count() <= 0) return std::nullopt;
  const auto for_the_report = std::min<std::chrono::duration<double>>(seconds / 10, std::chrono::seconds(10));
  const auto longest = std::chrono::duration<double>(std::chrono::hours(24 * 365 * 100));
  return started + std::chrono::duration_cast<Limits::Clock::duration>(std::min(seconds - for_the_report, longest));
}

}  // namespace interleave::engine
