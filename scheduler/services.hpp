// What the engine gives to monitors and adapters that are compiled with the program.
#pragma once

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

}  // namespace interleave::detail

#pragma GCC visibility pop
