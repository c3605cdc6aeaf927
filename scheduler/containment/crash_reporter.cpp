#include "scheduler/containment/crash_reporter.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include <fmt/format.h>

#include "scheduler/model/choices.hpp"
#include "scheduler/model/schedule.hpp"
#include "scheduler/support/interception_mode.hpp"

namespace interleave::engine::crash_reporter {
namespace {

// What the reporter reads. Written by the process that explores, which may end between any two writes.
struct Record {
  bool          exploring = false;
  bool          beside = false;  // the execution under way is one beside the search (Beside)
  ModelValues   options;         // as the schedule has them
  std::uint64_t execution = 0;   // that is under way
  char          name[1024] = "";
  char          kind[64] = "";   // of a failure found
  char          token[std::size_t{1} << 20] = "";
};

Record*     record = nullptr;    // null: nobody watches
ChoiceList* shared = nullptr;    // null: as record
ChoiceList* shared_beside = nullptr;  // likewise
pid_t       owner = 0;           // whose record it is

void* map(std::size_t size) {
  void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  return p;
}

template <std::size_t n>
void put(char (&to)[n], std::string_view text) {
  const std::size_t size = text.size() < n ? text.size() : 0;  // a piece of a token is none
  std::memcpy(to, text.data(), size);
  to[size] = '\0';
}

void say(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
}

std::string token_of_choices() {
  Schedule schedule{.name = record->name, .build = build_id(), .options = record->options, .choices = {}, .checks = {}};
  std::vector<std::uint32_t> fingerprints;
  const ChoiceList& list = record->beside ? *shared_beside : *shared;
  for (std::size_t i = 0; i < std::min({list.size, list.kept, ChoiceList::capacity}); ++i) {
    schedule.choices.push_back(list.entries[i] & 0xffffff);
    fingerprints.push_back(list.entries[i] >> 24);
  }
  schedule.checks = schedule_checks(fingerprints);
  return encode(schedule);
}

void testify() {
  std::string text = fmt::format("\ninterleave: the process ended {} {}, and left no report: it was killed, or crashed beyond repair\n",
                                 record->execution != 0 ? fmt::format("inside {}execution {} of", record->beside ? "drawn " : "", record->execution)
                                                        : "between two executions of", record->name);
  if (record->execution != 0) text += fmt::format("  schedule it was in   {}\n", token_of_choices());
  if (*record->token != '\0') text += fmt::format("  {} found before  {}\n", record->kind, record->token);
  text += "  replay with INTERLEAVE_SCHEDULE=TOKEN, or interleave replay NAME --schedule TOKEN\n";
  say(text);
}

// Keeps nothing open but stderr: whoever waits for the end of our output does not wait for the reporter.
[[noreturn]] void watch(int pipe) {
  fcntl(pipe, F_SETFD, 0);
  const int kept = dup2(pipe, STDIN_FILENO);
  close(STDOUT_FILENO);
  close_range(STDERR_FILENO + 1, ~0u, 0);
  char byte;
  while (::read(kept, &byte, 1) < 0 && errno == EINTR) {
  }
  if (record->exploring) testify();
  ::_exit(0);
}

}  // namespace

void open() {
  if (owner == getpid()) return;
  owner = getpid();
  record = nullptr;
  shared = shared_beside = nullptr;
  ChoiceList::offer({});
  const char* debugged = std::getenv("INTERLEAVE_BREAK");
  int ends[2];
  if ((debugged != nullptr && *debugged != '\0') || pipe2(ends, O_CLOEXEC) != 0) return;
  record = new (map(sizeof(Record))) Record;
  shared = ChoiceList::map();
  shared_beside = ChoiceList::map();
  ChoiceList::offer({.list = shared});
  // Forked twice, so that the program, when it waits for its children, finds only its own.
  const pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    if (fork() == 0) watch(ends[0]);
    ::_exit(0);
  }
  close(ends[0]);
  if (child > 0) {
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

void begin(const Schedule& schedule) {
  open();
  if (record == nullptr) return;
  record->options = schedule.options;
  put(record->name, schedule.name);
  record->token[0] = '\0';
  record->execution = 0;
  record->beside = false;
  record->exploring = true;
}

void executing(std::uint64_t number) {
  if (record != nullptr) record->execution = number;
}

void found(std::string_view kind, std::string_view token) {
  if (record == nullptr) return;
  record->token[0] = '\0';
  put(record->kind, kind);
  put(record->token, token);
}

void end() {
  if (record != nullptr) record->exploring = false;
}

void dismiss() {
  owner = getpid();
  record = nullptr;
  shared = shared_beside = nullptr;
}

Beside::Beside() : before_(ChoiceList::offer({.list = shared_beside})) {
  if (record != nullptr) record->beside = true;
}

Beside::~Beside() {
  if (record != nullptr) record->beside = false;
  ChoiceList::offer(before_);
}

}  // namespace interleave::engine::crash_reporter

namespace interleave::engine {

void stop_harness(const char* sentence) {
  const std::string_view parts[] = {"interleave: cannot go on: ", sentence, "\n"};
  for (const std::string_view part : parts) crash_reporter::say(part);
  ::_exit(70);
}

}  // namespace interleave::engine
