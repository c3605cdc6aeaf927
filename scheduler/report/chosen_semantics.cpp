// What a pass assumes because an option asks for it.
#include "scheduler/api/checker_registry.hpp"

namespace interleave::engine {
namespace {

bool ignores_races = false, explores = false, virtual_clock = false;

void begin(const Options& options) {
  ignores_races = options.races == "ignore";
  explores = options.races == "explore";
  virtual_clock = options.clock == "virtual";
}

void tell(Report& report) {
  if (ignores_races) report.assumed.emplace_back("that no plain accesses race (races=ignore)");
  if (explores) report.assumed.emplace_back("that plain accesses take effect one after the other, as written (races=explore)");
  if (virtual_clock) report.assumed.emplace_back("that time passes only while nobody can step (clock=virtual)");
}

const hooks::Basis basis(begin, tell);

}  // namespace
}  // namespace interleave::engine
