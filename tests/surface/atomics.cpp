// <atomic>: every type, size and operation, waits, references, shared pointers, fences, and the C names.
#include "surface.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

using namespace interleave;

namespace {

struct Three {  // an odd size: the library's calls, under a lock of their own
  std::uint8_t bytes[3];
};
struct alignas(16) Sixteen {
  std::uint64_t low, high;
};
struct Large {
  std::uint64_t words[5];
};

template <class T>
T made_of(int n) {
  if constexpr (std::is_same_v<T, Three>) return {{static_cast<std::uint8_t>(n), 0, 0}};
  else if constexpr (std::is_same_v<T, Sixteen>) return {static_cast<std::uint64_t>(n), 0};
  else if constexpr (std::is_same_v<T, Large>) return {{static_cast<std::uint64_t>(n), 0, 0, 0, 0}};
  else return static_cast<T>(n);
}
template <class T>
int number(const T& value) {
  if constexpr (std::is_same_v<T, Three>) return value.bytes[0];
  else if constexpr (std::is_same_v<T, Sixteen>) return static_cast<int>(value.low);
  else if constexpr (std::is_same_v<T, Large>) return static_cast<int>(value.words[0]);
  else return static_cast<int>(value);
}

// Each operation is one step: of load, store, exchange and the two compare-exchanges, in two threads, some other's value is seen.
template <class T>
void every_operation() {
  holds({.executions = 1}, [] {
    std::atomic<T> a(made_of<T>(1));
    REQUIRE(number(a.load()) == 1);
    a.store(made_of<T>(2));
    REQUIRE(number(a.exchange(made_of<T>(3))) == 2);
    T expected = made_of<T>(9);
    REQUIRE_FALSE(a.compare_exchange_strong(expected, made_of<T>(4)));
    REQUIRE(number(expected) == 3);
    REQUIRE(a.compare_exchange_strong(expected, made_of<T>(4)));
    expected = made_of<T>(4);
    while (!a.compare_exchange_weak(expected, made_of<T>(5), std::memory_order_acq_rel, std::memory_order_acquire)) {
    }
    REQUIRE(number(static_cast<T>(a)) == 5);
  });
  // Two compare-exchanges from 0: one of them wins. Then each loads: 4! / (2! 2!).
  holds({.executions = 6, .outcomes = {"1", "2"}}, [] {
    std::atomic<T> a(made_of<T>(0));
    const auto thread = [&](int n) {
      T expected = made_of<T>(0);
      a.compare_exchange_strong(expected, made_of<T>(n));
      outcome(std::to_string(number(a.load())));
    };
    parallel([&] { thread(1); }, [&] { thread(2); });
  });
}

template <class T>
void every_arithmetic() {
  holds({.executions = 1}, [] {
    std::atomic<T> a(12);
    REQUIRE(a.fetch_add(3) == 12);
    REQUIRE(a.fetch_sub(5) == 15);
    REQUIRE((a += 2) == 12);
    REQUIRE((a -= 2) == 10);
    if constexpr (std::is_integral_v<T>) {
      REQUIRE(a++ == 10);
      REQUIRE(++a == 12);
      REQUIRE(a-- == 12);
      REQUIRE(--a == 10);
      REQUIRE(a.fetch_and(6) == 10);
      REQUIRE(a.fetch_or(5) == 2);
      REQUIRE(a.fetch_xor(3) == 7);
      REQUIRE((a &= 6) == 4);
      REQUIRE((a |= 3) == 7);
      REQUIRE((a ^= 1) == 6);
    }
  });
  // No increment is lost. Of a floating-point number it is a load and a compare-exchange that may have to be repeated.
  holds({.executions = std::is_integral_v<T> ? 2u : 0u, .outcomes = {"2"}}, [] {
    std::atomic<T> a(0);
    parallel([&] { a.fetch_add(1); }, [&] { a.fetch_add(1); });
    outcome(std::to_string(static_cast<int>(a)));
  });
}

// Woken by a notify after the store.
template <class T>
void waited_for(By by = By::interleavings) {
  holds({.outcomes = {"1"}, .by = by}, [] {
    std::atomic<T> a(made_of<T>(0));
    parallel([&] { a.store(made_of<T>(1)), a.notify_all(); },
             [&] { a.wait(made_of<T>(0)); outcome(std::to_string(number(a.load()))); });
  });
}

}  // namespace

TEST_CASE("std::atomic of every size: load, store, exchange, compare_exchange") {
  every_operation<char>();
  every_operation<std::uint16_t>();
  every_operation<int>();
  every_operation<std::int64_t>();
  every_operation<double>();
  every_operation<Sixteen>();
  every_operation<Three>();
  every_operation<Large>();
}

