#include "worlds.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

#include <interleave/primitives/queue.hpp>

using namespace interleave;
using namespace std::chrono_literals;

namespace {

// An item whose copying, moving and comparing can be made to fail.
struct Fragile {
  explicit Fragile(int v) : value(v) {}
  Fragile(const Fragile& other) : value(checked(other)) {}
  Fragile(Fragile&& other) : value(checked(other)) {}
  Fragile& operator=(const Fragile& other) { return value = checked(other), *this; }
  Fragile& operator=(Fragile&& other) { return value = checked(other), *this; }
  friend bool operator<(const Fragile& a, const Fragile& b) {
    if (comparing_fails) throw std::logic_error("compare");
    return a.value < b.value;
  }

  int value;
  static inline bool moving_fails = false;
  static inline bool comparing_fails = false;

 private:
  static int checked(const Fragile& other) {
    if (moving_fails) throw std::logic_error("move");
    return other.value;
  }
};

}  // namespace

TEST_CASE("Queue: gives items back in the order of their coming", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    for (int i : {3, 1, 2}) queue.put(i);
    require(queue.get() == 3);
    require(queue.get() == 1);
    require(queue.get() == 2);
  });
}

TEST_CASE("LifoQueue: gives the youngest item back first", "[primitives][queue]") {
  in_both_worlds([] {
    LifoQueue<int> queue;
    for (int i : {3, 1, 2}) queue.put(i);
    require(queue.get() == 2);
    require(queue.get() == 1);
    require(queue.get() == 3);
  });
}

TEST_CASE("PriorityQueue: gives the smallest item back first", "[primitives][queue]") {
  in_both_worlds([] {
    PriorityQueue<int> queue;
    for (int i : {5, 1, 4, 1, 3, 9, 2, 6}) queue.put(i);
    for (int i : {1, 1, 2, 3, 4, 5, 6, 9}) require(queue.get() == i);
    PriorityQueue<int, std::greater<>> largest;
    for (int i : {1, 3, 2}) largest.put(i);
    for (int i : {3, 2, 1}) require(largest.get() == i);
  });
}

TEST_CASE("Queue: knows its size, and whether it is empty or full", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue{2};
    require(queue.empty() && !queue.full() && queue.qsize() == 0);
    queue.put(1);
    require(!queue.empty() && !queue.full() && queue.qsize() == 1);
    queue.put(2);
    require(queue.full());
    Queue<int> unbounded{-1};
    unbounded.put(1);
    require(!unbounded.full());
  });
}

TEST_CASE("Queue: a put that may not wait fails when there is no room", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue{1};
    queue.put(1);
    require(throws<Full>([&] { queue.put(2, false); }));
    require(throws<Full>([&] { queue.put_nowait(2); }));
    require(throws<Full>([&] { queue.put(2, false, -1s); }), "without waiting the timeout is ignored");
    require(throws<Full>([&] { queue.put(2, true, 1ms); }));
    require(throws<Full>([&] { queue.put(2, true, 0s); }));
    require(queue.qsize() == 1 && queue.unfinished_tasks() == 1);
    require(queue.get() == 1);
  });
}

TEST_CASE("Queue: a get that may not wait fails when there is no item", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    require(throws<Empty>([&] { queue.get(false); }));
    require(throws<Empty>([&] { queue.get_nowait(); }));
    require(throws<Empty>([&] { queue.get(false, -1s); }), "without waiting the timeout is ignored");
    require(throws<Empty>([&] { queue.get(true, 1ms); }));
    require(throws<Empty>([&] { queue.get(true, 0s); }));
    queue.put(1);
    require(queue.get_nowait() == 1);
  });
}

TEST_CASE("Queue: refuses negative timeouts even when it need not wait", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue{2};
    require(throws<ValueError>([&] { queue.put(1, true, -1s); }));
    require(queue.empty());
    queue.put(1);
    require(throws<ValueError>([&] { queue.get(true, -1s); }));
    require(queue.qsize() == 1);
    Queue<int> unbounded;
    unbounded.put(1, true, -1s);
    require(unbounded.qsize() == 1, "an unbounded put never waits and ignores its timeout");
  });
}

TEST_CASE("Queue: an item that does not get in is not moved from", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<std::unique_ptr<int>> queue{1};
    queue.put(std::make_unique<int>(1));
    auto item = std::make_unique<int>(2);
    require(throws<Full>([&] { queue.put_nowait(std::move(item)); }));
    require(item != nullptr);
    require(*queue.get() == 1);
  });
}

TEST_CASE("Queue: a getter sleeps until there is an item", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    parallel([&] { require(queue.get() == 1); }, [&] { queue.put(1); });
    require(queue.empty());
  });
}

TEST_CASE("Queue: a putter sleeps until there is room", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue{1};
    queue.put(1);
    parallel([&] { queue.put(2); }, [&] { require(queue.get() == 1); });
    require(queue.get() == 2);
  });
}

TEST_CASE("Queue: a timeout that races with a put loses nothing", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    bool got = false;
    parallel([&] { got = !throws<Empty>([&] { queue.get(true, 1ms); }); }, [&] { queue.put(1); });
    require(queue.qsize() == (got ? 0u : 1u));
  });
}

