// Whose code it is, by the file that it was written in, its mangled name and the module that holds it: the program's own, Interleave's
// primitives', or a library's (the standard library, system headers, test frameworks, the engine and its API headers). A header of any other
// library that was installed is the program's own code, too: it may well be what is under test.
//
// INTERLEAVE_OWN corrects this: patterns separated by colons, each for files (or shared libraries) whose path contains it; `*` stands for
// anything. What a pattern matches is the program's own, or, after a `-`, a library's. The last pattern that matches counts.
#pragma once

#include <optional>
#include <string_view>

#include "scheduler/support/paths.hpp"

namespace interleave {

// One of Interleave's primitives, in the tree or installed.
bool is_primitive(std::string_view file);

// REQUIRES: `mangled` is the name of a function whose text is in `file`, in a module that is a library or not.
bool is_library(std::string_view file, std::string_view mangled, bool library_module);

// Whether own code is a header that was installed, so that a reader wants to know its caller as well.
bool is_installed(std::string_view file, bool library_module);

// Whether INTERLEAVE_OWN, or a text like it, matches: true: own, false: a library's; nothing: it says nothing of it.
std::optional<bool> declared_own(std::string_view patterns, std::string_view path);

// A shared library of the system's, ours, or the kernel's.
bool is_library_module(std::string_view path);

}  // namespace interleave
