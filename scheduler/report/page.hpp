// A report as one HTML page that needs nothing else: no network, no script and no font of others.
//
//   the verdict, and how to execute it again | the threads, a lane each, with locks, waits and wake-ups | the step that is looked at:
//   its stack, the source beside it, what every thread and object is at
//
// The page holds the report as the JSON document that the command's --json prints (id "report"), and what is drawn of it (id "picture"), so
// that tools can read it, too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <interleave/interleave.hpp>

namespace interleave {

struct PageTexts {
  std::string name = {};     // of the scenario or check
  std::string text = {};     // the report as text, which is shown where scripts are not allowed
  std::string replay = {};   // the command that executes the failing schedule again; empty: there is none
  std::string members = {};  // further members of the JSON document, as json_of takes them
};

// Of a long trace the page has the first and the last steps, and says how many it leaves out.
inline constexpr std::size_t page_steps_most = 4000;

// Reads the source files that the failure's stacks name, as far as they can be read: at most 64, and the lines around each place.
std::string page(const Report& report, const PageTexts& texts);

}  // namespace interleave
