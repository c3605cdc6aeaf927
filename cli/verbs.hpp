// One function per verb. Each throws UsageError for a request that makes no sense.
#pragma once

#include "command_line.hpp"
#include "exit_status.hpp"

namespace interleave::cli {

ExitStatus list(const Request& request);
ExitStatus checkers(const Request& request);
ExitStatus search(const Request& request);
ExitStatus sample(const Request& request);
ExitStatus replay(const Request& request);
ExitStatus stress_verb(const Request& request);
ExitStatus strategies(const Request& request);
ExitStatus corpus(const Request& request);

}  // namespace interleave::cli
