// Pages for browsers (scheduler/report/page.hpp), with a trace-event file and a Graphviz file beside each: of every scenario that fails, or of
// the only scenario that was run. What cannot be written is told of on stderr, and changes no exit status.
#include <fmt/format.h>

#include "scheduler/report/json.hpp"
#include "scheduler/report/report_files.hpp"

#include "terminal.hpp"
#include "writers.hpp"

namespace interleave::cli {
namespace {

class Pages final : public Writer {
 public:
  explicit Pages(const std::string& folder) : folder_(folder) {
    if (const std::string trouble = trouble_with_folder(folder); !trouble.empty()) throw UsageError(trouble);
  }

  void result(const Result& result) override {
    if (!result.report.failure && plan().tabular()) return;
    RenderOptions whole = rendered(plan(), *result.scenario);
    whole.color = false;
    whole.width = RenderOptions{}.width;
    whole.lines_max = 400;
    const PageTexts texts{.name = result.scenario->name, .text = report_text(result.report, whole), .replay = replay_command(plan(), result),
                          .members = fmt::format("\"expected\":{},\"as_expected\":{},", json_string(word_of(result.scenario->expect)), result.as_expected)};
    const Written done = write_page(folder_, result.report, texts);
    if (!done.page.empty() && !plan().tabular()) remark(fmt::format("page {}", done.page));
    if (!done.trouble.empty()) remark(fmt::format("--report: {}; the verdict is not affected", done.trouble));
  }
  void end(bool) override {}

 private:
  std::string folder_;
};

}  // namespace

std::unique_ptr<Writer> open_pages(const std::string& folder) { return std::make_unique<Pages>(folder); }

}  // namespace interleave::cli
