// The identity of a thread.
#pragma once

#include <pthread.h>

#include <cstdint>

namespace interleave {

// Never zero for a thread, so zero can mean "nobody". Unique among living threads; may be given to a new thread once its
// owner has ended.
using Ident = std::uintptr_t;

inline constexpr Ident nobody = 0;

// The calling thread's.
inline Ident get_ident() noexcept { return static_cast<Ident>(pthread_self()); }

}  // namespace interleave