TEST_CASE("std::atomic of numbers: fetch_add and the rest, float and double too") {
  every_arithmetic<std::int8_t>();
  every_arithmetic<std::uint16_t>();
  every_arithmetic<int>();
  every_arithmetic<long>();
  every_arithmetic<float>();
  every_arithmetic<double>();
}

TEST_CASE("std::atomic of pointers: moved by elements") {
  holds({.executions = 2, .outcomes = {"2"}}, [] {
    int table[4] = {0, 1, 2, 3};
    std::atomic<int*> p(table);
    parallel([&] { ++p; }, [&] { p.fetch_add(1); });
    REQUIRE((p -= 1) == table + 1);
    outcome(std::to_string(*++p));
  });
}

TEST_CASE("std::atomic::wait, notify_one, notify_all: 1, 2, 4, 8, 16 bytes and odd sizes") {
  waited_for<int>();
  // Not a futex word: the library waits on a counter beside it.
  waited_for<bool>(By::classes);
  waited_for<std::uint16_t>(By::classes);
  waited_for<std::int64_t>(By::classes);
  waited_for<Sixteen>(By::classes);
  waited_for<Three>(By::classes);
  fails(23, 1, "deadlock", "", [] {
    std::atomic<int> a = 0;
    parallel([&] { a = 1; }, [&] { a.wait(0); });
  });
}

TEST_CASE("std::atomic_flag: test_and_set, clear, test, wait, notify") {
  // Both set it, the first one counts: s1 c1 s2, s1 s2 c1, and the same of the other.
  holds({.executions = 4, .outcomes = {"1"}}, [] {
    std::atomic_flag flag;
    std::atomic<int> first = 0;
    const auto thread = [&] { if (!flag.test_and_set()) first.fetch_add(1); };
    parallel(thread, thread);
    outcome(std::to_string(first));
    REQUIRE(flag.test());
    flag.clear();
    REQUIRE_FALSE(flag.test());
  });
  holds({.executions = 2, .outcomes = {"clear", "set"}}, [] {
    std::atomic<bool> flag = false;
    parallel([&] { flag = true; }, [&] { outcome(flag ? "set" : "clear"); });
  });
  holds({.outcomes = {"set"}}, [] {
    std::atomic_flag flag;
    parallel([&] { flag.test_and_set(), flag.notify_one(); }, [&] { flag.wait(false); outcome(flag.test() ? "set" : "?"); });
  });
}

TEST_CASE("std::atomic_ref: of numbers, of structs, waiting") {
  holds({.executions = 2, .outcomes = {"3"}}, [] {
    int n = 1;
    parallel([&] { ++std::atomic_ref(n); }, [&] { std::atomic_ref(n).fetch_add(1); });
    outcome(std::to_string(n));
  });
  holds({.executions = 6, .outcomes = {"1", "2"}}, [] {
    Sixteen object{0, 0};
    const auto thread = [&](std::uint64_t n) {
      const std::atomic_ref ref(object);
      Sixteen expected{0, 0};
      ref.compare_exchange_strong(expected, {n, n});
      const Sixteen seen = ref.load();
      require(seen.low == seen.high);
      outcome(std::to_string(seen.low));
    };
    parallel([&] { thread(1); }, [&] { thread(2); });
  });
  holds({.outcomes = {"1"}}, [] {
    int n = 0;
    parallel([&] { std::atomic_ref(n).store(1), std::atomic_ref(n).notify_all(); },
             [&] { std::atomic_ref(n).wait(0); outcome(std::to_string(std::atomic_ref(n).load())); });
  });
}

TEST_CASE("the C names: atomic_load, atomic_fetch_add, atomic_flag_test_and_set, kill_dependency and their kin") {
  holds({.executions = 1}, [] {
    std::atomic<int> a;
    std::atomic_init(&a, 1);
    REQUIRE(std::atomic_load(&a) == 1);
    std::atomic_store_explicit(&a, 2, std::memory_order_release);
    REQUIRE(std::atomic_exchange(&a, 3) == 2);
    int expected = 3;
    REQUIRE(std::atomic_compare_exchange_strong(&a, &expected, 4));
    REQUIRE(std::atomic_fetch_add(&a, 1) == 4);
    REQUIRE(std::atomic_fetch_sub(&a, 1) == 5);
    REQUIRE(std::atomic_fetch_or(&a, 1) == 4);
    REQUIRE(std::atomic_fetch_and(&a, 4) == 5);
    REQUIRE(std::atomic_fetch_xor(&a, 1) == 4);
    REQUIRE(std::kill_dependency(a.load()) == 5);
    std::atomic_flag flag = ATOMIC_FLAG_INIT;
    REQUIRE_FALSE(std::atomic_flag_test_and_set(&flag));
    std::atomic_flag_clear(&flag);
    REQUIRE_FALSE(flag.test());  // libstdc++ 12 has no std::atomic_flag_test
    std::atomic_wait(&a, 9);
    std::atomic_notify_all(&a);
    REQUIRE(std::atomic_is_lock_free(&a));
  });
}

