#include "scheduler/explore/past_failures.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/api/model_options.hpp"
#include "scheduler/api/variables.hpp"
#include "scheduler/containment/signal_guard.hpp"
#include "scheduler/explore/explore.hpp"
#include "scheduler/model/schedule.hpp"
#include "scheduler/report/report_files.hpp"
#include "scheduler/report/text_layout.hpp"

namespace interleave::engine {
namespace {

constexpr std::size_t executed_most = 100;  // of one check

std::uint64_t number_of_check(const std::string& name) {
  static auto* numbers = new std::map<std::string, std::uint64_t>;
  return ++(*numbers)[name];
}

std::string conditions_of(const Options& options) {
  std::string text;
  for (const ModelOption& option : model_options)
    if (const std::string value = value_of(option, options); value != value_of(option, Options{})) text += fmt::format("{} {}={}", text.empty() ? "" : " ", option.name, value);
  if (!options.checks.empty()) text += fmt::format(" checks={}", options.checks);
  text.erase(0, text.find_first_not_of(' '));
  return text;
}

std::string path_of_program() {
  char path[4096];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

std::vector<std::string> arguments_of_program() {
  std::vector<std::string> all;
  std::FILE* file = std::fopen("/proc/self/cmdline", "r");
  if (file == nullptr) return all;
  std::string argument;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
    if (c != '\0') argument += static_cast<char>(c);
    else all.push_back(std::exchange(argument, {}));
  }
  std::fclose(file);
  if (!all.empty()) all.erase(all.begin());
  return all;
}

std::string current_folder() {
  char path[4096];
  return ::getcwd(path, sizeof path) != nullptr ? path : std::string();
}

std::string first_line(const std::string& text) {
  constexpr std::size_t longest = 100;
  return lines::clip(lines::clean(text.substr(0, text.find('\n'))), longest);
}

// The user wants one execution, of this check or of another one of the process: a token, or a seed and a strategy, name it.
bool names_an_execution(const Options& options) {
  const auto is_set = [](const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0';
  };
  return !options.schedule.empty() || is_set("INTERLEAVE_SCHEDULE") || (is_set("INTERLEAVE_SEED") && !options.strategy.empty());
}

// It is the schedule, and not what is set aside or out of control, that decides what is reported.
bool can_be_kept(const Failure& failure) {
  const FailureKind kind = kind_of(failure.kind);
  return !failure.schedule.empty() && kind != FailureKind::incomplete && !is_uncontrolled(kind);
}

}  // namespace

PastFailures::PastFailures(const Options& options) : options_(options), number_(number_of_check(options.name)) {
  if (names_an_execution(options)) return;
  corpus_ = Corpus::of_process();
  if (!corpus_) return;
  conditions_ = conditions_of(options);
  std::string trouble;
  failures_ = corpus_->of_test(options.name, trouble);
  say_trouble(trouble);
  std::erase_if(failures_, [&](const PastFailure& each) { return !is_to_be_executed(each); });
  // Those that failed last are the likeliest to fail.
  std::stable_sort(failures_.begin(), failures_.end(), [](const PastFailure& a, const PastFailure& b) { return a.state < b.state; });
}

bool PastFailures::is_to_be_executed(const PastFailure& failure) const {
  return failure.number == number_ && failure.conditions == conditions_ && (failure.state != PastFailure::State::aside || failure.build == build_id());
}

std::optional<Report> PastFailures::execute(const std::function<void()>& body) {
  for (PastFailure& failure : failures_) {
    if (executed_ == executed_most || SignalGuard::request_to_end() != 0) break;
    Schedule schedule = decode(failure.token, options_.name);
    schedule.build = build_id();  // as long as it fits
    Options replay = options_;
    replay.schedule = encode(schedule);
    replay.strategy.clear();
    replay.require_complete = false;
    replay.executions_max = 0;
    ++executed_;
    Report report = explore(body, replay, nullptr);
    const bool fits = !report.failure || kind_of(report.failure->kind) != FailureKind::nondeterminism;
    if (!fits) {
      does_not_fit(failure);
    } else if (report.failure) {
      tell_command(failure, word_of(PastFailure::State::failing));
      report.failing = 1;
      report.executions = report.redundant = report.rounds = report.cut = report.steps = report.steps_longest = 0;
      report.outcomes.clear();
      report.witnesses.clear();
      report.past_executions = executed_;
      report.past_failure = true;
      return report;
    } else if (report.verdict == Verdict::pass) {
      const bool set_aside = std::any_of(report.suppressions.begin(), report.suppressions.end(), [](const Suppression& each) { return each.count > 0; });
      if (!set_aside) passed(failure);
    }
  }
  return std::nullopt;
}

void PastFailures::passed(PastFailure& failure) {
  tell_command(failure, word_of(PastFailure::State::fixed));
  if (failure.build == build_id() || failure.state != PastFailure::State::failing) return;
  std::string trouble;
  if (corpus_->move(failure, PastFailure::State::fixed, trouble))
    fmt::print(stderr, "interleave: {}  a past failure is fixed: {} ({}) does not happen any more under its schedule\n", options_.name, failure.kind,
               first_line(failure.message));
  say_trouble(trouble);
}

void PastFailures::does_not_fit(PastFailure& failure) {
  tell_command(failure, word_of(PastFailure::State::aside));
  if (failure.build == build_id() || failure.state == PastFailure::State::aside) return;
  const bool was_failing = failure.state == PastFailure::State::failing;
  std::string trouble;
  if (corpus_->move(failure, PastFailure::State::aside, trouble) && was_failing)
    fmt::print(stderr, "interleave: {}  the schedule of a past failure does not fit the program any more, and is kept aside: {} ({}); what else is run shows "
               "whether it is fixed\n", options_.name, failure.kind, first_line(failure.message));
  say_trouble(trouble);
}

void PastFailures::keep(const Report& report) {
  if (!corpus_ || !report.failure || !can_be_kept(*report.failure)) return;
  PastFailure failure{.test = options_.name, .number = number_, .kind = report.failure->kind, .message = report.failure->message, .conditions = conditions_,
                      .build = build_id(), .program = path_of_program(), .arguments = arguments_of_program(), .folder = current_folder(),
                      .token = report.failure->schedule};
  say_trouble(corpus_->keep(failure));
}

bool PastFailures::nothing_else() { return is_on("INTERLEAVE_CORPUS_RUN"); }

// For `interleave corpus run`: a line an entry.
void PastFailures::tell_command(const PastFailure& failure, std::string_view what) const {
  if (!nothing_else()) return;
  const char* file = std::getenv("INTERLEAVE_CORPUS_RUN");
  say_trouble(append_to_file(file, fmt::format("{} {} {}\n", what, failure.stem, file_name_of(failure.test))));
}

// Each once in a process.
void PastFailures::say_trouble(const std::string& trouble) const {
  static auto* said = new std::set<std::string>;
  if (trouble.empty() || !said->insert(trouble).second) return;
  fmt::print(stderr, "interleave: the corpus of past failures: {}; the verdict is not affected\n", trouble);
}

}  // namespace interleave::engine
