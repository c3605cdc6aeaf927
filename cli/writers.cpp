#include "writers.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

namespace interleave::cli {

// Each is in the file of its name. Throws UsageError if the file cannot be written.
std::unique_ptr<Writer> open_text(const std::string& file);
std::unique_ptr<Writer> open_json(const std::string& file);
std::unique_ptr<Writer> open_junit(const std::string& file);
std::unique_ptr<Writer> open_tokens(const std::string& file);
std::unique_ptr<Writer> open_sarif(const std::string& file);
std::unique_ptr<Writer> open_annotations(const std::string& file);
std::unique_ptr<Writer> open_outcomes(const std::string& file);
std::unique_ptr<Writer> open_pages(const std::string& folder);  // throws UsageError, too, if nothing can be written in the folder, which is made

namespace {

constexpr Format table[] = {
    {"", "", "", "", "", false, true, open_text},
    {"--json", "", "", "one JSON document on stdout and nothing else; --json=FILE: in a file, beside the text on stdout", "JSON", false, true, open_json},
    {"--junit", "INTERLEAVE_JUNIT", "FILE", "a JUnit XML file, beside what is on stdout: what differs from the declared verdict is a failure",
     "JUnit", false, false, open_junit},
    {"--sarif", "INTERLEAVE_SARIF", "FILE", "a SARIF 2.1.0 file, beside what is on stdout: a result for each scenario that fails", "SARIF", false, false,
     open_sarif},
    {"--github", "GITHUB_ACTIONS", "", "annotations for GitHub on stdout, as under GITHUB_ACTIONS=true; --github=FILE: in a file", "", true, false,
     open_annotations},
    {"--outcomes", "INTERLEAVE_OUTCOMES", "", "each outcome with its count and a schedule that has it, on stdout; --outcomes=FILE: in a file", "", true, false,
     open_outcomes},
    {"--report", "INTERLEAVE_REPORT", "DIR", "a page for browsers in that folder for each scenario that fails, or for the only one that is run", "Pages",
     false, false, open_pages},
    {"--tokens", "INTERLEAVE_TOKENS", "FILE", "a file of commands, one a line, that replay the failures; they are left out on stdout",
     "Commands that replay the failures, one a line", false, false, open_tokens},
};

}  // namespace

std::span<const Format> formats() { return table; }

const Format& format_of(std::string_view flag) {
  for (const Format& format : table)
    if (flag == format.flag) return format;
  throw std::logic_error("no output has this flag: " + std::string(flag));
}

Writers::Writers(const Request& request) {
  for (const Format& format : table)
    for (const Wanted& wanted : request.outputs)
      if (wanted.format == format.flag && wanted.file.empty() && !format.beside) shows_text_ = false;
  for (const Format& format : table) {
    if (std::string_view(format.flag).empty() && shows_text_) writers_.push_back(format.open(""));
    for (const Wanted& wanted : request.outputs)
      if (wanted.format == format.flag) writers_.push_back(format.open(wanted.file));
  }
}

Writers::~Writers() = default;

void Writers::list(const Selection& scenarios) {
  for (const auto& writer : writers_) writer->list(scenarios);
}

void Writers::begin(const Plan& plan) {
  for (const auto& writer : writers_) writer->begin(plan);
}

void Writers::result(const Result& result) {
  for (const auto& writer : writers_) writer->result(result);
}

// What stands on stdout may end with the names of the files, so it comes last.
void Writers::end(bool finished) {
  for (auto writer = writers_.rbegin(); writer != writers_.rend(); ++writer) (*writer)->end(finished);
}

}  // namespace interleave::cli
