// Whose code it is, by the file that it was written in, its mangled name and the module that holds it: the program's own, Interleave's
// primitives', or a library's (the standard library, system headers, Boost, test frameworks, the engine and its API headers).
#pragma once

#include <string_view>

#include "scheduler/support/paths.hpp"

namespace interleave {

// One of Interleave's primitives, in the tree or installed.
bool is_primitive(std::string_view file);

// REQUIRES: `mangled` is the name of a function whose text is in `file`, in a module that is a library or not.
bool is_library(std::string_view file, std::string_view mangled, bool library_module);

// A shared library of the system's, ours, or the kernel's.
bool is_library_module(std::string_view path);

}  // namespace interleave
