// Reader-writer locks, POSIX and standard.
#include "explored.hpp"

#include <cerrno>
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include <pthread.h>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("readers do not exclude each other") {
  // r u | r u: all six interleavings.
  CHECK_HOLDS(explore_all([] {
    std::shared_mutex mutex;
    const auto read = [&] { const std::shared_lock lock(mutex); };
    parallel(read, read);
  }), 6u);
}

TEST_CASE("a writer excludes readers and writers") {
  CHECK_HOLDS(explore_all([] {
    std::shared_mutex mutex;
    parallel([&] { const std::lock_guard lock(mutex); }, [&] { const std::shared_lock lock(mutex); });
  }), 2u);
  CHECK_HOLDS(explore_all([] {
    std::shared_mutex mutex;
    const auto write = [&] { const std::lock_guard lock(mutex); };
    parallel(write, write, write);
  }), 6u);
  // Two readers and a writer: before, between or after. W R R: 6. R R W: 6. R W R: 2.
  CHECK_HOLDS(explore_all([] {
    std::shared_mutex mutex;
    const auto read = [&] { const std::shared_lock lock(mutex); };
    parallel([&] { const std::lock_guard lock(mutex); }, read, read);
  }), 14u);
}

TEST_CASE("tries and timed attempts find what is there when they are scheduled") {
  const auto beside_a_writer = [](auto attempt) {
    return explore_all([attempt] {
      std::shared_timed_mutex mutex;
      parallel([&] { const std::lock_guard lock(mutex); }, [&] { outcome(attempt(mutex) ? "got" : "not"); });
    }).outcomes;
  };
  const Outcomes as_a_try{{"got", 2}, {"not", 1}};
  const auto reading = [](auto attempt) {
    return [attempt](auto& m) { return attempt(m) && (m.unlock_shared(), true); };
  };
  const auto writing = [](auto attempt) {
    return [attempt](auto& m) { return attempt(m) && (m.unlock(), true); };
  };
  CHECK(beside_a_writer(reading([](auto& m) { return m.try_lock_shared(); })) == as_a_try);
  CHECK(beside_a_writer(writing([](auto& m) { return m.try_lock(); })) == as_a_try);
  CHECK(beside_a_writer(reading([](auto& m) { return m.try_lock_shared_for(1s); })) == as_a_try);
  CHECK(beside_a_writer(writing([](auto& m) { return m.try_lock_for(1s); })) == as_a_try);
  CHECK(beside_a_writer(reading([](auto& m) { return m.try_lock_shared_until(std::chrono::system_clock::now() + 1s); })) == as_a_try);
  CHECK(beside_a_writer(writing([](auto& m) { return m.try_lock_until(std::chrono::system_clock::now() + 1s); })) == as_a_try);
}

TEST_CASE("a thread that holds the lock for writing is told so when it wants it again") {
  CHECK_HOLDS(explore_all([] {
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    REQUIRE(pthread_rwlock_wrlock(&lock) == 0);
    REQUIRE(pthread_rwlock_wrlock(&lock) == EDEADLK);
    REQUIRE(pthread_rwlock_rdlock(&lock) == EDEADLK);
    REQUIRE(pthread_rwlock_trywrlock(&lock) == EBUSY);
    REQUIRE(pthread_rwlock_tryrdlock(&lock) == EBUSY);
    REQUIRE(pthread_rwlock_unlock(&lock) == 0);
    REQUIRE(pthread_rwlock_destroy(&lock) == 0);
  }), 1u);
}

TEST_CASE("two readers who both want to write wait for each other") {
  const Report report = explore_all([] {
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    const auto upgrade = [&] {
      pthread_rwlock_rdlock(&lock);
      pthread_rwlock_wrlock(&lock);
    };
    parallel(upgrade, upgrade);
  });
  CHECK(report.failing == report.executions);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "deadlock");
}

TEST_CASE("unlocking a reader-writer lock that nobody holds is a misuse") {
  const Report report = explore_all([] {
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    pthread_rwlock_unlock(&lock);
  });
  CHECK_FAILS(report, 1u, 1u, "misuse");
}

// ---- where writers come first ----

namespace {

template <int kind>
struct Rwlock {
  Rwlock() {
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, kind);
    pthread_rwlock_init(&lock, &attributes);
  }
  ~Rwlock() { REQUIRE(pthread_rwlock_destroy(&lock) == 0); }
  void read() { REQUIRE(pthread_rwlock_rdlock(&lock) == 0); }
  void write() { REQUIRE(pthread_rwlock_wrlock(&lock) == 0); }
  bool write_soon() {
    const timespec long_ago{};
    return pthread_rwlock_timedwrlock(&lock, &long_ago) == 0;
  }
  bool try_read() { return pthread_rwlock_tryrdlock(&lock) == 0; }
  bool try_write() { return pthread_rwlock_trywrlock(&lock) == 0; }
  void leave() { REQUIRE(pthread_rwlock_unlock(&lock) == 0); }
  pthread_rwlock_t lock;
};
using WritersFirst = Rwlock<PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP>;

