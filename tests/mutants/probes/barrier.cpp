#include <interleave/primitives/barrier.hpp>

#include "probe.hpp"

namespace interleave::scenarios {
namespace {

const Scenario three_parties{probe("barrier/three_parties", {}, [] {
  Barrier barrier{3};
  in_parallel(3, [&] { barrier.wait(); });
})};

const Scenario two_rounds{probe("barrier/two_rounds", {}, [] {
  Barrier barrier{2};
  in_parallel(2, [&] {
    barrier.wait();
    barrier.wait();
  });
})};

}  // namespace
}  // namespace interleave::scenarios
