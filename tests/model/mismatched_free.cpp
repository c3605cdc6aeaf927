// What is allocated in one way and freed in another: undefined behaviour, and found in every combination. The functions are called by
// name, so that no compiler warns, or leaves out both calls; and beside each mistake stand those that are none.
#include "explored.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <future>
#include <iterator>
#include <locale>
#include <memory>
#include <memory_resource>
#include <new>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace interleave;

// clang 14 declares them only with -fsized-deallocation.
void operator delete(void*, std::size_t) noexcept;
void operator delete[](void*, std::size_t) noexcept;
void operator delete(void*, std::size_t, std::align_val_t) noexcept;
void operator delete[](void*, std::size_t, std::align_val_t) noexcept;

namespace {

constexpr std::size_t size = 24;
constexpr std::align_val_t at_64{64}, at_32{32};

// Hides from the compiler what a pointer points to.
void* hidden(void* p) {
  asm volatile("" : "+r"(p) : : "memory");
  return p;
}

struct Making {
  std::string name;  // as a report has it
  std::string fits;  // what frees it
  void* (*make)();
};
const Making makings[] = {
    {"malloc", "free", [] { return std::malloc(size); }},
    {"malloc", "free", [] { return std::calloc(size, 1); }},
    {"malloc", "free", [] { return std::realloc(nullptr, size); }},
    {"malloc", "free", [] { return std::aligned_alloc(8, size); }},
    {"malloc", "free", []() -> void* { return strdup("twenty-three characters"); }},
    {"new", "delete", [] { return ::operator new(size); }},
    {"new", "delete", [] { return ::operator new(size, std::nothrow); }},
    {"new[]", "delete[]", [] { return ::operator new[](size); }},
    {"new[]", "delete[]", [] { return ::operator new[](size, std::nothrow); }},
    {"new for alignment 64", "delete for alignment 64", [] { return ::operator new(size, at_64); }},
    {"new for alignment 64", "delete for alignment 64", [] { return ::operator new(size, at_64, std::nothrow); }},
    {"new[] for alignment 64", "delete[] for alignment 64", [] { return ::operator new[](size, at_64); }},
    {"new[] for alignment 64", "delete[] for alignment 64", [] { return ::operator new[](size, at_64, std::nothrow); }},
};

struct Freeing {
  std::string name;
  void (*free)(void*);
};
const Freeing freeings[] = {
    {"free", [](void* p) { std::free(p); }},
    {"realloc", [](void* p) { std::free(std::realloc(p, 2 * size)); }},
    {"delete", [](void* p) { ::operator delete(p); }},
    {"delete", [](void* p) { ::operator delete(p, std::nothrow); }},
    {"delete", [](void* p) { ::operator delete(p, size); }},
    {"delete[]", [](void* p) { ::operator delete[](p); }},
    {"delete[]", [](void* p) { ::operator delete[](p, std::nothrow); }},
    {"delete[]", [](void* p) { ::operator delete[](p, size); }},
    {"delete for alignment 64", [](void* p) { ::operator delete(p, at_64); }},
    {"delete for alignment 64", [](void* p) { ::operator delete(p, at_64, std::nothrow); }},
    {"delete for alignment 64", [](void* p) { ::operator delete(p, size, at_64); }},
    {"delete[] for alignment 64", [](void* p) { ::operator delete[](p, at_64); }},
    {"delete[] for alignment 64", [](void* p) { ::operator delete[](p, at_64, std::nothrow); }},
    {"delete[] for alignment 64", [](void* p) { ::operator delete[](p, size, at_64); }},
    {"delete for alignment 32", [](void* p) { ::operator delete(p, at_32); }},
    {"delete[] for alignment 32", [](void* p) { ::operator delete[](p, size, at_32); }},
};

Report explored(const std::function<void()>& body, Options options = {}) {
  options.name = "mismatched_free";
  return explore(body, options);
}

}  // namespace

TEST_CASE("mismatched free: every way to allocate with every way to free") {
  std::size_t well = 0, wrong = 0;
  for (const Making& making : makings) {
    for (const Freeing& freeing : freeings) {
      INFO(making.name << ", " << freeing.name);
      const Report report = explored([&] { freeing.free(hidden(making.make())); });
      if (freeing.name == making.fits || (making.fits == "free" && freeing.name == "realloc")) {
        CHECK(report.verdict == Verdict::pass);
        CHECK(report.complete);
        ++well;
        continue;
      }
      ++wrong;
      REQUIRE(report.failure);
      CHECK(report.failure->kind == "mismatched-free");
      CHECK_THAT(report.failure->message, Catch::Contains("main frees a block of 24 bytes, allocated by main at mismatched_free.cpp:") &&
                                              Catch::Contains("\n  at mismatched_free.cpp:") &&
                                              Catch::EndsWith(", by " + freeing.name + " what " + making.name + " allocated"));
    }
  }
  CHECK(well == 5 * 2 + 4 * 3 + 4 * 3);
  CHECK(wrong == std::size(makings) * std::size(freeings) - well);
}

