// How fast each sampler that is registered finds the bugs of the CS programs of SCTBench, beside published figures where there are some.
//
//   samplers rates [RUNS]      how often an execution fails, of RUNS (20,000), beside the simulation of the same programs
//   samplers first [SEEDS]     mean executions to the first failure over SEEDS (20) seeds, at most 10,000 each, beside the means
//                              published with SURW (ASPLOS'25), whose harness counts other steps
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <interleave/scenarios/scenario.hpp>
#include <interleave/scheduler/services.hpp>

#include "tests/strategies.hpp"

namespace {

using namespace interleave;

struct Row {
  const char* name;
  std::vector<const char*> figures;
};

// Figures of others: a column for each strategy of which there are some.
struct Figures {
  std::vector<const char*> strategies;
  std::vector<Row> rows;

  bool has(const std::string& strategy) const { return column(strategy) < strategies.size(); }
  // Empty if there is none for this program.
  const char* of(std::string_view program, const std::string& strategy) const {
    for (const Row& row : rows)
      if (row.name == program) return row.figures[column(strategy)];
    return "";
  }

 private:
  std::size_t column(const std::string& strategy) const {
    return static_cast<std::size_t>(std::find(strategies.begin(), strategies.end(), strategy) - strategies.begin());
  }
};

// Benchmark notes, section 4.5. PCT's depth is 3 where it is not said.
const Figures simulated{{"pct:depth=2", "pct", "pos", "surw"}, {
    {"reorder_3", {"0.034", "0.057", "0.100", "0.195"}},
    {"reorder_4", {"0.023", "0.038", "0.082", "0.107"}},
    {"reorder_5", {"0.015", "0.027", "0.063", "0.093"}},
    {"reorder_10", {"0.004", "0.007", "0.034", "0.045"}},
    {"reorder_20", {"0.006", "0.015", "0.165", "0.225"}},
    {"reorder_50", {"0", "0.003", "0.059", "0.097"}},
    {"reorder_100", {"<0.001", "<0.001", "~0.004", "~0.002"}},
    {"twostage", {"0.087", "0.140", "0.081", "0.041"}},
    {"twostage_20", {"0.012", "0.023", "0.091", "0.050"}},
    {"account", {"0.333", "0.333", "0.333", "0.333"}},
    {"lazy01", {"0.333", "0.333", "0.333", "0.333"}},
    {"deadlock01", {"0.067", "0.128", "0.330", "0.336"}},
    {"token_ring", {"0.167", "0.167", "0.167", "0.167"}},
    {"carter01", {"0.210", "0.372", "0.506", "0.337"}},
    {"circular_buffer", {"0.134", "0.278", "0.927", "0.537"}},
    {"stack", {"0.198", "0.285", "0.612", "0.522"}},
    {"dining_2", {".10", ".19", ".33", ".33"}},
    {"dining_3", {".033", ".066", ".20", ".20"}},
    {"dining_4", {".008", ".019", ".117", ".12"}},
}};

// Mean and deviation of 20 runs (how many of them found it, if not all), section 4.2.
const Figures published{{"surw", "pct", "pos", "random"}, {
    {"stringbuffer", {"8+-7", "281+-261", "23+-19", "2243+-2324 (19)"}},
    {"account", {"6+-5", "4+-2", "4+-3", "18+-24"}},
    {"carter01", {"n/a", "5+-3", "2+-2", "1+-0"}},
    {"circular_buffer", {"3+-1", "9+-7", "2+-1", "4+-3"}},
    {"deadlock01", {"2+-0", "13+-12", "4+-3", "3+-3"}},
    {"lazy01", {"2+-0", "5+-3", "5+-3", "21+-21"}},
    {"queue", {"2+-0", "3+-2", "1+-1", "1+-0"}},
    {"reorder_3", {"7+-7", "185+-199", "86+-70", "- (0)"}},
    {"reorder_4", {"7+-6", "554+-643", "533+-651", "- (0)"}},
    {"reorder_5", {"10+-9", "647+-517", "2169+-2182", "- (0)"}},
    {"reorder_10", {"17+-11", "3225+-2426 (16)", "- (0)", "- (0)"}},
    {"reorder_20", {"6+-4", "3005+-2680", "- (0)", "- (0)"}},
    {"reorder_50", {"13+-12", "3304+-1721 (6)", "- (0)", "- (0)"}},
    {"reorder_100", {"194+-214", "- (0)", "- (0)", "- (0)"}},
    {"stack", {"5+-3", "3+-2", "2+-1", "176+-136"}},
    {"token_ring", {"8+-6", "8+-6", "9+-11", "13+-13"}},
    {"twostage", {"8+-4", "13+-14", "15+-12", "464+-581"}},
    {"twostage_20", {"6+-3", "159+-151", "156+-137", "- (0)"}},
    {"twostage_50", {"20+-17", "1676+-1715", "1637+-1385", "- (0)"}},
    {"twostage_100", {"454+-444", "7466+-831 (3)", "6674+-2877 (3)", "- (0)"}},
    {"wronglock_3", {"7+-7", "51+-50", "10+-14", "36+-42"}},
}};

// All that are registered, and those with other arguments of which there are figures.
std::vector<std::string> samplers(const Figures& figures) {
  std::vector<std::string> all = strategies_that(false);
  for (const char* each : figures.strategies)
    if (std::find(all.begin(), all.end(), each) == all.end()) all.emplace_back(each);
  return all;
}

Report sample(const scenarios::Definition& program, const std::string& strategy, std::uint64_t seed, std::uint64_t executions,
              bool stop) {
  Options options = program.options;
  options.strategy = strategy;
  options.seed = seed;
  options.executions_max = executions;
  options.stop_at_first_failure = stop;
  return detail::explore_unsaid(program.body, options);
}

template <class F>
void each_program(F f) {
  constexpr std::string_view group = "sct/";
  for (const scenarios::Scenario* scenario : scenarios::all()) {
    const std::string& name = scenario->definition().name;
    if (name.starts_with(group)) f(name.substr(group.size()), scenario->definition());
  }
}

// The first line of a table.
void heading(const std::vector<std::string>& strategies, const Figures& figures, int width, const char* name_of_figures) {
  std::printf("%-16s", "program");
  for (const std::string& strategy : strategies) {
    std::printf(" %*s", width, strategy.c_str());
    if (figures.has(strategy)) std::printf(" %*s", width, name_of_figures);
  }
  std::printf("\n");
}

void rates(std::uint64_t runs) {
  const std::vector<std::string> strategies = samplers(simulated);
  constexpr int width = 11;
  heading(strategies, simulated, width, "(sim)");
  each_program([&](const std::string& name, const scenarios::Definition& program) {
    std::printf("%-16s", name.c_str());
    for (const std::string& strategy : strategies) {
      const Report report = sample(program, strategy, 1, runs, false);
      std::printf(" %*.4f", width, static_cast<double>(report.failing) / static_cast<double>(report.executions));
      if (simulated.has(strategy)) std::printf(" %*s", width, simulated.of(name, strategy));
      std::fflush(stdout);
    }
    std::printf("\n");
  });
}

void first(std::uint64_t seeds) {
  constexpr std::uint64_t limit = 10'000;
  const std::vector<std::string> strategies = samplers(published);
  constexpr int width = 16;
  heading(strategies, published, width, "(published)");
  each_program([&](const std::string& name, const scenarios::Definition& program) {
    std::printf("%-16s", name.c_str());
    for (const std::string& strategy : strategies) {
      double sum = 0, squares = 0;
      std::uint64_t found = 0;
      for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const Report report = sample(program, strategy, seed, limit, true);
        if (!report.failure) continue;
        ++found;
        const auto executions = static_cast<double>(report.executions);
        sum += executions;
        squares += executions * executions;
      }
      const auto n = static_cast<double>(found);
      char text[64];
      if (found == 0) {
        std::snprintf(text, sizeof text, "- (0)");
      } else {
        const double mean = sum / n;
        const int length = std::snprintf(text, sizeof text, "%.0f+-%.0f", mean, std::sqrt(std::max(0.0, squares / n - mean * mean)));
        if (found < seeds) std::snprintf(text + length, sizeof text - static_cast<std::size_t>(length), " (%d)", static_cast<int>(found));
      }
      std::printf(" %*s", width, text);
      if (published.has(strategy)) std::printf(" %*s", width, published.of(name, strategy));
      std::fflush(stdout);
    }
    std::printf("\n");
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  const std::uint64_t number = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  if (what == "rates" && (argc == 2 || number > 0)) {
    rates(number == 0 ? 20'000 : number);
  } else if (what == "first" && (argc == 2 || number > 0)) {
    first(number == 0 ? 20 : number);
  } else {
    std::fputs("usage: samplers rates [RUNS] | samplers first [SEEDS]\n", stderr);
    return 2;
  }
}
