// How the program was compiled and linked. Mistakes that would make every verdict worthless, or end in a crash, are refused:
//
//   not instrumented at all           no access is seen, and one execution would pass for all
//   linked with a sanitizer, it or a  its runtime gets calls that are meant for us, and we get its; ThreadSanitizer's even the hooks
//   shared library of it
#pragma once

namespace interleave::engine {

// Throws UsageError if no part of the program is instrumented. The other ends the process as it starts, with status 2.
void require_instrumented_program();

}  // namespace interleave::engine
