// Classic mistakes in concurrent code, each with its repaired twin: `bugs/NAME` fails, `bugs/NAME_repaired` passes. Adopters
// calibrate on them. Standard C++, and POSIX where that has no word for it; nothing in a body knows of the model.
#pragma once

#include <string>

#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {

struct BugDetails {
  Options options = {};             // of both
  Effort  effort = Effort::search;  // for the mistake
  Effort  effort_repaired = Effort::search;
};

// Constructing one registers both.
class Bug {
 public:
  // `body(repaired)`; `kind`: of the failure.
  Bug(const std::string& name, const std::string& summary, const std::string& kind, const std::string& repair,
      void (*body)(bool repaired), const BugDetails& details = {})
      : broken_({.name = "bugs/" + name,
                 .summary = summary,
                 .expect = Verdict::fail,
                 .failure_kind = kind,
                 .effort = details.effort,
                 .options = details.options,
                 .hangs = true,  // or crashes: it is no program for real threads
                 .body = [=] { body(false); }}),
        repaired_({.name = "bugs/" + name + "_repaired",
                   .summary = repair,
                   .effort = details.effort_repaired,
                   .options = details.options,
                   .body = [=] { body(true); }}) {}

 private:
  Scenario broken_, repaired_;
};

}  // namespace interleave::scenarios
