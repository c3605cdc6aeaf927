// Annotations as GitHub's workflows read them from what a step prints: "::error file=a.cpp,line=3,title=...::message", one for each scenario
// that makes the exit status 1, 4 or 70. To stdout, beside the text, or to a file.
#include <fmt/format.h>

#include "scheduler/report/annotation.hpp"

#include "document.hpp"
#include "source_place.hpp"
#include "terminal.hpp"
#include "writers.hpp"

namespace interleave::cli {
namespace {

class Annotations final : public Writer {
 public:
  explicit Annotations(const std::string& file) {
    if (!file.empty()) document_ = std::make_unique<Document>(file);
  }

  void result(const Result& result) override {
    const auto& failure = result.report.failure;
    const bool reproduced = plan().verb == Verb::replay && failure;
    if (!reproduced && (result.status == ExitStatus::expected || result.status == ExitStatus::incomplete)) return;
    SourcePlace place;
    std::string message = result.difference;
    if (failure) {
      place = source_place(*failure);
      if (!failure->message.empty()) message = failure->message;
      if (const std::string command = replay_command(plan(), result); !command.empty()) message += "\n" + command;
    }
    text_ += annotation(place.file, place.line, fmt::format("{}: {}", result.scenario->name, failure ? failure->kind : "not as declared"), message);
    if (document_ != nullptr) document_->update(text_);
  }
  void end(bool) override {
    if (document_ != nullptr) document_->finish(text_);
    else if (!text_.empty()) print(text_);
  }

 private:
  std::unique_ptr<Document> document_;  // null: stdout
  std::string text_;
};

}  // namespace

std::unique_ptr<Writer> open_annotations(const std::string& file) { return std::make_unique<Annotations>(file); }

}  // namespace interleave::cli
