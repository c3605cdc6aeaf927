// A section that at most so many threads may be in at the same time.
//
//     Section file{"file", 1};
//     ...
//     lock.acquire();
//     { Section::Visit inside{file};  write(...); }
//     lock.release();
//
// One thread too many is a failure of kind `mutual-exclusion`, at once. A thread that enters again while it is inside counts
// once. A section adds no step to the model and no order between threads; make it before the threads that use it. A search that
// leaves out equivalent orders finds every meeting all the same: it looks for visits that nothing keeps apart. A visit during
// which its thread makes no step is an instant, in which nobody else can come or go; where what is done inside is no step (plain
// memory, say), std::this_thread::yield() makes the visit last.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <interleave/checkers/monitor.hpp>

namespace interleave {

class Section {
 public:
  explicit Section(std::string name = "section", std::size_t most = 1) : name_(std::move(name)), most_(most) {}
  ~Section() { detail::forget_monitor(this); }
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

  void enter(SourceLocation where = SourceLocation::current()) { detail::section_enter(this, name_, most_, where); }

  // By the thread that entered.
  void leave(SourceLocation where = SourceLocation::current()) { detail::section_leave(this, name_, where); }

  // Inside for the length of a scope.
  class [[nodiscard]] Visit {
   public:
    explicit Visit(Section& section, SourceLocation where = SourceLocation::current()) : section_(section), where_(where) {
      section_.enter(where_);
    }
    ~Visit() { section_.leave(where_); }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    Section& section_;
    SourceLocation where_;
  };

 private:
  const std::string name_;
  const std::size_t most_;
};

}  // namespace interleave
