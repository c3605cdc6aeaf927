// One way to write down what a verb found: text on the screen, a JSON document, a JUnit file, a list of tokens. Each is one file and one
// row of the table in writers.cpp. Several may write at once.
//
//     begin  ->  result, once a scenario, in the order of the plan  ->  end
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/report/report.hpp"

#include "command_line.hpp"
#include "result.hpp"
#include "selection.hpp"

namespace interleave::cli {

// What is about to be run: all that a writer needs beside the results.
struct Plan {
  Verb          verb = Verb::search;
  std::string   verb_name, strategy;
  std::uint64_t seed = 0;
  Selection     run, not_run;
  Settings      settings;
  std::vector<Wanted> outputs;       // the formats that were asked for
  bool          replayable = true;   // failures can be replayed: not on real threads
  bool          independent = false; // executions are drawn independently of each other

  // One scenario is shown in full, several are a table.
  bool tabular() const { return run.size() != 1 || !not_run.empty(); }
};

// How a report of that scenario is shown on this terminal.
RenderOptions rendered(const Plan& plan, const scenarios::Definition& scenario);

// The whole report, without colours, in lines of the usual width.
std::string report_for_a_file(const Plan& plan, const Result& result);

// The command that executes the failing schedule again; empty if there is none.
std::string replay_command(const Plan& plan, const Result& result);

class Writer {
 public:
  Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  virtual ~Writer() = default;

  // Writes what scenarios there are. The other functions are not called then.
  virtual void list(const Selection&) {}

  // Before anything runs. `plan` outlives the writer.
  virtual void begin(const Plan& plan) { plan_ = &plan; }
  virtual void result(const Result& result) = 0;
  // `finished`: there was a result of each scenario of the plan. False: the user has interrupted the command.
  virtual void end(bool finished) = 0;

 protected:
  const Plan& plan() const { return *plan_; }

 private:
  const Plan* plan_ = nullptr;
};

}  // namespace interleave::cli
