// A file of commands, one a line: each replays the shortest failing schedule of a scenario.
#include <fmt/format.h>

#include "document.hpp"
#include "writers.hpp"

namespace interleave::cli {
namespace {

class Tokens final : public Writer {
 public:
  explicit Tokens(const std::string& file) : document_(file) {}
  void result(const Result& result) override {
    const std::string command = replay_command(plan(), result);
    if (command.empty()) return;
    text_ += fmt::format("{}  # {}\n", command, result.report.failure->kind);
    document_.update(text_);
  }
  void end(bool) override { document_.finish(text_); }

 private:
  Document document_;
  std::string text_;
};

}  // namespace

std::unique_ptr<Writer> open_tokens(const std::string& file) { return std::make_unique<Tokens>(file); }

}  // namespace interleave::cli
