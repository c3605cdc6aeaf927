// Order that only an annotation tells of.
#include <atomic>

#include "explored.hpp"

extern "C" {
void AnnotateHappensBefore(const char* file, int line, void* address);
void AnnotateHappensAfter(const char* file, int line, void* address);
void __tsan_release(void* address);
void __tsan_acquire(void* address);
}

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
