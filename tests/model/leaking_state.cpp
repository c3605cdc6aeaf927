// State that no rollback reaches, and that leaks from one execution into the next: a search that repeats a prefix notices, and strategy
// repeat notices under every schedule.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <set>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "explored.hpp"

using namespace interleave;

namespace {

// A file whose position a body moves: state that no rollback reaches.
class Position {
 public:
  Position() : descriptor_(open("/proc/self/exe", O_RDONLY | O_CLOEXEC)) {}
  ~Position() { close(descriptor_); }
  // How many bytes have been read before this one.
  int next() const {
    char byte = 0;
    const auto position = lseek(descriptor_, 0, SEEK_CUR);
    return read(descriptor_, &byte, 1) == 1 ? static_cast<int>(position) : -1;
  }
  void rewind() const { lseek(descriptor_, 0, SEEK_SET); }

 private:
  int descriptor_;
};

}  // namespace

TEST_CASE("dfs notices that a repeated prefix offers something else: state leaked through a file's position") {
  const Position position;
  const auto body = [&](bool rewind) {
    return [&, rewind] {
      if (rewind) position.rewind();
      const int leaked = position.next();
      std::atomic<int> n = 0;
      parallel([&] { ++n; }, [&] { for (int i = 0; i <= leaked % 3; ++i) ++n; });
    };
  };
  const Report leaking = explore_all(body(false));
  CHECK(leaking.verdict == Verdict::fail);
  REQUIRE(leaking.failure);
  CHECK(leaking.failure->kind == "nondeterminism");
  CHECK_THAT(leaking.failure->message, Catch::Contains("step") || Catch::Contains("choices"));
  CHECK_HOLDS(explore_all(body(true)), 2u);
}

TEST_CASE("dpor notices that the places move which a body accesses: pages that it leaves behind") {
  struct Shared {
    std::atomic<int> x{0}, y{0};
  };
  const auto body = [] {
    void* const wished = reinterpret_cast<void*>(std::uintptr_t{0x4e00} << 32);  // who says where may get another place each time
    void* const pages = mmap(wished, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    Shared& shared = *new (pages) Shared;
    int seen = 0;
    parallel([&] { shared.x = 1; (void)shared.y.load(); }, [&] { shared.y = 1; seen = shared.x; });
    outcome(std::to_string(seen));
  };
  for (const bool watched : {false, true}) {
    Options options{.strategy = "dpor"};
    if (watched) options.observers.push_back(std::make_shared<Orders>());
    const Report report = explore_all(body, options);
    INFO(text_of(report));
    REQUIRE(report.failure);
    CHECK(report.failure->kind == "nondeterminism");
  }
}

TEST_CASE("dfs notices a body that ends early where it went on before") {
  const Position position;
  const Report report = explore_all([&] {
    std::atomic<int> n = 0;
    if (position.next() > 0) return;
    parallel([&] { ++n; }, [&] { ++n; });
  });
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "nondeterminism");
}

TEST_CASE("steps that an execution shares with the one before it are made again without a choice, and are compared with it") {
  const std::string strategy = GENERATE("dfs", "dpor");
  const bool leaks = GENERATE(false, true);
  CAPTURE(strategy, leaks);
  const Position position;
  const Report report = explore_all([&] {
    const bool other = position.next() > 0 && leaks;
    std::atomic<int> a = 0, b = 0, n = 0;
    parallel([&] { ++(other ? b : a), ++n, ++n; }, [&] { ++n; });
  }, {.strategy = strategy});
  if (!leaks) {
    CHECK_HOLDS(report, strategy == "dfs" ? 4u : 3u);
    return;
  }
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "nondeterminism");
  CHECK_THAT(report.failure->message, Catch::Contains("at step 1 a thread cannot do what it did"));
}

TEST_CASE("dfs notices a counter kept in a pipe") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  REQUIRE(write(ends[1], "a", 1) == 1);
  const Report report = explore_all([&] {
    char state = 0;
    require(read(ends[0], &state, 1) == 1);
    const char next = static_cast<char>(state + 1);
    require(write(ends[1], &next, 1) == 1);
    std::atomic<int> n = 0;
    std::vector<std::function<void()>> threads(static_cast<std::size_t>(state - 'a') + 2, [&] { ++n; });
    parallel(threads);
  });
  close(ends[0]);
  close(ends[1]);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "nondeterminism");
}

TEST_CASE("repeat runs every schedule twice, and accepts a deterministic body") {
  const auto two_by_three = [] {
    std::atomic<int> n = 0;
    const auto three = [&] { ++n, ++n, ++n; };
    parallel(three, three);
  };
  const Report report = explore_all(two_by_three, {.strategy = "repeat/dfs"});
  CHECK_HOLDS(report, 20u);
  CHECK(report.redundant == 20);
  CHECK(report.strategy == "repeat/dfs");
  const Report reduced = explore_all([] {
    std::atomic<int> n = 0;
    parallel([&] { ++n, ++n; }, [&] { ++n; });
  }, {.strategy = "repeat/dpor"});
  CHECK_HOLDS(reduced, 3u);
  CHECK(reduced.redundant == 3);
  const Report sampled = explore_all(two_by_three, {.strategy = "repeat/random", .executions_max = 100});
  CHECK(sampled.verdict == Verdict::pass);
}

TEST_CASE("repeat catches a body that reads the randomness of the kernel, though each execution goes well") {
  const auto body = [] {
    unsigned char random[16] = {};
    std::FILE* source = std::fopen("/proc/sys/kernel/random/uuid", "r");  // other digits at each reading
    require(source != nullptr && std::fread(random, 1, sizeof random, source) == sizeof random);
    std::fclose(source);
    std::atomic<int> n = 0;
    for (const auto byte : random) {
      if (byte % 2 == 0) {
        ++n;
      } else {
        std::this_thread::yield();
      }
    }
    parallel([&] { ++n; }, [&] { ++n; });
  };
  const Report report = explore_all(body, {.strategy = "repeat/dfs", .seed = 1});
  CHECK(report.verdict == Verdict::fail);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "nondeterminism");
}

TEST_CASE("repeat catches state that leaks through a file's position under random schedules as well") {
  const Position position;
  const Report report = explore_all([&] {
    std::atomic<int> n = 0;
    if (position.next() % 2 == 0) ++n;
    parallel([&] { ++n; }, [&] { ++n; });
  }, {.strategy = "repeat/random", .seed = 1, .executions_max = 100});
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "nondeterminism");
}

