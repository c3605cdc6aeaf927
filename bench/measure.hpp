// How figures are taken: processor time, the best of several runs, as a ratio to a bare switch of Boost.Context measured before and
// after each. Machines are noisy, ratios less so.
#pragma once

#include <functional>

#include <interleave/interleave.hpp>

struct Figures {
  interleave::Report report;
  double seconds = 0;   // of processor time, start-up included
  double bare_ns = 0;   // a bare switch, meanwhile
  double steps() const { return static_cast<double>(report.steps); }
  double executions() const { return static_cast<double>(report.executions + report.redundant + report.cut); }
  double step_ns() const { return seconds * 1e9 / steps(); }
  double switches_per_step() const { return step_ns() / bare_ns; }
  double switches_per_execution() const { return seconds * 1e9 / executions() / bare_ns; }
  double executions_per_second() const { return executions() / seconds; }
};

Figures measure(const std::function<void()>& body, const interleave::Options& options, int runs = 3);

// The tables, each in a file of its own.
void print_steps();
void print_growth();
void print_classes();
void print_peers();
