#include "scheduler/containment/foreign_threads.hpp"

#include <dirent.h>

#include <fmt/format.h>

#include "scheduler/api/failure_kinds.hpp"
#include "scheduler/fibers/tls_block.hpp"

namespace interleave::engine {
namespace {

std::size_t threads_of_process() {
  DIR* tasks = opendir("/proc/self/task");
  if (tasks == nullptr) return 1;
  std::size_t count = 0;
  while (const dirent* entry = readdir(tasks)) count += entry->d_name[0] != '.';
  closedir(tasks);
  return count;
}

}  // namespace

std::string remark_on_other_threads(std::string_view kind) {
  const FailureKind its = kind_of(kind);
  if (!is_hang(its) && its != FailureKind::crash && its != FailureKind::nondeterminism) return "";
  const std::size_t all = threads_of_process(), own = 1 + tls_blocks::count();
  if (all <= own) return "";
  const std::size_t others = all - own;
  return fmt::format("\nbesides, the process has {} from before the exploration, of which the model knows nothing: if the body needs "
                     "{}, start {} in the body", others == 1 ? "a thread" : fmt::format("{} threads", others), others == 1 ? "it" : "them",
                     others == 1 ? "it" : "them");
}

}  // namespace interleave::engine
