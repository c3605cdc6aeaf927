#include <interleave/primitives/semaphore.hpp>

#include "probe.hpp"

namespace interleave::scenarios {
namespace {

Definition permits(std::string name, int permits, int threads) {
  return probe("semaphore/" + name, {}, [permits, threads] {
    Semaphore semaphore{permits};
    Section inside{"inside", static_cast<std::size_t>(permits)};
    in_parallel(threads, [&] {
      semaphore.acquire();
      visit(inside);
      semaphore.release();
    });
    require(semaphore.value() == permits, "all permits come back, and no others");
  });
}

const Scenario one_permit_two_threads{permits("one_permit_two_threads", 1, 2)};
const Scenario one_permit_three_threads{permits("one_permit_three_threads", 1, 3)};
const Scenario two_permits_two_threads{permits("two_permits_two_threads", 2, 2)};

const Scenario release_two{probe("semaphore/release_two", {}, [] {
  Semaphore semaphore{0};
  parallel([&] { semaphore.acquire(); }, [&] { semaphore.acquire(); }, [&] { semaphore.release(2); });
})};

const Scenario release_none{probe("semaphore/release_none", {}, [] {
  Semaphore semaphore{0};
  require(refused<ValueError>([&] { semaphore.release(0); }), "a release of nothing is refused");
})};

const Scenario try_fails{probe("semaphore/try_fails", {}, [] {
  Semaphore semaphore{0};
  require(!semaphore.acquire(false), "there is no permit");
  semaphore.release();
  require(semaphore.acquire(false), "there is one");
})};

const Scenario two_releasers{probe("bounded_semaphore/two_releasers", {}, [] {
  BoundedSemaphore semaphore{1};
  semaphore.acquire();
  std::array<int, 2> refusals{};
  const auto releaser = [&](int& mine) { mine = refused<ValueError>([&] { semaphore.release(); }); };
  parallel([&] { releaser(refusals[0]); }, [&] { releaser(refusals[1]); });
  require(refusals[0] + refusals[1] == 1, "one of two releases is wrong, and is told so");
})};

const Scenario one_too_many{probe("bounded_semaphore/one_too_many", {}, [] {
  BoundedSemaphore semaphore{1};
  require(refused<ValueError>([&] { semaphore.release(); }), "nobody took a permit");
  semaphore.acquire();
  semaphore.release();
})};

}  // namespace
}  // namespace interleave::scenarios
