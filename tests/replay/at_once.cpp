// Every failing scenario, replayed a great many times: each fresh process, with address-space randomisation on, replays all the
// failures that were found, so that what a process costs is paid once for all of them. (reproduces.cpp starts a process for each
// replay, through the command, and does so less often.)
//
//   at_once REPLAYS [GROUP...]     by default all groups but `bad`, which is there to be noticed; INTERLEAVE_REPLAYS wins
//   at_once --replay FILE AT       what a fresh process does: the failures that FILE lists, from the AT-th on and round again
//
// A failure found by search is replayed by its token; one found by sampling, by its seed and resolved strategy, and by its token.
// What is compared, as text: kind, message, step, every thread's state, every line of the trace, and the objects. Exit status 0 if all are the
// same and there was something to compare, else 1.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/services.hpp>
#include <interleave/scenarios/scenario.hpp>

#include "scheduler/report/codec.hpp"

extern char** environ;

namespace {

using namespace interleave;
using scenarios::Definition;

// Tells each process from another.
const std::string process = std::to_string(getpid());

const scenarios::Scenario names_process{{
    .name = "bad/process",
    .summary = "A failure whose message is the number of the process",
    .expect = Verdict::fail,
    .failure_kind = "require",
    .body = [] { require(false, process); },
}};

// One failure, and how to meet it again.
struct Job {
  std::string name, token;        // a token,
  std::uint64_t seed = 0;         // or a seed and a strategy
  std::string strategy;
};

std::string line_of(const Job& job) {
  return job.name + '\t' + (job.token.empty() ? "-" : job.token) + '\t' + std::to_string(job.seed) + '\t' + job.strategy + '\n';
}

std::vector<Job> jobs_in(const char* file) {
  std::vector<Job> jobs;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Job job;
    std::string seed;
    std::getline(words, job.name, '\t');
    std::getline(words, job.token, '\t');
    std::getline(words, seed, '\t');
    std::getline(words, job.strategy);
    if (job.token == "-") job.token.clear();
    job.seed = std::strtoull(seed.c_str(), nullptr, 10);
    jobs.push_back(std::move(job));
  }
  return jobs;
}

// A member of a failure, and all that is in it.
template <class T>
void append(std::string& text, const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    text += '|' + value;
  } else if constexpr (std::is_enum_v<T>) {
    text += '|' + std::to_string(static_cast<int>(value));
  } else if constexpr (std::is_arithmetic_v<T>) {
    text += '|' + std::to_string(value);
  } else if constexpr (codec::Pair<const T>) {
    append(text, value.first);
    append(text, value.second);
  } else if constexpr (codec::List<const T>) {
    for (const auto& each : value) append(text, each);
  } else {
    fields(value, [&](std::string_view, const auto& member) { append(text, member); });
  }
}

// One line, whatever is in it: the end of the text is the end of the line. Without the names that a failure has for itself: a token does not
// repeat the seed by which a sampler found it, and its schedule is not shrunk again.
std::string text_of(const Failure& failure) {
  std::string text;
  fields(failure, [&](std::string_view name, const auto& member) {
    if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(member)>, std::optional<Shrunk>>)
      if (name != "schedule" && name != "seed" && name != "strategy") append(text, member);
  });
  std::replace(text.begin(), text.end(), '\n', '~');
  return text;
}

std::string replayed(const Job& job) {
  const Definition& scenario = scenarios::find(job.name)->definition();
  Options options = scenario.options;
  options.name = job.name;
  options.executions_max = 1;
  options.schedule = job.token;
  if (job.token.empty()) {
    options.seed = job.seed;
    options.strategy = job.strategy;
  }
  const Report report = detail::explore_unsaid(scenario.body, options);
  return report.failure ? text_of(*report.failure) : "no failure";
}

// The scenarios' own output goes nowhere; ours to where stdout was.
int replay_all(const char* file, std::size_t at) {
  const int out = dup(STDOUT_FILENO);
  const int nowhere = open("/dev/null", O_WRONLY);
  if (out < 0 || nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0) return 1;
  const std::vector<Job> jobs = jobs_in(file);
  std::vector<std::string> texts(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const std::size_t job = (at + i) % jobs.size();
    texts[job] = replayed(jobs[job]);
  }
  std::string all;
  for (const std::string& text : texts) all += text + '\n';
  for (std::size_t written = 0; written < all.size();) {
    const ssize_t n = write(out, all.data() + written, all.size() - written);
    if (n <= 0) return 1;
    written += static_cast<std::size_t>(n);
  }
  return 0;
}

