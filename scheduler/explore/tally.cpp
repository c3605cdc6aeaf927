#include "scheduler/explore/tally.hpp"

#include <algorithm>

namespace interleave::engine {

void Tally::add_work(const Execution& execution) {
  steps += execution.steps();
  steps_longest = std::max(steps_longest, execution.steps());
  threads_most = std::max(threads_most, execution.threads_created());
}

bool Tally::add_execution(const Execution& execution) {
  ++executions;
  if (!execution.outcome().has_value) return false;
  const auto [at, is_new] = outcomes.try_emplace(execution.outcome().value);
  ++at->second;
  return is_new;
}

void Tally::merge(const Tally& other) {
  executions += other.executions;
  redundant += other.redundant;
  cut += other.cut;
  failing += other.failing;
  rounds += other.rounds;
  steps += other.steps;
  steps_longest = std::max(steps_longest, other.steps_longest);
  threads_most = std::max(threads_most, other.threads_most);
  undecided += other.undecided;
  missing_writes += other.missing_writes;
  for (const auto& [outcome, times] : other.outcomes) outcomes[outcome] += times;
  witnesses.insert(other.witnesses.begin(), other.witnesses.end());
}

void Tally::tell(Report& report) const {
  report.executions = executions;
  report.redundant = redundant;
  report.cut = cut;
  report.failing = failing;
  report.rounds = rounds;
  report.steps = steps;
  report.steps_longest = steps_longest;
  report.threads_most = threads_most;
  report.outcomes = outcomes;
  report.witnesses = witnesses;
}

}  // namespace interleave::engine
