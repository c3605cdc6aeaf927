#include "terminal.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "scheduler/report/screen.hpp"

namespace interleave::cli {

bool wants_color(std::string_view wish) { return wants_color_on(STDOUT_FILENO, wish); }

std::size_t line_width() {
  constexpr std::size_t otherwise = 120;
  return columns_of(STDOUT_FILENO).value_or(otherwise);
}

RenderOptions ways_back(std::string_view scenario, const Settings& settings) {
  RenderOptions options = render_scenario(scenario);
  options.color = wants_color(settings.color);
  options.width = columns_of(STDOUT_FILENO).value_or(usual_columns);
  options.lines_max = usual_lines;
  options.trace = settings.trace;
  options.seed_prefix = fmt::format("interleave replay {}{} --seed ", scenario, settings.replay_flags());
  // The token holds the other flags of the model.
  options.replay_prefix = fmt::format("interleave replay {}{}{} --schedule ", scenario,
                                      settings.steps ? fmt::format(" --steps {}", *settings.steps) : "",
                                      settings.checks && !settings.checks->empty() ? fmt::format(" --check {}", *settings.checks) : "");
  options.debug_prefix = "INTERLEAVE_BREAK=1 gdb --args " + options.replay_prefix;
  options.debug_suffix = "";
  return options;
}

void print(std::string_view text) {
  fmt::print(stdout, "{}", text);
  // A verdict that nobody can read must not end in a status that says all is well.
  if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category(), "cannot write the results to stdout");
}

void remark(std::string_view text) {
  std::fflush(stdout);
  fmt::print(stderr, "interleave: {}\n", text);
}

ReservedStdout::ReservedStdout() : real_(dup(STDOUT_FILENO)) {
  std::fflush(stdout);
  if (real_ < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) throw std::system_error(errno, std::generic_category(), "stdout");
}

ReservedStdout::~ReservedStdout() {
  std::fflush(stdout);
  dup2(real_, STDOUT_FILENO);
  close(real_);
}

void ReservedStdout::write(std::string_view text) const {
  while (!text.empty()) {
    const auto written = ::write(real_, text.data(), text.size());
    if (written < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "stdout");
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

Progress::Progress(std::size_t total) : total_(total), shown_(isatty(STDERR_FILENO) != 0) {}

void Progress::begin(std::string_view scenario) {
  ++begun_;
  if (shown_) fmt::print(stderr, "\r\x1b[K[{} of {}] {}", begun_, total_, scenario);
}

void Progress::clear() {
  if (shown_ && begun_ > 0) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace interleave::cli
