// search, sample and stress: which scenarios are run, with which strategy, and up to which limit.
#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include <interleave/scheduler/services.hpp>
#include "scheduler/stress/stress.hpp"

#include "campaign.hpp"
#include "runtime.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace interleave::cli {
namespace {

constexpr const char*   default_search_strategy = "dpor";
constexpr const char*   virtual_time_strategy = "dfs";  // under the virtual clock, timed operations depend on all others
constexpr const char*   default_sample_strategy = "auto";
constexpr std::uint64_t default_sample_executions = 10'000;
constexpr std::uint64_t search_seed = 1;  // a search draws nothing, and two searches print the same bytes

bool has_time_limit(const Settings& settings) { return settings.time && settings.time->count() > 0; }

// What draws has no end of its own.
void refuse_endless(const Request& request) {
  if (request.settings.executions == 0u && !has_time_limit(request.settings))
    throw UsageError(fmt::format("{} without a limit of executions never ends; give --time as well, or another --executions",
                                 request.verb_name));
}

// With --all, what most readers know stands first: the article's programs, its primitives, the classic bugs. The rest is by name.
constexpr std::string_view first_groups[] = {"fetch_urls", "lock", "rlock", "semaphore", "bounded_semaphore", "event", "condition",
                                             "queue", "simple_queue", "thread", "barrier", "timed", "bugs", "misuse"};

std::size_t rank(const scenarios::Definition& scenario) {
  const auto group = std::string_view(scenario.name).substr(0, scenario.name.find('/'));
  return static_cast<std::size_t>(std::find(std::begin(first_groups), std::end(first_groups), group) - std::begin(first_groups));
}

// Those named, or `all` of them with --all.
template <class Predicate>
Selection chosen(const Request& request, Predicate belongs_to_all) {
  if (request.all && !request.scenarios.empty())
    throw UsageError(fmt::format("--all and '{}' at once; leave out one of them", request.scenarios.front()));
  if (!request.all && request.scenarios.empty())
    throw UsageError(
        fmt::format("{} what? Name scenarios or a group (interleave list shows them), or give --all", request.verb_name));
  if (!request.all) return select(request.scenarios);
  Selection all;
  for (const auto* scenario : every_scenario()) {
    if (belongs_to_all(*scenario)) all.push_back(scenario);
  }
  if (all.empty()) {
    throw UsageError(
        fmt::format("this build has no scenario for {} --all; interleave list shows what there is", request.verb_name));
  }
  std::stable_sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return rank(*a) < rank(*b); });
  return all;
}

std::uint64_t seed_or_fresh(const Settings& settings) {
  const std::uint64_t seed = settings.seed.value_or(0);
  return seed != 0 ? seed : fresh_seed();
}

bool is_bounded(const scenarios::Definition& scenario) { return scenario.effort == scenarios::Effort::bounded; }

Options options_of(const scenarios::Definition& scenario, const Settings& settings, const Campaign& campaign) {
  Options options = settings.applied_to(scenario.options);
  options.name = scenario.name;
  options.strategy = campaign.plan.strategy;
  options.seed = campaign.plan.seed;
  options.stop_at_first_failure = campaign.goal != Goal::whole;
  return options;
}

Report explore_model(const std::function<void()>& body, const Options& options) { return detail::explore_unsaid(body, options); }

}  // namespace

ExitStatus search(const Request& request) {
  const Settings& settings = request.settings;
  const std::uint64_t seed = settings.seed.value_or(search_seed);
  Campaign campaign{
      .plan = plan_of(request, settings.strategy.value_or(settings.asks_for("clock", "virtual") ? virtual_time_strategy : default_search_strategy),
                      seed != 0 ? seed : fresh_seed()),
      .goal = request.first ? Goal::first_failure : Goal::whole, .explore = explore_model};
  Plan& plan = campaign.plan;
  if (!require_model(request.verb_name, plan.strategy).ends)
    throw UsageError(fmt::format("strategy '{0}' draws and never comes to an end; use interleave sample --strategy {0}", plan.strategy));
  const bool all_within_reach = reduces(plan.strategy);
  for (const auto* scenario : chosen(request, [](const auto& each) {
         return each.effort != scenarios::Effort::sample && (!is_bounded(each) || !each.options.strategy.empty());
       })) {
    const bool too_large = (scenario->effort == scenarios::Effort::search_reduced && !all_within_reach) ||
                           (is_bounded(*scenario) && settings.strategy);
    (request.all && too_large ? plan.not_run : plan.run).push_back(scenario);
  }
  campaign.options = [&](const auto& scenario) {
    Options options = options_of(scenario, settings, campaign);
    if (!settings.strategy && !scenario.options.strategy.empty()) options.strategy = scenario.options.strategy;
    if (!settings.strategy && options.clock == "virtual") options.strategy = virtual_time_strategy;
    return options;
  };
  return carry_out(request, campaign);
}

ExitStatus sample(const Request& request) {
  const Settings& settings = request.settings;
  refuse_endless(request);
  Campaign campaign{.plan = plan_of(request, settings.strategy.value_or(default_sample_strategy), seed_or_fresh(settings)),
                    .goal = Goal::budget, .explore = explore_model};
  campaign.plan.independent = !require_model(request.verb_name, campaign.plan.strategy).ends;
  campaign.plan.run = chosen(request, [](const auto&) { return true; });
  campaign.options = [&](const auto& scenario) {
    Options options = options_of(scenario, settings, campaign);
    if (options.executions_max == 0 && !has_time_limit(settings)) options.executions_max = default_sample_executions;
    return options;
  };
  return carry_out(request, campaign);
}

ExitStatus stress_verb(const Request& request) {
  const Settings& settings = request.settings;
  refuse_endless(request);
  if (!settings.replay_flags().empty())
    remark(fmt::format("on real threads there is no meaning to{}; going on without", settings.replay_flags()));
  Campaign campaign{.plan = plan_of(request, "real threads", seed_or_fresh(settings)), .goal = Goal::budget, .several_at_once = false,
                    .explore = [](const auto& body, const Options& options) { return stress(body, options); }};
  campaign.plan.replayable = false;
  campaign.plan.run = chosen(request, [](const auto& scenario) { return !scenario.hangs; });
  campaign.options = [&](const auto& scenario) { return options_of(scenario, settings, campaign); };
  return carry_out(request, campaign);
}

}  // namespace interleave::cli