// What a fresh process writes to stdout; empty if it does not end as it should.
std::string said_by(const char* program, const std::string& file, std::size_t at) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  std::string number = std::to_string(at), path = file, self = program, word = "--replay";
  char* arguments[] = {self.data(), word.data(), path.data(), number.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int error = posix_spawn(&child, program, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string said;
  char buffer[65536];
  for (ssize_t n = 0; error == 0 && (n = read(ends[0], buffer, sizeof buffer)) > 0;) said.append(buffer, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  if (error != 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return {};
  return said;
}

// As most systems have it: the point of a fresh process. False where it is off.
bool randomise_addresses() {
  personality(static_cast<unsigned long>(personality(0xffffffff)) & ~static_cast<unsigned long>(ADDR_NO_RANDOMIZE));
  std::ifstream setting("/proc/sys/kernel/randomize_va_space");
  int level = 0;
  return setting >> level && level != 0;
}

// The failures of a scenario that is expected to fail, and what each looked like when it was found.
void find_failures(const Definition& scenario, std::vector<Job>& jobs, std::vector<std::string>& found) {
  Options options = scenario.options;
  options.name = scenario.name;
  options.seed = 1;
  if (scenario.effort != scenarios::Effort::sample) {
    if (options.strategy.empty()) options.strategy = "dpor";
    if (const Report searched = detail::explore_unsaid(scenario.body, options); searched.failure) {
      jobs.push_back({.name = scenario.name, .token = searched.failure->schedule, .seed = 0, .strategy = {}});
      found.push_back(text_of(*searched.failure));
    }
  }
  options.strategy = "auto";
  options.executions_max = 10'000;
  if (const Report sampled = detail::explore_unsaid(scenario.body, options); sampled.failure) {
    const Failure& failure = *sampled.failure;
    jobs.push_back({.name = scenario.name, .token = {}, .seed = failure.seed, .strategy = failure.strategy});
    jobs.push_back({.name = scenario.name, .token = failure.schedule, .seed = 0, .strategy = {}});
    found.insert(found.end(), 2, text_of(failure));
  }
}

int compare(const char* program, int replays, const std::vector<std::string>& groups) {
  if (!randomise_addresses()) {
    std::printf("address-space randomisation is off: sysctl kernel.randomize_va_space=2\n");
    return 1;
  }
  std::vector<Job> jobs;
  std::vector<std::string> found;
  int scenarios_failing = 0, scenarios_unseen = 0;
  for (const auto* scenario : scenarios::all()) {
    const Definition& definition = scenario->definition();
    const std::string group = definition.name.substr(0, definition.name.find('/'));
    if (definition.expect != Verdict::fail) continue;
    if (groups.empty() ? group == "bad" : std::find(groups.begin(), groups.end(), group) == groups.end()) continue;
    const std::size_t before = jobs.size();
    find_failures(definition, jobs, found);
    ++scenarios_failing;
    if (jobs.size() == before) {
      ++scenarios_unseen;
      std::printf("unseen   %s\n", definition.name.c_str());
    }
  }
  std::string file = std::filesystem::temp_directory_path() / "interleave_replays_XXXXXX";
  const int descriptor = mkstemp(file.data());
  if (descriptor < 0) {
    std::printf("%s: no file can be made there\n", file.c_str());
    return 1;
  }
  close(descriptor);
  {
    std::ofstream list(file);
    for (const Job& job : jobs) list << line_of(job);
  }
  std::string expected;
  for (const std::string& text : found) expected += text + '\n';
  int differing = 0;
  for (int i = 0; i < replays && differing < 5; ++i) {
    const std::string said = said_by(program, file, static_cast<std::size_t>(i));
    if (said == expected) continue;
    ++differing;
    std::istringstream a(expected), b(said);
    std::string x, y;
    for (const Job& job : jobs) {
      y.clear();
      std::getline(a, x);
      std::getline(b, y);
      if (x != y) std::printf("DIFFERS  process %d, %s\n--- found\n%s\n--- replayed\n%s\n", i + 1, line_of(job).c_str(), x.c_str(), y.c_str());
    }
  }
  unlink(file.c_str());
  std::printf("%zu failures of %d scenarios replayed in each of %d fresh processes: %d processes differ, %d scenarios not seen to fail\n",
              jobs.size(), scenarios_failing, replays, differing, scenarios_unseen);
  return jobs.empty() || differing > 0 || scenarios_unseen > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "--replay") == 0) return replay_all(argv[2], std::strtoull(argv[3], nullptr, 10));
  const char* const wish = std::getenv("INTERLEAVE_REPLAYS");
  const int replays = std::atoi(wish != nullptr && *wish != '\0' ? wish : argc > 1 ? argv[1] : "");
  if (replays < 1) {
    std::fprintf(stderr, "usage: at_once REPLAYS [GROUP...], one or more replays\n");
    return 2;
  }
  return compare("/proc/self/exe", replays, std::vector<std::string>(argv + std::min(argc, 2), argv + argc));
}
