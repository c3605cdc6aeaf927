#include "workers.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <list>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace interleave::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array ends = {SIGINT, SIGTERM, SIGHUP};
constexpr std::size_t said_most = std::size_t{2} << 20;  // of stderr: a token may be as long as a megabyte

volatile std::sig_atomic_t asked_to_end = 0;

// As long as it lives, a wish that this process ends is noted and not yet followed.
class Notes {
 public:
  Notes() {
    asked_to_end = 0;
    struct sigaction note {};
    note.sa_handler = [](int number) { asked_to_end = number; };
    for (std::size_t i = 0; i < ends.size(); ++i) {
      sigaction(ends[i], nullptr, &before_[i]);
      if (before_[i].sa_handler != SIG_IGN) sigaction(ends[i], &note, nullptr);
    }
  }
  ~Notes() { restore(); }
  Notes(const Notes&) = delete;
  Notes& operator=(const Notes&) = delete;
  void restore() const {
    for (std::size_t i = 0; i < ends.size(); ++i) sigaction(ends[i], &before_[i], nullptr);
  }

 private:
  std::array<struct sigaction, ends.size()> before_{};
};

class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) ::close(std::exchange(ends_[end], -1));
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

void write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(file, text.data(), text.size());
    if (n < 0 && errno != EINTR) return;
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
}

struct Worker {
  std::size_t job = 0;
  pid_t process = -1;
  Pipe result, errors;
  Ended ended;
  std::optional<Clock::time_point> last_words;  // until when they are waited for

  bool has_returned() const { return result.reader() < 0; }
};

// One read; false: nothing comes any more.
bool read_some(int file, std::string& to) {
  std::array<char, 65536> buffer;
  const ssize_t n = ::read(file, buffer.data(), buffer.size());
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  to.append(buffer.data(), static_cast<std::size_t>(n));
  return n > 0;
}

class Workers {
 public:
  ~Workers() {
    for (const Worker& worker : running_) kill(worker.process, SIGKILL);
    for (Worker& worker : running_) reap(worker);
  }

  std::size_t running() const { return running_.size(); }

  void start(std::size_t job, const std::function<std::string(std::size_t)>& work, const Notes& notes) {
    std::fflush(stdout);
    std::fflush(stderr);
    Worker& worker = running_.emplace_back();
    worker.job = job;
    const pid_t parent = getpid();
    worker.process = fork();
    if (worker.process < 0) {
      const int why = errno;
      running_.pop_back();
      throw std::system_error(why, std::generic_category(), "fork");
    }
    if (worker.process == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) ::_exit(1);
      notes.restore();
      dup2(worker.errors.writer(), STDERR_FILENO);
      write_all(worker.result.writer(), work(job));
      std::fflush(stdout);
      ::_exit(0);
    }
    worker.result.close_end(1);
    worker.errors.close_end(1);
  }

  // Waits a while for what the processes say; calls `done` with those that have ended.
  void listen(const std::function<void(std::size_t, Ended&&)>& done) {
    std::vector<pollfd> asked;
    for (const Worker& worker : running_) {
      asked.push_back({worker.result.reader(), POLLIN, 0});  // a closed one is passed over
      asked.push_back({worker.errors.reader(), POLLIN, 0});
    }
    constexpr int a_while_ms = 200;
    if (poll(asked.data(), asked.size(), a_while_ms) < 0) return;
    auto at = asked.begin();
    for (auto worker = running_.begin(); worker != running_.end();) {
      const bool results = (at++)->revents != 0, errors = (at++)->revents != 0;
      if (errors) hear(*worker);
      if (results && !read_some(worker->result.reader(), worker->ended.bytes)) {
        worker->result.close_end(0);
        reap(*worker);
        worker->last_words = Clock::now() + std::chrono::seconds(2);  // whoever testifies to a crash does it now
      }
      const bool silent = worker->errors.reader() < 0 || (worker->last_words && Clock::now() > *worker->last_words);
      if (!worker->has_returned() || !silent) {
        ++worker;
        continue;
      }
      Ended ended = std::move(worker->ended);
      const std::size_t job = worker->job;
      worker = running_.erase(worker);
      done(job, std::move(ended));
    }
  }

 private:
  static void reap(Worker& worker) {
    if (worker.process < 0) return;
    while (waitpid(worker.process, &worker.ended.status, 0) < 0 && errno == EINTR) {
    }
    worker.process = -1;
  }

  static void hear(Worker& worker) {
    std::string& said = worker.ended.said;
    const std::size_t before = said.size();
    if (!read_some(worker.errors.reader(), said)) worker.errors.close_end(0);
    write_all(STDERR_FILENO, std::string_view(said).substr(before));
    if (said.size() > 2 * said_most) said.erase(0, said.size() - said_most);
  }

  std::list<Worker> running_;
};

}  // namespace

std::size_t processors() {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (sched_getaffinity(0, sizeof usable, &usable) != 0) return 1;
  const int count = CPU_COUNT(&usable);
  return count > 0 ? static_cast<std::size_t>(count) : 1;
}

int in_processes(const std::vector<std::size_t>& jobs, std::size_t at_once, const std::function<std::string(std::size_t)>& work,
                 const std::function<void(std::size_t)>& begun, const std::function<void(std::size_t, Ended&&)>& done) {
  const Notes notes;
  Workers workers;
  std::vector<std::optional<Ended>> ended(jobs.size());
  std::size_t started = 0, reported = 0;
  while (reported < jobs.size()) {
    while (asked_to_end == 0 && workers.running() < at_once && started < jobs.size()) {
      begun(jobs[started]);
      workers.start(jobs[started++], work, notes);
    }
    if (asked_to_end != 0) return asked_to_end;
    workers.listen([&](std::size_t job, Ended&& one) { ended[job] = std::move(one); });
    for (; reported < jobs.size() && ended[reported]; ++reported) {
      // A terminal sends its signals to all processes; ours may be on its way still.
      const int status = ended[reported]->status;
      if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGHUP))
        poll(nullptr, 0, 100);
      if (asked_to_end != 0) return asked_to_end;
      done(reported, std::move(*ended[reported]));
      ended[reported].emplace();
    }
  }
  return 0;
}

}  // namespace interleave::cli
