// Which scenarios a request means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <interleave/scenarios/scenario.hpp>

namespace interleave::cli {

using Selection = std::vector<const scenarios::Definition*>;

// All scenarios, by name.
Selection every_scenario();

// Those of the names, groups and globs given, each once, by name. Throws UsageError with the nearest names if one means nothing.
Selection select(const std::vector<std::string>& wanted);

// The one scenario of exactly that name. Throws UsageError with the nearest names.
const scenarios::Definition& the_scenario(std::string_view name);

}  // namespace interleave::cli
