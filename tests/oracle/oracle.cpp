// Compares dpor with brute force on random programs: dfs visits every interleaving, an observer maps each to its class, and
// dpor must visit the same classes, each once, and none in vain.
//
// Where nobody observes, both make the steps that an execution has in common with the one before it without a choice: they must come to the
// same executions.
//
//   oracle --programs 2000 --seed 1      2,000 programs, from that seed on; exit 1 and a shrunk program at the first difference
//   oracle --seconds 3600                for as long as one likes
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/services.hpp>
#include <interleave/scheduler/observer.hpp>

#include "classes.hpp"
#include "program.hpp"

namespace {

using oracle::Program;

struct Seen {
  interleave::Report report;
  std::map<std::string, std::uint64_t> classes;
};

Seen explore(const Program& program, const char* strategy, std::uint64_t limit) {
  const auto classes = std::make_shared<oracle::Classes>();
  interleave::Options options;
  options.name = "oracle";
  options.strategy = strategy;
  options.executions_max = limit;
  options.stop_at_first_failure = false;
  options.observers = {classes};
  Seen seen;
  seen.report = interleave::detail::explore_unsaid([&] { oracle::run(program); }, options);
  classes->flush();
  // The explanation of a failure is one more execution.
  seen.classes = classes->seen();
  return seen;
}

struct Verdict {
  bool skipped = false;
  std::string difference;
  std::uint64_t interleavings = 0, classes = 0;
};

// What differs where nobody observes.
std::string unobserved(const Program& program, const char* strategy, std::uint64_t limit, const interleave::Report& observed) {
  interleave::Options options;
  options.name = "oracle";
  options.strategy = strategy;
  options.executions_max = limit;
  options.stop_at_first_failure = false;
  const interleave::Report report = interleave::detail::explore_unsaid([&] { oracle::run(program); }, options);
  const auto told = [](const interleave::Report& r) {
    std::string text = fmt::format("{} executions, {} redundant, {} cut, {} failing, {} steps, {} at most; ", r.executions, r.redundant, r.cut,
                                   r.failing, r.steps, r.steps_longest);
    if (r.failure) text += fmt::format("{} at step {} by {}; ", r.failure->kind, r.failure->step, r.failure->schedule);
    for (const auto& [value, count] : r.outcomes) text += fmt::format("{} x {}, ", count, value);
    return text;
  };
  if (told(report) == told(observed)) return {};
  return fmt::format("  {} comes to other executions where nobody observes:\n    {}\n    {}\n", strategy, told(observed), told(report));
}

Verdict compare(const Program& program, std::uint64_t limit) {
  Verdict verdict;
  const Seen all = explore(program, "dfs", limit);
  verdict.interleavings = all.report.executions;
  verdict.classes = all.classes.size();
  if (!all.report.complete) {
    verdict.skipped = true;
    return verdict;
  }
  const Seen reduced = explore(program, "dpor", limit);
  const auto say = [&](std::string text) { verdict.difference += "  " + std::move(text) + "\n"; };
  if (!reduced.report.complete)
    say(fmt::format("dpor did not finish: {} {}", reduced.report.incomplete_reason,
                    reduced.report.failure ? reduced.report.failure->message : ""));
  std::size_t missed = 0;
  for (const auto& [form, count] : all.classes)
    if (!reduced.classes.contains(form) && missed++ == 0) say("a class that dpor misses:\n" + form);
  if (missed > 0) say(fmt::format("dpor misses {} of {} classes", missed, all.classes.size()));
  for (const auto& [form, count] : reduced.classes)
    if (!all.classes.contains(form)) say("a class that does not exist:\n" + form);
  if (reduced.report.executions != all.classes.size() || reduced.report.redundant != 0)
    say(fmt::format("{} classes, but {} executions of dpor, {} redundant", all.classes.size(), reduced.report.executions,
                    reduced.report.redundant));
  for (const auto& [value, count] : all.report.outcomes)
    if (!reduced.report.outcomes.contains(value)) say("an outcome that dpor misses: " + value);
  verdict.difference += unobserved(program, "dfs", limit, all.report) + unobserved(program, "dpor", limit, reduced.report);
  return verdict;
}

// Leaves out one operation or thread after another as long as a difference remains.
Program shrink(Program program, std::uint64_t limit) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (std::size_t t = 0; t < program.threads.size(); ++t) {
      for (std::size_t i = 0; i < program.threads[t].size(); ++i) {
        Program less = program;
        less.threads[t].erase(less.threads[t].begin() + static_cast<std::ptrdiff_t>(i));
        if (compare(less, limit).difference.empty()) continue;
        program = std::move(less);
        smaller = true;
        --i;
      }
    }
  }
  return program;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Compares dpor with brute force on random programs.");
  std::uint64_t programs = 1000, seed = 1, limit = 20'000;
  double seconds = 0;
  app.add_option("--programs", programs, "How many");
  app.add_option("--seed", seed, "Of the first program; the next has the next one");
  app.add_option("--limit", limit, "Interleavings; a program with more is left out");
  app.add_option("--seconds", seconds, "Go on for so long, whatever --programs says");
  CLI11_PARSE(app, argc, argv);
  setenv("INTERLEAVE_TRUST", "oracle", 0);  // what is not instrumented in it is for the observer; or else no search would be complete

  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  std::uint64_t compared = 0, skipped = 0, interleavings = 0, classes = 0, number = seed;
  for (; seconds > 0 ? elapsed() < seconds : number < seed + programs; ++number) {
    std::mt19937_64 random(number);
    const Program program = oracle::generate(random);
    const Verdict verdict = compare(program, limit);
    if (verdict.skipped) {
      ++skipped;
      continue;
    }
    ++compared;
    interleavings += verdict.interleavings;
    classes += verdict.classes;
    if (verdict.difference.empty()) continue;
    fmt::print("DIFFERENCE  program {}\n{}{}", number, oracle::text(program), verdict.difference);
    std::fflush(stdout);
    const Program least = shrink(program, limit);
    fmt::print("shrunk to\n{}{}", oracle::text(least), compare(least, limit).difference);
    return 1;
  }
  fmt::print("{} random programs (seeds {} to {}), {} more left out for having over {} interleavings: no difference; {} interleavings, "
             "{} classes; {:.1f} s\n", compared, seed, number - 1, skipped, limit, interleavings, classes, elapsed());
  if (compared == 0) fmt::print("nothing was compared\n");
  return compared == 0 ? 1 : 0;
}
