// Shapes of locals that two threads access: every function has one, captured by reference in the way that programs do it. `ordered`: one
// thread has ended before the other begins; or else the two race.
#pragma once

#include <thread>

struct Shape {
  const char* name;
  void (*body)(bool ordered);
  bool folded = false;  // with optimisation, no access is left in the code: nothing races
};

struct Shapes {
  const Shape *first, *last;
  const Shape* begin() const { return first; }
  const Shape* end() const { return last; }
};

// Compiled at each level of optimisation, from shapes.cpp and shapes_of_library.cpp.
namespace at_O0 { extern const Shapes shapes, shapes_of_library; }
namespace at_O1 { extern const Shapes shapes, shapes_of_library; }
namespace at_O2 { extern const Shapes shapes, shapes_of_library; }
namespace at_O3 { extern const Shapes shapes, shapes_of_library; }

// And from shapes.c.
extern "C" {
void c_member_at_O0(bool ordered), c_member_at_O1(bool ordered), c_member_at_O2(bool ordered), c_member_at_O3(bool ordered);
void c_element_at_O0(bool ordered), c_element_at_O1(bool ordered), c_element_at_O2(bool ordered), c_element_at_O3(bool ordered);
void c_nested_at_O0(bool ordered), c_nested_at_O1(bool ordered), c_nested_at_O2(bool ordered), c_nested_at_O3(bool ordered);
}
