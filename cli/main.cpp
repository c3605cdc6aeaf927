// The command `interleave`; linked with the real-thread library, interleave-tsan.
#include <csignal>
#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include <interleave/interleave.hpp>

#include "campaign.hpp"
#include "command_line.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace interleave::cli {
namespace {

ExitStatus run(const Request& request) {
  if (request.finished) return ExitStatus::expected;
  switch (request.verb) {
    case Verb::list: return list(request);
    case Verb::checkers: return checkers(request);
    case Verb::search: return search(request);
    case Verb::sample: return sample(request);
    case Verb::replay: return replay(request);
    case Verb::stress: return stress_verb(request);
    case Verb::strategies: return strategies(request);
    case Verb::corpus: return corpus(request);
  }
  return ExitStatus::fault;
}

// Whatever escapes a verb and is no UsageError is our own fault, be it thrown by a library.
ExitStatus guarded(int argc, char** argv) {
  try {
    return run(read_command_line(argc, argv));
  } catch (const UsageError& error) {
    remark(error.what());
    return ExitStatus::usage;
  } catch (const Interrupted& wish) {  // to be ended by it, as whoever waits for this process expects
    std::signal(wish.signal, SIG_DFL);
    std::raise(wish.signal);
    return ExitStatus::incomplete;
  } catch (const std::exception& error) {
    remark(fmt::format("a fault of Interleave itself, not of the scenario: {}; please report it with this command line",
                       error.what()));
    return ExitStatus::fault;
  }
}

}  // namespace
}  // namespace interleave::cli

int main(int argc, char** argv) { return static_cast<int>(interleave::cli::guarded(argc, argv)); }
