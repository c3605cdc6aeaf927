// What becomes of an exception that leaves main, or any other place from where nobody catches it, outside executions: its text is printed,
// and the process ends with the command's status, 1 for a failed check, 2 for a request that makes no sense, and without a core file.
// Any other exception has the effect that it always had. (Inside an execution it is that execution's failure.)
#pragma once

#include <string>

namespace interleave {

// From now on, unless the program has set a terminate handler of its own. Cheap when called again.
void watch_uncaught();

// The text of a Failed has been printed: it is not printed again if nobody catches it.
void was_printed(const std::string& text);

}  // namespace interleave
