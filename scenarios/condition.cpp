// Producers and consumers over a Condition with its default RLock.
//
// Exhaustively safe: `while` makes early and late notifies harmless. Not first-in-first-out: the article's consumer pops the
// *last* element, so the orders in which N integers come out are exactly those a stack allows (2, 5, 14 for N = 2, 3, 4).
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <interleave/checkers/conservation.hpp>
#include <interleave/checkers/order.hpp>
#include <interleave/primitives/condition.hpp>
#include <interleave/primitives/guard.hpp>
#include <interleave/scenarios/daemon.hpp>
#include <interleave/scenarios/scenario.hpp>
#include <interleave/scenarios/transcript.hpp>

namespace interleave::scenarios {
namespace {

std::string text(const std::vector<int>& integers) {
  std::string text;
  for (int integer : integers) text.append(text.empty() ? "" : " ").append(std::to_string(integer));
  return text;
}

struct Shared {
  Condition condition;
  std::vector<int> integers;  // protected by the condition's lock
  Ledger<int> ledger{"integers"};
};

void produce(Shared& shared, const char* name, int integer) {
  shared.condition.acquire();
  say("condition acquired by ", name);
  shared.ledger.put(integer);
  shared.integers.push_back(integer);
  say(std::to_string(integer), " appended to list by ", name);
  say("condition notified by ", name);
  shared.condition.notify();
  say("condition released by ", name);
  shared.condition.release();
}

int consume(Shared& shared, const char* name) {
  shared.condition.acquire();
  say("condition acquired by ", name);
  while (shared.integers.empty()) {
    say("condition wait by ", name);
    shared.condition.wait();
  }
  const int integer = shared.integers.back();
  shared.integers.pop_back();
  shared.ledger.take(integer);
  say(std::to_string(integer), " popped from list by ", name);
  say("condition released by ", name);
  shared.condition.release();
  return integer;
}

void produce_many(Shared& shared, int n) {
  name_thread("producer");
  for (int i = 0; i < n; ++i) {
    produce(shared, "Thread-1", i);
    pause();
  }
}

// Every order in which a stack can give 0 ... n-1 back: a permutation unless somewhere a later element is followed by two
// earlier ones that ascend.
std::vector<std::string> stack_orders(int n) {
  std::vector<int> order(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) order[static_cast<std::size_t>(i)] = i;
  const auto possible = [&] {
    for (std::size_t a = 0; a < order.size(); ++a)
      for (std::size_t b = a + 1; b < order.size(); ++b)
        for (std::size_t c = b + 1; c < order.size(); ++c)
          if (order[b] < order[c] && order[c] < order[a]) return false;
    return true;
  };
  std::vector<std::string> orders;
  do {
    if (possible()) orders.push_back(text(order));
  } while (std::next_permutation(order.begin(), order.end()));
  return orders;
}

// ---- one producer, one consumer that stops after N -----------------------------------------------------------------

Definition producer_consumer(int n) {
  return {.name = "condition/producer_consumer_" + std::to_string(n),
          .summary = "Every integer arrives; the orders are those of a stack",
          .outcomes = stack_orders(n),
          .effort = n <= 2 ? Effort::search : Effort::search_reduced,
          .body = [n] {
            Shared shared;
            std::vector<int> order;
            parallel([&] { produce_many(shared, n); },
                     [&] {
                       name_thread("consumer");
                       for (int i = 0; i < n; ++i) order.push_back(consume(shared, "Thread-2"));
                     });
            shared.ledger.settle();
            outcome(text(order));
          }};
}

const Scenario producer_consumer_1{producer_consumer(1)};
const Scenario producer_consumer_2{producer_consumer(2)};
const Scenario producer_consumer_3{producer_consumer(3)};
const Scenario producer_consumer_4{producer_consumer(4)};

Definition with_guard(int n) {
  return {.name = "condition/with_" + std::to_string(n),
          .summary = "The same written with guards",
          .outcomes = stack_orders(n),
          .effort = n <= 2 ? Effort::search : Effort::search_reduced,
          .body = [n] {
            Shared shared;
            std::vector<int> order;
            parallel(
                [&] {
                  name_thread("producer");
                  for (int i = 0; i < n; ++i) {
                    Guard guard{shared.condition};
                    shared.ledger.put(i);
                    shared.integers.push_back(i);
                    shared.condition.notify();
                  }
                },
                [&] {
                  name_thread("consumer");
                  for (int i = 0; i < n; ++i) {
                    Guard guard{shared.condition};
                    while (shared.integers.empty()) shared.condition.wait();
                    order.push_back(shared.integers.back());
                    shared.integers.pop_back();
                    shared.ledger.take(order.back());
                  }
                });
            shared.ledger.settle();
            outcome(text(order));
          }};
}

const Scenario with_1{with_guard(1)};
const Scenario with_2{with_guard(2)};

// ---- is it first-in-first-out? -------------------------------------------------------------------------------------

// `pop` takes one element out of the list.
template <class Pop>
Definition in_order(std::string name, std::string summary, Verdict expect, std::vector<std::string> outcomes, Pop pop) {
  return {.name = "condition/" + name,
          .summary = std::move(summary),
          .expect = expect,
          .failure_kind = expect == Verdict::fail ? "order" : "",
          .outcomes = std::move(outcomes),
          .body = [pop] {
            Shared shared;
            Order order;
            std::vector<int> got;
            parallel(
                [&] {
                  name_thread("producer");
                  for (int i = 0; i < 2; ++i) {
                    order.produced("producer", i);
                    produce(shared, "Thread-1", i);
                  }
                },
                [&] {
                  name_thread("consumer");
                  for (int i = 0; i < 2; ++i) {
                    Guard guard{shared.condition};
                    while (shared.integers.empty()) shared.condition.wait();
                    got.push_back(pop(shared.integers));
                    outcome(text(got));
                    order.consumed("consumer", "producer", got.back());
                  }
                });
          }};
}

const Scenario order_last{in_order("order_2", "The article's consumer pops the last element: two integers may be overtaken",
                                   Verdict::fail, {"0 1", "1 0"}, [](std::vector<int>& integers) {
                                     const int integer = integers.back();
                                     integers.pop_back();
                                     return integer;
                                   })};
const Scenario order_first{in_order("order_repaired_2", "A consumer that pops the first element keeps the order", Verdict::pass,
                                    {"0 1"}, [](std::vector<int>& integers) {
                                      const int integer = integers.front();
                                      integers.erase(integers.begin());
                                      return integer;
                                    })};

// ---- more threads --------------------------------------------------------------------------------------------------

const Scenario two_producers{{
    .name = "condition/two_producers",
    .summary = "Two producers of one integer each, one consumer",
    .outcomes = {"0 1", "1 0"},
    .body = [] {
      Shared shared;
      std::vector<int> order;
      const auto producer = [&](int integer) {
        name_thread("producer " + std::to_string(integer));
        produce(shared, "Thread-1", integer);
      };
      parallel([&] { producer(0); }, [&] { producer(1); },
               [&] {
                 name_thread("consumer");
                 for (int i = 0; i < 2; ++i) order.push_back(consume(shared, "Thread-3"));
               });
      shared.ledger.settle();
      outcome(text(order));
    },
}};

const Scenario two_consumers{{
    .name = "condition/two_consumers",
    .summary = "One producer of two integers, two consumers of one: each gets one, either may get either",
    .outcomes = {"0 1", "1 0"},
    .effort = Effort::search_reduced,
    .body = [] {
      Shared shared;
      int first = -1, second = -1;
      const auto consumer = [&](int number, int& got) {
        name_thread("consumer " + std::to_string(number));
        got = consume(shared, "Thread-2");
      };
      parallel([&] { produce_many(shared, 2); }, [&] { consumer(1, first); }, [&] { consumer(2, second); });
      shared.ledger.settle();
      outcome(text({first, second}));
    },
}};

// ---- programs that do not end --------------------------------------------------------------------------------------

// The repository's program: the producer stops, the consumer does not, and main waits for both.
Definition folder(int n) {
  return {.name = "condition/folder_" + std::to_string(n),
          .summary = "A finite producer and an endless consumer that main joins: the program never exits",
          .expect = Verdict::fail,
          .failure_kind = "deadlock",
          .effort = n <= 2 ? Effort::search : Effort::search_reduced,
          .hangs = true,
          .body = [n] {
            Shared shared;
            parallel([&] { produce_many(shared, n); },
                     [&] {
                       name_thread("consumer");
                       while (true) consume(shared, "Thread-2");
                     });
            outcome("exit");
          }};
}

const Scenario folder_1{folder(1)};
const Scenario folder_2{folder(2)};

// With a consumer that nobody waits for, to be asleep at the end is as it should be. The outcome is what had come out when the
// consumer went to sleep for good: everything.
Definition daemon_consumer(int n) {
  return {.name = "condition/daemon_consumer_" + std::to_string(n),
          .summary = "An endless consumer as a daemon: everything arrives, then it sleeps",
          .outcomes = stack_orders(n),
          .effort = n <= 2 ? Effort::search : Effort::search_reduced,
          .hangs = true,
          .body = [n] {
            struct State : Shared {
              std::vector<int> order;
            };
            State& state = make_immortal<State>();
            start_daemon([&state] {
              name_thread("consumer");
              while (true) {
                state.order.push_back(consume(state, "Thread-2"));
                outcome(text(state.order));
              }
            });
            parallel([&] { produce_many(state, n); });
          }};
}

const Scenario daemon_consumer_1{daemon_consumer(1)};
const Scenario daemon_consumer_2{daemon_consumer(2)};

// The article's program as printed: both endless. Nothing can be said about its end; it is here for its transcript
// (sample --clock=virtual), and runs until the limit of steps.
const Scenario article{{
    .name = "condition/article",
    .summary = "The article's program, endless on both sides: runs until the limit of steps",
    .expect = Verdict::incomplete,
    .effort = Effort::sample,
    .options = {.executions_max = 1, .steps_max = 1000},
    .hangs = true,
    .body = [] {
      Shared shared;
      parallel(
          [&] {
            name_thread("producer");
            for (int i = 0;; ++i) {
              produce(shared, "Thread-1", i);
              pause();
            }
          },
          [&] {
            name_thread("consumer");
            while (true) consume(shared, "Thread-2");
          });
    },
}};

}  // namespace
}  // namespace interleave::scenarios
