// Order that only an annotation tells of, mutexes that the program annotates, and its own fibers. That the annotations mean what they
// mean to ThreadSanitizer: tests/races/annotations.cpp.
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "../annotations.hpp"
#include "explored.hpp"

using namespace interleave;

namespace {

// A relaxed flag orders nothing; with annotations it does, if both ends name the same address.
Report handed_over(void (*before)(void*), void (*after)(void*)) {
  Options options;
  options.name = "annotated";
  options.strategy = "dpor";
  options.stop_at_first_failure = false;
  return explore(
      [=] {
        std::atomic<bool> ready{false};
        int data = 0;
        parallel(
            [&] {
              data = 1;
              before(&data);
              ready.store(true, std::memory_order_relaxed);
            },
            [&] {
              if (!ready.load(std::memory_order_relaxed)) return;
              after(&data);
              require(data == 1);
            });
      },
      options);
}

}  // namespace

TEST_CASE("Annotations order what nothing else orders", "[annotations]") {
  const auto nothing = [](void*) {};
  const auto happens_before = [](void* p) { AnnotateHappensBefore(__FILE__, __LINE__, p); };
  const auto happens_after = [](void* p) { AnnotateHappensAfter(__FILE__, __LINE__, p); };

  for (const Report& report : {handed_over(happens_before, happens_after), handed_over(__tsan_release, __tsan_acquire)}) {
    INFO((report.failure ? report.failure->message : ""));
    CHECK(report.verdict == Verdict::pass);
  }
  for (const Report& report : {handed_over(nothing, nothing), handed_over(happens_before, nothing), handed_over(nothing, happens_after)}) {
    REQUIRE(report.failure.has_value());
    CHECK(report.failure->kind == "data-race");
  }
}

namespace {

constexpr unsigned linker_initialised = 1 << 0, write_reentrant = 1 << 1;

// A spinlock that is annotated as a mutex. One that does not exclude lets every thread in: a fault that the annotations show.
class Annotated {
 public:
  explicit Annotated(bool excludes = true) : excludes_(excludes) { __tsan_mutex_create(this, 0); }
  void lock() {
    __tsan_mutex_pre_lock(this, 0);
    while (taken_.exchange(true, std::memory_order_relaxed) && excludes_) {
    }
    __tsan_mutex_post_lock(this, 0, 0);
  }
  void unlock() {
    __tsan_mutex_pre_unlock(this, 0);
    taken_.store(false, std::memory_order_relaxed);
    __tsan_mutex_post_unlock(this, 0);
  }

 private:
  std::atomic<bool> taken_{false};
  const bool excludes_;
};

Report searched(const std::function<void()>& body) {
  Report report = explore(body, {.name = "annotated", .strategy = "dpor"});
  if (!report.failure) report.failure.emplace();
  return report;
}

}  // namespace

TEST_CASE("An annotated mutex orders, costs no class of its own, and is an assumption of the pass", "[annotations]") {
  const Report report = searched([] {
    Annotated m;
    int x = 0;
    const auto add = [&] { m.lock(); ++x; m.unlock(); };
    parallel(add, add);
    require(x == 2);
  });
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.complete);
  CHECK(report.executions == 4);  // as of a bare lock of one atomic
  REQUIRE(report.assumed.size() == 2u);
  CHECK(report.assumed[0].starts_with("sequentially consistent memory"));  // its exchange and its store are relaxed
  CHECK(report.assumed[1] == "that what the program's annotated mutexes do inside of a lock or an unlock is free of races");
}

TEST_CASE("Misuse of an annotated mutex is found, whichever execution of a class runs", "[annotations]") {
  const auto misused = [](const std::function<void()>& body) {
    const Report report = searched(body);
    CHECK(report.failure->kind == "misuse");
    return report.failure->message;
  };
  CHECK_THAT(misused([] {
               Annotated m(false);
               std::atomic<int> a{0}, b{0}, c{0}, d{0};
               parallel([&] { a = 1; m.lock(); b = 1; m.unlock(); }, [&] { c = 1; m.lock(); d = 1; m.unlock(); });
             }),
             Catch::Contains("an annotated mutex is locked while another thread owns it"));
  CHECK_THAT(misused([] { Annotated().unlock(); }), Catch::Contains("a thread unlocks an annotated mutex that is not locked"));
  CHECK_THAT(misused([] {
               Annotated m;
               parallel([&] { m.lock(); }, [&] { m.unlock(); });
             }),
             Catch::Contains("a thread unlocks an annotated mutex that "));
  CHECK_THAT(misused([] {
               Annotated m;
               m.lock();
               __tsan_mutex_destroy(&m, 0);
             }),
             Catch::Contains("an annotated mutex is destroyed while it is locked"));
  CHECK_THAT(misused([] { AnnotateIgnoreReadsEnd("", 0); }), Catch::Contains("that the thread has not begun"));
}

