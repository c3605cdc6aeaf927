// SCTBench's CS programs of two variables that belong together, or of one that is updated under two locks, with any number of
// threads on both sides.
#include <mutex>

#include <interleave/scenarios/sct.hpp>

namespace interleave::scenarios::sct {
namespace {

using Lock = std::lock_guard<std::mutex>;

struct Shape {
  int first, second;  // threads of either kind
};

// So many threads of one kind, then so many of the other.
std::vector<Thread> threads(Shape shape, const Thread& first, const Thread& second) {
  std::vector<Thread> all(static_cast<std::size_t>(shape.first), first);
  all.insert(all.end(), static_cast<std::size_t>(shape.second), second);
  return all;
}

Definition reorder(Shape shape, Definition known) {
  known.name = "reorder_" + std::to_string(shape.first + shape.second);
  known.summary = std::to_string(shape.first) + " threads set two variables, " + std::to_string(shape.second) + " look at both";
  known.body = [shape] {
    Variable a, b;
    const auto set = [&](Assertions&) {
      a = 1;
      b = -1;
    };
    const auto look = [&](Assertions& check) { check((a == 0 && b == 0) || (a == 1 && b == -1)); };
    run(threads(shape, set, look));
  };
  return asserting(known);
}

const Scenario reorder_3{reorder({2, 1}, {.classes = 56, .failing_classes = 12, .interleavings = 172,
                                          .random_rate = 4.0 / 81})};
const Scenario reorder_4{reorder({3, 1}, {.classes = 1248, .failing_classes = 216, .interleavings = 7038,
                                          .random_rate = 39.0 / 1024})};
const Scenario reorder_5{reorder({4, 1}, {.effort = Effort::search_reduced, .classes = 40'032, .failing_classes = 5760,
                                          .random_rate = 472.0 / 15625})};
const Scenario reorder_10{reorder({9, 1}, {.effort = Effort::sample, .random_rate = 0.013301})};
const Scenario reorder_20{reorder({10, 10}, {.effort = Effort::sample, .random_rate = 0.097384})};
const Scenario reorder_50{reorder({40, 10}, {.effort = Effort::sample, .random_rate = 0.019284})};
const Scenario reorder_100{reorder({99, 1}, {.effort = Effort::sample, .random_rate = 0.00056050})};

Definition twostage(std::string name, Shape shape, Definition known) {
  known.name = std::move(name);
  known.summary = std::to_string(shape.first) + " threads update in two critical sections, " + std::to_string(shape.second) +
                  " look in between";
  known.body = [shape] {
    std::mutex lock1, lock2;
    Variable data1, data2;
    const auto update = [&](Assertions&) {
      {
        const Lock lock(lock1);
        data1 = 1;
      }
      const Lock lock(lock2);
      data2 = data1 + 1;
    };
    const auto look = [&](Assertions& check) {
      int t1 = -1, t2 = -1;
      {
        const Lock lock(lock1);
        if (data1 == 0) return;
        t1 = data1;
      }
      {
        const Lock lock(lock2);
        t2 = data2;
      }
      check(t2 == t1 + 1);
    };
    run(threads(shape, update, look));
  };
  return asserting(known);
}

const Scenario twostage_2{twostage("twostage", {1, 1}, {.classes = 3, .failing_classes = 1, .interleavings = 72,
                                                        .random_rate = 1.0 / 64})};
const Scenario twostage_20{twostage("twostage_20", {10, 10}, {.effort = Effort::sample, .random_rate = 0.029942})};
const Scenario twostage_50{twostage("twostage_50", {40, 10}, {.effort = Effort::sample, .random_rate = 0.012393})};
const Scenario twostage_100{twostage("twostage_100", {99, 1}, {.effort = Effort::sample, .random_rate = 0.00062611})};

Definition wronglock(std::string name, Shape shape, Definition known) {
  known.name = std::move(name);
  known.summary = "A variable that one thread guards with a mutex of its own, against " + std::to_string(shape.second);
  known.body = [shape] {
    std::mutex data_lock, this_lock;
    Variable data;
    const auto guarded = [&](Assertions& check) {
      const Lock lock(data_lock);
      const int x = data;
      data += 1;
      check(data == x + 1);
    };
    const auto otherwise = [&](Assertions&) {
      const Lock lock(this_lock);
      data += 1;
    };
    run(threads(shape, guarded, otherwise));
  };
  return asserting(known);
}

// The others come in any order; in each, the four accesses of the first fall between theirs in 7, 60 or 624 ways.
const Scenario wronglock_1{wronglock("wronglock_1", {1, 1}, {.classes = 7, .failing_classes = 2, .interleavings = 210,
                                                             .random_rate = 29.0 / 128})};
const Scenario wronglock_3{wronglock("wronglock_3", {1, 3}, {.effort = Effort::search_reduced, .classes = 6 * 60,
                                                             .failing_classes = 246, .random_rate = 0.371584})};
const Scenario wronglock_7{wronglock("wronglock", {1, 7}, {.effort = Effort::sample, .classes = 5040 * 624,
                                                           .random_rate = 0.405425})};

}  // namespace
}  // namespace interleave::scenarios::sct
