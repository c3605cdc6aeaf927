// Programs that must end in a certain way: programs NAME.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <atomic>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <interleave/interleave.hpp>

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
  std::printf("verdict %s, %llu executions, %llu failing\n", report.verdict == interleave::Verdict::fail ? "fail" : "pass",
              static_cast<unsigned long long>(report.executions), static_cast<unsigned long long>(report.failing));
  if (report.failure)
    std::printf("%s: %s\ntoken %s\n", report.failure->kind.c_str(), report.failure->message.c_str(), report.failure->schedule.c_str());
}

// The C library's heap, beyond the blocks that the model watches: the next allocation of whoever it is finds it in ruins.
std::vector<char*> outer_blocks;
void ruin_heap() {
  for (char* block : outer_blocks) std::memset(block - 16, 0x5a, 4096);
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
  } else {
    return 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return argc == 2 ? run(argv[1]) : 2; }
