// What the user has confirmed as harmless although it cannot be seen: INTERLEAVE_TRUST, names with colons between them, and the list
// interleave_trusted_modules of the program.
#pragma once

#include <string>
#include <string_view>

namespace interleave::engine {

// A module by its path or the name of its file, with or without ".so" and the version behind it. True also marks the name as used.
bool trusted_module(std::string_view path);

// A function by its name with or without parameters, or by the file that it was written in ("f2.cpp"). '*' stands for anything.
bool trusted_function(std::string_view demangled, std::string_view source_file);

// The names that nothing was found for, each told once; empty: none.
std::string unused_trust();

}  // namespace interleave::engine
