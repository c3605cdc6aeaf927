// A bounded buffer of capacity one, two producers and two consumers.
//
// With one condition variable for both reasons to wait, a signal meant for a consumer can wake a producer: it finds the buffer
// full, goes back to sleep, and the signal is lost. With a condition variable for each reason, or with a broadcast, nothing is.
#include "standard.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace {

enum class Waking { one_condition, broadcast, two_conditions };

class Buffer {
 public:
  explicit Buffer(Waking waking) : waking_(waking) {}

  void put(int item) {
    std::unique_lock lock(mutex_);
    while (item_) not_full().wait(lock);
    item_ = item;
    wake(not_empty());
  }

  int take() {
    std::unique_lock lock(mutex_);
    while (!item_) not_empty().wait(lock);
    const int item = *item_;
    item_.reset();
    wake(not_full());
    return item;
  }

 private:
  std::condition_variable& not_empty() { return first_; }
  std::condition_variable& not_full() { return waking_ == Waking::two_conditions ? second_ : first_; }
  void wake(std::condition_variable& condition) {
    waking_ == Waking::broadcast ? condition.notify_all() : condition.notify_one();
  }

  const Waking            waking_;
  std::mutex              mutex_;
  std::condition_variable first_, second_;
  std::optional<int>      item_;
};

// Every item arrives, whoever takes it.
void producers_and_consumers(Waking waking, int producers, int consumers) {
  Buffer buffer(waking);
  int sum = 0;
  std::mutex sum_mutex;
  std::vector<std::function<void()>> threads;
  for (int i = 1; i <= producers; ++i) threads.push_back([&, i] { buffer.put(i); });
  for (int i = 1; i <= consumers; ++i) {
    threads.push_back([&] {
      const int item = buffer.take();
      const std::lock_guard lock(sum_mutex);
      sum += item;
    });
  }
  interleave::parallel(threads);
  REQUIRE(sum == producers * (producers + 1) / 2);
}

}  // namespace

TEST_CASE("one condition variable, two producers, two consumers: a wakeup is lost") {
  found([] { producers_and_consumers(Waking::one_condition, 2, 2); }, "deadlock", true);
}

TEST_CASE("the same in plain threads, as an application would write it") {
  found([] {
    Buffer buffer(Waking::one_condition);
    std::thread p1([&] { buffer.put(1); }), p2([&] { buffer.put(2); });
    std::thread c1([&] { buffer.take(); }), c2([&] { buffer.take(); });
    p1.join(), p2.join(), c1.join(), c2.join();
  }, "deadlock", true);
}

TEST_CASE("one condition variable is enough for one producer and one consumer") {
  proved([] { producers_and_consumers(Waking::one_condition, 1, 1); });
}

TEST_CASE("two condition variables: no wakeup is lost, whatever the schedule") {
  proved([] { producers_and_consumers(Waking::two_conditions, 2, 2); });
}

TEST_CASE("a broadcast: no wakeup is lost, whatever the schedule") {
  proved([] { producers_and_consumers(Waking::broadcast, 2, 1 + 1); });
}
