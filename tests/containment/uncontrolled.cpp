// Scenarios that the model cannot control, for the command.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

const Scenario reads_pipe{{.name = "uncontrolled/pipe", .summary = "reads a pipe in which nothing is", .body = [] {
  int ends[2];
  char byte;
  if (pipe(ends) == 0) static_cast<void>(!read(ends[0], &byte, 1));
}}};

const Scenario any_failure{{.name = "uncontrolled/any_failure", .summary = "any failure will do, but not this one",
                            .expect = Verdict::fail, .body = [] {
  int ends[2];
  char byte;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) static_cast<void>(!recv(ends[0], &byte, 1, 0));
}}};

const Scenario waits_in_library{{.name = "uncontrolled/library", .summary = "the C library reads a pipe", .body = [] {
  int ends[2];
  if (pipe(ends) != 0) return;
  std::FILE* file = fdopen(ends[0], "r");
  std::getc(file);
}}};

}  // namespace
}  // namespace interleave::scenarios
