// The assumption of a search that follows no thread round for ever where another schedule leads on (states.hpp, onward.hpp).
#include "scheduler/api/hooks.hpp"

namespace interleave::engine {
namespace {

void tell(Report& report) {
  if (report.rounds > 0) report.assumed.emplace_back("that threads do not go round for ever where another schedule leads on");
}

const hooks::Basis rounds(nullptr, tell);

}  // namespace
}  // namespace interleave::engine
