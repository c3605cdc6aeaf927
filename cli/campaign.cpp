#include "campaign.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scheduler/report/codec.hpp"

#include "terminal.hpp"
#include "transcripts.hpp"
#include "workers.hpp"
#include "writers.hpp"

namespace interleave::cli {
namespace {

// What a process that runs a scenario sends is one of these, and the rest.
constexpr char is_report = 'R', is_usage = 'U', is_other = 'E';

std::string sent(const std::function<Report()>& explore) {
  try {
    return is_report + codec::bytes_of(explore());
  } catch (const UsageError& error) {
    return is_usage + std::string(error.what());
  } catch (const std::exception& error) {
    return is_other + std::string(error.what());
  }
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was ended by SIG{}", sigabbrev_np(WTERMSIG(status)));
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

// What the engine's witness says of an execution in which a process ended.
std::string token_in(std::string_view said) {
  const auto line = said.rfind("schedule it was in");
  if (line == said.npos) return "";
  const auto begin = said.find("il1:", line), end = said.find_first_of(" \n", begin);
  return begin == said.npos || said.find('\n', line) < begin ? "" : std::string(said.substr(begin, end - begin));
}

// The process ended before it had a report: a failure of the scenario, whatever that is declared to do.
Result of_crash(const scenarios::Definition& scenario, const Plan& plan, const Ended& ended) {
  const bool own_fault = WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == static_cast<int>(ExitStatus::fault);
  Failure failure;
  failure.kind = "crash";
  failure.message = fmt::format("the process that ran this scenario {}, and left no report", how_it_ended(ended.status));
  failure.schedule = token_in(ended.said);
  Report report;
  report.verdict = Verdict::fail;
  report.strategy = plan.strategy;
  report.seed = plan.seed;
  report.failing = 1;
  Result result{.scenario = &scenario, .report = std::move(report), .as_expected = false, .difference = failure.message,
                .status = own_fault ? ExitStatus::fault : ExitStatus::differs};
  result.report.failure = std::move(failure);
  return result;
}

Result result_of(const scenarios::Definition& scenario, const Campaign& campaign, const Ended& ended) {
  const std::string_view bytes = ended.bytes;
  if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 0 && !bytes.empty()) {
    const auto rest = bytes.substr(1);
    if (bytes.front() == is_usage) throw UsageError(std::string(rest));
    if (bytes.front() == is_other) throw std::runtime_error(std::string(rest));
    if (Report report; codec::read(rest, report)) return judged(scenario, std::move(report), campaign.goal);
  }
  return of_crash(scenario, campaign.plan, ended);
}

// A debugger wants to see the program in this process.
bool is_debugged() {
  const char* value = std::getenv("INTERLEAVE_BREAK");
  return value != nullptr && *value != '\0';
}

std::size_t at_once(const Request& request, const Campaign& campaign) {
  if (!campaign.several_at_once || campaign.plan.run.size() < 2 || is_debugged()) return 1;
  const std::uint64_t jobs = request.settings.jobs.value_or(0);
  return jobs == 0 ? processors() : static_cast<std::size_t>(jobs);
}

// The order in which scenarios begin: those that are known to take long first, or the last of them would keep one process busy while the
// others have nothing left to do.
std::vector<std::size_t> beginning_with_the_longest(const Selection& run) {
  constexpr std::uint64_t many_classes = 200'000;
  std::vector<std::size_t> order(run.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_partition(order.begin(), order.end(), [&](std::size_t i) { return run[i]->classes >= many_classes; });
  return order;
}

}  // namespace

Plan plan_of(const Request& request, std::string strategy, std::uint64_t seed) {
  return {.verb = request.verb, .verb_name = request.verb_name, .strategy = std::move(strategy), .seed = seed, .run = {}, .not_run = {},
          .settings = request.settings, .outputs = request.outputs};
}

std::string first_line(const Plan& plan) {
  return fmt::format("interleave {}  {}  strategy {}  seed {}\n", INTERLEAVE_VERSION, plan.verb_name, plan.strategy, plan.seed);
}

ExitStatus carry_out(const Request& request, const Campaign& campaign) {
  const Plan& plan = campaign.plan;
  const Selection& run = plan.run;
  Writers writers(request);
  print(first_line(plan));
  writers.begin(plan);

  ExitStatus status = ExitStatus::expected;
  Progress progress(run.size());
  const auto add = [&](const Result& result) {
    progress.clear();
    status = worse(status, result.status);
    writers.result(result);
  };
  if (const std::size_t processes = at_once(request, campaign); processes > 1) {
    const int signal = in_processes(
        beginning_with_the_longest(run), processes,
        [&](std::size_t i) { return sent([&] { return campaign.explore(run[i]->body, campaign.options(*run[i])); }); },
        [&](std::size_t i) { progress.begin(run[i]->name); },
        [&](std::size_t i, Ended&& ended) { add(result_of(*run[i], campaign, ended)); });
    progress.clear();
    if (signal != 0) {
      writers.end(false);
      throw Interrupted{signal};
    }
  } else {
    for (const auto* scenario : run) {
      progress.begin(scenario->name);
      const Options options = campaign.options(*scenario);
      if (!plan.tabular() && writers.shows_text() && wants_transcript(request.verb, options))
        print_transcript([&](const auto& body, const Options& once) { campaign.explore(body, once); }, *scenario, options);
      add(judged(*scenario, campaign.explore(scenario->body, options), campaign.goal));
    }
  }
  writers.end(true);
  return status;
}

}  // namespace interleave::cli
