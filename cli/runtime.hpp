// What this program is linked with, and what a strategy is like: found out by exploring a body that does nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace interleave::cli {

struct Nature {
  bool modelled = false;  // threads are fibers; false: interleave-tsan, where there is nothing but real threads
  bool ends = false;      // the strategy comes to an end by itself; false: it draws for as long as it is asked to
};

// Throws UsageError if there is no such strategy.
Nature nature_of(std::string_view strategy);

// As nature_of, and refuses to go on without the model. Throws UsageError.
Nature require_model(std::string_view verb, std::string_view strategy);

// Whether the strategy at the core of `strategy` leaves out executions that are equivalent to others.
bool reduces(std::string_view strategy);

// Never 0. Small enough for readers of JSON that keep numbers as doubles.
std::uint64_t fresh_seed();

}  // namespace interleave::cli
