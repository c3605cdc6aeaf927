// replay: exactly one execution, the one that a failure named by its schedule or by its seed and strategy.
#include <string>

#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/services.hpp>
#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/model/recorded_options.hpp"

#include "campaign.hpp"
#include "runtime.hpp"
#include "selection.hpp"
#include "terminal.hpp"
#include "transcripts.hpp"
#include "verbs.hpp"
#include "writers.hpp"

namespace interleave::cli {
namespace {

constexpr const char* any_strategy = "dfs";

void refuse_foreign(std::string_view token, const scenarios::Definition& scenario) {
  if (is_schedule_for(token, scenario.name)) return;
  for (const auto* other : every_scenario()) {
    if (is_schedule_for(token, other->name))
      throw UsageError(fmt::format("this schedule was recorded for {0}, not for {1}; give interleave replay {0} --schedule {2}",
                                   other->name, scenario.name, token));
  }
  throw UsageError(fmt::format("this schedule was not recorded for {}, nor for any scenario of this build; give the name that "
                               "was printed with it", scenario.name));
}

void say_what_the_token_overrules(const Settings& asked, const Options& recorded) {
  std::string overruled;
  for (std::size_t i = 0; i < asked.model.size(); ++i) {
    const ModelOption& option = model_options[i];
    const auto& wish = asked.model[i];
    if (option.recorded && wish && *wish != value_of(option, recorded))
      overruled += fmt::format("{}{}={}", overruled.empty() ? "" : ", ", option.flag, *wish);
  }
  if (!overruled.empty()) remark(fmt::format("the schedule was recorded otherwise, and fits nothing else: going on without {}", overruled));
}

// What the token says of the choices there are; it was recorded so, and nothing else fits.
Options of_token(const std::string& token, const scenarios::Definition& scenario, const Settings& settings) {
  refuse_foreign(token, scenario);
  require_model("replay", any_strategy);
  Options options = settings.applied_to(scenario.options);
  options.schedule = token;
  apply_recorded(decode(token, scenario.name), options);
  say_what_the_token_overrules(settings, options);
  return options;
}

Options of_seed(const scenarios::Definition& scenario, const Settings& settings) {
  if (!settings.seed || *settings.seed == 0 || !settings.strategy)
    throw UsageError("replay which execution? Give --schedule TOKEN, or --seed S with --strategy NAME, as the failure printed them");
  if (require_model("replay", *settings.strategy).ends)
    throw UsageError(fmt::format("strategy '{}' draws nothing, so that a seed names no execution; give --schedule TOKEN",
                                 *settings.strategy));
  Options options = settings.applied_to(scenario.options);
  options.seed = *settings.seed;
  options.strategy = *settings.strategy;
  return options;
}

ExitStatus status_of(const Report& report) {
  if (report.verdict == Verdict::pass) return ExitStatus::expected;
  if (!report.failure) return ExitStatus::incomplete;
  return is_uncontrolled(kind_of(report.failure->kind)) ? ExitStatus::uncontrolled : ExitStatus::differs;
}

}  // namespace

ExitStatus replay(const Request& request) {
  const Settings& settings = request.settings;
  const auto& scenario = the_scenario(request.scenarios.front());
  if (settings.schedule && settings.seed)
    throw UsageError("--schedule and --seed at once, each names an execution; leave out one of them");
  Options options = settings.schedule ? of_token(*settings.schedule, scenario, settings) : of_seed(scenario, settings);
  options.name = scenario.name;
  options.executions_max = 1;
  options.require_complete = false;  // one execution is what was asked for

  Plan plan = plan_of(request, settings.schedule ? "replay" : options.strategy, options.seed);
  plan.run = {&scenario};
  Writers writers(request);
  print(first_line(plan));
  writers.begin(plan);
  if (writers.shows_text() && wants_transcript(request.verb, options))
    print_transcript([](const auto& body, const Options& once) { detail::explore_unsaid(body, once); }, scenario, options);
  const Result result = judged(scenario, detail::explore_unsaid(scenario.body, options), Goal::budget);
  writers.result(result);
  writers.end(true);
  return status_of(result.report);
}

}  // namespace interleave::cli
