// The public API in the model: what a body calls is handed to its execution; outside an exploration the same functions work
// on real threads (stress.hpp).
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/framework.hpp>
#include <interleave/scheduler/services.hpp>
#include "scheduler/api/environment.hpp"
#include "scheduler/api/uncaught.hpp"
#include "scheduler/containment/signal_guard.hpp"
#include "scheduler/execution/execution.hpp"
#include "scheduler/explore/requested_schedule.hpp"
#include "scheduler/explore/default_policy.hpp"
#include "scheduler/explore/explore.hpp"
#include "scheduler/explore/past_failures.hpp"
#include "scheduler/memory/framework_isolation.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/model/schedule.hpp"
#include "scheduler/model/strategy_registry.hpp"
#include "scheduler/report/report.hpp"
#include "scheduler/report/report_files.hpp"
#include "scheduler/report/said.hpp"
#include "scheduler/report/screen.hpp"
#include "scheduler/runtime/door.hpp"
#include "scheduler/stress/stress.hpp"
#include "scheduler/support/paths.hpp"

namespace interleave {
namespace {

using engine::Model;

// Whether the calling thread is a modelled one, be it inside an assertion of the test framework.
bool in_model() { return engine::mode != engine::Mode::outside; }

// Held by the thread that explores, while it does: one thread of a process at a time.
class OnlyOne {
 public:
  OnlyOne() {
    if (taken_.exchange(true)) throw UsageError("another thread of this process is exploring: call explore and check one after the other");
  }
  ~OnlyOne() { taken_ = false; }
  OnlyOne(const OnlyOne&) = delete;
  OnlyOne& operator=(const OnlyOne&) = delete;

