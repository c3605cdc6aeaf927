// replay: exactly one execution, the one that a failure named by its schedule or by its seed and strategy.
#include <optional>

#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/services.hpp>
#include "scheduler/model/schedule.hpp"
#include "scheduler/report/report.hpp"

#include "campaign.hpp"
#include "json.hpp"
#include "runtime.hpp"
#include "selection.hpp"
#include "terminal.hpp"
#include "transcripts.hpp"
#include "verbs.hpp"

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
  const auto compare = [&](const auto& wish, const auto& is, std::string_view flag) {
    if (wish && *wish != is) overruled += fmt::format("{}{}={}", overruled.empty() ? "" : ", ", flag, *wish);
  };
  const auto digit = [](std::optional<bool> wish) { return wish ? std::optional(*wish ? 1 : 0) : std::nullopt; };
  compare(asked.races, recorded.races, "--races");
  compare(asked.clock, recorded.clock, "--clock");
  compare(asked.heap, recorded.heap, "--heap");
  compare(digit(asked.spurious_wakeups), recorded.spurious_wakeups ? 1 : 0, "--spurious-wakeups");
  compare(digit(asked.interrupts), recorded.interrupts ? 1 : 0, "--interrupts");
  if (!overruled.empty()) remark(fmt::format("the schedule was recorded otherwise, and fits nothing else: going on without {}", overruled));
}

// What the token says of the choices there are; it was recorded so, and nothing else fits.
Options of_token(const std::string& token, const scenarios::Definition& scenario, const Settings& settings) {
  refuse_foreign(token, scenario);
  require_model("replay", any_strategy);
  const Schedule schedule = decode(token, scenario.name);
  Options options = settings.applied_to(scenario.options);
  options.schedule = token;
  options.spurious_wakeups = schedule.spurious_wakeups;
  options.interrupts = schedule.interrupts;
  options.clock = schedule.virtual_clock ? "virtual" : "any";
  options.races = schedule.races;
  options.heap = schedule.reuses_blocks ? "reuse" : "fresh";
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

std::string_view what_came_of_it(const Report& report) {
  if (report.failure) return "reproduced\n";
  return report.cut > 0 ? "not reproduced: this execution was cut before it failed or ended; give it more --steps\n"
                        : "not reproduced: this execution does not fail\n";
}

ExitStatus status_of(const Report& report) {
  if (report.verdict == Verdict::pass) return ExitStatus::expected;
  if (!report.failure) return ExitStatus::incomplete;
  const auto& kind = report.failure->kind;
  return kind == "unsupported" || kind == "nondeterminism" ? ExitStatus::uncontrolled : ExitStatus::differs;
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

  std::optional<ReservedStdout> document;
  if (request.json) document.emplace();
  print(first_line(request.verb_name, settings.schedule ? "replay" : options.strategy, options.seed));
  if (!request.json && wants_transcript(request.verb, options))
    print_transcript([](const auto& body, const Options& once) { detail::explore_unsaid(body, once); }, scenario, options);
  const Result result = judged(scenario, detail::explore_unsaid(scenario.body, options), Goal::budget);
  if (request.json) {
    document->write(json_of_results({result}, {}));
  } else {
    print("\n" + report_text(result.report, ways_back(scenario.name, settings)) + "\n");
    print(what_came_of_it(result.report));
  }
  return status_of(result.report);
}

}  // namespace interleave::cli
