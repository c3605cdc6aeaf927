// A JUnit XML file: what continuous integration shows. One suite, one case a scenario. A case fails if its scenario makes the exit status 1, 4 or 70: its verdict
// is not the declared one. A scenario that is declared to fail, and does, is a case that passes.
#include <string_view>

#include <fmt/format.h>

#include "scheduler/support/clean_text.hpp"

#include "document.hpp"
#include "writers.hpp"

namespace interleave::cli {
namespace {

// What XML 1.0 can say. Of the others, no escape helps.
bool is_xml(char32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c < 0x7f || (c > 0x9f && c != 0xfffe && c != 0xffff);
}

std::string xml(std::string_view text) {
  std::string escaped;
  for (const char c : clean_text(text, is_xml)) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

// In an attribute a line break would be read as a space.
std::string attribute(std::string_view text) {
  std::string escaped;
  for (const char c : xml(text)) {
    if (c == '\n' || c == '\r' || c == '\t') {
      escaped += fmt::format("&#{};", static_cast<int>(c));
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string property(std::string_view name, std::string_view value) {
  return fmt::format("        <property name=\"{}\" value=\"{}\"/>\n", name, attribute(value));
}

std::string group_of(std::string_view name) { return std::string(name.substr(0, name.find('/'))); }

std::string begin_case(const scenarios::Definition& scenario, double seconds) {
  return fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", attribute(group_of(scenario.name)), attribute(scenario.name), seconds);
}

// What the red mark of a viewer means is what the exit status means: 1, 4 or 70. A limit that was met is told of and is no failure.
bool is_failure(const Result& result) { return result.status != ExitStatus::expected && result.status != ExitStatus::incomplete; }

class JUnit final : public Writer {
 public:
  explicit JUnit(const std::string& file) : document_(file) {}

  void begin(const Plan& plan) override {
    Writer::begin(plan);
    document_.update(whole("the command ended before this scenario did"));
  }

  void result(const Result& result) override {
    const Report& report = result.report;
    const std::string text = report_for_a_file(plan(), result), command = replay_command(plan(), result);
    cases_ += begin_case(*result.scenario, report.seconds) + ">\n      <properties>\n";
    cases_ += property("verdict", name_of(report.verdict)) + property("expected", name_of(result.scenario->expect));
    cases_ += property("complete", report.complete ? "true" : "false") + property("executions", std::to_string(report.executions));
    cases_ += property("strategy", report.strategy) + property("seed", std::to_string(report.seed));
    if (!report.covered.empty()) cases_ += property("covered", report.covered);
    if (!report.incomplete_reason.empty()) cases_ += property("incomplete_reason", report.incomplete_reason);
    if (result.status == ExitStatus::incomplete) cases_ += property("incomplete", result.difference);
    if (report.failure) cases_ += property("failure_kind", report.failure->kind) + property("schedule", report.failure->schedule);
    cases_ += "      </properties>\n";
    if (is_failure(result)) {
      const char* const element = result.status == ExitStatus::fault ? "error" : "failure";
      const std::string kind = report.failure ? report.failure->kind : "not-as-declared";
      const std::string message =
          report.failure && !report.failure->message.empty() ? fmt::format("{}: {}", result.difference, report.failure->message) : result.difference;
      cases_ += fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}{4}</{0}>\n", element, attribute(kind), attribute(message), xml(text),
                            xml(command.empty() ? "" : "\n" + command + "\n"));
      ++(result.status == ExitStatus::fault ? errors_ : failures_);
    } else {
      cases_ += fmt::format("      <system-out>{}{}</system-out>\n", xml(text), xml(result.difference.empty() ? "" : "\n" + result.difference + "\n"));
    }
    cases_ += "    </testcase>\n";
    seconds_ += report.seconds;
    ++written_;
    document_.update(whole("the command ended before this scenario did"));
  }

  void end(bool) override { document_.finish(whole("the command was interrupted before this scenario ended")); }

 private:
  // The document, with what is still missing as skipped for that reason.
  std::string whole(std::string_view reason) const {
    std::string skipped;
    std::size_t skips = 0;
    const auto skip = [&](const scenarios::Definition& scenario, std::string_view why) {
      skipped += fmt::format("{}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", begin_case(scenario, 0), attribute(why));
      ++skips;
    };
    for (std::size_t i = written_; i < plan().run.size(); ++i) skip(*plan().run[i], reason);
    for (const auto* scenario : plan().not_run) skip(*scenario, needs(*scenario));
    const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\"", written_ + skips, failures_,
                                           errors_, skips, seconds_);
    return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"interleave\" {0}>\n"
                       "  <testsuite name=\"interleave {1}\" {0}>\n    <properties>\n{2}    </properties>\n{3}{4}  </testsuite>\n</testsuites>\n",
                       counts, attribute(plan().verb_name),
                       property("version", INTERLEAVE_VERSION) + property("strategy", plan().strategy) + property("seed", std::to_string(plan().seed)),
                       cases_, skipped);
  }

  Document document_;
  std::string cases_;
  std::size_t written_ = 0, failures_ = 0, errors_ = 0;
  double seconds_ = 0;
};

}  // namespace

std::unique_ptr<Writer> open_junit(const std::string& file) { return std::make_unique<JUnit>(file); }

}  // namespace interleave::cli
