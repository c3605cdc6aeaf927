// Mistakes in taking turns and in handing over.
#include <atomic>
#include <barrier>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <string>

#include <semaphore.h>

#include <interleave/scenarios/bugs.hpp>

namespace interleave::scenarios {
namespace {

const Bug barging{"barging", "A permit is given back for another, and taken again by the same thread", "require", "A semaphore for each direction",
                  [](bool repaired) {
  sem_t ping, pong;
  sem_init(&ping, 0, 1);
  sem_init(&pong, 0, 0);
  std::string order;
  const auto turns = [&](char name, sem_t& mine, sem_t& theirs) {
    for (int i = 0; i < 2; ++i) {
      sem_wait(&mine);
      order += name;
      sem_post(&theirs);
    }
  };
  parallel([&] { turns('a', ping, repaired ? pong : ping); }, [&] { turns('b', repaired ? pong : ping, ping); });
  require(order == "abab", "they take turns");
}};

const Bug promise_twice{"promise_twice", "Whoever is first keeps the promise; both think they are", "exception", "One exchange decides", [](bool repaired) {
  std::promise<int> promise;
  std::atomic<bool> kept{false};
  const auto keep = [&](int value) {
    if (repaired ? kept.exchange(true) : kept.load()) return;
    kept = true;
    promise.set_value(value);
  };
  parallel([&] { keep(1); }, [&] { keep(2); });
  const int value = promise.get_future().get();
  require(value == 1 || value == 2);
}};

const Bug barrier_reused{"barrier_reused", "A barrier made of a counter is reset by who leaves, while another has not yet looked", "deadlock",
                         "std::barrier", [](bool repaired) {
  std::barrier phase(2);
  std::mutex m;
  std::condition_variable c;
  int arrived = 0;
  const auto arrive = [&] {
    if (repaired) return phase.arrive_and_wait();
    std::unique_lock lock(m);
    if (++arrived == 2) {
      c.notify_all();
    } else {
      c.wait(lock, [&] { return arrived == 2; });
    }
    lock.unlock();
    lock.lock();
    arrived = 0;  // for the next round
  };
  parallel([&] { arrive(); }, [&] { arrive(); });
}, {.effort_repaired = Effort::search_reduced}};

const Bug last_item_lost{"last_item_lost", "Nothing there, then closed: but something came in between", "require", "Looks whether it is closed first",
                         [](bool repaired) {
  std::mutex m;
  std::deque<int> items;
  std::atomic<bool> closed{false};
  const auto pop = [&] {
    const std::lock_guard guard(m);
    if (items.empty()) return false;
    items.pop_front();
    return true;
  };
  parallel(
      [&] {
        {
          const std::lock_guard guard(m);
          items.push_back(1);
        }
        closed = true;
      },
      [&] {
        const bool before = closed;
        const bool ended = !pop() && (repaired ? before : closed.load());
        if (ended) require(!pop(), "nothing is left behind");
      });
}};

const Bug writer_starved{"writer_starved", "Readers come and go, and the writer waits for a moment without any", "require", "New readers wait behind it",
                         [](bool repaired) {
  std::mutex m;
  std::condition_variable c;
  int readers = 0, overtakes = 0;
  bool writer_waits = false;
  const auto read = [&] {
    {
      std::unique_lock lock(m);
      c.wait(lock, [&] { return !repaired || !writer_waits; });
      overtakes += writer_waits;
      ++readers;
    }
    const std::lock_guard guard(m);
    if (--readers == 0) c.notify_all();
  };
  parallel(
      [&] {
        std::unique_lock lock(m);
        writer_waits = true;
        c.wait(lock, [&] { return readers == 0; });
        writer_waits = false;
        require(overtakes < 2, "the writer's turn comes");
        c.notify_all();
      },
      [&] {
        read();
        read();
      },
      read);
}};

}  // namespace
}  // namespace interleave::scenarios
