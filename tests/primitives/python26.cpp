#include "worlds.hpp"

#include <interleave/primitives/python26.hpp>
#include <interleave/primitives/rlock.hpp>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("2.6 BoundedSemaphore: works in balanced use and notices one release too many", "[primitives][python26]") {
  in_both_worlds([] {
    python26::BoundedSemaphore semaphore;
    const auto visit = [&] {
      semaphore.acquire();
      semaphore.release();
    };
    parallel(visit, visit);
    require(semaphore.value() == 1);
    require(throws<ValueError>([&] { semaphore.release(); }));
    require(semaphore.acquire(false));
    require(!semaphore.acquire(false));
  });
}

TEST_CASE("2.7 Event: wait gives the flag as it leaves", "[primitives][python26]") {
  in_both_worlds([] {
    python26::Event event;
    require(!event.wait(1ms));
    parallel([&] { require(event.wait()); }, [&] { event.set(); });
    event.clear();
    require(!event.is_set());
  });
}

TEST_CASE("2.6 Condition: notifies like ours", "[primitives][python26]") {
  in_both_worlds([] {
    RLock lock;
    python26::Condition condition{lock};
    bool ready = false;
    parallel(
        [&] {
          condition.acquire();
          while (!ready) condition.wait();
          condition.release();
        },
        [&] {
          condition.acquire();
          ready = true;
          condition.notify();
          condition.release();
        });
    require(throws<RuntimeError>([&] { condition.notify_all(); }));
    condition.acquire();
    condition.wait(1ms);
    condition.wait(0s);
    condition.notify_all();
    condition.release();
  });
}

TEST_CASE("2.6 Queue: loses its bound when that shrinks below its size", "[primitives][python26]") {
  in_both_worlds([] {
    python26::Queue<int> queue{2};
    queue.put(1);
    queue.put(2);
    require(throws<Full>([&] { queue.put(3, false); }));
    queue.set_maxsize(1);
    queue.put(3, false);
    require(queue.qsize() == 3);
    require(queue.get() == 1);
    queue.task_done();
    require(queue.get() == 2 && queue.get() == 3);
    require(throws<Empty>([&] { queue.get(false); }));
  });
}

TEST_CASE("2.6 Queue: hands items over", "[primitives][python26]") {
  in_both_worlds([] {
    python26::Queue<int> queue{1};
    parallel(
        [&] {
          queue.put(1);
          queue.join();
        },
        [&] {
          require(queue.get() == 1);
          queue.task_done();
        });
  });
}
