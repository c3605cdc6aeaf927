// The article's producer and consumer over an Event: append; set; clear against wait; pop.
//
// A pulse is not a message. If the producer appends, sets and clears before the consumer looks at the flag, the consumer sleeps
// with an item in the list (lost signal); and as the flag stays up between set and clear, the consumer may come round again
// and pop from an empty list. Any number of items may be left in the end, from none to all.
#include <optional>
#include <string>
#include <vector>

#include <interleave/checkers/conservation.hpp>
#include <interleave/primitives/event.hpp>
#include <interleave/scenarios/daemon.hpp>
#include <interleave/scenarios/scenario.hpp>
#include <interleave/scenarios/shared_list.hpp>
#include <interleave/scenarios/transcript.hpp>

namespace interleave::scenarios {
namespace {

struct Shared {
  SharedList integers;
  Event event;
  Ledger<int> ledger{"integers"};
};

// `appended` is told what the list looks like after each append.
template <class Appended>
void produce(Shared& shared, int n, Appended appended) {
  name_thread("producer");
  for (int i = 0; i < n; ++i) {
    shared.ledger.put(i);
    appended(shared.integers.append(i));
    say(std::to_string(i), " appended to list by Thread-1");
    say("event set by Thread-1");
    shared.event.set();
    shared.event.clear();
    say("event cleared by Thread-1");
    pause();
  }
}
void produce(Shared& shared, int n) {
  produce(shared, n, [](SharedList::State) {});
}

// One round of the consumer: none if it popped from an empty list.
std::optional<SharedList::Popped> wait_and_pop(Shared& shared) {
  shared.event.wait();
  const auto popped = shared.integers.pop();
  if (!popped) return popped;
  shared.ledger.take(popped->integer);
  say(std::to_string(popped->integer), " popped from list by Thread-2");
  return popped;
}

std::string left(int n) { return "left " + std::to_string(n); }

std::vector<std::string> left_up_to(int n) {
  std::vector<std::string> texts;
  for (int k = 0; k <= n; ++k) texts.push_back(left(k));
  return texts;
}

// ---- the article's consumer, stopping after N integers -------------------------------------------------------------

// After an empty pop the article's consumer sleeps and goes round again; while the producer is kept from clearing the flag, it
// may do so for ever, and nothing changes. So that a search ends, it looks at most `empty_most` times in vain; the last time
// it ends by itself ("gave up"). One integer never gets that far: the flag is not up before the integer is there.
Definition producer_consumer(int n) {
  constexpr int empty_most = 2;
  std::vector<std::string> outcomes;
  for (int k = 0; k <= n; ++k) outcomes.push_back("consumed " + std::to_string(k));
  if (n > 1) outcomes.push_back("gave up");
  return {.name = "event/producer_consumer_" + std::to_string(n),
          .summary = "Signals get lost: a consumer of all the integers may wait for ever with some in the list",
          .expect = Verdict::fail,
          .failure_kind = "deadlock",
          .outcomes = std::move(outcomes),
          .effort = n <= 2 ? Effort::search : Effort::search_reduced,
          .hangs = true,
          .body = [n] {
            Shared shared;
            outcome("consumed 0");
            parallel([&] { produce(shared, n); },
                     [&] {
                       name_thread("consumer");
                       int empty = 0;
                       for (int consumed = 0; consumed < n;) {
                         if (wait_and_pop(shared)) {
                           outcome("consumed " + std::to_string(++consumed));
                         } else if (++empty == empty_most) {
                           return outcome("gave up");
                         } else {
                           pause();
                         }
                       }
                     });
          }};
}

const Scenario producer_consumer_1{producer_consumer(1)};
const Scenario producer_consumer_2{producer_consumer(2)};
const Scenario producer_consumer_3{producer_consumer(3)};

// ---- endless consumers, as daemons: what is left when all is quiet? ------------------------------------------------

// The consumer of the repository's history does not catch the error of an empty pop: it dies of it.
Definition folder(int n, std::vector<std::string> outcomes) {
  return {.name = "event/folder_" + std::to_string(n),
          .summary = "An endless consumer that an empty pop kills: any number of integers may be left",
          .outcomes = std::move(outcomes),
          .effort = n <= 1 ? Effort::search : Effort::search_reduced,
          .hangs = true,
          .body = [n] {
            Shared& shared = make_immortal<Shared>();
            const auto now = [](SharedList::State state) { outcome(state.text()); };
            start_daemon([&shared, now] {
              name_thread("consumer");
              while (const auto popped = wait_and_pop(shared)) now(popped->after);
              now(shared.integers.mark_consumer_died());
            });
            parallel([&] { produce(shared, n, now); });
          }};
}

const Scenario folder_1{folder(1, {"left 0", "left 1", "left 0, consumer died"})};
const Scenario folder_2{folder(2, {"left 0", "left 1", "left 2", "left 0, consumer died", "left 1, consumer died"})};

// The article's consumer survives an empty pop. It is let do so once per integer: see above.
Definition leftover(int n) {
  return {.name = "event/leftover_" + std::to_string(n),
          .summary = "The article's endless consumer: any number of integers may be left",
          .outcomes = left_up_to(n),
          .effort = n <= 1 ? Effort::search : Effort::search_reduced,
          .hangs = true,
          .body = [n] {
            Shared& shared = make_immortal<Shared>();
            const auto now = [](SharedList::State state) { outcome(left(state.length())); };
            start_daemon([&shared, now, n] {
              name_thread("consumer");
              for (int empty = 0; empty <= n;) {
                if (const auto popped = wait_and_pop(shared)) {
                  now(popped->after);
                } else {
                  ++empty;
                  pause();
                }
              }
            });
            parallel([&] { produce(shared, n, now); });
          }};
}

const Scenario leftover_1{leftover(1)};
const Scenario leftover_2{leftover(2)};

// The shortest way to an empty pop, which is then the failure.
const Scenario empty_pop{{
    .name = "event/empty_pop_1",
    .summary = "The flag stays up between set and clear: the consumer comes round and pops from an empty list",
    .expect = Verdict::fail,
    .failure_kind = "require",
    .outcomes = {"left 0", "left 1"},
    .hangs = true,
    .body = [] {
      Shared& shared = make_immortal<Shared>();
      const auto now = [](SharedList::State state) { outcome(left(state.length())); };
      start_daemon([&shared, now] {
        name_thread("consumer");
        while (true) {
          const auto popped = wait_and_pop(shared);
          require(popped.has_value(), "the event was set, so there is an integer in the list");
          now(popped->after);
        }
      });
      parallel([&] { produce(shared, 1, now); });
    },
}};

// ---- the repair ----------------------------------------------------------------------------------------------------

// The producer appends, then sets. The consumer waits, clears *before* it looks, and takes all there is: what is appended after
// its last look raises the flag again.
Definition repaired(int n, std::vector<std::string> outcomes) {
  return {.name = "event/repaired_" + std::to_string(n),
          .summary = "Clear before looking, and take all there is: nothing is lost",
          .outcomes = std::move(outcomes),
          .effort = n <= 2 ? Effort::search : Effort::search_reduced,
          .body = [n] {
            Shared shared;
            std::string order;
            parallel(
                [&] {
                  name_thread("producer");
                  for (int i = 0; i < n; ++i) {
                    shared.ledger.put(i);
                    shared.integers.append(i);
                    say(std::to_string(i), " appended to list by Thread-1");
                    shared.event.set();
                    say("event set by Thread-1");
                  }
                },
                [&] {
                  name_thread("consumer");
                  for (int consumed = 0; consumed < n;) {
                    shared.event.wait();
                    shared.event.clear();
                    while (const auto popped = shared.integers.pop()) {
                      shared.ledger.take(popped->integer);
                      say(std::to_string(popped->integer), " popped from list by Thread-2");
                      order.append(order.empty() ? "" : " ").append(std::to_string(popped->integer));
                      ++consumed;
                    }
                  }
                });
            shared.ledger.settle();
            outcome(order);
          }};
}

const Scenario repaired_1{repaired(1, {"0"})};
const Scenario repaired_2{repaired(2, {"0 1", "1 0"})};
const Scenario repaired_3{repaired(3, {"0 1 2", "0 2 1", "1 0 2", "1 2 0", "2 1 0"})};

// The article's program as printed, endless on both sides; for its transcript.
const Scenario article{{
    .name = "event/article",
    .summary = "The article's program, endless on both sides: runs until the limit of steps",
    .expect = Verdict::incomplete,
    .effort = Effort::sample,
    .options = {.executions_max = 1, .steps_max = 1000},
    .hangs = true,
    .body = [] {
      Shared shared;
      parallel([&] { while (true) produce(shared, 31); },
               [&] {
                 name_thread("consumer");
                 while (true)
                   if (!wait_and_pop(shared)) pause();
               });
    },
}};

}  // namespace
}  // namespace interleave::scenarios
