// Mistakes in the use of locks.
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>

#include <interleave/scenarios/bugs.hpp>

namespace interleave::scenarios {
namespace {

const Bug abba{"abba", "Two mutexes, locked in opposite orders", "deadlock", "In the same order", [](bool repaired) {
  std::mutex a, b;
  const auto both = [](std::mutex& first, std::mutex& second) {
    const std::lock_guard one(first);
    const std::lock_guard other(second);
  };
  parallel([&] { both(a, b); }, [&] { repaired ? both(a, b) : both(b, a); });
}};

// The other repair takes one, tries the other and begins anew with that if it is taken: two threads may do so in step for as long
// as they like, which is left out.
const Scenario abba_scoped_lock{{
    .name = "bugs/abba_scoped_lock",
    .summary = "Two mutexes in opposite orders, both at once by std::scoped_lock",
    .effort = Effort::search_reduced,
    .spins = true,
    .body = [] {
      std::mutex a, b;
      int n = 0;
      const auto both = [&](std::mutex& first, std::mutex& second) {
        const std::scoped_lock lock(first, second);
        ++n;
      };
      parallel([&] { both(a, b); }, [&] { both(b, a); });
      require(n == 2);
    },
}};

const Bug three_way{"three_way", "Three mutexes, each thread holds one and wants the next", "deadlock", "The last thread takes them in the order of the others",
                    [](bool repaired) {
  std::mutex m[3];
  const auto hold = [&](int i, int j) {
    const std::lock_guard one(m[i]);
    const std::lock_guard other(m[j]);
  };
  parallel([&] { hold(0, 1); }, [&] { hold(1, 2); }, [&] { repaired ? hold(0, 2) : hold(2, 0); });
}};

const Bug callback_under_lock{"callback_under_lock", "A listener is called under the lock that it takes itself", "deadlock",
                              "Called after the lock was given back", [](bool repaired) {
  struct Subject {
    std::mutex m;
    int value = 0;
    std::function<void()> listener;
    void set(int to, bool late) {
      std::unique_lock lock(m);
      value = to;
      if (late) lock.unlock();
      if (listener) listener();
    }
    int get() {
      const std::lock_guard guard(m);
      return value;
    }
  };
  Subject subject;
  subject.listener = [&] { (void)subject.get(); };
  parallel([&] { subject.set(1, repaired); }, [&] { (void)subject.get(); });
}};

const Bug check_then_act{"check_then_act", "Absent under one lock, inserted under the next", "require", "Looked for and inserted under one lock",
                         [](bool repaired) {
  std::mutex m;
  std::map<int, int> made;
  int makes = 0;
  const auto use = [&] {
    std::unique_lock lock(m);
    if (made.contains(7)) return;
    if (!repaired) {
      lock.unlock();
      lock.lock();
    }
    made[7] = 1;
    ++makes;
  };
  parallel(use, use);
  require(makes == 1, "made once");
}};

const Bug iterator_lock_gap{"iterator_lock_gap", "A reference into a vector is kept while the lock is not", "use-after-free",
                            "The value is copied under the lock", [](bool repaired) {
  std::mutex m;
  std::vector<std::string> names(1, std::string(20, 'a'));
  parallel(
      [&] {
        std::unique_lock lock(m);
        const std::string& first = names.front();
        if (!repaired) {
          lock.unlock();
          lock.lock();
        }
        require(first.size() == 20);
      },
      [&] {
        const std::lock_guard guard(m);
        names.reserve(names.capacity() + 1);  // moves to other memory
      });
}};

const Bug split_invariant{"split_invariant", "Two balances are read under one lock each", "require", "Read under both locks", [](bool repaired) {
  std::mutex a, b;
  int left = 10, right = 0, seen = 0;
  parallel(
      [&] {
        const std::scoped_lock lock(a, b);
        left -= 5;
        right += 5;
      },
      [&] {
        if (repaired) {
          const std::scoped_lock lock(a, b);
          seen = left + right;
        } else {
          {
            const std::lock_guard guard(a);
            seen = left;
          }
          const std::lock_guard guard(b);
          seen += right;
        }
      });
  require(seen == 10, "no money is lost");
}};

const Bug write_as_reader{"write_as_reader", "A statistic is counted under the readers' lock", "data-race", "Under the writer's lock", [](bool repaired) {
  std::shared_mutex m;
  int lookups = 0;
  const auto look_up = [&] {
    if (repaired) {
      const std::unique_lock lock(m);
      ++lookups;
    } else {
      const std::shared_lock lock(m);
      ++lookups;
    }
  };
  parallel(look_up, look_up);
}};

const Bug upgrade{"upgrade", "A reader of a lock that finds the cache stale waits to become its writer, for itself", "deadlock",
                  "The reader's lock is given back first", [](bool repaired) {
  std::shared_mutex m;
  bool stale = false;
  parallel(
      [&] {
        const std::unique_lock writing(m);
        stale = true;
      },
      [&] {
        std::shared_lock reading(m);
        if (!stale) return;
        if (repaired) reading.unlock();
        const std::unique_lock writing(m);
        stale = false;
      });
}};

const Bug recursive_read{"recursive_read", "A reader calls what reads again; a writer that came in between waits for the one and keeps out the other", "deadlock",
                         "What is called under the lock does not lock", [](bool repaired) {
  struct Table {
    pthread_rwlock_t m = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
    int entries = 1, sum = 0;
    void lock_to_read() { pthread_rwlock_rdlock(&m); }
    void lock_to_write() { pthread_rwlock_wrlock(&m); }
    void unlock() { pthread_rwlock_unlock(&m); }
    int size() {
      lock_to_read();
      const int n = entries;
      unlock();
      return n;
    }
    int average(bool repaired) {
      lock_to_read();
      const int n = sum / (repaired ? entries : size());
      unlock();
      return n;
    }
    void add(int n) {
      lock_to_write();
      ++entries;
      sum += n;
      unlock();
    }
  };
  Table table;
  parallel([&] { (void)table.average(repaired); }, [&] { table.add(1); });
}};

const Bug join_under_lock{"join_under_lock", "A thread is joined under the lock that it still wants", "deadlock", "Joined after the lock was given back",
                          [](bool repaired) {
  std::mutex m;
  bool stopping = false;
  std::thread worker([&] {
    const std::lock_guard guard(m);
    if (stopping) return;
  });
  std::unique_lock lock(m);
  stopping = true;
  if (repaired) lock.unlock();
  worker.join();
}};

const Bug unlocked_getter{"unlocked_getter", "The writer locks, the getter does not", "data-race", "Both lock", [](bool repaired) {
  std::mutex m;
  int value = 0;
  parallel(
      [&] {
        const std::lock_guard guard(m);
        value = 1;
      },
      [&] {
        std::unique_lock lock(m, std::defer_lock);
        if (repaired) lock.lock();
        require(value == 0 || value == 1);
      });
}};

}  // namespace
}  // namespace interleave::scenarios
