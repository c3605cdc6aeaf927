// Past failures first: the failing schedules that earlier runs of a test have left in the corpus (report/corpus.hpp) are executed before anything
// else. One that fails again at once saves the search.
//
//     what it does now            what is said, and becomes of the entry
//     fails                       the failure of the test; the search is not begun
//     passes, in another build    "a past failure is fixed", once; it is executed first all the same from now on, in case it comes back
//     does not fit, in another build    said once; it is kept aside, and executed again only by the build that it is from
//     passes, or does not fit, in the same build    nothing: what is executed is another check of that name, or depends on the world outside
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <interleave/interleave.hpp>

#include "scheduler/report/corpus.hpp"

namespace interleave::engine {

class PastFailures {
 public:
  // Those of the check that is about to begin. `options`: environment applied, name set. Cost where there are none: some looks for folders.
  explicit PastFailures(const Options& options);

  // Executes them. A report: one has failed. REQUIRES: nothing is being explored.
  std::optional<Report> execute(const std::function<void()>& body);
  // How many were executed.
  std::uint64_t executed() const { return executed_; }
  // Keeps what the check has found, if its schedule can be executed again.
  void keep(const Report& report);

  // Whether past failures are all that this process is to execute (`interleave corpus run`).
  static bool nothing_else();

 private:
  bool is_to_be_executed(const PastFailure& failure) const;
  void passed(PastFailure& failure);
  void does_not_fit(PastFailure& failure);
  void tell_command(const PastFailure& failure, std::string_view what) const;
  void say_trouble(const std::string& trouble) const;

  const Options& options_;
  std::uint64_t number_;           // of the checks of this name: which
  std::string   conditions_;
  std::optional<Corpus> corpus_;   // nothing: there is none, or this check is to leave it alone
  std::vector<PastFailure> failures_;
  std::uint64_t executed_ = 0;
};

}  // namespace interleave::engine
