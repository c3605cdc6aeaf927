#include "scheduler/report/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "scheduler/api/variables.hpp"
#include "scheduler/report/report.hpp"
#include "scheduler/report/text_layout.hpp"

namespace interleave {

ProgressLine::ProgressLine(std::string name, Where where, std::size_t columns)
    : name_(std::move(name)), where_(where), columns_(columns),
      next_(where == Where::nowhere ? std::numeric_limits<double>::infinity() : first) {}

std::string ProgressLine::line(double seconds, const ProgressFacts& facts) {
  if (where_ == Where::terminal) next_ = seconds + again;
  while (where_ == Where::elsewhere && next_ <= seconds) next_ *= 2;
  std::string text = fmt::format("{}  {}", lines::clean(name_), lines::counted(facts.executions, "execution"));
  if (!facts.of_how_many.empty()) text += fmt::format(" ({})", facts.of_how_many);
  text += fmt::format(" in {:.0f} s, {} a second, at most {}, longest {}, ", seconds,
                      grouped(static_cast<std::uint64_t>(static_cast<double>(facts.executions) / std::max(seconds, 1e-3))),
                      lines::counted(facts.threads_most, "thread"), lines::counted(facts.steps_longest, "step"));
  text += facts.failing == 0 ? "none failed" : fmt::format("{} failed", grouped(facts.failing));
  if (where_ == Where::elsewhere) return fmt::format("interleave: {}\n", text);
  shown_ = true;
  return fmt::format("\r\x1b[K{}", lines::first(text, columns_ - 1));
}

std::string ProgressLine::end() { return std::exchange(shown_, false) ? "\r\x1b[K" : ""; }

ProgressLine progress_line(std::string name) {
  if (is_on("INTERLEAVE_QUIET")) return {std::move(name), ProgressLine::Where::nowhere};
  if (isatty(STDERR_FILENO) == 0) return {std::move(name), ProgressLine::Where::elsewhere};
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return {std::move(name), ProgressLine::Where::terminal, known ? size.ws_col : std::size_t{80}};
}

}  // namespace interleave
