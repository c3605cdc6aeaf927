// Which parts of the threads' stacks other threads access, in lines of 64 bytes. Of use with races=explore.
//
// With races=explore every plain access is a step. An access of a thread to its own stack, on a line that no other thread accesses, need not be
// one: no other thread can tell when it happens, so it depends on no step of another thread, and executions that differ only in its position are
// equivalent. Unoptimised code has many such accesses; and a thread that spins changes nothing by them but its own stack.
//
// Which lines other threads access is *learnt*: an execution that meets a new line is not valid, and the exploration begins anew with that
// line known. In the last attempt no execution has met a new line, so all accesses that were left out were private. The lines are part of
// a schedule, because they say which accesses are steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scheduler/model/schedule.hpp"

namespace interleave::engine {

class SharedLines {
 public:
  // From now on only accesses to `lines` are steps, of accesses to a thread's own stack. Before, all of them are.
  void use(std::vector<StackLine> lines);
  // Begins an attempt with the lines that earlier attempts have learnt.
  void begin();
  bool in_use() const { return in_use_; }
  const std::vector<StackLine>& lines() const { return lines_; }  // sorted

  // Whether an access of the running thread is no step. Allocates nothing.
  bool keeps_private(const void* p, std::size_t size) const;
  // A thread is about to make a step at such bytes.
  void note(const void* p, std::size_t size) {
    if (in_use_) note_used(p, size);
  }

  // Whether a line was noted that is not among these.
  bool has_learnt() const { return !new_.empty(); }
  // For the next attempt. After many attempts all accesses are steps.
  void learn();

 private:
  void note_used(const void* p, std::size_t size);
  bool contains(std::uintptr_t line) const;  // its number, from the first line of the first stack

  bool in_use_ = false;
  unsigned times_ = 0;                            // that it has learnt
  std::vector<StackLine> lines_, new_;
  std::vector<std::vector<std::uint64_t>> bits_;  // of lines_: by stack, a bit for each line; empty: none of the stack
};

// Those of the exploration under way. Read only where explores_races.
[[gnu::visibility("hidden")]] extern SharedLines* shared_lines;

}  // namespace interleave::engine
