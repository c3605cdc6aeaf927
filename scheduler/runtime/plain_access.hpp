// What a hook has to do about a plain access: to compare it with the accesses before. One function for each size, so that little has to be
// kept in registers.
#pragma once

#include <cstddef>

namespace interleave::engine {

class Execution;

// An access of the running thread. REQUIRES: modelled code, and a shadow. Does not return if it races, unless the execution is to run on.
// `remembers`: adds it to repeated_accesses. REQUIRES, if it also writes: the write is in the undo log.
template <bool writes, bool remembers, std::size_t size>
void plain_access_of(const void* p);

// Something was found: the execution fails. No thread is to blame, for which of two accesses comes second differs between
// equivalent executions.
void report_found(Execution& run);

// An access of the running thread, seen by a hook. REQUIRES: modelled code, and a shadow; `bytes` is Shadow::mask_of(size). Does not
// return if it races, unless the execution is to run on. `remembers`: among repeated_accesses; REQUIRES of a write: it was noted.
template <bool writes, bool remembers>
void plain_access(const void* p, std::size_t size, unsigned bytes);

}  // namespace interleave::engine
