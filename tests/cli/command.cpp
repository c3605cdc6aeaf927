#include "command.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace interleave::cli {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Said run(const std::string& command) {
  const auto folder = std::filesystem::temp_directory_path() / ("interleave_cli_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const auto out = folder / "out", err = folder / "err";
  const int result = std::system((command + " >" + out.string() + " 2>" + err.string() + " </dev/null").c_str());
  const int status = WIFEXITED(result) ? WEXITSTATUS(result) : 128 + WTERMSIG(result);
  // The crash reporter is another process, which writes when this one has ended.
  for (int i = 0; status == 128 + SIGKILL && i < 200 && read(err).find("il1:") == std::string::npos; ++i) usleep(50'000);
  Said said{status, read(out), read(err)};
  std::filesystem::remove_all(folder);
  return said;
}

}  // namespace

std::string Said::token() const {
  const auto begin = out.find("il1:");
  return begin == out.npos ? "" : out.substr(begin, out.find_first_of(" \n\"", begin) - begin);
}

Said command(const std::string& arguments, const std::string& environment) {
  return run("env -u GITHUB_ACTIONS -u GITHUB_WORKSPACE " + environment + " " INTERLEAVE_COMMAND " " + arguments);
}

Said command_tsan(const std::string& arguments) {
  return run("env TSAN_OPTIONS=report_bugs=0 " INTERLEAVE_TSAN_COMMAND " " + arguments);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string way_back(const std::string& out, const std::string& with) {
  const std::string begin = "interleave replay ";
  for (auto at = out.find(begin); at != out.npos; at = out.find(begin, at + 1)) {
    const auto line = out.substr(at + 11, out.find('\n', at) - at - 11);
    if (has(line, with)) return line;
  }
  return "";
}

}  // namespace interleave::cli
