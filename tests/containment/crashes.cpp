// Crashes and loops of every kind end their execution as a failure with its place and its token; the executions after it, and the
// explorations after that, are none the worse.
#include "../model/explored.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <thread>

#include <sys/mman.h>
#include <unistd.h>

using namespace interleave;

namespace {

volatile int sink = 0;

// Sets a variable of the environment as long as it lives.
class Setting {
 public:
  Setting(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Setting() { unsetenv(name_); }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  const char* name_;
};

// Fails in those of the four interleavings and choices where `when` does; by every strategy the others run to their ends.
std::function<void()> body_with(const std::function<void()>& fault) {
  return [fault] {
    std::atomic<int> n = 0;
    parallel([&] { ++n; }, [&] {
      if (++n == 2 && choose(2) == 0) fault();
    });
    outcome("well");
  };
}

Failure contained(const std::function<void()>& fault, const std::string& kind, const std::string& sentence) {
  const auto body = body_with(fault);
  for (const char* strategy : {"dfs", "dpor"}) {
    INFO(strategy);
    Options options;
    options.strategy = strategy;
    const Report report = explore_all(body, options);
    CHECK_FAILS(report, 3u, 1u, kind);
    CHECK_OUTCOMES(report, {{"well", 2}});
    CHECK_THAT(report.failure->message, Catch::Contains(sentence));
  }
  const Report report = explore_all(body);
  REQUIRE(report.failure);
  // Whose it was, and where.
  REQUIRE(report.failure->threads.size() >= 3);
  CHECK(report.failure->threads[2].state == "failed");
  CHECK_FALSE(report.failure->threads[2].location.empty());
  // Its token does it again.
  Options replay;
  replay.name = "explore_all";
  replay.schedule = report.failure->schedule;
  const Report again = explore_all(body, replay);
  CHECK_FAILS(again, 1u, 1u, kind);
  CHECK_THAT(again.failure->message, Catch::Contains(sentence));
  // And the next exploration works.
  CHECK_HOLDS(explore_all([] {
    std::atomic<int> n = 0;
    const auto three = [&] { ++n, ++n, ++n; };
    parallel(three, three);
  }), 20u);
  return *report.failure;
}

bool is_in(const Failure& failure, const std::string& file) {
  return failure.message.find(file) != std::string::npos;
}

struct Base {
  Base() { call(); }
  void call() { go(); }
  virtual void go() = 0;
  virtual ~Base() = default;
};
struct Derived : Base {
  void go() override {}
};

void throws(const char* text) { throw std::runtime_error(text); }

struct ThrowsWhenDestroyed {
  ~ThrowsWhenDestroyed() noexcept(false) { throw std::runtime_error("second"); }
};

__attribute__((noinline)) int deep(int n) {
  volatile char frame[512];
  if (n < 0) return 0;
  frame[0] = static_cast<char>(n);
  return deep(n + 1) + frame[0];
}

template <std::size_t n>
__attribute__((noinline)) void large_frame() {
  char frame[n];
  char* lowest = frame;
  asm volatile("" : "+r"(lowest));
  *lowest = 1;
}

}  // namespace

void smash_stack(std::size_t n);  // smash.cpp

TEST_CASE("contained: signals that the processor sends") {
  CHECK(is_in(contained([] {
    volatile int* volatile null = nullptr;
    *null = 1;
  }, "crash", "SIGSEGV at address 0x0"), "crashes.cpp:"));
  contained([] {
    volatile int* volatile wild = reinterpret_cast<int*>(0x123456789000);
    *wild = 1;
  }, "crash", "SIGSEGV at an address where the program has nothing");
  contained([] {  // where the stack would overflow, if the thread were there
    volatile char here = 0;
    volatile char* far = &here;
    asm volatile("" : "+r"(far));
    *(far - (std::size_t{1} << 20)) = 1;
  }, "crash", "SIGSEGV at an address where the program has nothing");
  contained([] { sink = 1000 / sink; }, "crash", "SIGFPE");
  contained([] { __builtin_trap(); }, "crash", "SIGILL");
  contained([] {
    // Beyond the end of an empty file.
    std::FILE* file = std::tmpfile();
    auto* page = static_cast<volatile char*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0));
    page[0] = 1;
  }, "crash", "SIGBUS");
}

TEST_CASE("contained: what a program sends itself") {
  contained([] { std::raise(SIGTERM); }, "crash", "the program sends itself SIGTERM");
  contained([] { std::raise(SIGSEGV); }, "crash", "the program sends itself SIGSEGV");
  contained([] { kill(getpid(), SIGUSR1); }, "crash", "the program sends itself SIGUSR1");
}

