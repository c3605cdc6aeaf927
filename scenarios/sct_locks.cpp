// SCTBench's CS programs of a few critical sections each.
#include <mutex>

#include <interleave/scenarios/sct.hpp>

namespace interleave::scenarios::sct {
namespace {

using Lock = std::lock_guard<std::mutex>;

// Three critical sections in any order: of six, the two in which the check comes last fail.
const Scenario account{asserting({
    .name = "account",
    .summary = "A balance that is checked against the wrong sum, if both transfers came first",
    .classes = 6,
    .failing_classes = 2,
    .interleavings = 6,
    .random_rate = 1.0 / 3,
    .body = [] {
      std::mutex m;
      Variable balance = 1, deposited, withdrawn;
      const int x = 1, y = 2, z = 4;
      run({[&](Assertions& check) {
             const Lock lock(m);
             if (deposited && withdrawn) check(balance == x - y - z);
           },
           [&](Assertions&) {
             const Lock lock(m);
             balance += y;
             deposited = true;
           },
           [&](Assertions&) {
             const Lock lock(m);
             balance -= z;
             withdrawn = true;
           }});
    },
})};

const Scenario lazy01{asserting({
    .name = "lazy01",
    .summary = "Data that is not expected to be complete, and is if the check comes last",
    .classes = 6,
    .failing_classes = 2,
    .interleavings = 6,
    .random_rate = 1.0 / 3,
    .body = [] {
      std::mutex m;
      Variable data;
      run({[&](Assertions&) {
             const Lock lock(m);
             data += 1;
           },
           [&](Assertions&) {
             const Lock lock(m);
             data += 2;
           },
           [&](Assertions& check) {
             const Lock lock(m);
             check(data < 3);
           }});
    },
})};

// In C the sections are atomic by assumption; here a mutex makes them so. The check comes last in six of the 24 orders, and in
// four of those the values differ.
const Scenario token_ring{asserting({
    .name = "token_ring",
    .summary = "A token that goes round out of turn",
    .classes = 24,
    .failing_classes = 4,
    .interleavings = 24,
    .random_rate = 1.0 / 6,
    .body = [] {
      std::mutex atomic;
      Variable x1 = 1, x2 = 2, x3 = 1, done1, done2, done3;
      run({[&](Assertions&) {
             const Lock lock(atomic);
             x1 = (x3 + 1) % 4;
             done1 = true;
           },
           [&](Assertions&) {
             const Lock lock(atomic);
             x2 = x1;
             done2 = true;
           },
           [&](Assertions&) {
             const Lock lock(atomic);
             x3 = x2;
             done3 = true;
           },
           [&](Assertions& check) {
             const Lock lock(atomic);
             if (done1 && done2 && done3) check(x1 == x2 && x2 == x3);
           }});
    },
})};

const Scenario deadlock01{deadlocking({
    .name = "deadlock01",
    .summary = "Two mutexes, taken in opposite orders",
    .outcomes = {"ok"},
    .classes = 3,
    .failing_classes = 1,
    .interleavings = 6,
    .random_rate = 1.0 / 2,
    .body = [] {
      std::mutex a, b;
      Variable counter = 1;
      run({[&](Assertions&) {
             const Lock first(a), second(b);
             counter += 1;
           },
           [&](Assertions&) {
             const Lock first(b), second(a);
             counter -= 1;
           }});
    },
})};

// Two classes of visitors, a room for one class at a time: the first of a class takes the room while it holds the mutex that
// those who would leave need. Two of the four threads do nothing.
const Scenario carter01{deadlocking({
    .name = "carter01",
    .summary = "Who waits for the room holds what the one inside needs to leave",
    .outcomes = {"ok"},
    .classes = 4,
    .failing_classes = 2,
    .random_rate = 1.0 / 2,
    .body = [] {
      std::mutex m, room;
      Variable a, b;
      const auto visit = [&](Variable& inside) {
        return [&](Assertions&) {
          {
            const Lock lock(m);
            inside += 1;
            if (inside == 1) room.lock();
          }
          const Lock lock(m);
          inside -= 1;
          if (inside == 0) room.unlock();
        };
      };
      run({visit(a), visit(b), [](Assertions&) {}, [](Assertions&) {}});
    },
})};

// The second lock of x is never given back.
const Scenario phase01{deadlocking({
    .name = "phase01",
    .summary = "A mutex that is not unlocked: every execution ends in a deadlock",
    .classes = 6,
    .failing_classes = 6,
    .random_rate = 1,
    .body = [] {
      std::mutex x, y;
      const auto thread = [&](Assertions&) {
        x.lock();
        x.unlock();
        x.lock();
        y.lock();
        y.unlock();
        y.lock();
        y.unlock();
      };
      run({thread, thread});
    },
})};

// Everybody takes his own fork, then his neighbour's. Of all classes one deadlocks: everybody holds one fork.
Definition dining(std::size_t n, std::uint64_t interleavings, double random_rate) {
  return deadlocking({
      .name = "dining_" + std::to_string(n),
      .summary = "Philosophers who take their own fork first",
      .outcomes = {"ok"},
      .effort = interleavings > 100'000 ? Effort::search_reduced : Effort::search,
      .classes = (std::uint64_t{1} << n) - 1,
      .failing_classes = 1,
      .interleavings = interleavings,
      .random_rate = random_rate,
      .body = [n] {
        std::vector<std::mutex> forks(n);
        std::vector<Thread> philosophers;
        for (std::size_t i = 0; i < n; ++i) {
          philosophers.push_back([&own = forks[i], &next = forks[(i + 1) % n]](Assertions&) {
            const Lock first(own), second(next);
          });
        }
        run(std::move(philosophers));
      },
  });
}

const Scenario dining_2{dining(2, 6, 1.0 / 2)};
const Scenario dining_3{dining(3, 168, 1.0 / 3)};
const Scenario dining_4{dining(4, 98'184, 11.0 / 48)};
const Scenario dining_5{dining(5, 66'468'720, 19.0 / 120)};

}  // namespace
}  // namespace interleave::scenarios::sct