TEST_CASE("An annotated mutex that is destroyed while another thread uses it is used after its end, unless it is static", "[annotations]") {
  const auto ended = [](unsigned flags) {
    return searched([=] {
             auto* const m = new Annotated;
             parallel([=] { m->lock(); m->unlock(); }, [=] { __tsan_mutex_destroy(m, flags); });
             delete m;
           })
        .failure->kind;
  };
  CHECK(ended(0) == "use-after-free");
  CHECK(ended(linker_initialised).empty());
}

TEST_CASE("Two annotated mutexes in opposite order are a hang like any other", "[annotations]") {
  CHECK(searched([] {
          Annotated m, n;
          parallel([&] { m.lock(); n.lock(); n.unlock(); m.unlock(); }, [&] { n.lock(); m.lock(); m.unlock(); n.unlock(); });
        }).failure->kind == "livelock");
}

TEST_CASE("A recursive annotated mutex is free when it was unlocked as often as it was locked", "[annotations]") {
  const Report report = searched([] {
    int m = 0;
    const auto lock = [&] { __tsan_mutex_pre_lock(&m, write_reentrant); __tsan_mutex_post_lock(&m, write_reentrant, 0); };
    const auto unlock = [&] { __tsan_mutex_pre_unlock(&m, 0); __tsan_mutex_post_unlock(&m, 0); };
    lock();
    lock();
    unlock();
    unlock();
    __tsan_mutex_destroy(&m, 0);
  });
  CHECK(report.verdict == Verdict::pass);
}

TEST_CASE("What annotations exclude is named by the pass, and rolled back like all else", "[annotations]") {
  static int counter = 0;
  const Report report = searched([] {
    AnnotateIgnoreReadsBegin("a/b.cpp", 7);
    ++counter;
    AnnotateIgnoreReadsEnd("a/b.cpp", 8);
    require(counter == 1);
    int x = 0;
    AnnotateBenignRaceSized("a/b.cpp", 9, &x, sizeof x, "");
    std::atomic<int> a{0};
    parallel([&] { x = 1; a = 1; }, [&] { x = 2; a = 2; });
  });
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.executions == 2);
  CHECK(counter == 0);
  CHECK(report.assumed == std::vector<std::string>{"that accesses in the regions that the program's annotations exclude race with nothing (the first: b.cpp:7)",
                                                   "that the race which the program declares benign at b.cpp:9 does no harm: it was met, and set aside"});
}

TEST_CASE("A fiber of the program's that goes on on another thread takes along what it has done", "[annotations]") {
  const auto moved = [](bool annotated) {
    return searched([=] {
             int x = 0;
             std::atomic<bool> left{false};
             void* const fiber = __tsan_create_fiber(0);
             const auto in_fiber = [&](int value) {
               void* const own = __tsan_get_current_fiber();
               if (annotated) __tsan_switch_to_fiber(fiber, 0);
               x = value;
               if (annotated) __tsan_switch_to_fiber(own, 0);
               require(__tsan_get_current_fiber() == own);
             };
             parallel([&] { in_fiber(1); left.store(true, std::memory_order_relaxed); },
                      [&] { if (left.load(std::memory_order_relaxed)) in_fiber(2); });
             __tsan_destroy_fiber(fiber);
           })
        .failure->kind;
  };
  CHECK(moved(true).empty());
  CHECK(moved(false) == "data-race");
}

TEST_CASE("Questions to ThreadSanitizer's runtime and to its heap are answered", "[annotations]") {
  CHECK(RunningOnValgrind() == 0);
  CHECK(ValgrindSlowdown() == 10.0);
  CHECK(std::string(ThreadSanitizerQuery("pure_happens_before")) == "1");
  CHECK(searched([] {
          char bytes[9] = {};
          __sanitizer_unaligned_store32(bytes + 1, 0x01020304);
          require(__sanitizer_unaligned_load32(bytes + 1) == 0x01020304);
          const std::unique_ptr<char[]> block(new char[7]);
          require(__sanitizer_get_ownership(block.get()) == 1 && __sanitizer_get_allocated_size(block.get()) >= 7);
          char text[8];
          __sanitizer_symbolize_pc(nullptr, "%%l %l and more", text, sizeof text);
          require(std::string(text) == "%l 0 an");
        }).verdict == Verdict::pass);
  CHECK(searched([] {
          char bytes[4] = {};
          parallel([&] { __sanitizer_unaligned_store32(bytes, 1); }, [&] { __sanitizer_unaligned_load32(bytes); });
        }).failure->kind == "data-race");
  CHECK(searched([] {
          int object = 0;
          parallel([&] { __tsan_external_write(&object, nullptr, nullptr); }, [&] { __tsan_external_write(&object, nullptr, nullptr); });
        }).failure->kind == "data-race");
}
