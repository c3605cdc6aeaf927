#include "scheduler/runtime/plain_access.hpp"

#include <cstdint>

#include "scheduler/execution/execution.hpp"
#include "scheduler/races/repeated_accesses.hpp"
#include "scheduler/races/shadow_inline.hpp"

namespace interleave::engine {

void report_found(Execution& run) {
  if (!run.outcome().failed) run.fail_without_culprit(shadow->found(), "explained by a replay");
}

// Out of line: most accesses are settled without.
__attribute__((noinline)) void plain_access_slowly(const void* p, std::size_t size, bool writes, bool remembers) {
  Execution& run = *Execution::current;
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  if (shadow->access_among_few(run.self().id, address, size, writes)) {
    if (remembers) repeated_accesses.remember_second(address, size, writes);
    return;
  }
  mode = Mode::outside;
  if (!shadow->access(run.self().id, address, size, writes)) report_found(run);
  mode = Mode::modelled;
}

// Calls nothing but the other, and that last: so it keeps nothing on the stack.
template <bool writes, bool remembers>
__attribute__((always_inline)) inline void access_as_hooked(const void* p, std::size_t size, unsigned bytes) {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  const auto again = [=] {
    if constexpr (remembers) repeated_accesses.remember(address, size, writes);
  };
  if (!shadow->access_quickly<writes>(Execution::current->self().id, address, bytes, again)) [[unlikely]]
    plain_access_slowly(p, size, writes, remembers);
}

template <bool writes, bool remembers>
void plain_access(const void* p, std::size_t size, unsigned bytes) {
  access_as_hooked<writes, remembers>(p, size, bytes);
}
template void plain_access<false, false>(const void*, std::size_t, unsigned);
template void plain_access<false, true>(const void*, std::size_t, unsigned);
template void plain_access<true, false>(const void*, std::size_t, unsigned);
template void plain_access<true, true>(const void*, std::size_t, unsigned);

template <bool writes, bool remembers, std::size_t size>
void plain_access_of(const void* p) {
  access_as_hooked<writes, remembers>(p, size, Shadow::mask_of(size));
}
#define INTERLEAVE_PLAIN_ACCESS(n)                         \
  template void plain_access_of<false, false, n>(const void*); \
  template void plain_access_of<false, true, n>(const void*);  \
  template void plain_access_of<true, false, n>(const void*);  \
  template void plain_access_of<true, true, n>(const void*);
INTERLEAVE_PLAIN_ACCESS(1)
INTERLEAVE_PLAIN_ACCESS(2)
INTERLEAVE_PLAIN_ACCESS(4)
INTERLEAVE_PLAIN_ACCESS(8)
INTERLEAVE_PLAIN_ACCESS(16)
#undef INTERLEAVE_PLAIN_ACCESS

}  // namespace interleave::engine
