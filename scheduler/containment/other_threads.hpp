// Threads of the process that are not the model's: those that were started before the exploration, by a test's fixture, say.
//
// They go on on real threads. What they share with a body they see only between two steps of it, if at all, and a body that waits for
// them waits for ever; so a failure that may come from them says that they are there.
#pragma once

#include <string>
#include <string_view>

namespace interleave::engine {

// What to add to the message of a failure of this kind: nothing, or a line of its own.
std::string remark_on_other_threads(std::string_view kind);

}  // namespace interleave::engine
