// What a program of any linker must do: find the bug, prove the repaired body, name lines, and see into a module that it has loaded.
//
//   program MODULE     prints what it found, a line each
#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <interleave/interleave.hpp>

namespace {

int statics[4];
thread_local int of_each_thread = 3;

void print(const char* name, const interleave::Report& report) {
  std::printf("%s: %s%s, %d executions", name, report.verdict == interleave::Verdict::pass ? "pass" : "fail",
              report.complete ? ", complete" : "", static_cast<int>(report.executions));
  if (report.failure) std::printf(", %s: %s", report.failure->kind.c_str(), report.failure->message.c_str());
  std::printf("\n");
}

void lost_update() {
  std::atomic<int> n{0};
  std::thread a([&] { n = n + 1; });
  std::thread b([&] { n = n + 1; });
  a.join();
  b.join();
  interleave::require(n == 2, "n is not 2");
}

void with_a_lock() {
  std::mutex mutex;
  ++statics[1];
  const auto count = [&] {
    const std::lock_guard<std::mutex> guard(mutex);
    ++statics[2];
    ++of_each_thread;
  };
  std::thread a(count), b(count);
  a.join();
  b.join();
  interleave::require(statics[1] == 1 && statics[2] == 2 && of_each_thread == 3);
}

}  // namespace

int main(int, char** argv) {
  void* const module = dlopen(argv[1], RTLD_NOW);
  if (module == nullptr) {
    std::printf("%s\n", dlerror());
    return 1;
  }
  const auto increment = reinterpret_cast<void (*)()>(dlsym(module, "increment"));
  print("lost update", interleave::explore(lost_update));
  print("with a lock", interleave::explore(with_a_lock));
  print("race in a module", interleave::explore([&] {
    std::thread a(increment), b(increment);
    a.join();
    b.join();
  }));
}
