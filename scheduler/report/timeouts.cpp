#include "scheduler/report/timeouts.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "scheduler/report/relevance.hpp"
#include "scheduler/report/text_layout.hpp"

namespace interleave {

std::string timeout_sentence(const Failure& failure) {
  const auto early = [](const TraceEvent& event) { return event.timed_out_early; };
  if (std::none_of(failure.trace.begin(), failure.trace.end(), early)) return "";
  const std::vector<std::uint32_t> distances = distances_from_failure(failure);
  const TraceEvent* nearest = nullptr;
  std::uint32_t distance = independent;
  std::size_t all = 0;
  for (std::size_t i = 0; i < failure.trace.size(); ++i) {
    if (!early(failure.trace[i]) || distances[i] == independent) continue;
    ++all;
    if (distances[i] <= distance) {
      distance = distances[i];
      nearest = &failure.trace[i];
    }
  }
  if (nearest == nullptr) return "";
  std::string call = nearest->call.empty() ? nearest->operation : nearest->call;
  if (const auto end = call.find(" ("); end != call.npos) call.resize(end);
  if (const std::string_view timeout = " timeout"; call.size() > timeout.size() && call.ends_with(timeout)) call.replace(call.size() - timeout.size(), timeout.size(), " wait");
  const std::string others = all == 1 ? "" : fmt::format(" (and {} more)", lines::counted(all - 1, "timeout"));
  return fmt::format("the failure hinges on a timeout: the {} of {}{}{} ends while another thread could still go on{}; with clock=virtual, time passes only "
                     "when no thread can go on, which excludes such schedules",
                     call, nearest->thread, nearest->location.empty() ? "" : " at ", nearest->location, others);
}

}  // namespace interleave
