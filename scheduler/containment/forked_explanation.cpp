#include "scheduler/containment/forked_explanation.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "scheduler/containment/watchdog.hpp"
#include "scheduler/containment/crash_reporter.hpp"
#include "scheduler/fibers/tls_block.hpp"
#include "scheduler/report/codec.hpp"

namespace interleave::engine {
namespace {

[[noreturn]] void explain_in_child(int pipe, const std::function<Failure()>& explain) {
  crash_reporter::dismiss();
  tls_blocks::forget();
  const Watchdog watchdog;  // timers are not inherited
  const std::string bytes = codec::bytes_of(explain());
  std::fflush(stdout);
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t n = ::write(pipe, bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno != EINTR) break;
    at += static_cast<std::size_t>(n > 0 ? n : 0);
  }
  ::_exit(0);
}

// All that comes out of the pipe until it closes; false if it does not in time.
bool read_all(int pipe, double seconds_max, std::string& bytes) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds_max);
  while (Clock::now() < end) {
    pollfd asked{pipe, POLLIN, 0};
    if (::poll(&asked, 1, 100) <= 0) continue;
    char buffer[4096];
    const ssize_t n = ::read(pipe, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return true;
    bytes.append(buffer, static_cast<std::size_t>(n));
  }
  return false;
}

}  // namespace

Failure explain_in_child(const std::function<Failure()>& explain, const Failure& known, double seconds_max) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return explain();
  std::fflush(stdout);
  const pid_t child = fork();
  if (child < 0) {
    close(ends[0]);
    close(ends[1]);
    return explain();
  }
  if (child == 0) explain_in_child(ends[1], explain);
  close(ends[1]);
  std::string bytes;
  const bool in_time = read_all(ends[0], seconds_max, bytes);
  close(ends[0]);
  if (!in_time) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (Failure explained; in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0 && codec::read(bytes, explained)) return explained;
  Failure failure = known;
  failure.message += fmt::format(" [executed again in a process of its own, to be explained, it {}]",
                                 !in_time              ? "did not come to an end"
                                 : WIFSIGNALED(status) ? fmt::format("ended that process: SIG{}", sigabbrev_np(WTERMSIG(status)))
                                                       : fmt::format("ended that process with status {}", WEXITSTATUS(status)));
  return failure;
}

}  // namespace interleave::engine
