// Whatever the shape of a local that two threads access, and however the program is optimised: where the two race, that is found in the
// first execution; where they do not, the search passes.
#include <array>
#include <iterator>
#include <string>

#include <interleave/catch2.hpp>
#include <interleave/interleave.hpp>

#include "shapes.hpp"

using namespace interleave;

namespace {

const Shape c_at_O0[] = {{"a member, in C", c_member_at_O0}, {"an element, in C", c_element_at_O0}, {"a nested member, in C", c_nested_at_O0}};
const Shape c_at_O1[] = {{"a member, in C", c_member_at_O1}, {"an element, in C", c_element_at_O1}, {"a nested member, in C", c_nested_at_O1}};
const Shape c_at_O2[] = {{"a member, in C", c_member_at_O2}, {"an element, in C", c_element_at_O2}, {"a nested member, in C", c_nested_at_O2}};
const Shape c_at_O3[] = {{"a member, in C", c_member_at_O3}, {"an element, in C", c_element_at_O3}, {"a nested member, in C", c_nested_at_O3}};

struct Level {
  const char* name;
  const Shapes &own, &of_library;  // in C++
  Shapes of_c;
};
const Level levels[] = {
    {"-O0", at_O0::shapes, at_O0::shapes_of_library, {std::begin(c_at_O0), std::end(c_at_O0)}},
    {"-O1", at_O1::shapes, at_O1::shapes_of_library, {std::begin(c_at_O1), std::end(c_at_O1)}},
    {"-O2", at_O2::shapes, at_O2::shapes_of_library, {std::begin(c_at_O2), std::end(c_at_O2)}},
    {"-O3", at_O3::shapes, at_O3::shapes_of_library, {std::begin(c_at_O3), std::end(c_at_O3)}},
};

Report explored(const Shape& shape, bool ordered, bool in_a_thread) {
  return explore([&shape, ordered, in_a_thread] {
    if (in_a_thread) {
      std::thread([&] { shape.body(ordered); }).join();
    } else {
      shape.body(ordered);
    }
  }, {.name = "shape", .strategy = "dpor"});
}

// As text, so that all that differ are shown at once.
std::string judged(const Report& report) {
  if (!report.failure) return report.complete ? "pass" : "incomplete";
  return report.failure->kind + " in execution " + std::to_string(report.executions);
}

template <class F>
std::string all_shapes(F wrong) {
  std::string found;
  for (const Level& level : levels)
    for (const Shapes& shapes : {level.own, level.of_library, level.of_c})
      for (const Shape& shape : shapes)
        for (const bool in_a_thread : {false, true}) {
          const std::string verdict = wrong(shape, level, in_a_thread);
          if (!verdict.empty()) found += std::string(level.name) + (in_a_thread ? " in a thread: " : ": ") + shape.name + ": " + verdict + "\n";
        }
  return found;
}

}  // namespace

TEST_CASE("a race on a local is found, whatever its shape and however the program is optimised") {
  CHECK(all_shapes([](const Shape& shape, const Level& level, bool in_a_thread) -> std::string {
    const bool nothing_left = shape.folded && level.name != std::string("-O0");
    const std::string verdict = judged(explored(shape, false, in_a_thread));
    return verdict == (nothing_left ? "pass" : "data-race in execution 1") ? "" : verdict;
  }) == "");
}

TEST_CASE("locals of any shape that one thread hands to another pass") {
  CHECK(all_shapes([](const Shape& shape, const Level&, bool in_a_thread) -> std::string {
    const std::string verdict = judged(explored(shape, true, in_a_thread));
    return verdict == "pass" ? "" : verdict;
  }) == "");
}
