// Which code of the process was compiled with -fsanitize=thread.
#pragma once

#include <link.h>

namespace interleave::engine {

// Whether a loaded module was compiled with -fsanitize=thread: only such code calls our hooks.
bool instrumented(const dl_phdr_info& module);

// Whether it is in such a module that an interposed function returns to: the program's own code has called it, and no library that we
// cannot see into.
bool is_program(const void* caller);

}  // namespace interleave::engine
