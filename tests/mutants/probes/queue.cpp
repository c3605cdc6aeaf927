#include <interleave/primitives/queue.hpp>

#include "probe.hpp"

namespace interleave::scenarios {
namespace {

// First in, first out, and looks at what it is asked for. `Number` atomic: each question and each change is a step.
template <class Number, std::size_t most>
class Watched {
 public:
  void push(int&& item) {
    require(size_ < most, "more items than the queue may hold");
    items_.push(std::move(item));
    ++size_;
  }
  int pop() {
    require(size_ > 0, "taken from an empty queue");
    --size_;
    return items_.pop();
  }
  std::size_t size() const { return size_; }
  void clear() noexcept {
    items_.clear();
    size_ = 0;
  }

 private:
  FirstInFirstOut<int> items_;
  Number size_{0};
};

template <std::size_t most>
using WatchedQueue = BasicQueue<int, Watched<std::size_t, most>>;
constexpr std::size_t unbounded = 1000;

// `puts` per producer, `gets` per consumer.
template <class AnyQueue>
Definition hand_over(std::string name, int maxsize, int producers, int puts, int consumers, int gets) {
  return probe("queue/" + name, {}, [=] {
    AnyQueue queue{maxsize};
    std::vector<std::function<void()>> threads;
    for (int p = 0; p < producers; ++p)
      threads.push_back([&queue, puts] {
        for (int i = 0; i < puts; ++i) queue.put(i);
      });
    for (int c = 0; c < consumers; ++c)
      threads.push_back([&queue, gets] {
        for (int i = 0; i < gets; ++i) queue.get();
      });
    parallel(std::move(threads));
    require(queue.qsize() == 0, "all were taken");
  });
}

const Scenario one_place{hand_over<WatchedQueue<1>>("one_place", 1, 1, 2, 1, 2)};
const Scenario one_place_two_consumers{hand_over<WatchedQueue<1>>("one_place_two_consumers", 1, 1, 2, 2, 1)};
const Scenario three_producers{hand_over<WatchedQueue<1>>("three_producers", 1, 3, 1, 1, 3)};
const Scenario two_consumers{hand_over<WatchedQueue<unbounded>>("two_consumers", 0, 1, 2, 2, 1)};
const Scenario step_by_step{hand_over<BasicQueue<int, Watched<std::atomic<std::size_t>, unbounded>>>(
    "two_consumers_step_by_step", 0, 1, 2, 2, 1)};

const Scenario task_done{probe("queue/task_done", {}, [] {
  Queue<int> queue;
  parallel([&] { queue.put(0); },
           [&] {
             queue.get();
             queue.task_done();
           });
  queue.join();
})};

const Scenario two_joiners{probe("queue/two_joiners", {}, [] {
  Queue<int> queue;
  queue.put(0);
  parallel([&] { queue.join(); }, [&] { queue.join(); },
           [&] {
             queue.get();
             queue.task_done();
           });
})};

// The joiner sleeps when the clock first moves, and has had its chance to return when it moves again.
const Scenario put_before_joiner_returns{probe("queue/put_before_joiner_returns", {"before the second item", "after it"}, [] {
  Queue<int> queue;
  queue.put(0);
  bool second = false, after = false;
  parallel(
      [&] {
        queue.join();
        after = second;
      },
      [&] {
        std::this_thread::sleep_for(std::chrono::seconds(1));
        queue.get();
        queue.task_done();
        queue.put(1);
        std::this_thread::sleep_for(std::chrono::seconds(1));
        second = true;
        queue.get();
        queue.task_done();
      });
  outcome(after ? "after it" : "before the second item");
}, {.clock = "virtual"})};

const Scenario smaller_bound{probe("queue/smaller_bound", {}, [] {
  Queue<int> queue{2};
  queue.put(0);
  queue.put(1);
  queue.set_maxsize(1);
  require(refused<Full>([&] { queue.put_nowait(2); }), "a queue with more items than its bound is full");
})};

const Scenario full{probe("queue/full", {}, [] {
  Queue<int> queue{1};
  queue.put(0);
  require(refused<Full>([&] { queue.put_nowait(1); }), "there is no room");
  require(queue.get() == 0, "the first item");
})};

const Scenario last_in_first_out{probe("queue/last_in_first_out", {}, [] {
  LifoQueue<int> queue;
  queue.put(1);
  queue.put(2);
  require(queue.get() == 2, "the last item first");
})};

const Scenario shutdown_getter{probe("queue/shutdown_getter", {}, [] {
  Queue<int> queue;
  parallel([&] { require(refused<ShutDown>([&] { queue.get(); }), "there is nothing to get"); }, [&] { queue.shutdown(); });
})};

const Scenario shutdown_putter{probe("queue/shutdown_putter", {}, [] {
  Queue<int> queue{1};
  queue.put(0);
  parallel([&] { require(refused<ShutDown>([&] { queue.put(1); }), "there is no room"); }, [&] { queue.shutdown(); });
})};

const Scenario shutdown_joiner{probe("queue/shutdown_joiner", {}, [] {
  Queue<int> queue;
  queue.put(0);
  parallel([&] { queue.join(); }, [&] { queue.shutdown(true); });
})};

}  // namespace
}  // namespace interleave::scenarios
