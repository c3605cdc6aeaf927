#include "scheduler/containment/confirm.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "scheduler/containment/watchdog.hpp"
#include "scheduler/containment/witness.hpp"
#include "scheduler/fibers/thread_block.hpp"

namespace interleave::engine {
namespace {

// A failure as bytes: each text with its length before it, in the order of the members.
class Writer {
 public:
  void operator()(const std::string& text) {
    (*this)(text.size());
    bytes += text;
  }
  void operator()(std::uint64_t number) { bytes.append(reinterpret_cast<const char*>(&number), sizeof number); }
  std::string bytes;
};

class Reader {
 public:
  explicit Reader(std::string bytes) : bytes_(std::move(bytes)) {}
  void operator()(std::string& text) {
    const auto size = static_cast<std::size_t>(number());
    if (size > bytes_.size() - at_) {
      whole_ = false;
      return;
    }
    text = bytes_.substr(at_, size);
    at_ += size;
  }
  std::uint64_t number() {
    std::uint64_t n = 0;
    if (bytes_.size() - at_ < sizeof n) {
      whole_ = false;
      return 0;
    }
    std::memcpy(&n, bytes_.data() + at_, sizeof n);
    at_ += sizeof n;
    return n;
  }
  bool whole() const { return whole_ && at_ == bytes_.size(); }
  bool sound() const { return whole_; }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
  bool whole_ = true;
};

template <class Visit, class State>
void each_text(Visit& visit, State& state) {
  for (auto* text : {&state.name, &state.state, &state.operation, &state.object, &state.location, &state.holder, &state.call}) visit(*text);
}
template <class Visit, class Event>
void each_text_of_event(Visit& visit, Event& event) {
  for (auto* text : {&event.thread, &event.operation, &event.object, &event.location, &event.call}) visit(*text);
}

std::string written(const Failure& failure) {
  Writer write;
  write(failure.kind);
  write(failure.message);
  write(failure.threads.size());
  for (const ThreadState& state : failure.threads) {
    each_text(write, state);
    write(std::uint64_t{state.daemon});
  }
  write(failure.trace.size());
  for (const TraceEvent& event : failure.trace) {
    write(std::uint64_t{event.step});
    each_text_of_event(write, event);
  }
  write(failure.objects.size());
  for (const auto& [name, known] : failure.objects) {
    write(name);
    write(known);
  }
  return write.bytes;
}

std::optional<Failure> read_back(std::string bytes, Failure failure) {
  Reader read(std::move(bytes));
  read(failure.kind);
  read(failure.message);
  for (std::uint64_t n = read.number(); n > 0 && read.sound(); --n) {
    each_text(read, failure.threads.emplace_back());
    failure.threads.back().daemon = read.number() != 0;
  }
  for (std::uint64_t n = read.number(); n > 0 && read.sound(); --n) {
    failure.trace.emplace_back().step = static_cast<std::size_t>(read.number());
    each_text_of_event(read, failure.trace.back());
  }
  for (std::uint64_t n = read.number(); n > 0 && read.sound(); --n) {
    auto& [name, known] = failure.objects.emplace_back();
    read(name);
    read(known);
  }
  return read.whole() ? std::optional(failure) : std::nullopt;
}

[[noreturn]] void explain_in_child(int pipe, const std::function<Failure()>& explain) {
  witness::dismiss();
  thread_blocks::forget();
  const Watchdog watchdog;  // timers are not inherited
  const std::string bytes = written(explain());
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

Failure in_own_process(const std::function<Failure()>& explain, const Failure& known, double seconds_max) {
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
  if (in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0)
    if (const auto explained = read_back(std::move(bytes), known)) return *explained;
  Failure failure = known;
  failure.message += fmt::format(" [executed again in a process of its own, to be explained, it {}]",
                                 !in_time              ? "did not come to an end"
                                 : WIFSIGNALED(status) ? fmt::format("ended that process: SIG{}", sigabbrev_np(WTERMSIG(status)))
                                                       : fmt::format("ended that process with status {}", WEXITSTATUS(status)));
  return failure;
}

}  // namespace interleave::engine
