#include "selection.hpp"
#include "verbs.hpp"
#include "writers.hpp"

namespace interleave::cli {

ExitStatus list(const Request& request) {
  Writers(request).list(every_scenario());
  return ExitStatus::expected;
}

}  // namespace interleave::cli
