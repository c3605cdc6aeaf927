// Memory that a body maps and unmaps by itself. What it wrote there cannot be written back when the execution has ended.
#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "rounds.hpp"

using namespace interleave;

namespace {

constexpr std::size_t size = 3 * 4096;

char* mapped() {
  void* const p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(p != MAP_FAILED);
  return static_cast<char*>(p);
}

void poll(std::mutex& m, const bool& ready) {
  for (bool seen = false; !seen;) {
    const std::lock_guard guard(m);
    seen = ready;
  }
  outcome("seen");
}

}  // namespace

TEST_CASE("what a body unmaps is not written back") {
  const std::string strategy = GENERATE("dfs", "dpor");
  const auto body = [](bool resizes) {
    return [resizes] {
      char* p = mapped();
      std::memset(p, 1, size);
      std::atomic<int> n{0};
      parallel([&] { p[0] = static_cast<char>(++n); }, [&] { p[4096] = static_cast<char>(++n); });
      if (resizes) {
        p = static_cast<char*>(mremap(p, size, 4096, 0));
        require(p != MAP_FAILED && p[1] == 1);
        p = static_cast<char*>(mremap(p, 4096, 8 * size, MREMAP_MAYMOVE));
        require(p != MAP_FAILED && p[1] == 1);
        p[4 * size] = 2;
      }
      require(munmap(p, resizes ? 8 * size : size) == 0);
    };
  };
  for (const bool resizes : {false, true}) CHECK_HOLDS(explore_all(body(resizes), {.strategy = strategy}), 2);
}

TEST_CASE("what a body maps is empty, at the same place in every execution, and gone at its end whether it was unmapped or not") {
  const std::string strategy = GENERATE("dfs", "dpor");
  const bool observed = GENERATE(false, true);
  const auto body = [](bool fails) {
    return [fails] {
      char* const p = mapped();
      for (std::size_t i = 0; i < size; i += 512) require(p[i] == 0);
      char* const q = mapped();
      std::memset(p, 1, size);
      auto& n = *reinterpret_cast<std::atomic<int>*>(q);
      parallel([&] { p[0] = static_cast<char>(++n); }, [&] { p[4096] = static_cast<char>(++n); });
      outcome(std::to_string(p[0]) + " at " + std::to_string(reinterpret_cast<std::uintptr_t>(p)));
      require(!fails || p[0] != 1);
      if (n == 2) munmap(q, size);
    };
  };
  Options options{.strategy = strategy};
  if (observed) options.observers.push_back(std::make_shared<Observer>());
  const Report report = explore_all(body(false), options);
  CHECK_HOLDS(report, 2);
  CHECK(report.outcomes.size() == 2);
  const Report failing = explore_all(body(true), options);
  INFO(text_of(failing));
  REQUIRE(failing.failure);
  CHECK(failing.failure->kind == "require");
  CHECK(failing.executions == 2);
}

TEST_CASE("what a body protects can be written back, and used again by the next execution") {
  const std::string strategy = GENERATE("dfs", "dpor");
  const int protection = GENERATE(PROT_READ, PROT_NONE);
  static char* const older = mapped();
  const auto body = [protection] {
    char* const blocks[] = {older, static_cast<char*>(std::aligned_alloc(4096, 4096))};
    std::atomic<int> n{0};
    for (char* const p : blocks) {
      require(p[0] == 0 || p != older);
      std::memset(p, 1, 4096);
      const auto use = [&] { p[++n * 64] = 2; };
      parallel(use, use);
      require(mprotect(p, 4096, protection) == 0);
    }
  };
  CHECK_HOLDS(explore_all(body, {.strategy = strategy}), 4);
  CHECK(older[0] == 0);
}

TEST_CASE("a thread that protects what it wrote in the same step, while another one polls for it under a mutex") {
  rounds::check_proved([] {
    std::mutex m;
    bool ready = false;
    char* p = nullptr;
    parallel(
        [&] {
          p = mapped();
          const std::lock_guard guard(m);
          p[0] = 1;
          mprotect(p, size, PROT_NONE);
          ready = true;
        },
        [&] { poll(m, ready); });
    munmap(p, size);
  }, {"seen"});
}

TEST_CASE("what is mapped where something else was races with nothing of that") {
  const Report report = explore_all([] {
    const auto use = [] {
      std::this_thread::yield();  // or both would map before either unmaps
      char* const p = mapped();
      p[0] = 1;
      munmap(p, size);
    };
    parallel(use, use);
  });
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.complete);
}

TEST_CASE("a thread that unmaps what it wrote in the same step, while another one polls for it under a mutex") {
  // Polling is recognized by the states of the execution, which look at what was written.
  rounds::check_proved([] {
    std::mutex m;
    bool ready = false;
    parallel(
        [&] {
          char* const p = mapped();
          {
            const std::lock_guard guard(m);
            p[0] = 1;
            munmap(p, size);
            ready = true;
          }
        },
        [&] { poll(m, ready); });
  }, {"seen"});
}
