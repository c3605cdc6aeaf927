// What both tables of shapes are made of (shapes.cpp, shapes_of_library.cpp), for this level of optimisation.
//
// LEVEL: the namespace of the level. What is read is kept by use(), so that no read is folded away where that is not meant.
#pragma once

#include <thread>
#include <utility>

#include "shapes.hpp"

namespace LEVEL {
namespace {

template <class T>
void use(const T& value) {
  asm volatile("" : : "r"(value));
}

// A thread that runs `body`; it is joined at once, or at the end of the scope.
class Beside {
 public:
  template <class F>
  Beside(bool at_once, F&& body) : thread_(std::forward<F>(body)) {
    if (at_once) thread_.join();
  }
  ~Beside() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

struct Pair {
  int first, second;
};

}  // namespace
}  // namespace LEVEL
