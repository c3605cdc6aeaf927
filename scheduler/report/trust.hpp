// Code that is not instrumented and that the user has confirmed as harmless: INTERLEAVE_TRUST, names separated by colons, and the program's
// array interleave_trusted_modules (TRUSTED of interleave_add_test).
#pragma once

#include <string>
#include <string_view>

namespace interleave::engine {

// Whether a module is trusted: by its path or the name of its file, with or without ".so" and the version behind it. Marks the name as used.
bool trusted_module(std::string_view path);

// Whether a function is: by its name with or without parameters, or by its source file ("f2.cpp"). In both, '*' stands for anything.
bool trusted_function(std::string_view demangled, std::string_view source_file);

// Whether anything is trusted.
bool trusts_any();

// The names in INTERLEAVE_TRUST that matched nothing so far, with commas between them; each is returned once in a process.
std::string unused_trust();

}  // namespace interleave::engine
