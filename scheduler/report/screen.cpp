#include "scheduler/report/screen.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string>
#include <system_error>

namespace interleave {
namespace {

// Empty if it is not set.
std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

std::optional<std::size_t> columns_of(int descriptor) {
  constexpr std::size_t most = 10'000;
  std::size_t columns = 0;
  const std::string_view text = variable("COLUMNS");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  if (error == std::errc{} && end == text.data() + text.size() && columns > 0 && columns <= most) return columns;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return std::nullopt;
}

bool wants_color_on(int descriptor, std::string_view wish) {
  if (wish == "always" || wish == "never") return wish == "always";
  const std::string_view terminal = variable("TERM");
  return variable("NO_COLOR").empty() && isatty(descriptor) != 0 && !terminal.empty() && terminal != "dumb";
}

RenderOptions for_stderr(RenderOptions options) {
  options.width = columns_of(STDERR_FILENO).value_or(usual_columns);
  options.lines_max = usual_lines;
  const std::string_view color = variable("INTERLEAVE_COLOR");
  if (!color.empty() && color != "auto" && color != "always" && color != "never")
    throw UsageError("INTERLEAVE_COLOR=" + std::string(color) + " makes no sense; use auto or always or never");
  options.color = wants_color_on(STDERR_FILENO, color);
  if (const std::string_view trace = variable("INTERLEAVE_TRACE"); !trace.empty()) options.trace = trace_detail(trace, "INTERLEAVE_TRACE");
  return options;
}

}  // namespace interleave
