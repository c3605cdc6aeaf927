// Warns of statics that bodies changed, that were set back after each execution, and that the program reads after the exploration: what the
// body left in them is gone. The case that matters is a test framework of the program's own that counts failed assertions in a static: its
// failures would be gone, and the test would pass.
//
// At the end of each execution the words are noted whose value was to be set back to another one, by byte. Between explorations an access
// by instrumented code to such a byte is looked at: a read of it gives the warning, once for each variable; a write comes first in an
// ordinary program, and clears it. Destructors are left out: they read whatever their object has.
#pragma once

#include <cstddef>
#include <cstdint>

namespace interleave::engine {

// Whether no exploration is under way and there are such bytes. Read by every hook outside the model.
[[gnu::visibility("hidden")]] extern bool watches_rolled_back;

// At the end of an execution: *word is about to be set back to `before`.
void note_rolled_back(const std::uint64_t* word, std::uint64_t before);

// While it lives, an exploration is under way: it begins with nothing noted.
class RolledBackStatics {
 public:
  RolledBackStatics();
  ~RolledBackStatics();
  RolledBackStatics(const RolledBackStatics&) = delete;
  RolledBackStatics& operator=(const RolledBackStatics&) = delete;
};

void looked_at_outside(const volatile void* p, std::size_t size, bool writes);

// An access of code that is not modelled.
inline void outside_access(const volatile void* p, std::size_t size, bool writes) {
  if (watches_rolled_back) [[unlikely]] looked_at_outside(p, size, writes);
}

}  // namespace interleave::engine
