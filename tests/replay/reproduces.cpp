// Every failure that the `interleave` command finds is the same failure when it is replayed, in a fresh process each time, with
// address-space randomisation on.
//
//   reproduces COMMAND REPLAYS [SCENARIO...]
//
// Asks COMMAND for its scenarios (list --json); for each that is expected to fail, finds a failure by search (search NAME
// --first --json) and one by sampling (sample NAME --json). Then replays the search's by its token and the sampled one by its
// seed and resolved strategy, REPLAYS times each (INTERLEAVE_REPLAYS wins), and compares the failure (kind, message, step,
// threads, trace) as JSON text, byte for byte. Exit status 0 if all are the same and there was something to compare; else 1, and
// a sentence that says what differs. An ordinary program: nothing here is explored.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <spawn.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

extern char** environ;

namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

struct Said {
  int         status = -1;
  std::string out;
};

std::string shown(const Words& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// A fresh process; what it writes to stdout, and how it ends.
Said run(const Words& words) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1, 0);
  pid_t child = 0;
  const int error = posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  Said said;
  if (error != 0) {
    close(ends[0]);
    throw std::runtime_error(words[0] + " does not start: " + std::strerror(error));
  }
  char buffer[65536];
  for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof buffer)) > 0;) said.out.append(buffer, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  said.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return said;
}

Json document(const Words& words) {
  const Said said = run(words);
  const Json parsed = Json::parse(said.out, nullptr, false);
  if (parsed.is_discarded())
    throw std::runtime_error(shown(words) + ": exit status " + std::to_string(said.status) + ", and no JSON document: " + said.out.substr(0, 300));
  return parsed;
}

// The one result of a document.
Json result_of(const Words& words) {
  const Json all = document(words);
  if (all.at("results").size() != 1) throw std::runtime_error(shown(words) + ": not one result");
  return all.at("results").at(0);
}

// What has to be the same, as text. The token and the seed are how the failure was asked for, not what it is.
std::string text_of(const Json& failure) {
  Json same;
  for (const char* key : {"kind", "message", "step", "threads", "trace"}) same[key] = failure.at(key);
  return same.dump(1);
}

std::string first_difference(const std::string& a, const std::string& b) {
  const auto at = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  const auto from = at < 60 ? 0 : at - 60;
  return "at byte " + std::to_string(at) + ":\n--- found\n" + a.substr(from, 160) + "\n--- replayed\n" + b.substr(from, 160);
}

// Whether `replay` shows `found` each time. REQUIRES: replays > 0.
bool reproduces(const Words& replay, const Json& found, int replays) {
  const std::string expected = text_of(found);
  for (int i = 1; i <= replays; ++i) {
    const Said said = run(replay);
    const Json parsed = Json::parse(said.out, nullptr, false);
    const std::string which = "replay " + std::to_string(i) + " of " + std::to_string(replays) + ", " + shown(replay) + ": ";
    if (parsed.is_discarded() || parsed.at("results").size() != 1) {
      std::printf("DIFFERS  %sexit status %d and no result: %s\n", which.c_str(), said.status, said.out.substr(0, 300).c_str());
      return false;
    }
    const Json& failure = parsed.at("results").at(0).at("failure");
    if (failure.is_null()) {
      std::printf("DIFFERS  %sno failure, exit status %d\n", which.c_str(), said.status);
      return false;
    }
    if (said.status != 1 && said.status != 4) {
      std::printf("DIFFERS  %sexit status %d instead of 1, reproduced\n", which.c_str(), said.status);
      return false;
    }
    if (const std::string text = text_of(failure); text != expected) {
      std::printf("DIFFERS  %s%s\n", which.c_str(), first_difference(expected, text).c_str());
      return false;
    }
  }
  return true;
}

// Address-space randomisation as most systems have it: the point of a fresh process.
void randomise_addresses() {
  personality(static_cast<unsigned long>(personality(0xffffffff)) & ~static_cast<unsigned long>(ADDR_NO_RANDOMIZE));
  std::ifstream setting("/proc/sys/kernel/randomize_va_space");
  int level = 0;
  if (!(setting >> level) || level == 0)
    throw std::runtime_error("address-space randomisation is off: sysctl kernel.randomize_va_space=2");
}

// The scenarios named are taken out of `wanted`: what is left is not there, or not expected to fail.
int check(const std::string& command, int replays, Words wanted) {
  randomise_addresses();
  const bool all = wanted.empty();
  int compared = 0, differing = 0, unsampled = 0, passing = 0;
  const Json list = document({command, "list", "--json"});
  for (const Json& scenario : list.at("scenarios")) {
    const std::string name = scenario.at("name");
    if (scenario.value("expected", "") != "fail") {
      ++passing;
      continue;
    }
    if (!all && std::erase(wanted, name) == 0) continue;
    // What is meant for sampling only may be out of reach of any search.
    if (scenario.value("explore", "") == "search") {
      const Json result = result_of({command, "search", name, "--first", "--json"});
      const Json& failure = result.at("failure");
      if (failure.is_null()) {
        std::printf("DIFFERS  %s is expected to fail, and search found nothing\n", name.c_str());
        ++differing;
      } else {
        const bool same = reproduces({command, "replay", name, "--schedule", failure.at("schedule"), "--json"}, failure, replays);
        if (same) std::printf("same     %s by token, %d times: %s\n", name.c_str(), replays, failure.at("schedule").get<std::string>().c_str());
        ++compared;
        differing += !same;
      }
    }
    const Json result = result_of({command, "sample", name, "--seed", "1", "--executions", "10000", "--json"});
    const Json& failure = result.at("failure");
    if (failure.is_null()) {
      ++unsampled;
      std::printf("unseen   %s: 10,000 samples found nothing\n", name.c_str());
      continue;
    }
    const std::string seed = std::to_string(failure.at("seed").get<std::uint64_t>());
    const bool by_seed = reproduces({command, "replay", name, "--seed", seed, "--strategy", result.at("strategy"), "--json"}, failure, replays);
    const bool by_token = reproduces({command, "replay", name, "--schedule", failure.at("schedule"), "--json"}, failure, replays);
    if (by_seed && by_token) std::printf("same     %s by seed and by token, %d times each: %s\n", name.c_str(), replays, seed.c_str());
    compared += 2;
    differing += !by_seed + !by_token;
    std::fflush(stdout);
  }
  for (const std::string& name : wanted) {
    std::printf("DIFFERS  there is no scenario %s that is expected to fail\n", name.c_str());
    ++differing;
  }
  std::printf("%d failures replayed %d times each in fresh processes: %d differ; %d not seen by sampling, %d scenarios pass\n", compared,
              replays, differing, unsampled, passing);
  if (compared == 0) std::printf("nothing was compared\n");
  return compared == 0 || differing > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: reproduces COMMAND REPLAYS [SCENARIO...]\n");
    return 2;
  }
  const char* const wish = std::getenv("INTERLEAVE_REPLAYS");
  const int replays = std::atoi(wish != nullptr && *wish != '\0' ? wish : argv[2]);
  if (replays < 1) {
    std::fprintf(stderr, "reproduces: a test that replays nothing shows nothing; give a number of 1 or more\n");
    return 2;
  }
  try {
    return check(argv[1], replays, Words(argv + 3, argv + argc));
  } catch (const std::exception& e) {
    std::printf("reproduces: %s\n", e.what());
    return 1;
  }
}
