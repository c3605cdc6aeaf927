// Where a report is shown: how wide that is, and whether it has colours.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "scheduler/report/report.hpp"

namespace interleave {

// Of a report where nothing says how large the screen is.
inline constexpr std::size_t usual_columns = 120, usual_lines = 30;

// COLUMNS if it is a number; else the width of the terminal behind this descriptor; nothing if there is none.
std::optional<std::size_t> columns_of(int descriptor);

// `wish`: "always", "never", or "auto": on a terminal that is not dumb, unless NO_COLOR is set.
bool wants_color_on(int descriptor, std::string_view wish);

// For a report on stderr: its width and colours, as INTERLEAVE_COLOR, NO_COLOR, INTERLEAVE_TRACE and the terminal have it. Throws UsageError.
RenderOptions for_stderr(RenderOptions options);

}  // namespace interleave
