// Runs jobs in processes of their own, several at a time. A job that crashes, or is killed, takes nothing with it but itself.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace interleave::cli {

// How many processors this process may use; at least 1.
std::size_t processors();

// What became of one job.
struct Ended {
  std::string bytes;       // what the job returned, if it came to its end
  std::string said;        // the end of what it wrote to stderr, which has been passed on
  int         status = 0;  // as of waitpid
};

// Calls `work` with each number of `jobs`, which are 0, 1, ... in the order in which they begin, in a forked process, at most `at_once` of them
// at a time. In this process it calls `begun` when one begins, and `done` with what came of it, in the order of the numbers. An exception of
// `done` ends all and is passed on.
//
// Returns 0, or the number of a signal by which the user asks this process to end (SIGINT, SIGTERM, SIGHUP): the processes have been ended
// then, and those jobs that were done before have been reported.
// REQUIRES: this process has one thread, and `work` throws nothing.
int in_processes(const std::vector<std::size_t>& jobs, std::size_t at_once, const std::function<std::string(std::size_t)>& work,
                 const std::function<void(std::size_t)>& begun, const std::function<void(std::size_t, Ended&&)>& done);

}  // namespace interleave::cli
