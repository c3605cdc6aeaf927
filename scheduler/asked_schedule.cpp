#include <interleave/scheduler/asked_schedule.hpp>

#include <cstddef>
#include <cstdio>
#include <string>

#include <fmt/format.h>

namespace interleave::engine {
namespace {

struct Asked {
  std::size_t explorations = 0;
  bool found = false;
  std::string first;  // the name of the first exploration

  ~Asked() {
    if (explorations == 0 || found) return;
    fmt::print(stderr, "interleave: nothing was replayed: INTERLEAVE_SCHEDULE was recorded for none of the explorations that ran ({}, of which the "
               "first is {}). A name without one of its own is file:line of the call, which changes with the file; Options::name keeps it\n",
               explorations, first);
  }
};

Asked& asked() {
  static Asked only;
  return only;
}

}  // namespace

void schedule_was_asked_for(std::string_view name, bool its) {
  Asked& all = asked();
  if (all.explorations++ == 0) all.first = name;
  all.found = all.found || its;
}

}  // namespace interleave::engine
