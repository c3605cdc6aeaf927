// A sequence that must stay in order, source by source: no consumer receives what a source produced earlier after something
// that the same source produced later.
//
//     Order order;
//     order.produced("p1", 7);  queue.put(7);              produced *before* it is handed over
//     int got = queue.get();  order.consumed("c1", "p1", got);  consumed *after* it was received
//
// A consumer need not receive everything, and nothing is said about two sources or two consumers. What comes too late, or was
// never produced, is a failure of kind `order`, at once. Sources, consumers and values are numbers, enumerators, pointers or
// text. The monitor adds no step to the model and no order between threads; make it before the threads that use it.
#pragma once

#include <string>
#include <utility>

#include <interleave/checkers/monitor.hpp>

namespace interleave {

class Order {
 public:
  explicit Order(std::string name = "order") : name_(std::move(name)) {}
  ~Order() { detail::forget_monitor(this); }
  Order(const Order&) = delete;
  Order& operator=(const Order&) = delete;

  template <class Source, class Value>
  void produced(const Source& source, const Value& value, SourceLocation where = SourceLocation::current()) {
    detail::order_produced(this, name_, detail::Text(source).view(), detail::Text(value).view(), where);
  }

  template <class Consumer, class Source, class Value>
  void consumed(const Consumer& consumer, const Source& source, const Value& value,
                SourceLocation where = SourceLocation::current()) {
    detail::order_consumed(this, name_, detail::Text(consumer).view(), detail::Text(source).view(), detail::Text(value).view(),
                           where);
  }

 private:
  const std::string name_;
};

}  // namespace interleave
