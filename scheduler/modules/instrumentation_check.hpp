// How the program was compiled and linked. Mistakes that would make every verdict worthless, or end in a crash, are refused:
//
//   not instrumented at all           no access is seen, and one execution would pass for all
//   linked with a sanitizer, it or a  the runtime gets calls that are meant for us, and we get calls that are meant for it;
//   shared library of it              ThreadSanitizer's runtime even defines the hooks
#pragma once

namespace interleave::engine {

// Throws UsageError if no part of the program is instrumented. The other mistake ends the process as it starts, with status 2.
void require_instrumented_program();

}  // namespace interleave::engine
