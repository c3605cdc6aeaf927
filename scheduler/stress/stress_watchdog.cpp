#include "scheduler/stress/stress_watchdog.hpp"

#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "scheduler/api/environment.hpp"

namespace interleave::real {
namespace {

double limit_in_seconds() {
  const char* text = std::getenv("INTERLEAVE_WATCHDOG");
  if (text == nullptr || *text == '\0') return 60;
  return parse_duration(text, "INTERLEAVE_WATCHDOG").count();
}

std::string decimal(double seconds) {
  std::string text = std::to_string(seconds);
  text.erase(text.find_last_not_of("0") + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

Watchdog::Watchdog(std::string name, std::uint64_t runs, std::function<Standing()> standing)
    : name_(std::move(name)), runs_(runs), standing_(std::move(standing)), limit_(limit_in_seconds()) {
  if (limit_.count() > 0) thread_ = std::thread([this] { watch(); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  ended_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::watch() {
  const auto tick = std::clamp(limit_ / 20, Seconds(0.01), Seconds(1));
  std::uint64_t seen = 0;
  auto since = Clock::now();
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, tick, [this] { return over_; })) {
    const auto run = run_.load(std::memory_order_relaxed);
    if (std::exchange(seen, run) != run) since = Clock::now();
    if (Clock::now() - since > limit_) report_hang(run);
  }
}

// Writes without stdio: a hanging thread may hold its lock.
void Watchdog::report_hang(std::uint64_t run) {
  const Standing standing = standing_();
  std::string text = "FAILED  " + name_ + "   deadlock: run " + std::to_string(run + 1) +
                     (runs_ == 0 ? "" : " of " + std::to_string(runs_)) + " does not end within " + decimal(limit_.count()) +
                     " s   [real threads, seed " + std::to_string(standing.seed) + "]\n";
  for (const std::string& thread : standing.threads) text += "  " + thread + "  has not ended\n";
  text += "  replay   an exploration of the same body finds the schedule: link it with interleave::model\n"
          "  longer   INTERLEAVE_WATCHDOG=" + std::to_string(static_cast<std::uint64_t>(limit_.count() * 10) + 1) +
          " if the run is merely slow\n";
  if (ftrylockfile(stdout) == 0) fflush_unlocked(stdout);
  for (std::string_view rest = text; !rest.empty();) {
    const auto written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  ::_exit(1);
}

}  // namespace interleave::real
