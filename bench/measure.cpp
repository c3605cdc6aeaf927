#include "measure.hpp"

#include <algorithm>
#include <ctime>

#include <interleave/scheduler/services.hpp>

#include "bare_switch.hpp"

namespace {

double processor_seconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

Figures measure(const std::function<void()>& body, const interleave::Options& options, int runs) {
  Figures best;
  double before = bare_switch_ns();
  for (int run = 0; run < runs; ++run) {
    const double begin = processor_seconds();
    interleave::Report report = interleave::detail::explore_unsaid(body, options);
    const double seconds = processor_seconds() - begin, after = bare_switch_ns();
    const double bare = std::min(before, after);
    before = after;
    if (run > 0 && seconds / bare >= best.seconds / best.bare_ns) continue;
    best = {std::move(report), seconds, bare};
  }
  return best;
}
