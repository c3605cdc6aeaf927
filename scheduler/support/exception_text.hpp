#pragma once

#include <cxxabi.h>

#include <cassert>
#include <cstdlib>
#include <exception>
#include <string>
#include <typeinfo>

namespace interleave {

// Type and text of the exception that is being handled. REQUIRES: there is one.
inline std::string current_exception_text() {
  assert(std::current_exception() != nullptr);
  std::string type = "an exception";
  if (const std::type_info* info = abi::__cxa_current_exception_type()) {
    int status = 0;
    char* name = abi::__cxa_demangle(info->name(), nullptr, nullptr, &status);
    type = status == 0 ? name : info->name();
    std::free(name);
  }
  try {
    throw;
  } catch (const std::exception& e) {
    return type + ": " + e.what();
  } catch (...) {
    return type;
  }
}

}  // namespace interleave