// A reader tries to read once more while a writer comes.
template <class Lock>
void reads_twice() {
  Lock lock;
  int n = 0;
  parallel(
      [&] {
        lock.read();
        const bool in = lock.try_read();
        outcome(in ? "in" : "kept out");
        REQUIRE((n == 0 || n == 1));
        lock.leave();
        if (in) lock.leave();
      },
      [&] {
        lock.write();
        n = 1;
        lock.leave();
      });
}

void check_classes(const std::function<void()>& body, std::uint64_t executions) {
  Options options;
  options.strategy = "dpor";
  const Report report = explore_all(body, options);
  INFO(text_of(report));
  CHECK(report.complete);
  CHECK(report.executions == executions);
  CHECK(report.redundant == 0);
}

}  // namespace

TEST_CASE("no reader comes in while a writer waits, if writers come first") {
  // The reader: reads, tries, leaves (twice, if it got in): r t l l. The writer: asks and gets in or waits, gets in then, leaves: a g l.
  // a l before r, a between any two of r t l l, or behind them. It is kept out in r a t l g l.
  const Report report = explore_all(&reads_twice<WritersFirst>);
  CHECK_HOLDS(report, 5u);
  CHECK_OUTCOMES(report, {{"in", 4}, {"kept out", 1}});
  check_classes(&reads_twice<WritersFirst>, 5);
}

TEST_CASE("readers come in while a writer waits, of the other two kinds") {
  for (const Report& report : {explore_all(&reads_twice<Rwlock<PTHREAD_RWLOCK_PREFER_READER_NP>>),
                               explore_all(&reads_twice<Rwlock<PTHREAD_RWLOCK_PREFER_WRITER_NP>>)}) {
    CHECK_HOLDS(report, 2u);
    CHECK_OUTCOMES(report, {{"in", 2}});
  }
}

TEST_CASE("a reader that reads again waits for the writer that waits for it, if writers come first") {
  const auto body = [] {
    WritersFirst lock;
    parallel(
        [&] {
          lock.read();
          lock.read();
          lock.leave();
          lock.leave();
        },
        [&] {
          lock.write();
          lock.leave();
        });
  };
  // As above: r a is the end of it.
  const Report report = explore_all(body);
  CHECK_FAILS(report, 5u, 1u, "deadlock");
  const std::string& message = report.failure->message;
  const std::string name = message.substr(20, message.find(',') - 20);  // with debug information the variable's
  CHECK_THAT(message, Catch::Contains("cycle: T1 waits for " + name + ", which T2 waits to write; T2 waits for " + name + " held by T1 since step 1"));
  check_classes(body, 5);
}

TEST_CASE("a writer that gives up waiting lets readers in again") {
  const auto body = [] {
    WritersFirst lock;
    std::string reader, writer;
    parallel(
        [&] {
          lock.read();
          const bool in = lock.try_read();
          reader = in ? "in" : "kept out";
          lock.leave();
          if (in) lock.leave();
        },
        [&] {
          const bool in = lock.write_soon();
          writer = in ? ", in" : ", given up";
          if (in) lock.leave();
        });
    outcome(reader + writer);
  };
  // w: the second step of the writer that has to wait, which gives up if the reader is still inside. In and in: a l r t l l, r t a l l w l,
  // r t l a l w l, r t l l a l. In and given up: r a w t l l, r t a w l l, r t a l w l, r t l a w l. Kept out: r a t w l, r a t l w l.
  const Report report = explore_all(body);
  CHECK_HOLDS(report, 10u);
  CHECK_OUTCOMES(report, {{"in, in", 4}, {"in, given up", 4}, {"kept out, in", 1}, {"kept out, given up", 1}});
  check_classes(body, 10);
}

TEST_CASE("who only tries to write does not come before a writer that waits") {
  const auto body = [] {
    WritersFirst lock;
    parallel(
        [&] {
          lock.read();
          lock.leave();
          const bool in = lock.try_write();
          outcome(in ? "in" : "kept out");
          if (in) lock.leave();
        },
        [&] {
          lock.write();
          lock.leave();
        });
  };
  // Reads, leaves, tries, leaves if it got in: r l t l. Kept out in r l a t l, r a l t g l, r a l g t l; in after the writer has left:
  // a l r l t l, r a l g l t l, r l a l t l, and before it comes: r l t l a l, r l t a l g l.
  const Report report = explore_all(body);
  CHECK_HOLDS(report, 8u);
  CHECK_OUTCOMES(report, {{"in", 5}, {"kept out", 3}});
  // The try that fails does not notice whether the writer still waits or is in: r a l t g l and r a l g t l are the same.
  check_classes(body, 7);
}

TEST_CASE("that two writers begin to wait has no order, but which of them comes in first has") {
  const auto body = [] {
    WritersFirst lock;
    std::string order;
    lock.read();
    std::thread a([&] { lock.write(), order += 'a', lock.leave(); });
    std::thread b([&] { lock.write(), order += 'b', lock.leave(); });
    lock.leave();
    a.join();
    b.join();
    outcome(order);
  };
  // Of either order: both ask before main leaves, 1; only the first to come in does, and the second has to wait for it or comes later, 2;
  // only the second does, and the first has to wait as well, 1; neither does, and the second has to wait or comes later, 2.
  check_classes(body, 12);
  CHECK_OUTCOME_SET(explore_all(body), {"ab", "ba"});
}