 private:
  static inline std::atomic<bool> taken_{false};
};

void refuse_mistakes(const std::function<void()>& body) {
  const bool nested = in_model();
  const engine::EngineScope scope;
  watch_uncaught();
  if (nested) throw UsageError("an exploration inside an exploration: call explore and check outside the body");
  if (!body) throw UsageError("there is nothing to explore: the body is an empty std::function; give it a function to call");
}

Options prepared(Options options, SourceLocation where) {
  if (options.name.empty()) options.name = real::default_name(where);
  const std::string own_schedule = options.schedule;
  options = with_environment(std::move(options));
  static_cast<void>(for_stderr({}));  // refuses a mistake now, not when there is something to show
  if (!options.schedule.empty()) {
    const bool its = is_schedule_for(options.schedule, options.name);
    if (options.schedule != own_schedule) engine::schedule_was_asked_for(options.name, its);
    if (!its) options.schedule.clear();
  }
  if (options.seed == 0 && options.schedule.empty()) {
    options.seed = engine::fresh_seed();
    // Said before anything runs: whatever becomes of the process, the draw can be repeated.
    if (!options.strategy.empty() && !engine::make_strategy(options.strategy, options.seed)->traits().ends)
      fmt::print(stderr, "interleave: {}  strategy {}  seed {}\n", options.name, options.strategy, options.seed);
  }
  return options;
}

// How a report of a user's own test says the ways back to its failure.
RenderOptions ways_back(const Options& all) {
  RenderOptions how = render_program(all.name, engine::command_line());
  if (const char* file = std::getenv("INTERLEAVE_SUPPRESSIONS"); file != nullptr && *file != '\0')  // without it a replay would fail earlier
    for (std::string* prefix : {&how.replay_prefix, &how.debug_prefix}) prefix->insert(0, fmt::format("INTERLEAVE_SUPPRESSIONS='{}' ", file));
  if (const char* checks = std::getenv("INTERLEAVE_CHECK"); checks != nullptr && *checks != '\0')  // without it a replay might not fail
    for (std::string* prefix : {&how.replay_prefix, &how.debug_prefix}) prefix->insert(0, fmt::format("INTERLEAVE_CHECK={} ", checks));
  return how;
}

// Somebody has asked this process to end: shows what was found until then, and follows. Returns if whoever else handles the signal has the
// process go on.
void end_if_asked_to(const Report& report, const Options& options, RenderOptions (*how)(const Options&)) {
  const int signal = engine::SignalGuard::take_request_to_end();
  if (signal == 0) return;
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", report_text(report, for_stderr(how(options))));
  std::fflush(stderr);
  std::raise(signal);
}

Report explored(const std::function<void()>& body, const Options& options, RenderOptions (*how)(const Options&)) {
  try {
    Report report = engine::explore_by_default(body, options);
    end_if_asked_to(report, options, how);
    engine::require_complete(report, options);
    return report;
  } catch (const std::bad_alloc&) {
    throw UsageError(fmt::format("{}: the exploration was refused memory by the system; give the process more (ulimit -v, the limit of its container)", options.name));
  }
}

// As explored, with the past failures of this check before and what was found kept for the next time.
Report checked(const std::function<void()>& body, const Options& options) {
  engine::PastFailures past(options);
  std::optional<Report> again = past.execute(body);
  if (engine::PastFailures::nothing_else() && !again) again.emplace();  // a pass, of nothing
  Report report = again ? std::move(*again) : explored(body, options, &ways_back);
  report.past_executions = past.executed();
  past.keep(report);
  return report;
}

// What is shown and written beside the report itself.
void write_beside(const Report& report, const Options& options, const RenderOptions& how) {
  engine::say_outcomes(report, options);
  write_what_was_asked_for(report, how);
}

}  // namespace

Report explore(std::function<void()> body, Options options, SourceLocation where) {
  refuse_mistakes(body);
  const engine::EngineScope scope;
  const OnlyOne turn;
  const Options all = prepared(std::move(options), where);
  Report report = explored(body, all, &ways_back);
  engine::say_what_it_rests_on(report, all);
  write_beside(report, all, ways_back(all));
  return report;
}

void check(std::function<void()> body, Options options, SourceLocation where) {
  refuse_mistakes(body);
  const engine::EngineScope scope;
  const Options all = prepared(std::move(options), where);
  Report report = [&] {
    const OnlyOne turn;
    return checked(body, all);
  }();
  engine::say_what_it_rests_on(report, all);
  RenderOptions how = for_stderr(ways_back(all));
  if (report.verdict == Verdict::pass) return write_beside(report, all, how);
  const bool colored = std::exchange(how.color, false);
  if (const unsigned columns = detail::framework_columns(); columns > 0) how.width = std::min<std::size_t>(how.width, columns);
  const std::string text = report_text(report, how);
  std::fflush(stdout);
  // A reader gets the report once. A line is said now, whatever becomes of the process.
  if (detail::has_framework()) {
    fmt::print(stderr, "{}", brief_failure_text(report, how));
  } else {
    was_printed(text);
    how.color = colored;
    fmt::print(stderr, "{}\n", colored ? report_text(report, how) : text);
  }
  const bool replayable = report.failure && !report.failure->schedule.empty();
  engine::say_annotation(report, all, replayable ? how.replay_prefix + report.failure->schedule + how.replay_suffix : "");
  write_beside(report, all, how);
  std::fflush(stderr);
  detail::deliver_failure(text, std::move(report), where);
}

void require(bool holds, std::string_view message, SourceLocation where) {
  if (holds) return;
  if (!in_model()) return real::require(holds, message, where);
  detail::fail("require", message, where);
}

void assertion_failed(std::string_view text, SourceLocation where) {
  detail::framework_assertion_failed(std::string(text).c_str(), where.file, where.line);
}

std::size_t choose(std::size_t n) {
  static constexpr engine::OperationType choose_type{
      .name = "choose",
      .candidates = [](const engine::Execution&, const engine::Thread& t) { return static_cast<std::uint32_t>(t.pending.argument); },
      .shows_value = true};
  Model model;
  if (!model) return real::choose(n);
  if (n == 0) model->fail("misuse", "choose(0): there is nothing to choose from");
  if (n >= std::size_t{1} << 24) model->fail("misuse", fmt::format("choose({}): at most {} values", n, (1 << 24) - 1));
  const std::uint32_t chosen = model->step({.type = &choose_type, .argument = n});
  model->self().pending.argument = chosen;
  return chosen;
}

void outcome(std::string value) {
  Model model;
  if (!model) return real::outcome(value);
  engine::memory->changed();
  model->set_outcome(value);
}

// Also from within an assertion of the test framework: its INFO becomes a note.
void note(std::string text) {
  if (!in_model()) return;
  const engine::EngineScope scope;
  if (engine::Execution::current->watched()) engine::Execution::current->note(text);
}

void name_thread(std::string name) {
  Model model;
  if (!model) return real::name_thread(name);
  if (model->watched()) model->self().extras().name = name;
}

bool modelled() noexcept { return in_model(); }

void parallel(const std::vector<std::function<void()>>& bodies) {
  Model model;
  if (!model) return real::parallel(bodies);
  model->parallel(bodies);
}

namespace detail {

Report explore_unsaid(const std::function<void()>& body, Options options, SourceLocation where) {
  refuse_mistakes(body);
  const engine::EngineScope scope;
  const OnlyOne turn;
  return explored(body, prepared(std::move(options), where), [](const Options& all) { return render_scenario(all.name); });
}

std::vector<RegisteredStrategy> registered_strategies() {
  const engine::EngineScope scope;
  std::vector<RegisteredStrategy> all;
  for (const engine::Registration* each : engine::registered_strategies()) {
    RegisteredStrategy described{.name = std::string(each->name), .summary = std::string(each->summary), .arguments = {}, .wraps = each->wraps};
    for (const engine::Argument& argument : each->arguments)
      described.arguments.push_back({std::string(argument.key), std::string(argument.help), argument.least, argument.most});
    if (!each->wraps) described.ends = engine::make_strategy(each->name, 1)->traits().ends;
    all.push_back(std::move(described));
  }
  return all;
}

void fail(std::string_view kind, std::string_view message, SourceLocation where) {
  if (!in_model()) return real::fail(kind, message, where);
  engine::mode = engine::Mode::outside;
  const std::string_view file = where.file;
  const std::string place = *where.file == '\0' ? "" : fmt::format("{}:{}: ", base_name(file), where.line);
  engine::Execution::current->fail(std::string(kind), place + std::string(message));
}

std::uint64_t thread_key() noexcept {
  return engine::Execution::current != nullptr ? engine::Execution::current->self().id + 1 : real::thread_key();
}

std::string thread_label() {
  if (engine::Execution::current == nullptr) return real::thread_label();
  const engine::Thread& me = engine::Execution::current->self();
  if (!me.extras().name.empty()) return me.extras().name;
  return me.id == 0 ? "main" : fmt::format("T{}", me.id);
}

void section_entered(std::uint64_t section, std::size_t most) noexcept {
  if (engine::Execution::current == nullptr) return;
  engine::memory->beyond();
  engine::Execution::current->entered(section, most);
}

void section_left(std::uint64_t section) noexcept {
  if (engine::Execution::current == nullptr) return;
  engine::memory->beyond();
  engine::Execution::current->left(section);
}

bool in_run() noexcept { return in_model() || real::in_run(); }
void keep_framework_writes() noexcept {
  if (engine::mode == engine::Mode::framework) engine::keep_framework_writes();
}
void unobserved(void (*call)(void*), void* data) {
  const FrameworkTurn turn;
  const engine::EngineScope scope;
  call(data);
}
bool may_unwind() noexcept { return in_model() || real::may_unwind(); }

void framework_assertion_failed(const char* text, const char* file, unsigned line) {
  if (in_model()) fail("require", text, {file, line});
  if (real::in_run()) real::fail("require", text, {file, line});
}

}  // namespace detail
}  // namespace interleave
