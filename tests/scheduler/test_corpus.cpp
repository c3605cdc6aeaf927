// The files of the corpus (report/corpus.hpp).
#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "scheduler/model/schedule.hpp"
#include "scheduler/report/corpus.hpp"

using namespace interleave;
namespace fs = std::filesystem;

namespace {

using State = PastFailure::State;

// A folder of its own, gone afterwards.
struct Folder {
  Folder() {
    char name[] = "/tmp/interleave-corpus-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() {
    fs::permissions(path, fs::perms::owner_all);
    fs::remove_all(path);
  }
  fs::path path;
};

PastFailure failure_of(const std::string& test, std::uint32_t choice, std::uint32_t build = 7) {
  Schedule schedule;
  schedule.name = test;
  schedule.build = build;
  schedule.choices = {choice, 1, 0};
  return {.test = test, .kind = "require", .message = "a.cpp:3: \"n\" < 2\nsecond line \\ <b>", .conditions = "clock=virtual", .build = build, .program = "/bin/a test",
          .arguments = {"[tag]", "two words", ""}, .folder = "/", .token = encode(schedule)};
}

std::vector<std::string> files(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& each : fs::recursive_directory_iterator(folder))
    if (each.is_regular_file()) names.push_back(each.path().filename());
  return names;
}

void write(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }

std::string text_in(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

fs::path only_entry(const fs::path& folder) {
  for (const auto& each : fs::recursive_directory_iterator(folder))
    if (each.path().extension() == ".failing") return each.path();
  return {};
}

// Variables of the corpus, as they were afterwards.
struct Variables {
  Variables() { for (const char* name : names) unsetenv(name); }
  ~Variables() { for (const char* name : names) unsetenv(name); }
  static constexpr const char* names[] = {"INTERLEAVE_CORPUS", "INTERLEAVE_PROJECT"};
};

}  // namespace

TEST_CASE("an entry is read as it was written, whatever is in it") {
  const Folder folder;
  const Corpus corpus(folder.path / ".interleave");
  std::string trouble;
  CHECK(corpus.of_test("a/b:1", trouble).empty());
  for (const std::string& test : {std::string("a/b:1"), std::string("../../etc"), std::string("quotes \" and <html>\nlines")}) {
    PastFailure made = failure_of(test, 2);
    CHECK(corpus.keep(made).empty());
    const auto read = corpus.of_test(test, trouble);
    REQUIRE(read.size() == 1u);
    const PastFailure& one = read.front();
    CHECK(one.state == State::failing);
    CHECK(one.test == made.test);
    CHECK(one.number == 1u);
    CHECK(one.kind == made.kind);
    CHECK(one.message == made.message);
    CHECK(one.conditions == made.conditions);
    CHECK(one.build == 7u);
    CHECK(one.program == made.program);
    CHECK(one.arguments == made.arguments);
    CHECK(one.folder == made.folder);
    CHECK(one.token == made.token);
    CHECK(one.stem == made.stem);
  }
  CHECK(corpus.all(trouble).size() == 3u);
  CHECK(trouble.empty());
  CHECK(text_in(folder.path / ".interleave" / ".gitignore") == "*\n");
  CHECK(fs::exists(folder.path / ".interleave" / "corpus" / "a+b@1"));
}

TEST_CASE("the same schedule from another build takes the entry's place; another schedule, or another check of the name, has its own") {
  const Folder folder;
  const Corpus corpus(folder.path / ".interleave");
  std::string trouble;
  PastFailure first = failure_of("test", 2, 7), later = failure_of("test", 2, 8), other = failure_of("test", 1, 8), second = failure_of("test", 2, 8);
  second.number = 2;
  corpus.keep(first);
  CHECK(corpus.move(first, State::fixed, trouble));
  CHECK(corpus.of_test("test", trouble).front().state == State::fixed);
  corpus.keep(later);
  REQUIRE(corpus.of_test("test", trouble).size() == 1u);
  CHECK(corpus.of_test("test", trouble).front().state == State::failing);
  CHECK(corpus.of_test("test", trouble).front().build == 8u);
  corpus.keep(other);
  corpus.keep(second);
  CHECK(corpus.of_test("test", trouble).size() == 3u);
  // Another process was first.
  CHECK_FALSE(corpus.move(first, State::aside, trouble));
  CHECK(trouble.empty());
  for (const PastFailure& each : corpus.all(trouble)) CHECK(corpus.drop(each).empty());
  CHECK(corpus.all(trouble).empty());
  CHECK(files(folder.path) == std::vector<std::string>{".gitignore"});
}

