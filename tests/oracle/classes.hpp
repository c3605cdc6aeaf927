// The Mazurkiewicz class of an execution, as a canonical form: written from the table of the documentation, and on purpose
// without the engine's dependent().
//
// Two executions are equivalent exactly if every thread does the same, and if at every object the same groups of accesses
// follow each other: a group is one write, or a run of accesses of one kind that commute, as a set.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include <interleave/scheduler/observer.hpp>

namespace oracle {

class Classes final : public interleave::Observer {
 public:
  void begin_execution() override {
    flush();
    begun_ = true;
  }
  std::optional<interleave::Objection> on_step(const interleave::ObservedStep& step) override;
  // To be called once more after the last execution.
  void flush();

  const std::map<std::string, std::uint64_t>& seen() const { return seen_; }  // executions per class

 private:
  enum class Way : char { read, post, share, enqueue, write };
  struct Object {
    std::string groups;
    Way way = Way::write;
    std::set<std::pair<int, std::uint32_t>> run;  // of the group that is not closed
  };

  void access(int object, Way way, int thread, std::uint32_t index);
  static void close(Object& object);

  std::map<int, std::string> threads_;
  std::map<int, std::uint32_t> indices_;
  std::map<int, std::size_t> askings_;
  std::map<int, bool> half_written_;
  std::map<int, Object> objects_;
  std::map<int, std::map<std::uint32_t, int>> sleepers_;  // per object: threads by id
  bool begun_ = false;
  std::map<std::string, std::uint64_t> seen_;
};

}  // namespace oracle