TEST_CASE("Queue: two getters share two items", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    queue.put(1);
    int got[2] = {};
    parallel([&] { got[0] = queue.get(); },
             [&] {
               queue.put(2);
               got[1] = queue.get();
             });
    require(got[0] + got[1] == 3);
    require(queue.empty());
  });
}

TEST_CASE("Queue: task_done counts down to zero and no further", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    require(message_of<ValueError>([&] { queue.task_done(); }) == "task_done() called too many times");
    queue.put(1);
    queue.get();
    require(queue.unfinished_tasks() == 1);
    queue.task_done();
    require(throws<ValueError>([&] { queue.task_done(); }));
    require(queue.unfinished_tasks() == 0);
  });
}

TEST_CASE("Queue: join returns at once if there is nothing to wait for", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    queue.join();
    queue.put(1);
    queue.task_done();
    queue.join();
  });
}

TEST_CASE("Queue: join waits until all items have been reported done", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    queue.put(1);
    bool worked = false;
    parallel(
        [&] {
          queue.join();
          require(worked);
        },
        [&] {
          queue.get();
          worked = true;
          queue.task_done();
        });
  });
}

TEST_CASE("Queue: all joiners are freed", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    queue.put(1);
    const auto join = [&] { queue.join(); };
    parallel(join, join, [&] { queue.task_done(); });
  });
}

TEST_CASE("Queue: a bound that shrinks below the size still bounds", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue{3};
    queue.put(1);
    queue.put(2);
    queue.set_maxsize(1);
    require(queue.full());
    require(throws<Full>([&] { queue.put_nowait(3); }));
    queue.set_maxsize(3);
    queue.put_nowait(3);
  });
}

TEST_CASE("Queue: after shutdown puts fail, and gets once the items are gone", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    queue.put(1);
    queue.shutdown();
    require(throws<ShutDown>([&] { queue.put(2); }));
    require(throws<ShutDown>([&] { queue.put_nowait(2); }));
    require(queue.get() == 1);
    require(throws<ShutDown>([&] { queue.get(); }));
    require(throws<ShutDown>([&] { queue.get(false); }));
    require(throws<ShutDown>([&] { queue.get(true, -1s); }), "before the timeout is looked at");
    require(queue.unfinished_tasks() == 1);
  });
}

TEST_CASE("Queue: an immediate shutdown throws items away and counts them as done", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    queue.put(1);
    queue.put(2);
    queue.get();
    queue.shutdown(true);
    require(queue.empty());
    require(queue.unfinished_tasks() == 1, "the item that was got is not done");
    require(throws<ShutDown>([&] { queue.get(); }));
    queue.task_done();
    queue.join();
  });
}

TEST_CASE("Queue: an immediate shutdown counts no item as done twice", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    queue.put(1);
    queue.task_done();
    queue.shutdown(true);
    require(queue.unfinished_tasks() == 0);
  });
}

TEST_CASE("Queue: shutdown wakes every getter", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    const auto get = [&] { require(throws<ShutDown>([&] { queue.get(); })); };
    parallel(get, get, [&] { queue.shutdown(); });
  });
}

TEST_CASE("Queue: shutdown wakes every putter", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue{1};
    queue.put(1);
    const auto put = [&] { require(throws<ShutDown>([&] { queue.put(2); })); };
    parallel(put, put, [&] { queue.shutdown(); });
    require(queue.qsize() == 1);
  });
}

TEST_CASE("Queue: an immediate shutdown frees joiners", "[primitives][queue]") {
  in_both_worlds([] {
    Queue<int> queue;
    queue.put(1);
    parallel([&] { queue.join(); }, [&] { queue.shutdown(true); });
  });
}

TEMPLATE_TEST_CASE("Queue: an item that fails to move leaves counters and locks right", "[primitives][queue]",
                   Queue<Fragile>, LifoQueue<Fragile>, PriorityQueue<Fragile>) {
  in_both_worlds([] {
    TestType queue{2};
    queue.put(Fragile{1});
    Fragile item{2};
    Fragile::moving_fails = true;
    require(throws<std::logic_error>([&] { queue.put(std::move(item)); }));
    require(throws<std::logic_error>([&] { queue.put(item); }));
    require(throws<std::logic_error>([&] { queue.get(); }));
    Fragile::moving_fails = false;
    require(queue.qsize() == 1 && queue.unfinished_tasks() == 1);
    require(queue.get().value == 1);
    queue.task_done();
    queue.join();
  });
}

TEST_CASE("PriorityQueue: a comparison that fails leaves all items in their order", "[primitives][queue]") {
  in_both_worlds([] {
    PriorityQueue<Fragile> queue;
    for (int i : {3, 1, 4, 2}) queue.put(Fragile{i});
    Fragile::comparing_fails = true;
    require(throws<std::logic_error>([&] { queue.put(Fragile{0}); }));
    require(throws<std::logic_error>([&] { queue.get(); }));
    Fragile::comparing_fails = false;
    require(queue.qsize() == 4 && queue.unfinished_tasks() == 4);
    for (int i : {1, 2, 3, 4}) require(queue.get().value == i);
  });
}
