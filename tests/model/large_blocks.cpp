// Blocks of many pages: what is known of them costs what is accessed of them, and a mistake far inside is found all the same.
#include "explored.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

using namespace interleave;

namespace {

constexpr std::size_t size = std::size_t{1} << 20, middle = size / 2 + 20;

// Hides from the compiler what a pointer points to: it warns of the mistakes that these tests make.
char* hidden(char* p) {
  asm volatile("" : "+r"(p));
  return p;
}

char* block(std::size_t bytes = size) { return hidden(static_cast<char*>(std::malloc(bytes))); }

// By the first execution, and by one that finds the pages that others left.
void check_finds(const char* kind, const std::function<void()>& body, const char* heap = "fresh") {
  for (const bool later : {false, true}) {
    bool first = later;
    const auto after_others = [&] {
      if (choose(2) == 0 && first) {
        char* p = block();
        std::thread([&] { std::memset(p, 1, size); }).join();
        std::free(hidden(p));
      } else {
        body();
      }
    };
    Options options{.name = "large blocks", .strategy = "dfs"};
    options.heap = heap;
    const Report report = explore(after_others, options);
    INFO(text_of(report));
    REQUIRE(report.failure);
    CHECK(report.failure->kind == kind);
  }
}

}  // namespace

TEST_CASE("large blocks: a use after free of a page that was never accessed before") {
  check_finds("use-after-free", [] {
    char* p = block();
    std::free(hidden(p));
    p[middle] = 1;
  });
  check_finds("use-after-free", [] {
    char* p = block();
    std::thread([&] { p[middle] = 1; }).join();
    std::free(hidden(p));
    std::thread([&] { p[size / 4] = 1; }).join();
  });
}

TEST_CASE("large blocks: a use after free by a function that goes over all of it") {
  check_finds("use-after-free", [] {
    char* p = block();
    std::free(hidden(p));
    std::memset(p + 8, 1, size - 16);
  });
  check_finds("use-after-free", [] {
    char* p = block();
    std::memset(p, 1, size);
    std::free(hidden(p));
    char* page = p + (-reinterpret_cast<std::uintptr_t>(p) & 0xfff);
    std::memset(page, 1, size / 2);
  });
}

TEST_CASE("large blocks: freeing what another thread accesses, wherever that is") {
  for (const std::size_t at : {std::size_t{0}, std::size_t{5000}, middle, size - 1})
    check_finds("use-after-free", [at] {
      char* p = block();
      std::thread user([&] { p[at] = 1; });
      std::free(hidden(p));
      user.join();
    });
}

TEST_CASE("large blocks: the first and last bytes of what is freed share their pages with what is not") {
  Options options{.name = "large blocks"};
  options.stop_at_first_failure = false;
  const Report report = explore([] {
    char* before = block(100);
    char* p = block();
    char* behind = block(100);
    std::thread user([&] { before[99] = behind[0] = 1; });
    std::free(hidden(p));
    user.join();
    before[0] = behind[99] = 1;
    std::free(before);
    std::free(behind);
  }, options);
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::pass);
}

TEST_CASE("large blocks: one that is used again is alive, and its end is not") {
  Options options{.name = "large blocks"};
  options.stop_at_first_failure = false;
  options.heap = "reuse";
  const Report report = explore([] {
    std::thread([] {}).join();
    std::string same;
    for (const bool touched : {false, true}) {
      char* p = block();
      const auto address = reinterpret_cast<std::uintptr_t>(p);
      if (touched) p[middle] = 1;
      std::free(hidden(p));
      char* q = block(size - 8);
      same += reinterpret_cast<std::uintptr_t>(q) == address ? "same " : "other ";
      std::thread([&] { std::memset(q, 1, size - 8); }).join();
      std::free(hidden(q));
    }
    outcome(same);
  }, options);
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.outcomes.contains("same same "));
  check_finds("out-of-bounds", [] {
    std::thread([] {}).join();
    std::free(block());
    char* q = block(size - 8);
    q[size - 8] = 1;
  }, "reuse");
}
