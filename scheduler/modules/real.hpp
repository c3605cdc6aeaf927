// The functions of the C library behind those that are interposed.
#pragma once

namespace interleave::engine {

// The definition that the program would have got without us. Stops the process if there is none.
void* next_definition(const char* name, const char* version = nullptr);

#define INTERLEAVE_REAL_VERSION(function, version)                                                     \
  ([]() -> decltype(&function) {                                                                       \
    static void* found = nullptr;                                                                      \
    if (found == nullptr) found = ::interleave::engine::next_definition(#function, version);           \
    return reinterpret_cast<decltype(&function)>(found);                                               \
  }())
#define REAL(function) INTERLEAVE_REAL_VERSION(function, nullptr)

}  // namespace interleave::engine
