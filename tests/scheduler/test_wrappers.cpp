// Wrappers forward everything that they are not there to change. A probe, which notes each of its functions that is called and gives answers
// that no default gives, is wrapped by every wrapper that is registered: what the wrapper does not pass on, and what it answers
// by itself, must be what the table below says. A new wrapper is asked without being named here; what it changes gets a row.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "execution_view.hpp"
#include "scheduler/model/strategy_registry.hpp"
#include "scheduler/model/wrapper.hpp"

using namespace interleave::engine;

namespace {

std::set<std::string> called;  // functions of the probe

class Probe final : public Strategy, private StepListener, private PrefixReplay {
 public:
  static constexpr std::size_t bytes = 4711;
  static constexpr std::uint64_t seed = 815;
  static constexpr std::uint32_t steps = 42;

  Traits traits() const override {
    called.insert("traits");
    return {.exhaustive = true, .ends = true, .reduces = false, .runs_on = true, .recognizes_states = true};
  }
  void attach(const ExecutionView&) override { called.insert("attach"); }
  bool begin_execution() override { return called.insert("begin_execution"), true; }
  StepListener* listener() override { return called.insert("listener"), this; }
  std::size_t choose(const ChoicePoint& at) override { return called.insert("choose"), at.enabled.size() - 1; }
  void end_execution(Ending) override { called.insert("end_execution"); }
  bool redundant() const override { return called.insert("redundant"), true; }
  bool shows_failure() const override { return called.insert("shows_failure"), true; }
  Recipe recipe() const override { return called.insert("recipe"), Recipe{"probe:of=recipe", seed}; }
  Coverage coverage() const override { return called.insert("coverage"), Coverage{.complete = true, .statement = "what the probe covers"}; }
  std::span<const std::uint32_t> opened() override { return called.insert("opened"), std::span<const std::uint32_t>(&steps, 1); }
  std::size_t memory() const override { return called.insert("memory"), bytes; }
  std::string spec() const override { return called.insert("spec"), "probe"; }
  PrefixReplay* prefix_replay() override { return called.insert("prefix_replay"), this; }

 private:
  void available() override {}
  bool wanted() const override { return true; }
  std::uint64_t length() const override { return 0; }
};

const Registration probe{"probe", "for tests: notes what is called", {}, false,
                         [](const Arguments&, std::unique_ptr<Strategy>) { return std::make_unique<Probe>(); }};

using Names = std::set<std::string>;

// The questions whose answer is not the probe's, or of which the probe never hears.
Names changed_by(Strategy& wrapper) {
  static constexpr OperationType type{.name = "an operation"};
  static const View view;
  const Operation operation{.type = &type};
  const Candidate candidates[] = {{0, 0, &operation}, {1, 0, &operation}};
  Names changed;
  const auto ask = [&](const char* question, bool as_the_probe_answers, const char* function) {
    if (!as_the_probe_answers || !called.contains(function)) changed.insert(question);
  };
  called.clear();
  const Traits traits = wrapper.traits();
  ask("exhaustive", traits.exhaustive, "traits");
  ask("ends", traits.ends, "traits");
  ask("reduces", !traits.reduces, "traits");
  ask("runs_on", traits.runs_on, "traits");
  ask("recognizes_states", traits.recognizes_states, "traits");
  wrapper.attach(view);
  ask("attach", true, "attach");
  ask("prefix_replay", wrapper.prefix_replay() != nullptr, "prefix_replay");
  ask("memory", wrapper.memory() == Probe::bytes, "memory");
  ask("begin_execution", wrapper.begin_execution(), "begin_execution");
  ask("shows_failure", wrapper.shows_failure(), "shows_failure");
  ask("listener", wrapper.listener() != nullptr, "listener");
  // The last of the candidates that it is shown: of those that a bound of 0 leaves, the first.
  const std::size_t index = wrapper.choose({candidates, 2, 0, 1, 0});
  ask("choose", index == 1, "choose");
  wrapper.end_execution(Ending::finished);
  ask("end_execution", true, "end_execution");
  ask("redundant", wrapper.redundant(), "redundant");
  const auto opened = wrapper.opened();
  ask("opened", opened.size() == 1 && opened[0] == Probe::steps, "opened");
  const Recipe recipe = wrapper.recipe();
  ask("recipe's seed", recipe.seed == Probe::seed, "recipe");
  ask("recipe's spec", recipe.spec.ends_with("probe:of=recipe"), "recipe");
  const Coverage coverage = wrapper.coverage();
  ask("coverage's completeness", coverage.complete, "coverage");
  ask("coverage's statement", coverage.statement == "what the probe covers", "coverage");
  ask("spec", wrapper.spec().ends_with("probe"), "spec");
  return changed;
}

// What each wrapper is there to change, of its first execution. None may lose anything else.
const std::map<std::string, Names> intended = {
    // Both executions of a schedule are compared step by step.
    {"repeat", {"opened", "prefix_replay"}},
    // Bounds leave out candidates, and say what was covered (bounded.hpp).
    {"preemptions", {"opened", "prefix_replay", "recognizes_states", "exhaustive", "choose", "coverage's completeness", "coverage's statement"}},
    {"delays", {"opened", "prefix_replay", "recognizes_states", "exhaustive", "choose", "coverage's completeness", "coverage's statement"}},
};

class Nothing final : public Wrapper {
 public:
  using Wrapper::Wrapper;
};

class Forgetful final : public Wrapper {
 public:
  using Wrapper::Wrapper;
  std::size_t memory() const override { return 0; }
  StepListener* listener() override { return nullptr; }
};

}  // namespace

TEST_CASE("a wrapper that changes nothing forwards everything") {
  Nothing wrapper(std::make_unique<Probe>());
  CHECK(changed_by(wrapper) == Names{});
}

TEST_CASE("a wrapper that forgets something is noticed") {
  Forgetful wrapper(std::make_unique<Probe>());
  CHECK(changed_by(wrapper) == Names{"listener", "memory"});
}

TEST_CASE("every wrapper that is registered forwards what it does not mean to change") {
  std::size_t wrappers = 0;
  for (const Registration* each : registered_strategies()) {
    if (!each->wraps) continue;
    ++wrappers;
    CAPTURE(each->name);
    const auto strategy = make_strategy(std::string(each->name) + "/probe", 1);
    const auto row = intended.find(std::string(each->name));
    CHECK(changed_by(*strategy) == (row == intended.end() ? Names{} : row->second));
  }
  CHECK(wrappers == intended.size());
}

TEST_CASE("wrappers round wrappers forward as well") {
  const auto strategy = make_strategy("repeat/preemptions:bound=2/probe", 1);
  CHECK(changed_by(*strategy) == intended.at("preemptions"));
  CHECK(strategy->spec() == "repeat/preemptions:bound=2/probe");
  CHECK(strategy->recipe().spec == "repeat/preemptions:bound=2/probe:of=recipe");
}

TEST_CASE("the second execution of a schedule is the repetition's own: nobody listens, and it is redundant") {
  const auto strategy = make_strategy("repeat/probe", 1);
  changed_by(*strategy);
  called.clear();
  REQUIRE(strategy->begin_execution());
  CHECK(strategy->listener() == nullptr);
  CHECK(strategy->redundant());
  CHECK(called == Names{});
}
