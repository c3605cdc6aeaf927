// Every scenario that declares how many executions a search makes: dpor makes one per class and none in vain, dfs one per
// interleaving.
#include <interleave/catch2.hpp>
#include <interleave/scenarios/scenario.hpp>

using namespace interleave;

namespace {

Report searched(const scenarios::Definition& scenario, const char* strategy) {
  Options options = scenario.options;
  options.name = scenario.name;
  options.strategy = strategy;
  options.stop_at_first_failure = false;
  return explore(scenario.body, options);
}

}  // namespace

TEST_CASE("dpor makes one execution of each class and none in vain") {
  int checked = 0;
  for (const auto* scenario : scenarios::all()) {
    const auto& definition = scenario->definition();
    if (definition.classes == 0 || definition.classes > (INTERLEAVE_BRIEF_TESTS ? 10'000 : 60'000)) continue;
    const Report report = searched(definition, "dpor");
    CAPTURE(definition.name);
    CHECK(report.executions == definition.classes);
    if (!definition.spins) CHECK(report.redundant == 0);
    CHECK(report.complete);
    if (definition.failure_kind == "deadlock" && definition.name.find("dining") != std::string::npos) CHECK(report.failing == 1);
    if (definition.failing_classes != 0) CHECK(report.failing == definition.failing_classes);
    ++checked;
  }
  CHECK(checked > 100);
}

TEST_CASE("dfs makes one execution of each interleaving") {
  int checked = 0;
  for (const auto* scenario : scenarios::all()) {
    const auto& definition = scenario->definition();
    if (definition.interleavings == 0 || definition.interleavings > (INTERLEAVE_BRIEF_TESTS ? 10'000 : 60'000)) continue;
    const Report report = searched(definition, "dfs");
    CAPTURE(definition.name);
    CHECK(report.executions == definition.interleavings);
    CHECK(report.complete);
    ++checked;
  }
  CHECK(checked > 60);
}