TEST_CASE("contained: aborts") {
  contained([] { std::abort(); }, "crash", "abort()");
  contained([] { __assert_fail("1 == 2", "/some/where/file.cpp", 7, "f"); }, "crash",
            "the program aborts: assertion `1 == 2' failed at file.cpp:7");
  contained([] { smash_stack(64); }, "crash", "the program aborts (SIGABRT)");
}

TEST_CASE("contained: everything that leads to std::terminate") {
  contained([] { std::terminate(); }, "crash", "std::terminate");
  contained([] { std::thread joinable([] {}); }, "crash", "joinable std::thread");
  contained([]() noexcept { throws("out of noexcept"); }, "crash", "std::runtime_error: out of noexcept");
  contained([] {
    try {
      const ThrowsWhenDestroyed first;
      throw std::runtime_error("first");
    } catch (...) {
    }
  }, "crash", "std::terminate");
  contained([] { Derived d; }, "crash", "pure virtual");
  contained([] { throw std::logic_error("of nobody's business"); }, "exception", "of nobody's business");
}

TEST_CASE("contained: ways out of the process") {
  contained([] { std::exit(3); }, "crash", "exit(3)");
  contained([] { std::quick_exit(4); }, "crash", "quick_exit(4)");
  contained([] { ::_exit(5); }, "crash", "exit(5)");
  contained([] { std::_Exit(6); }, "crash", "_Exit(6)");
}

TEST_CASE("contained: stack overflow, deep or at one stroke, names the variable that raises the limit") {
  contained([] { sink = deep(0); sink = 0; }, "crash", "stack overflow: a modelled thread has 256 KiB of stack; INTERLEAVE_STACK_KB");
  contained([] { large_frame<std::size_t{512} << 10>(); }, "crash", "INTERLEAVE_STACK_KB");
  contained([] { large_frame<std::size_t{2} << 20>(); }, "crash", "INTERLEAVE_STACK_KB");
  contained([] { large_frame<std::size_t{7} << 20>(); }, "crash", "INTERLEAVE_STACK_KB");
}

TEST_CASE("contained: crashes in code that is not instrumented") {
  contained([] {
    const char* volatile null = nullptr;
    sink = static_cast<int>(std::strlen(null));
  }, "crash", "SIGSEGV");
  contained([] {
    char* volatile null = nullptr;
    std::printf("half a line %s", null + 1);  // holds the lock of stdout
  }, "crash", "SIGSEGV");
  contained([] {
    volatile std::size_t far = std::size_t{1} << 40;
    sink = std::memcmp(reinterpret_cast<void*>(far), "text", 4);
  }, "crash", "SIGSEGV");
}

TEST_CASE("contained: a loop without steps") {
  const Setting limit("INTERLEAVE_WATCHDOG", "0.2");
  const auto body = body_with([] {
    while (sink == 0) sink = 0;
  });
  for (const char* strategy : {"dfs", "dpor"}) {
    Options options;
    options.strategy = strategy;
    const Report report = explore_all(body, options);
    CHECK_FAILS(report, 3u, 1u, "livelock");
    CHECK_OUTCOMES(report, {{"well", 2}});
    CHECK_THAT(report.failure->message, Catch::Contains("a loop without a step") && Catch::Contains("0.2 s of processor time") &&
                                            Catch::Contains("crashes.cpp:"));
    CHECK(report.failure->threads[2].state == "failed");
    Options replay;
    replay.schedule = report.failure->schedule;
    CHECK_FAILS(explore_all(body, replay), 1u, 1u, "livelock");
  }
  // Not even an access that a hook would see.
  CHECK_FAILS(explore_all([] {
    for (;;) asm volatile("");
  }), 1u, 1u, "livelock");
}

TEST_CASE("contained: a long computation between two steps is none, as long as it ends in time") {
  const Setting limit("INTERLEAVE_WATCHDOG", "60");
  CHECK_HOLDS(explore_all([] {
    std::atomic<int> n = 0;
    parallel([&] { for (int i = 0; i < 100'000; ++i) sink = 0; ++n; }, [&] { ++n; });
  }), 2u);
}

TEST_CASE("contained: a limit of the watchdog that makes no sense is refused") {
  const Setting limit("INTERLEAVE_WATCHDOG", "soon");
  CHECK_THROWS_WITH(explore([] {}), Catch::Contains("INTERLEAVE_WATCHDOG=soon makes no sense"));
}
