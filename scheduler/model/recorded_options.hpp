// What a schedule records of the options (api/model_options.hpp): those that decide which candidates there are. Nothing else fits its choices.
#pragma once

#include <interleave/interleave.hpp>

#include "scheduler/model/schedule.hpp"

namespace interleave {

inline void record_options(const Options& options, Schedule& schedule) {
  schedule.spurious_wakeups = options.spurious_wakeups;
  schedule.interrupts = options.interrupts;
  schedule.virtual_clock = options.clock == "virtual";
  schedule.races = options.races;
  schedule.reuses_blocks = options.heap == "reuse";
}

inline void apply_recorded(const Schedule& schedule, Options& options) {
  options.spurious_wakeups = schedule.spurious_wakeups;
  options.interrupts = schedule.interrupts;
  options.clock = schedule.virtual_clock ? "virtual" : "any";
  options.races = schedule.races;
  options.heap = schedule.reuses_blocks ? "reuse" : "fresh";
}

}  // namespace interleave
