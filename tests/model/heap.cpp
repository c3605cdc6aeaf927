// Errors in the use of the heap: each is found in the executions that have it and in no other, and named with its block.
#include "explored.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace interleave;

namespace {

template <class T>
__attribute__((noinline)) void put(T* x, T value = T{1}) {
  *x = value;
  asm volatile("" : : "r"(x) : "memory");
}

// Hides from the compiler what a pointer points to: it warns of the mistakes that these tests make.
template <class T>
T* hidden(T* p) {
  asm volatile("" : "+r"(p));
  return p;
}

struct Found {
  std::string kind, message;
};

Found found(const std::function<void()>& body) {
  const Report report = explore(body, {.name = "heap"});
  INFO(text_of(report));
  REQUIRE(report.failure);
  const Report again = explore(body, {.name = "heap", .schedule = report.failure->schedule});
  REQUIRE(again.failure);
  CHECK(again.failure->message == report.failure->message);
  return {report.failure->kind, report.failure->message};
}

void check_well(const std::function<void()>& body) {
  Options options;
  options.name = "heap";
  options.stop_at_first_failure = false;
  const Report report = explore(body, options);
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.complete);
}

}  // namespace

TEST_CASE("heap: a use after free, with where it was allocated and freed") {
  const Found error = found([] {
    int* x = new int(1);
    delete hidden(x);
    put(hidden(x));
  });
  CHECK(error.kind == "use-after-free");
  CHECK_THAT(error.message, Catch::Contains("byte 0 of a block of 4 bytes, allocated by main at heap.cpp:") &&
                                Catch::Contains("freed by main at heap.cpp:") && Catch::Contains("write by main at heap.cpp:"));
}

TEST_CASE("heap: a use after free that only some interleavings have") {
  const auto body = [](bool repaired) {
    return [=] {
      std::mutex m;
      int* x = new int(1);
      std::atomic<bool> gone{false};
      parallel(
          [&] {
            const std::lock_guard guard(m);
            delete hidden(x);
            gone = true;
          },
          [&] {
            const std::lock_guard guard(m);
            if (!repaired || !gone) put(hidden(x));
          });
    };
  };
  const Found error = found(body(false));
  CHECK(error.kind == "use-after-free");
  CHECK_THAT(error.message, Catch::Contains("freed by T1") && Catch::Contains("write by T2"));
  check_well(body(true));
}

TEST_CASE("heap: freeing what another thread may still use is a use after free, whichever comes second") {
  const Found error = found([] {
    int* x = new int(1);
    std::thread t([=] { put(hidden(x)); });
    delete x;
    t.join();
  });
  CHECK(error.kind == "use-after-free");
  CHECK_THAT(error.message, Catch::Contains("write by T1") && Catch::Contains("freed by main") && Catch::Contains("nothing orders them"));
}

TEST_CASE("heap: double and invalid free") {
  const Found twice = found([] {
    int* x = new int(1);
    delete hidden(x);
    delete hidden(x);
  });
  CHECK(twice.kind == "double-free");
  CHECK_THAT(twice.message, Catch::Contains("once more") && Catch::Contains("freed by main at heap.cpp:"));
  const Found middle = found([] {
    auto* x = static_cast<char*>(std::malloc(64));
    std::free(hidden(x + 16));
  });
  CHECK(middle.kind == "invalid-free");
  CHECK_THAT(middle.message, Catch::Contains("byte 16 of a block of 64 bytes"));
  const Found local = found([] {
    parallel([] {
      alignas(16) char x[64] = {};
      std::free(hidden(static_cast<char*>(x)));
    });
  });
  CHECK(local.kind == "invalid-free");
  CHECK_THAT(local.message, Catch::Contains("on the stack of T1"));
}

TEST_CASE("heap: beyond the ends of a block") {
  const Found behind = found([] {
    const auto x = std::make_unique<char[]>(5);
    put(hidden(x.get()) + 5);
  });
  CHECK(behind.kind == "out-of-bounds");
  CHECK_THAT(behind.message, Catch::Contains("1 byte behind a block of 5 bytes"));
  const Found next = found([] {
    std::vector<int> x(4);
    put(hidden(x.data()) + 4);
  });
  CHECK(next.kind == "out-of-bounds");
  const Found before = found([] {
    std::vector<int> x(4);
    put(hidden(x.data()) - 1);
  });
  CHECK(before.kind == "out-of-bounds");
  CHECK_THAT(before.message, Catch::Contains("before a block of 16 bytes"));
  const Found copied = found([] {
    std::vector<char> x(10), y(20);
    std::memcpy(hidden(x.data()), y.data(), hidden(&y)->size());
  });
  CHECK(copied.kind == "out-of-bounds");
}

TEST_CASE("heap: atomics are looked at as well") {
  const Found error = found([] {
    auto* x = new std::atomic<int>(1);
    delete hidden(x);
    hidden(x)->fetch_add(1);
  });
  CHECK(error.kind == "use-after-free");
}

TEST_CASE("heap: it is also looked at where races are explored") {
  const Report report = explore([] {
    int* x = new int(1);
    delete hidden(x);
    put(hidden(x));
  }, {.name = "heap", .races = "explore"});
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "use-after-free");
}

TEST_CASE("heap: nothing is said of what is well") {
  check_well([] {
    // Blocks of many sizes, resized, handed over, freed by another thread.
    std::vector<std::unique_ptr<std::string>> kept;
    std::mutex m;
    parallel(
        [&] {
          for (std::size_t n : {1u, 15u, 16u, 40u}) {
            auto text = std::make_unique<std::string>(n, 'x');
            const std::lock_guard guard(m);
            kept.push_back(std::move(text));
          }
        },
        [&] {
          const std::lock_guard guard(m);
          kept.clear();
        });
    auto* grown = static_cast<char*>(std::malloc(3));
    std::memset(grown, 1, 3);
    grown = static_cast<char*>(std::realloc(grown, 300));
    std::memset(grown, 2, 300);
    std::free(grown);
    void* aligned = std::aligned_alloc(256, 512);
    std::memset(aligned, 3, 512);
    std::free(aligned);
    std::free(nullptr);
    delete[] new int[0];
  });
  // An exception whose last reference is dropped by whoever comes last.
  check_well([] {
    std::exception_ptr error;
    std::mutex m;
    parallel(
        [&] {
          const std::exception_ptr own = std::make_exception_ptr(std::runtime_error("text"));
          const std::lock_guard guard(m);
          error = own;
        },
        [&] {
          std::unique_lock lock(m);
          const std::exception_ptr seen = error;
          lock.unlock();
          if (seen) {
            try {
              std::rethrow_exception(seen);
            } catch (const std::runtime_error& e) {
              require(std::string(e.what()) == "text");
            }
          }
        });
  });
}
