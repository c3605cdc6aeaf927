#include "transcripts.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <interleave/scenarios/transcript.hpp>

namespace interleave::cli {
namespace {

// Taken once, by whichever execution is first. It is a byte in a pipe, as all memory that an execution writes is put back after it.
class Ticket {
 public:
  Ticket() {
    if (pipe2(ends_, O_CLOEXEC | O_NONBLOCK) != 0 || write(ends_[1], "", 1) != 1)
      throw std::system_error(errno, std::generic_category(), "pipe");
  }
  ~Ticket() {
    close(ends_[0]);
    close(ends_[1]);
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  bool take() const {
    char byte;
    return read(ends_[0], &byte, 1) == 1;
  }

 private:
  int ends_[2];
};

}  // namespace

bool wants_transcript(Verb verb, const Options& options) { return verb == Verb::stress || options.clock == "virtual"; }

void print_transcript(const Run& run, const scenarios::Definition& scenario, Options options) {
  options.executions_max = 1;
  const Ticket ticket;
  scenarios::print_transcripts(true);
  const auto body = [&] {
    scenarios::mute_transcripts(!ticket.take());
    scenario.body();
  };
  run(body, options);
  scenarios::print_transcripts(false);
  std::fflush(stdout);
}

}  // namespace interleave::cli
