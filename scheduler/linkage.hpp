// How the program was compiled and linked. Two mistakes would make every verdict worthless, so neither goes unnoticed:
//
//   not compiled with -fsanitize=thread   no access is seen, and one execution would pass for all
//   linked with it                        ThreadSanitizer's runtime gets the hooks that are meant for us, and crashes
#pragma once

namespace interleave::engine {

// Throws UsageError if no part of the program is instrumented. The other mistake ends the process as it starts, with status 2.
void require_instrumented_program();

}  // namespace interleave::engine
