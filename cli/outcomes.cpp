// The outcomes of each scenario as a table, with the token of an execution that had each: to stdout, beside the text, or to a file.
#include <fmt/format.h>

#include "scheduler/report/outcome_table.hpp"

#include "document.hpp"
#include "terminal.hpp"
#include "writers.hpp"

namespace interleave::cli {
namespace {

class Outcomes final : public Writer {
 public:
  explicit Outcomes(const std::string& file) {
    if (!file.empty()) document_ = std::make_unique<Document>(file);
  }

  void result(const Result& result) override {
    const std::string table = outcome_table(result.report, "  ");
    if (table.empty()) return;
    text_ += fmt::format("{}{}\n{}", text_.empty() ? "" : "\n", result.scenario->name, table);
    const auto& witnesses = result.report.witnesses;
    if (!witnesses.empty() && plan().replayable) text_ += fmt::format("  replay one  interleave replay {} --schedule TOKEN\n", result.scenario->name);
    if (document_ != nullptr) document_->update(text_);
  }
  void end(bool) override {
    if (document_ != nullptr) document_->finish(text_);
    else if (!text_.empty()) print("\n" + text_);
  }

 private:
  std::unique_ptr<Document> document_;  // null: stdout
  std::string text_;
};

}  // namespace

std::unique_ptr<Writer> open_outcomes(const std::string& file) { return std::make_unique<Outcomes>(file); }

}  // namespace interleave::cli
