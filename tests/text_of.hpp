// A report as a line: what a failed assertion about it should show.
#pragma once

#include <string>

#include <interleave/interleave.hpp>

inline std::string text_of(const interleave::Report& report) {
  std::string text = std::to_string(report.executions) + " executions, " + std::to_string(report.failing) + " failing";
  for (const auto& [outcome, count] : report.outcomes) text += ", " + outcome + ": " + std::to_string(count);
  if (!report.incomplete_reason.empty()) text += "; " + report.incomplete_reason;
  for (const std::string& unseen : report.unseen) text += "; " + unseen;
  if (report.failure) text += "; " + report.failure->kind + ": " + report.failure->message + " " + report.failure->schedule;
  return text;
}
