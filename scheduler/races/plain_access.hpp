// What a hook has to do about a plain access: to compare it with the accesses before. One function for each size, so that little has to be
// kept in registers.
#pragma once

#include <cstddef>

namespace interleave::engine {

// An access of the running thread. REQUIRES: modelled code, and a shadow. Does not return if it races, unless the execution is to run on.
// `remembers`: adds it to repeated_accesses. REQUIRES, if it also writes: the write is in the undo log.
template <bool writes, bool remembers, std::size_t size>
void plain_access_of(const void* p);

}  // namespace interleave::engine
