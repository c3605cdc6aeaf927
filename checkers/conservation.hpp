// A ledger of things put and taken: nothing is lost, nothing appears from nowhere, nothing is handed out twice.
//
//     Ledger<int> jobs;
//     jobs.put(7);  queue.put(7);              put *before* it is handed over
//     int job = queue.get();  jobs.take(job);  take *after* it was received
//     ...
//     jobs.settle();                           at the end: everything put has been taken
//
// A thing taken that was never put, or taken more often than put, is a failure of kind `conservation`, at once; a thing never
// taken is one when the ledger is settled. Things are numbers, enumerators, pointers or text; equal things are counted. A
// ledger adds no step to the model and no order between threads; make it before the threads that use it.
#pragma once

#include <initializer_list>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>

#include <interleave/checkers/monitor.hpp>

namespace interleave {

template <class T>
class Ledger {
 public:
  explicit Ledger(std::string name = "ledger") : name_(std::move(name)) {}
  ~Ledger() { detail::forget_monitor(this); }
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  void put(const T& thing, SourceLocation where = SourceLocation::current()) {
    detail::ledger_put(this, name_, detail::Text(thing).view(), where);
  }

  void take(const T& thing, SourceLocation where = SourceLocation::current()) {
    detail::ledger_take(this, name_, detail::Text(thing).view(), where);
  }

  void settle(SourceLocation where = SourceLocation::current()) { detail::ledger_settle(this, name_, where); }

  // What is left over, in the container say, counts as taken.
  template <class Things,
            std::enable_if_t<std::is_convertible_v<decltype(*std::begin(std::declval<const Things&>())), const T&>, int> = 0>
  void settle(const Things& left_over, SourceLocation where = SourceLocation::current()) {
    for (const T& thing : left_over) take(thing, where);
    settle(where);
  }
  void settle(std::initializer_list<T> left_over, SourceLocation where = SourceLocation::current()) {
    for (const T& thing : left_over) take(thing, where);
    settle(where);
  }

 private:
  const std::string name_;
};

}  // namespace interleave
