// std::counting_semaphore, as libstdc++ 12 has it: a number that threads change by compare-exchange, and a futex on it for those
// that tried some sixteen times in vain.
#include <semaphore>
#include <string>

#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

const Scenario handover{{
    .name = "zoo/counting_semaphore_handover",
    .summary = "std::counting_semaphore, one thread waits for the permit of another, and sees what it did",
    .outcomes = {"7"},
    .effort = Effort::search_reduced,
    .classes = 20,
    .body = [] {
      std::counting_semaphore<> ready{0};
      int parcel = 0;
      parallel([&] { parcel = 7; ready.release(); }, [&] { ready.acquire(); outcome(std::to_string(parcel)); });
    },
}};

const Scenario one_permit{{
    .name = "zoo/counting_semaphore_one_permit",
    .summary = "std::counting_semaphore, two threads in turn: one sleeps by a number it read before, though the permit is back",
    .expect = Verdict::fail,
    .failure_kind = "deadlock",
    .outcomes = {"2"},
    .effort = Effort::search_reduced,
    .classes = 196,
    .failing_classes = 4,
    .hangs = true,
    .body = [] {
      std::counting_semaphore<> permits{1};
      int visits = 0;
      const auto visit = [&] {
        permits.acquire();
        ++visits;
        permits.release();
      };
      parallel(visit, visit);
      outcome(std::to_string(visits));
    },
}};

}  // namespace
}  // namespace interleave::scenarios
