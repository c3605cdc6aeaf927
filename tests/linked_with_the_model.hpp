// Whether the linker has put the model under the API, for tests that are linked both ways.
#pragma once

#include <interleave/interleave.hpp>

inline bool linked_with_the_model() {
  static const bool model = [] {
    interleave::Options once;
    once.executions_max = 1;
    const auto report = interleave::explore([] { interleave::outcome(interleave::modelled() ? "model" : "real"); }, once);
    return report.outcomes.contains("model");
  }();
  return model;
}
