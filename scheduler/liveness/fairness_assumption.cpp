// The assumption of a search that follows no thread round for ever where another schedule leads on (state_hasher.hpp, cycle_analysis.hpp).
#include "scheduler/api/checker_registry.hpp"

namespace interleave::engine {
namespace {

void tell(Report& report) {
  if (report.rounds > 0) report.assumed.emplace_back("that threads do not go round for ever where another schedule leads on");
}

const hooks::Basis rounds(nullptr, tell);

}  // namespace
}  // namespace interleave::engine
