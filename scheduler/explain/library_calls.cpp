#include "scheduler/explain/library_calls.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "scheduler/symbols/stack_text.hpp"
#include "scheduler/symbols/symbols.hpp"

namespace interleave::engine {
namespace {

// Classes, and functions that are of no class. A lock, a condition variable and an atomic are what their steps say.
constexpr std::string_view opaque[] = {"future", "shared_future", "promise", "packaged_task", "async", "call_once", "stop_token", "stop_source",
                                       "stop_callback", "jthread", "latch", "barrier", "counting_semaphore", "condition_variable_any", "shared_ptr",
                                       "weak_ptr", "basic_osyncstream", "shared_timed_mutex"};

bool is_opaque(std::string_view name) { return std::find(std::begin(opaque), std::end(opaque), name) != std::end(opaque); }

}  // namespace

std::string library_call(Symbols& symbols, std::span<const void* const> stack) {
  const Frame* outermost = nullptr;
  for (const void* address : stack) {
    bool own = false;
    for (const Frame& frame : symbols.frames(address)) {
      const bool unknown = frame.function.empty() && frame.file.empty();
      own = !frame.library && !unknown;
      if (own) break;
      if (!frame.function.empty()) outermost = &frame;
    }
    if (own) break;
  }
  if (outermost == nullptr) return "";
  const std::string name = function_name(outermost->function);
  constexpr std::string_view standard = "std::";
  if (!name.starts_with(standard)) return "";
  const std::string_view within = std::string_view(name).substr(standard.size());
  const auto scope = within.rfind("::");
  if (scope == within.npos) return is_opaque(within) ? std::string(within) : "";
  const std::string_view type = within.substr(0, scope), function = within.substr(scope + 2);
  return is_opaque(type) ? std::string(type) + "." + std::string(function) : "";
}

}  // namespace interleave::engine
