// Threads of the process that are not the model's: those that were started before the exploration, by a test's fixture, say.
//
// They keep running as real threads. A body that waits for one of them waits for ever, and what they do to memory that they share with a body is
// not modelled. So the message of a failure that may come from them says that they exist.
#pragma once

#include <string>
#include <string_view>

namespace interleave::engine {

// What to add to the message of a failure of this kind: nothing, or a line of its own.
std::string remark_on_other_threads(std::string_view kind);

}  // namespace interleave::engine