TEST_CASE("mismatched free: a size that is not that of the block") {
  const auto by = [](const Report& report) {
    REQUIRE(report.failure);
    CHECK(report.failure->kind == "mismatched-free");
    CHECK_THAT(report.failure->message, Catch::Contains("main frees a block of 24 bytes, allocated by main at mismatched_free.cpp:"));
    return report.failure->message.substr(report.failure->message.rfind(", by "));
  };
  CHECK(by(explored([] { ::operator delete(hidden(::operator new(size)), size - 1); })) == ", by delete of 23 bytes");
  CHECK(by(explored([] { ::operator delete[](hidden(::operator new[](size)), size + 8); })) == ", by delete[] of 32 bytes");
  CHECK(by(explored([] { ::operator delete(hidden(::operator new(size, at_64)), 1, at_64); })) == ", by delete of 1 byte");
  CHECK(by(explored([] { ::operator delete[](hidden(::operator new[](size, at_64)), 0, at_64); })) == ", by delete[] of 0 bytes");
}

TEST_CASE("mismatched free: found in the executions that have it and in no other, whoever frees") {
  const auto body = [] {
    std::atomic<void*> place = ::operator new(size);
    std::thread other([&] {
      if (void* p = place.exchange(::operator new[](size))) ::operator delete(p);
    });
    if (void* p = place.exchange(nullptr)) ::operator delete(p);
    other.join();
    if (void* p = place.exchange(nullptr)) ::operator delete[](p);
  };
  Options options;
  options.stop_at_first_failure = false;
  for (const char* strategy : {"dfs", "dpor"}) {
    options.strategy = strategy;
    const Report report = explored(body, options);
    INFO(text_of(report));
    CHECK(report.executions == 2);
    CHECK(report.failing == 1);
    REQUIRE(report.failure);
    CHECK_THAT(report.failure->message, Catch::Contains("main frees a block of 24 bytes, allocated by T1") &&
                                            Catch::EndsWith("by delete what new[] allocated"));
  }
  // Where a block is given out again, it is the one who got it last that counts.
  options.heap = "reuse";
  CHECK(explored(body, options).failing > 0);
  options.races = "ignore";  // nothing of the heap is looked at
  CHECK(explored(body, options).failing == 0);
}

TEST_CASE("mismatched free: nothing is said of what libraries allocate and the program frees, or the other way round") {
  const Report report = explored([] {
    struct alignas(64) Wide {
      char bytes[100];
    };
    struct Base {
      virtual ~Base() = default;
    };
    struct Derived : Base {
      std::string text = std::string(100, 'x');
    };
    delete new Wide;
    delete[] new Wide[3];
    delete[] new int[0];
    delete[] new std::string[3];
    const std::unique_ptr<Base> base = std::make_unique<Derived>();
    const auto shared = std::make_shared<Wide>();
    std::vector<std::string> texts(20, std::string(50, 'y'));
    std::stable_sort(texts.begin(), texts.end());  // a temporary buffer
    std::ostringstream stream;
    stream << std::string(1000, 'z');
    const std::string text = stream.str();
    require(std::regex_match("zzz", std::regex("z+")));
    require(std::filesystem::path("a/b/c").parent_path() == "a/b");
    try {
      throw std::runtime_error(text);  // a string of the library's own kind
    } catch (const std::exception& e) {
      const auto copy = std::make_exception_ptr(std::logic_error(e.what()));
    }
    std::pmr::monotonic_buffer_resource resource;
    std::pmr::vector<Wide> wide(10, &resource);
    std::pmr::unsynchronized_pool_resource pool;
    for (std::size_t n : {1u, 100u, 10'000u}) pool.deallocate(pool.allocate(n, 64), n, 64);
    std::thread([] {}).join();  // its state is freed inside libstdc++
    require(std::async(std::launch::async, [] { return 1; }).get() == 1);
    const std::locale locale(std::locale::classic(), new std::numpunct<char>);
    std::free(std::realloc(strdup("text"), 100));
  });
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.complete);
}
