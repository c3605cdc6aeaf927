#include "worlds.hpp"

#include <memory>

#include <interleave/primitives/simple_queue.hpp>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("SimpleQueue: gives items back in the order of their coming", "[primitives][simple_queue]") {
  in_both_worlds([] {
    SimpleQueue<std::unique_ptr<int>> queue;
    require(queue.empty());
    queue.put(std::make_unique<int>(1));
    queue.put_nowait(std::make_unique<int>(2));
    queue.put(std::make_unique<int>(3), true, 1s);  // as to a Queue
    require(queue.qsize() == 3);
    require(*queue.get() == 1);
    require(*queue.get_nowait() == 2);
    require(*queue.get() == 3);
  });
}

TEST_CASE("SimpleQueue: a get that may not wait fails when there is no item", "[primitives][simple_queue]") {
  in_both_worlds([] {
    SimpleQueue<int> queue;
    require(throws<Empty>([&] { queue.get(false); }));
    require(throws<Empty>([&] { queue.get(false, 1s); }), "without waiting the timeout is ignored");
    require(throws<Empty>([&] { queue.get(false, -1s); }));
    require(throws<Empty>([&] { queue.get(true, 1ms); }));
    queue.put(1);
    require(throws<ValueError>([&] { queue.get(true, -1s); }));
    require(queue.get(true, 0s) == 1);
  });
}

TEST_CASE("SimpleQueue: a getter sleeps until there is an item", "[primitives][simple_queue]") {
  in_both_worlds([] {
    SimpleQueue<int> queue;
    parallel([&] { require(queue.get() == 1); }, [&] { queue.put(1); });
    require(queue.empty());
  });
}

TEST_CASE("SimpleQueue: an item that fails to move stays, and can be got later", "[primitives][simple_queue]") {
  struct Stubborn {
    Stubborn() = default;
    Stubborn(Stubborn&& other) : refuses(other.refuses) {
      if (*refuses) throw 1;
    }
    std::shared_ptr<bool> refuses = std::make_shared<bool>(false);
  };
  in_both_worlds([] {
    SimpleQueue<Stubborn> queue;
    Stubborn item;
    const auto refuses = item.refuses;
    queue.put(std::move(item));
    *refuses = true;
    require(throws<int>([&] { queue.get(); }));
    *refuses = false;
    queue.get(false);
    require(queue.empty());
  });
}
