// corpus: the failing schedules that a project's tests have left (scheduler/report/corpus.hpp): names them, has the tests execute them, removes them.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scheduler/report/corpus.hpp"
#include "scheduler/report/report_files.hpp"

#include "document.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace interleave::cli {
namespace {

using State = PastFailure::State;

Corpus corpus_here() {
  std::optional<Corpus> corpus = Corpus::of_process();
  if (!corpus) throw UsageError("there is no corpus here: no folder .interleave is here or further up; give --corpus DIR, or go to the project's folder");
  if (char* path = ::realpath(corpus->folder().c_str(), nullptr); path != nullptr) {  // programs that it starts are elsewhere
    corpus.emplace(path);
    std::free(path);
  }
  return *corpus;
}

std::string quoted(const std::string& word) {
  if (!word.empty() && word.find_first_of(" \t\n'\"\\$&|;<>()*?[]#~`!{}") == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string command_of(const PastFailure& failure) {
  std::string text = quoted(failure.program);
  for (const std::string& argument : failure.arguments) text += " " + quoted(argument);
  return text;
}

std::string first_line(std::string text) {
  text.resize(std::min(text.find('\n'), text.size()));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

// The entries of the tests that are named, or all of them.
std::vector<PastFailure> chosen(const Corpus& corpus, const std::vector<std::string>& tests) {
  std::string trouble;
  std::vector<PastFailure> all = corpus.all(trouble);
  if (!trouble.empty()) remark(trouble);
  for (const std::string& test : tests)
    if (std::none_of(all.begin(), all.end(), [&](const PastFailure& each) { return each.test == test; }))
      throw UsageError(fmt::format("the corpus has no entry of '{}'; interleave corpus list names the tests that it has", test));
  if (!tests.empty()) std::erase_if(all, [&](const PastFailure& each) { return std::find(tests.begin(), tests.end(), each.test) == tests.end(); });
  return all;
}

std::string count(const Corpus& corpus, const std::vector<PastFailure>& entries) {
  std::string text;
  for (const State state : {State::failing, State::fixed, State::aside})
    if (const auto n = std::count_if(entries.begin(), entries.end(), [&](const PastFailure& each) { return each.state == state; }); n > 0)
      text += fmt::format("{}{} {}", text.empty() ? ": " : ", ", n, word_of(state));
  return fmt::format("{} entr{} in {}{}\n", entries.size(), entries.size() == 1 ? "y" : "ies", corpus.folder(), text);
}

std::string document(const std::vector<PastFailure>& entries) {
  nlohmann::ordered_json all = {{"schema", 1}, {"version", INTERLEAVE_VERSION}, {"corpus", nlohmann::ordered_json::array()}};
  for (const PastFailure& each : entries)
    all["corpus"].push_back({{"test", each.test}, {"state", word_of(each.state)}, {"kind", each.kind}, {"message", each.message}, {"conditions", each.conditions},
                             {"build", fmt::format("{:08x}", each.build)}, {"program", each.program}, {"arguments", each.arguments}, {"folder", each.folder},
                             {"schedule", each.token}});
  return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

ExitStatus list_entries(const Request& request, const Corpus& corpus, const std::vector<std::string>& tests) {
  const std::vector<PastFailure> entries = chosen(corpus, tests);
  bool stdout_is_taken = false;
  for (const Wanted& wanted : request.outputs) {
    Document(wanted.file).finish(document(entries));
    if (wanted.file.empty()) stdout_is_taken = true;
  }
  if (stdout_is_taken) return ExitStatus::expected;
  for (const PastFailure& each : entries) {
    print(fmt::format("{:<7}  {}  {}: {}{}\n", word_of(each.state), first_line(each.test), each.kind, first_line(each.message),
                      each.conditions.empty() ? "" : fmt::format("  ({})", first_line(each.conditions))));
    print(fmt::format("         INTERLEAVE_SCHEDULE={} {}\n", each.token, first_line(command_of(each))));
  }
  print(count(corpus, entries));
  return ExitStatus::expected;
}

ExitStatus drop_entries(const Request& request, const Corpus& corpus, const std::vector<std::string>& tests) {
  if (tests.empty() && !request.all) throw UsageError("drop what? Name tests (interleave corpus list shows them), or give --all");
  if (!tests.empty() && request.all) throw UsageError(fmt::format("--all and '{}' at once; leave out one of them", tests.front()));
  std::size_t dropped = 0;
  for (const PastFailure& each : chosen(corpus, tests)) {
    const std::string trouble = corpus.drop(each);
    if (!trouble.empty()) throw UsageError(trouble);
    ++dropped;
  }
  print(fmt::format("{} entr{} dropped\n", dropped, dropped == 1 ? "y" : "ies"));
  return ExitStatus::expected;
}

// What programs that were started have told, by the file's name of a test and the stem of an entry.
using Told = std::map<std::pair<std::string, std::string>, std::string>;

void read_told(const std::string& file, Told& told) {
  std::FILE* lines = std::fopen(file.c_str(), "r");
  if (lines == nullptr) return;
  char what[16], stem[64], test[256];
  while (std::fscanf(lines, "%15s %63s %255s", what, stem, test) == 3) told[{test, stem}] = what;
  std::fclose(lines);
}

// Has the program execute the past failures of its checks and nothing else. A sentence if it cannot be started.
std::string run_program(const PastFailure& entry, const Corpus& corpus, Told& told) {
  if (::access(entry.program.c_str(), X_OK) != 0) return "its program is gone: build it first";
  std::string file = fmt::format("{}/interleave-corpus-XXXXXX", std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp");
  const int made = ::mkstemp(file.data());
  if (made < 0) return fmt::format("cannot write {}: {}; set TMPDIR to a folder that may be written", file, std::strerror(errno));
  ::close(made);
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("INTERLEAVE_CORPUS", corpus.folder().c_str(), 1);
    ::setenv("INTERLEAVE_CORPUS_RUN", file.c_str(), 1);
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, each);
    std::vector<char*> words{const_cast<char*>(entry.program.c_str())};
    for (const std::string& argument : entry.arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    if (entry.folder.empty() || ::chdir(entry.folder.c_str()) == 0) ::execv(entry.program.c_str(), words.data());
    ::_exit(127);
  }
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  read_told(file, told);
  ::unlink(file.c_str());
  if (child < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127)) return "its program could not be started";
  if (WIFSIGNALED(status)) return fmt::format("its program was ended by SIG{}", sigabbrev_np(WTERMSIG(status)));
  return "its program has no such check any more, or runs it with other options";
}

ExitStatus run_entries(const Corpus& corpus, const std::vector<std::string>& tests) {
  std::vector<PastFailure> entries = chosen(corpus, tests);
  Told told;
  std::map<std::string, std::string> otherwise;  // by command and folder: why an entry was not executed
  for (const PastFailure& each : entries) {
    const std::string command = each.folder + "\n" + command_of(each);
    if (!otherwise.contains(command)) otherwise[command] = run_program(each, corpus, told);
  }
  ExitStatus status = ExitStatus::expected;
  for (const PastFailure& each : entries) {
    const auto at = told.find({file_name_of(each.test), each.stem});
    std::string_view what = at == told.end() ? "not executed" : at->second == "failing" ? "still fails" : at->second == "fixed" ? "passes" : "does not fit";
    if (at != told.end() && at->second == "failing") status = worse(status, ExitStatus::differs);
    if (at == told.end() && each.state != State::aside) status = worse(status, ExitStatus::incomplete);
    const std::string why = at != told.end() ? "" : each.state == State::aside ? "  (kept aside: it does not fit later builds)"
                                                  : fmt::format("  ({})", otherwise[each.folder + "\n" + command_of(each)]);
    print(fmt::format("{:<12}  {}  {}: {}{}\n", what, first_line(each.test), each.kind, first_line(each.message), why));
  }
  print(count(corpus, chosen(corpus, {})));
  return status;
}

}  // namespace

ExitStatus corpus(const Request& request) {
  const std::string& action = request.scenarios.front();
  const std::vector<std::string> tests(request.scenarios.begin() + 1, request.scenarios.end());
  if (action != "list" && action != "run" && action != "drop")
    throw UsageError(fmt::format("interleave corpus {}: what is that? Give list, run or drop, and the names of tests", action));
  if (request.all && action != "drop") throw UsageError(fmt::format("corpus {} takes all entries unless tests are named; leave out --all", action));
  if (request.settings.corpus) ::setenv("INTERLEAVE_CORPUS", request.settings.corpus->c_str(), 1);  // where it is looked for
  const Corpus corpus = corpus_here();
  if (action == "list") return list_entries(request, corpus, tests);
  if (action == "drop") return drop_entries(request, corpus, tests);
  return run_entries(corpus, tests);
}

}  // namespace interleave::cli
