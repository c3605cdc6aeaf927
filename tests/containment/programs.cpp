// Programs that must end in a certain way: programs NAME.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <atomic>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/observer.hpp>

namespace {

// Calls `fault` in one of two interleavings, and explores all.
interleave::Report exploration(const std::string& name, void (*fault)()) {
  interleave::Options options;
  options.name = name;
  options.strategy = "dfs";
  options.stop_at_first_failure = false;
  return interleave::explore([fault] {
    std::atomic<int> n = 0;
    interleave::parallel([&] { ++n; }, [&] {
      if (++n == 1) fault();
    });
  }, options);
}

// Out of reach of the rollback: a file. True if the program has been here before.
int visits = -1;
bool been_here() {
  struct stat status {};
  fstat(visits, &status);
  [[maybe_unused]] const auto written = write(visits, "x", 1);
  return status.st_size > 0;
}

void null_pointer() {
  volatile int* volatile null = nullptr;
  *null = 1;
}

void print(const interleave::Report& report) {
  const bool passed = report.verdict == interleave::Verdict::pass, failed = report.verdict == interleave::Verdict::fail;
  std::printf("verdict %s, %llu executions, %llu failing\n", failed ? "fail" : passed ? "pass" : "incomplete",
              static_cast<unsigned long long>(report.executions), static_cast<unsigned long long>(report.failing));
  if (report.failure)
    std::printf("%s: %s\ntoken %s\n", report.failure->kind.c_str(), report.failure->message.c_str(), report.failure->schedule.c_str());
}

// The C library's heap, beyond the blocks that the model watches: the next allocation of whoever it is finds it in ruins.
std::vector<char*> outer_blocks;
void ruin_heap() {
  for (char* block : outer_blocks) std::memset(block - 16, 0x5a, 4096);
}

// Sends this process a signal, as if from outside, when the third execution begins.
class Asks final : public interleave::Observer {
 public:
  explicit Asks(int signal, int times = 1) : signal_(signal), times_(times) {}
  void begin_execution() override {
    if (++executions_ != 3) return;
    for (int i = 0; i < times_; ++i) {
      const pid_t child = fork();
      if (child == 0) {
        kill(getppid(), signal_);
        _exit(0);
      }
      waitpid(child, nullptr, 0);
    }
  }

 private:
  int signal_, times_, executions_ = 0;
};

// Goes on for as long as it may.
interleave::Report endless(const std::string& name, int signal, bool fails, int times = 1) {
  interleave::Options options{.name = name, .strategy = "random", .seed = 5, .executions_max = std::uint64_t{1} << 60,
                              .stop_at_first_failure = false};
  if (signal != 0) options.observers.push_back(std::make_shared<Asks>(signal, times));
  return interleave::explore([fails] {
    std::atomic<int> n = 0;
    interleave::parallel([&] { ++n; }, [&] { ++n; });
    interleave::outcome("two");
    interleave::require(!fails, "as it is meant to be");
  }, options);
}

// Two tests with a bug each, and a third that passes. INTERLEAVE_TEST_REPAIRED: "same", the same operations without the bugs; "other", other
// operations. INTERLEAVE_TEST_UNWRITABLE: what is to be written fails.
int past() {
  const char* value = std::getenv("INTERLEAVE_TEST_REPAIRED");
  const std::string repaired = value == nullptr ? "" : value;
  int failed = 0;
  const auto test = [&](const std::string& name, bool bug) {
    interleave::Options options{.name = name};
    try {
      interleave::check([&] {
        std::atomic<int> n{0};
        const auto work = [&] {
          if (repaired == "other") {
            ++n;
          } else {
            n = n + 1;
          }
        };
        interleave::parallel(work, work);
        interleave::require(n == 2 || repaired == "same" || !bug, "an update is lost");
      }, options);
      std::printf("%s passes\n", name.c_str());
    } catch (const interleave::Failed& said) {
      ++failed;
      std::printf("%s fails, %llu executions, %llu past ones%s\n", name.c_str(), static_cast<unsigned long long>(said.report().executions),
                  static_cast<unsigned long long>(said.report().past_executions), said.report().past_failure ? ", a past failure" : "");
    }
  };
  test("first", true);
  test("second", true);
  test("third", false);
  return failed;
}

int run(const std::string& name) {
  visits = open("/tmp", O_TMPFILE | O_RDWR, 0600);
  if (name == "says_main") {
    std::puts("main was reached");
  } else if (name == "two_explorations") {
    print(exploration("first", [] {}));
    print(exploration("second", [] { interleave::require(false); }));
  } else if (name == "killed") {
    print(exploration(name, [] { std::raise(SIGKILL); }));
  } else if (name == "killed_when_explained") {
    print(exploration(name, [] {
      if (been_here()) std::raise(SIGKILL);
      null_pointer();
    }));
    std::puts("and on it goes");
  } else if (name == "exits_when_explained") {
    print(exploration(name, [] {
      if (been_here()) syscall(231, 3);  // exit_group
      null_pointer();
    }));
  } else if (name == "ruined_heap") {
    for (int i = 0; i < 64; ++i) outer_blocks.push_back(static_cast<char*>(std::malloc(64)));
    print(exploration(name, &ruin_heap));
    print(exploration(name, [] {}));
  } else if (name == "found_before") {
    print(exploration(name, [] {
      if (been_here()) std::raise(SIGKILL);
      interleave::require(false);
    }));
  } else if (name == "terminated") {
    print(endless(name, SIGTERM, false));
  } else if (name == "interrupted_failing") {
    print(endless(name, SIGINT, true));
  } else if (name == "handles_it") {
    std::signal(SIGTERM, [](int) { std::puts("its own handler was called"); });
    print(endless(name, SIGTERM, false));
    std::puts("and on it goes");
  } else if (name == "ignores_it") {
    std::signal(SIGINT, SIG_IGN);
    interleave::Options options{.name = name, .strategy = "random", .seed = 5, .executions_max = 10};
    options.observers.push_back(std::make_shared<Asks>(SIGINT));
    print(interleave::explore([] {}, options));
  } else if (name == "asked_twice") {
    print(endless(name, SIGTERM, false, 2));
  } else if (name == "until_its_deadline") {
    print(endless(name, 0, false));
  } else if (name == "searches_until_its_deadline") {
    interleave::check([] {
      std::atomic<int> n = 0;
      const auto work = [&] {
        for (int i = 0; i < 10; ++i) ++n;
      };
      interleave::parallel(work, work, work, work);
    }, {.name = name});
  } else if (name == "killed_when_drawn" || name == "fails_when_drawn") {
    // A search comes to it at its very end.
    const bool is_killed = name == "killed_when_drawn";
    interleave::check([is_killed] {
      std::atomic<int> n{0}, first{0};
      const auto work = [&] {
        int none = 0;
        first.compare_exchange_strong(none, 1);
        for (int i = 0; i < 10; ++i) ++n;
      };
      interleave::parallel(work, work, [&] {
        int none = 0;
        const bool came_first = first.compare_exchange_strong(none, 3);
        if (came_first && is_killed) std::raise(SIGKILL);
        interleave::require(!came_first, "the third comes first");
        for (int i = 0; i < 10; ++i) ++n;
      });
    }, {.name = name, .seed = 5});
  } else if (name == "past") {
    return past();
  } else {
    return 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return argc == 2 ? run(argv[1]) : 2; }
