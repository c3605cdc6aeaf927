// Mistakes in waiting for something.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>

#include <interleave/scenarios/bugs.hpp>

namespace interleave::scenarios {
namespace {

const Bug lost_wakeup{"lost_wakeup", "Waiting without looking first: the signal may have been", "deadlock", "Waiting for a flag", [](bool repaired) {
  std::mutex m;
  std::condition_variable c;
  bool ready = false;
  parallel(
      [&] {
        std::unique_lock lock(m);
        repaired ? c.wait(lock, [&] { return ready; }) : c.wait(lock);
      },
      [&] {
        const std::lock_guard guard(m);
        ready = true;
        c.notify_one();
      });
}};

const Bug flag_without_lock{"flag_without_lock", "The flag is set outside of the lock, between the waiter's look and its sleep", "deadlock",
                            "Set under the lock", [](bool repaired) {
  std::mutex m;
  std::condition_variable c;
  std::atomic<bool> ready{false};
  parallel(
      [&] {
        std::unique_lock lock(m);
        c.wait(lock, [&] { return ready.load(); });
      },
      [&] {
        std::unique_lock lock(m, std::defer_lock);
        if (repaired) lock.lock();
        ready = true;
        c.notify_one();
      });
}};

const Bug wrong_waiter{"wrong_waiter", "Two kinds of waiters at one condition, and notify_one wakes the wrong one", "deadlock", "notify_all",
                       [](bool repaired) {
  std::mutex m;
  std::condition_variable c;
  bool even = false, odd = false;
  const auto wait_for = [&](bool& what) {
    std::unique_lock lock(m);
    c.wait(lock, [&] { return what; });
  };
  const auto set = [&](bool& what) {
    const std::lock_guard guard(m);
    what = true;
    repaired ? c.notify_all() : c.notify_one();
  };
  parallel([&] { wait_for(even); }, [&] { wait_for(odd); }, [&] {
    set(even);
    set(odd);
  });
}};

const Bug if_for_while{"if_for_while", "Woken, and takes it for granted that there is something", "require", "Looks again", [](bool repaired) {
  std::mutex m;
  std::condition_variable c;
  std::deque<int> items;
  const auto take = [&] {
    std::unique_lock lock(m);
    if (repaired) {
      c.wait(lock, [&] { return !items.empty(); });
    } else if (items.empty()) {
      c.wait(lock);
    }
    require(!items.empty(), "there is something to take");
    items.pop_front();
  };
  parallel(take, take, [&] {
    for (int i = 0; i < 2; ++i) {
      const std::lock_guard guard(m);
      items.push_back(i);
      c.notify_one();
    }
  });
}};

// What a waiter owns, and destroys once it has been told.
struct Ticket {
  std::mutex m;
  std::condition_variable c;
  bool done = false;
};

const Bug condition_destroyed{"condition_destroyed", "Notified after unlocking: the waiter may be gone, and the condition with it", "use-after-free",
                              "Notified under the lock", [](bool repaired) {
  auto* ticket = new Ticket;
  parallel(
      [&] {
        {
          std::unique_lock lock(ticket->m);
          ticket->c.wait(lock, [&] { return ticket->done; });
        }
        delete ticket;
      },
      [&] {
        Ticket& theirs = *ticket;
        std::unique_lock lock(theirs.m);
        theirs.done = true;
        if (repaired) theirs.c.notify_one();
        lock.unlock();
        if (!repaired) theirs.c.notify_one();
      });
}};

const Bug pool_shutdown{"pool_shutdown", "A pool stops without its lock: a worker that is about to sleep misses it", "deadlock", "Stops under its lock",
                        [](bool repaired) {
  std::mutex m;
  std::condition_variable work;
  std::atomic<bool> stopping{false};
  std::deque<int> jobs;
  const auto worker = [&] {
    std::unique_lock lock(m);
    while (true) {
      work.wait(lock, [&] { return stopping || !jobs.empty(); });
      if (jobs.empty()) return;
      jobs.pop_front();
    }
  };
  parallel(worker, [&] {
    {
      const std::lock_guard guard(m);
      jobs.push_back(1);
    }
    work.notify_one();
    std::unique_lock lock(m, std::defer_lock);
    if (repaired) lock.lock();
    stopping = true;
    work.notify_all();
  });
}};

const Bug stop_between{"stop_between", "Asked to stop between the look at the token and the sleep", "deadlock", "Asked under the lock",
                       [](bool repaired) {
  std::mutex m;
  std::condition_variable_any c;
  std::stop_source source;
  parallel(
      [&] {
        std::unique_lock lock(m);
        if (!source.stop_requested()) c.wait(lock);
      },
      [&] {
        std::unique_lock lock(m, std::defer_lock);
        if (repaired) lock.lock();
        source.request_stop();
        c.notify_all();
      });
}};

const Scenario stop_between_with_token{{
    .name = "bugs/stop_between_with_token",
    .summary = "Asked to stop at any moment: wait(lock, token, predicate) misses nothing",
    .effort = Effort::search_reduced,
    .spins = true,  // std::stop_token's own lock
    .body = [] {
      std::mutex m;
      std::condition_variable_any c;
      std::stop_source source;
      parallel(
          [&] {
            std::unique_lock lock(m);
            require(!c.wait(lock, source.get_token(), [] { return false; }));
          },
          [&] { source.request_stop(); });
    },
}};

const Bug spurious{"spurious", "Woken, and takes it for the signal; but it woke by itself", "require", "Looks again",
                   [](bool repaired) {
  std::mutex m;
  std::condition_variable c;
  bool ready = false;
  parallel(
      [&] {
        std::unique_lock lock(m);
        if (repaired) {
          c.wait(lock, [&] { return ready; });
        } else if (!ready) {
          c.wait(lock);
        }
        require(ready, "what was waited for is there");
      },
      [&] {
        const std::lock_guard guard(m);
        ready = true;
        c.notify_one();
      });
}, {.options = {.spurious_wakeups = true}}};

}  // namespace
}  // namespace interleave::scenarios