TEST_CASE("fences: no steps, and what they order is ordered") {
  // g++ 12's and clang 14's ThreadSanitizers do not know fences.
  holds({.executions = 2, .outcomes = {"1", "none"}, .real = Real::no}, [] {
    int plain = 0;
    std::atomic<int> flag = 0;
    parallel([&] {
      plain = 1;
      std::atomic_thread_fence(std::memory_order_release);
      flag.store(1, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }, [&] {
      const int seen = flag.load(std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_acquire);
      outcome(seen == 1 ? std::to_string(plain) : "none");
    });
  });
}

TEST_CASE("std::atomic<std::shared_ptr>: load, store, exchange, compare_exchange") {
  // Its lock is a bit that is spun for. In libstdc++ 12 a load gives the bit back by a relaxed store, so nothing that is declared
  // orders what it read before the next store: to the race detector, rightly, a race.
  holds({.outcomes = {"1", "2"}, .real = Real::no, .by = By::classes, .races = "ignore"}, [] {
    std::atomic<std::shared_ptr<int>> shared(std::make_shared<int>(0));
    parallel([&] { shared.store(std::make_shared<int>(1)); },
             [&] {
               std::shared_ptr<int> seen = shared.load();
               while (!shared.compare_exchange_weak(seen, std::make_shared<int>(*seen + 1))) {
               }
             });
    const std::shared_ptr<int> last = shared.exchange(nullptr);
    require(last.use_count() == 1);
    outcome(std::to_string(*last));
  });
}

TEST_CASE("std::atomic<std::shared_ptr> and std::atomic<std::weak_ptr>: wait and notify") {
  holds({.outcomes = {"1"}, .real = Real::no, .by = By::classes, .races = "ignore"}, [] {
    std::atomic<std::shared_ptr<int>> shared;
    parallel([&] { shared.store(std::make_shared<int>(1)), shared.notify_one(); },
             [&] { shared.wait(nullptr); outcome(std::to_string(*shared.load())); });
  });
  holds({.outcomes = {"1", "gone"}, .real = Real::no, .by = By::classes, .races = "ignore"}, [] {
    auto owner = std::make_shared<int>(1);
    std::atomic<std::weak_ptr<int>> weak(owner);
    parallel([&] { owner.reset(); }, [&] {
      const std::shared_ptr<int> seen = weak.load().lock();
      outcome(seen ? std::to_string(*seen) : "gone");
    });
  });
}

TEST_CASE("std::atomic_load and its kin on a std::shared_ptr: a lock for each pointer") {
  // Writer: lock, unlock. Reader: lock, unlock. One after the other, and the count of the pointer in between.
  holds({.outcomes = {"0", "1"}}, [] {
    auto shared = std::make_shared<int>(0);
    const auto next = std::make_shared<int>(1);
    parallel([&] { std::atomic_store(&shared, next); },
             [&] { outcome(std::to_string(*std::atomic_load(&shared))); });
    REQUIRE(shared == next);
    REQUIRE(std::atomic_exchange(&shared, std::shared_ptr<int>()) == next);
    std::shared_ptr<int> expected;
    REQUIRE(std::atomic_compare_exchange_strong(&shared, &expected, next));
    REQUIRE_FALSE(std::atomic_is_lock_free(&shared));
  });
  fails(1, 1, "data-race", "", [] {
    auto shared = std::make_shared<int>(0);
    parallel([&] { std::atomic_store(&shared, std::make_shared<int>(1)); }, [&] { require(*shared >= 0); });
  });
}

TEST_CASE("std::shared_ptr itself: its counts are atomic, and the last owner destroys") {
  holds({.outcomes = {"1"}}, [] {
    static int destroyed;
    destroyed = 0;
    struct Object {
      ~Object() { ++destroyed; }
    };
    auto shared = std::make_shared<Object>();
    std::weak_ptr<Object> weak = shared;
    parallel([copy = shared]() mutable { copy.reset(); }, [copy = shared]() mutable { copy.reset(); });
    shared.reset();
    require(weak.expired());
    outcome(std::to_string(destroyed));
  });
}