TEST_CASE("what is no whole entry of this version is named, left where it is, and harms no other entry") {
  const Folder folder;
  const Corpus corpus(folder.path / ".interleave");
  std::string trouble;
  PastFailure good = failure_of("test", 2), bad = failure_of("test", 1);
  corpus.keep(good);
  const fs::path file = only_entry(folder.path);
  const std::string text = text_in(file);
  const fs::path other = file.parent_path() / "0000000000000000-1.failing";
  const auto looks = [&](const std::string& content) {
    write(other, content);
    trouble.clear();
    CHECK(corpus.of_test("test", trouble).size() == 1u);
    CHECK(text_in(other) == content);
    return trouble;
  };
  CHECK_THAT(looks("interleave corpus 2\nwhatever\n"), Catch::Contains("is of another version of Interleave, and is left as it is"));
  for (const std::string& damaged : {std::string(), text.substr(0, text.size() / 2), text.substr(0, text.size() - 1), text + "more\n", std::string(100, '\0'),
                                    std::string("interleave corpus 1\ntest: test\ntoken: il1:nonsense\nend\n")})
    CHECK_THAT(looks(damaged), Catch::Contains("is damaged, and is left as it is"));
  // A key of a later version says nothing here.
  write(other, "interleave corpus 1\nlater: x\n" + text.substr(text.find('\n') + 1));
  trouble.clear();
  CHECK(corpus.of_test("test", trouble).size() == 2u);
  CHECK(trouble.empty());
  fs::remove(other);
  // Half a file of a process that was killed is no entry, and is removed when the next one is made.
  const std::string gone = file.string() + ".999999999-1.new", alive = file.string() + "." + std::to_string(getpid()) + "-99.new";
  write(gone, text.substr(0, 20));
  write(alive, "");
  trouble.clear();
  CHECK(corpus.of_test("test", trouble).size() == 1u);
  CHECK(trouble.empty());
  corpus.keep(bad);
  CHECK_FALSE(fs::exists(gone));
  CHECK(fs::exists(alive));
}

TEST_CASE("where nothing can be written, that is one sentence, and there are no pieces") {
  const Folder folder;
  std::string trouble;
  PastFailure failure = failure_of("test", 2);
  CHECK_THAT(Corpus("/proc/none/.interleave").keep(failure), Catch::StartsWith("cannot make /proc/none/.interleave: ") && Catch::EndsWith("(INTERLEAVE_CORPUS=0 switches it off)"));
  CHECK_THAT(Corpus(folder.path / "none" / ".interleave").keep(failure), Catch::Contains("No such file or directory"));  // a project that is gone
  write(folder.path / "file", "");
  CHECK_THAT(Corpus(folder.path / "file").keep(failure), Catch::Contains("Not a directory"));
  CHECK(Corpus(folder.path / "file").of_test("test", trouble).empty());
  CHECK(trouble.empty());
}

TEST_CASE("which folder is the corpus: the variables, or a folder .interleave here or further up") {
  const Variables variables;
  const Folder folder;
  const fs::path here = fs::current_path(), project = fs::canonical(folder.path) / "project", below = project / "build" / "tests";
  fs::create_directories(below);
  fs::current_path(below);
  const auto found = [] {
    const auto corpus = Corpus::of_process();
    return corpus ? corpus->folder() : "none";
  };
  CHECK(found() == "none");
  setenv("INTERLEAVE_CORPUS", "1", 1);
  CHECK(found() == (below / ".interleave").string());  // no project is known
  fs::create_directory(project / ".git");
  CHECK(found() == (project / ".interleave").string());
  unsetenv("INTERLEAVE_CORPUS");
  CHECK(found() == "none");  // nobody has asked for one
  fs::create_directory(project / ".interleave");
  CHECK(found() == (project / ".interleave").string());
  setenv("INTERLEAVE_PROJECT", "/somewhere", 1);
  CHECK(found() == "/somewhere/.interleave");
  setenv("INTERLEAVE_CORPUS", "/else where", 1);
  CHECK(found() == "/else where");
  for (const char* off : {"0", "off", "no", "false"}) {
    setenv("INTERLEAVE_CORPUS", off, 1);
    CHECK(found() == "none");
  }
  fs::current_path(here);
}
