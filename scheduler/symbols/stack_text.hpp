// Functions and stacks as a reader wants them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace interleave {

class Symbols;

// A demangled name without result, template arguments and parameters: "std::atomic::load".
std::string function_name(std::string_view function);

// "Event::wait" of "interleave::Event::wait(std::optional<...>)"; "a lambda in f" of "void f<int>(int)::{lambda()#1}::operator()() const".
std::string reader_name(std::string_view function);

// The innermost frames in the program's own code: "counter.hpp:12 in Counter::add <- counter_test.cpp:27 in a lambda in main".
// A stack of library frames only: its innermost.
std::string stack_text(Symbols& symbols, std::span<const void* const> stack, std::size_t frames_max);

}  // namespace interleave
