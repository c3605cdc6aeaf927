// What the engine gives to monitors and adapters that are compiled with the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <interleave/interleave.hpp>

#pragma GCC visibility push(default)

namespace interleave::detail {

// Ends the execution as a failure of this kind. In the model it does not return; on real threads it records and returns.
void fail(std::string_view kind, std::string_view message, SourceLocation where);

// Tells the calling thread from all others, and names it for a reader.
std::uint64_t thread_key() noexcept;
std::string   thread_label();

// The calling thread goes into a section that at most `most` threads may be in, or comes out of it. For strategies: what is wrong
// already is found by the monitor.
void section_entered(std::uint64_t section, std::size_t most) noexcept;
void section_left(std::uint64_t section) noexcept;

}  // namespace interleave::detail

#pragma GCC visibility pop
