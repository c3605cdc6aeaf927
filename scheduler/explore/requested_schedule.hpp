// The schedule that the environment asks for. It belongs to one exploration of a program, and all others ignore it; if it belongs
// to none of them (a test was renamed, or has moved to another line), whoever asked believes in a replay that never took place. So
// the process says so when it ends, and ends with status 2. With INTERLEAVE_SCHEDULE_OPTIONAL=1 it does neither: for many programs that are
// started with one schedule, which belongs to one of them.
#pragma once

#include <string_view>

namespace interleave::engine {

// An exploration of that name begins, with the environment asking for a schedule. `its`: whether the schedule belongs to it.
void schedule_was_asked_for(std::string_view name, bool its);

}  // namespace interleave::engine
