// The table on real threads, watched by ThreadSanitizer.
//
//   races_on_real_threads                    one line per program: number, group: name, truth, what ThreadSanitizer is to say of it
//   races_on_real_threads NUMBER RUNS        runs that program so often; ThreadSanitizer decides the exit status
#include <cstdio>
#include <cstdlib>

#include "programs.hpp"

int main(int count, char** arguments) {
  int number = 0;
  for (const races::Group* group : races::Group::all())
    for (const races::Program& program : group->programs) {
      ++number;
      if (count < 3) {
        std::printf("%d\t%s\t%s: %s\n", number, program.truth == races::racy ? "racy" : "ordered", group->name, program.name);
      } else if (number == std::atoi(arguments[1])) {
        interleave::explore(program.body, {.executions_max = std::strtoull(arguments[2], nullptr, 10), .stop_at_first_failure = false});
        return 0;
      }
    }
  return count < 3 ? 0 : 2;
}
