// The corpus: the failing schedules of a project's tests, in files, so that they are executed first the next time (explore/past_failures.hpp), and
// as a person sees them (`interleave corpus`).
//
//     PROJECT/.interleave/
//       .gitignore                                  "*"
//       corpus/counter_test.cpp@8/                  a folder a test
//         1f0c55e20b81d3aa-1.failing                a file a schedule: what it is, how to run it, the token
//         77ab019d2c3300f1-1.fixed
//         9d0c1e6bd5b52a10-1.aside
//
// A file is made beside its place and renamed into it, so a reader sees a whole file or none, whatever happens to the process that writes it; what
// becomes of an entry is a change of its name. So any number of processes can use one corpus at once. No exploration needs it: whatever is wrong with
// it is a sentence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace interleave {

struct PastFailure {
  enum class State : std::uint8_t {
    failing,  // when it was executed last
    fixed,    // a later build passed it
    aside,    // it does not fit a later build
  };
  State         state = State::failing;
  std::string   test = {};          // Options::name
  std::uint64_t number = 1;         // of the checks of that name in one process: which
  std::string   kind = {}, message = {};
  std::string   conditions = {};    // options of the model and checkers that are not at their defaults, as "clock=virtual"
  std::uint32_t build = 0;          // build_id() of the program in which it failed last
  std::string   program = {};       // that has the test: its path, its arguments, and the folder that it was started in
  std::vector<std::string> arguments = {};
  std::string   folder = {};
  std::string   token = {};
  std::string   stem = {};          // of the file's name: the same for the same schedule, whatever the build
};

std::string_view word_of(PastFailure::State state);

class Corpus {
 public:
  // `folder`: PROJECT/.interleave. It need not be there.
  explicit Corpus(std::string folder) : folder_(std::move(folder)) {}

  // That of this process, by INTERLEAVE_CORPUS, INTERLEAVE_PROJECT, or a folder .interleave here or further up (docs/corpus.md); nothing: none.
  static std::optional<Corpus> of_process();

  const std::string& folder() const { return folder_; }

  // By name of the file. Files that are no entries, or of another version, are left alone and named in `trouble`. Cost where there are none: a look
  // for a folder.
  std::vector<PastFailure> of_test(std::string_view test, std::string& trouble) const;
  // Of all tests, by test.
  std::vector<PastFailure> all(std::string& trouble) const;

  // Makes the entry, whatever became of the same schedule before; fills in `stem`. A sentence, or empty if all is well.
  // REQUIRES: the token is one of that test.
  std::string keep(PastFailure& failure) const;
  // Changes what became of it. False: another process has done it, or nothing can be written (`trouble`).
  bool move(PastFailure& failure, PastFailure::State state, std::string& trouble) const;
  // Removes it. A sentence, or empty.
  std::string drop(const PastFailure& failure) const;

 private:
  std::string folder_of(std::string_view test) const;
  std::string path_of(const PastFailure& failure) const;
  std::string made() const;
  void read_folder(const std::string& path, std::vector<PastFailure>& into, std::string& trouble) const;

  std::string folder_;
};

}  // namespace interleave
