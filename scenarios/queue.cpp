// Producers and consumers over a Queue, which does the locking for them.
//
// Nothing is lost or handed out twice, a consumer gets what one producer put in the order of its putting, the queue never holds
// more than it may, and join returns only when all that was counted has been worked on.
#include <array>
#include <atomic>
#include <string>
#include <vector>

#include <interleave/checkers/conservation.hpp>
#include <interleave/checkers/order.hpp>
#include <interleave/primitives/python26.hpp>
#include <interleave/primitives/queue.hpp>
#include <interleave/scenarios/daemon.hpp>
#include <interleave/scenarios/scenario.hpp>
#include <interleave/scenarios/transcript.hpp>

namespace interleave::scenarios {
namespace {

// Item i of producer p.
constexpr int item_of(int producer, int i) { return 10 * producer + i; }
constexpr int producer_of(int item) { return item / 10; }

struct Monitors {
  Ledger<int> ledger{"items"};
  Order order{"items"};

  void put(int item) {
    ledger.put(item);
    order.produced(producer_of(item), item);
  }
  void got(int consumer, int item) {
    ledger.take(item);
    order.consumed(consumer, producer_of(item), item);
  }
};

template <class AnyQueue>
void produce(AnyQueue& queue, Monitors& monitors, int producer, int items) {
  name_thread("producer " + std::to_string(producer));
  for (int i = 0; i < items; ++i) {
    const int item = item_of(producer, i);
    monitors.put(item);
    queue.put(item);
    say(std::to_string(item), " put to queue by Thread-1");
    pause();
  }
}

template <class AnyQueue>
int consume(AnyQueue& queue, Monitors& monitors, int consumer) {
  const int item = queue.get();
  monitors.got(consumer, item);
  say(std::to_string(item), " popped from list by Thread-2");
  queue.task_done();
  return item;
}

// ---- P producers of `puts` items, C consumers of `gets` ------------------------------------------------------------

struct Shape {
  int maxsize, producers, puts, consumers, gets;
};

template <template <class> class AnyQueue>
void hand_over(const Shape& shape) {
  AnyQueue<int> queue{shape.maxsize};
  Monitors monitors;
  std::vector<std::string> got(static_cast<std::size_t>(shape.consumers));
  std::vector<std::function<void()>> threads;
  for (int p = 0; p < shape.producers; ++p) threads.push_back([&, p] { produce(queue, monitors, p, shape.puts); });
  for (int c = 0; c < shape.consumers; ++c) {
    threads.push_back([&, c] {
      name_thread("consumer " + std::to_string(c));
      std::string& mine = got[static_cast<std::size_t>(c)];
      for (int i = 0; i < shape.gets; ++i)
        mine.append(mine.empty() ? "" : " ").append(std::to_string(consume(queue, monitors, c)));
    });
  }
  parallel(std::move(threads));
  monitors.ledger.settle();
  queue.join();  // returns at once: everything is done
  std::string all;
  for (const std::string& mine : got) all.append(all.empty() ? "" : " | ").append(mine);
  outcome(all);
}

template <template <class> class AnyQueue = Queue>
Definition handing_over(std::string name, std::string summary, std::vector<std::string> outcomes, Effort effort, Shape shape) {
  return {.name = "queue/" + name,
          .summary = std::move(summary),
          .outcomes = std::move(outcomes),
          .effort = effort,
          .body = [shape] { hand_over<AnyQueue>(shape); }};
}

const Scenario unbounded{handing_over("unbounded", "One producer of two items, one consumer", {"0 1"}, Effort::search,
                                      {.maxsize = 0, .producers = 1, .puts = 2, .consumers = 1, .gets = 2})};
const Scenario bounded{handing_over("bounded", "The same through a queue of one place", {"0 1"}, Effort::search,
                                    {.maxsize = 1, .producers = 1, .puts = 2, .consumers = 1, .gets = 2})};
const Scenario bounded_python26{handing_over<python26::Queue>(
    "bounded_python26", "The same with 2.6's queue, which differs only when its bound is changed", {"0 1"}, Effort::search,
    {.maxsize = 1, .producers = 1, .puts = 2, .consumers = 1, .gets = 2})};
const Scenario two_producers{handing_over("two_producers", "Two producers of one item, one consumer, one place",
                                          {"0 10", "10 0"}, Effort::search,
                                          {.maxsize = 1, .producers = 2, .puts = 1, .consumers = 1, .gets = 2})};
const Scenario two_by_two{handing_over("two_by_two", "Two producers and two consumers of one item, one place",
                                       {"0 | 10", "10 | 0"}, Effort::search_reduced,
                                       {.maxsize = 1, .producers = 2, .puts = 1, .consumers = 2, .gets = 1})};
const Scenario two_producers_of_two{
    handing_over("two_producers_of_two", "Two producers of two items, one consumer, one place: each producer's items in order",
                 {"0 1 10 11", "0 10 1 11", "0 10 11 1", "10 0 1 11", "10 0 11 1", "10 11 0 1"}, Effort::search_reduced,
                 {.maxsize = 1, .producers = 2, .puts = 2, .consumers = 1, .gets = 4})};

// ---- join ----------------------------------------------------------------------------------------------------------

// The producer joins after its last put, so everything has been worked on when join returns.
Definition joining(int items, Effort effort) {
  return {.name = "queue/join_" + std::to_string(items),
          .summary = "A producer that joins after its last put finds all the work done",
          .outcomes = {std::to_string(items) + " done"},
          .effort = effort,
          .body = [items] {
            Queue<int> queue;
            std::array<bool, 4> worked_on{};  // written before task_done, read after join: the queue orders them
            int done = 0;
            parallel(
                [&] {
                  name_thread("producer");
                  for (int i = 0; i < items; ++i) queue.put(i);
                  queue.join();
                  for (bool worked : worked_on) done += worked;
                },
                [&] {
                  name_thread("consumer");
                  for (int i = 0; i < items; ++i) {
                    worked_on[static_cast<std::size_t>(queue.get())] = true;
                    queue.task_done();
                  }
                });
            outcome(std::to_string(done) + " done");
            require(done == items, "join returns only when all that was put has been worked on");
          }};
}

const Scenario join_1{joining(1, Effort::search)};
const Scenario join_2{joining(2, Effort::search)};

// A third thread that joins may return before the last put, even before the first: join promises only that at one moment
// nothing was unfinished. Legal, and a trap for whoever joins a queue that is still being filled.
Definition joining_early(int items, Effort effort) {
  std::vector<std::string> outcomes;
  for (int begun = 0; begun <= items; ++begun) outcomes.push_back("returned after put " + std::to_string(begun) + " had begun");
  return {.name = "queue/join_before_last_put_" + std::to_string(items),
          .summary = "A join that races the producer may return before the last put",
          .outcomes = std::move(outcomes),
          .effort = effort,
          .body = [items] {
            Queue<int> queue;
            std::atomic<int> begun{0};
            int seen = 0;
            parallel(
                [&] {
                  name_thread("producer");
                  for (int i = 0; i < items; ++i) {
                    begun.store(i + 1);
                    queue.put(i);
                  }
                },
                [&] {
                  name_thread("consumer");
                  for (int i = 0; i < items; ++i) {
                    queue.get();
                    queue.task_done();
                  }
                },
                [&] {
                  name_thread("joiner");
                  queue.join();
                  seen = begun.load();
                });
            outcome("returned after put " + std::to_string(seen) + " had begun");
          }};
}

const Scenario join_before_last_put_1{joining_early(1, Effort::search)};
const Scenario join_before_last_put_2{joining_early(2, Effort::search_reduced)};

// ---- shutdown ------------------------------------------------------------------------------------------------------

const Scenario shutdown{{
    .name = "queue/shutdown",
    .summary = "A shutdown wakes a getter that waits; what was put before is still given",
    .outcomes = {"got 0, then shut down"},
    .body = [] {
      Queue<int> queue;
      std::string result;
      parallel(
          [&] {
            name_thread("getter");
            try {
              result = "got " + std::to_string(queue.get());
              queue.get();
            } catch (const ShutDown&) {
              result += ", then shut down";
            }
          },
          [&] {
            name_thread("owner");
            queue.put(0);
            queue.shutdown();
          });
      outcome(result);
    },
}};

// ---- programs that do not end --------------------------------------------------------------------------------------

// Both sides of the article's program are endless. A finite producer and an endless consumer as a daemon: everything is worked
// on, then the consumer sleeps.
Definition daemon_consumer(int items, std::vector<std::string> outcomes, Effort effort) {
  return {.name = "queue/daemon_consumer_" + std::to_string(items),
          .summary = "An endless consumer as a daemon: everything is worked on, then it sleeps",
          .outcomes = std::move(outcomes),
          .effort = effort,
          .hangs = true,
          .body = [items] {
            struct State {
              Queue<int> queue;
              Monitors monitors;
              std::string order;
            };
            State& state = make_immortal<State>();
            start_daemon([&state] {
              name_thread("consumer");
              while (true) {
                state.order.append(state.order.empty() ? "" : " ");
                state.order.append(std::to_string(consume(state.queue, state.monitors, 1)));
                outcome(state.order);
              }
            });
            parallel([&] { produce(state.queue, state.monitors, 0, items); });
          }};
}

const Scenario daemon_consumer_1{daemon_consumer(1, {"0"}, Effort::search)};
const Scenario daemon_consumer_2{daemon_consumer(2, {"0 1"}, Effort::search)};

const Scenario article{{
    .name = "queue/article",
    .summary = "The article's program, endless on both sides: runs until the limit of steps",
    .expect = Verdict::incomplete,
    .effort = Effort::sample,
    .options = {.executions_max = 1, .steps_max = 1000},
    .hangs = true,
    .body = [] {
      Queue<int> queue;
      parallel(
          [&] {
            name_thread("producer");
            for (int i = 0;; ++i) {
              queue.put(i);
              say(std::to_string(i), " put to queue by Thread-1");
              pause();
            }
          },
          [&] {
            name_thread("consumer");
            while (true) {
              const int integer = queue.get();
              say(std::to_string(integer), " popped from list by Thread-2");
              queue.task_done();
            }
          });
    },
}};

}  // namespace
}  // namespace interleave::scenarios
