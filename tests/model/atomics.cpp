// Atomics of every size and operation: each access is one step, and does what it does outside the model.
#include "explored.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <sstream>

using namespace interleave;

__extension__ using Wide = __int128;

namespace {

// Objects without a machine instruction of their own.
template <std::size_t N>
struct Bytes {
  std::array<unsigned char, N> bytes{};
  static Bytes of(int n) {
    Bytes all;
    all.bytes.fill(static_cast<unsigned char>(n));
    return all;
  }
  bool operator==(const Bytes&) const = default;
};

template <class T>
T value(int n) {
  if constexpr (std::is_class_v<T>) {
    return T::of(n);
  } else {
    return static_cast<T>(n);
  }
}

// What every operation of an integer returns and leaves behind, from n = 5 on.
template <class T>
std::string operations() {
  std::atomic<T> n{T{5}};
  std::ostringstream text;
  const auto say = [&](T result) { text << +result << "," << +n.load() << " "; };
  say(n.fetch_add(3));
  say(n.fetch_sub(1));
  say(n.fetch_and(6));
  say(n.fetch_or(9));
  say(n.fetch_xor(5));
  say(n.exchange(100));
  say(++n);
  say(n--);
  say(n += 4);
  say(n |= 3);
  T expected = 1;
  text << n.compare_exchange_strong(expected, 2) << +expected << " ";
  text << n.compare_exchange_strong(expected, 2) << +n.load() << " ";
  n.store(std::numeric_limits<T>::max());
  ++n;
  say(n.load());
  while (!n.compare_exchange_weak(expected, 9)) {
  }
  say(n.load());
  return text.str();
}

}  // namespace

TEMPLATE_TEST_CASE("integer atomics compute in the model what they compute outside", "", std::int8_t, std::uint8_t, std::int16_t,
                   std::uint16_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t) {
  const std::string outside = operations<TestType>();
  CHECK_THAT(outside, Catch::StartsWith("5,8 8,7 7,6 6,15 15,10 10,100 101,101 101,100 104,104 107,107 0107 12 "));
  const Report report = explore_all([] { outcome(operations<TestType>()); });
  CHECK_HOLDS(report, 1u);
  CHECK_OUTCOMES(report, {{outside, 1}});
}

TEMPLATE_TEST_CASE("increments of integer atomics of every width are single steps", "", std::int8_t, std::int16_t, std::int32_t,
                   std::int64_t) {
  const Report report = explore_all([] {
    std::atomic<TestType> n{0};
    const auto twice = [&] { ++n, n.fetch_add(1); };
    parallel(twice, twice);
    outcome(std::to_string(n.load()));
  });
  CHECK_HOLDS(report, 6u);
  CHECK_OUTCOMES(report, {{"4", 6}});
}

TEMPLATE_TEST_CASE("loads and stores of any size are one step each: never torn, and lost as any others", "", std::int8_t,
                   std::int16_t, std::int32_t, std::int64_t, Wide, Bytes<3>, Bytes<12>, Bytes<16>, Bytes<24>) {
  //     W1 R | W2 R: six orders. Each reads its own value unless the other's store came between.
  const Report report = explore_all([] {
    std::atomic<TestType> place{value<TestType>(0)};
    bool own[2];
    const auto thread = [&](int i) {
      place.store(value<TestType>(i + 1));
      const TestType seen = place.load();
      require(seen == value<TestType>(1) || seen == value<TestType>(2), "torn");
      own[i] = seen == value<TestType>(i + 1);
    };
    parallel([&] { thread(0); }, [&] { thread(1); });
    outcome(std::to_string(own[0]) + std::to_string(own[1]));
  });
  //     1122 11    2211 11    1212 01    1221 01    2121 10    2112 10
  CHECK_HOLDS(report, 6u);
  CHECK_OUTCOMES(report, {{"01", 2}, {"10", 2}, {"11", 2}});
}

TEMPLATE_TEST_CASE("exchange and compare-exchange of any size", "", std::int8_t, std::int64_t, Wide, Bytes<3>, Bytes<12>,
                   Bytes<16>, Bytes<24>) {
  // X1 and X2: who comes second gets the other's value.
  const Report exchanged = explore_all([] {
    std::atomic<TestType> place{value<TestType>(0)};
    TestType got[2];
    parallel([&] { got[0] = place.exchange(value<TestType>(1)); }, [&] { got[1] = place.exchange(value<TestType>(2)); });
    require((got[0] == value<TestType>(0)) != (got[1] == value<TestType>(0)));
    require(got[0] == value<TestType>(2) || got[1] == value<TestType>(1));
  });
  CHECK_HOLDS(exchanged, 2u);
  // Two compare-exchanges from the same value: exactly one succeeds, the other is told what is there.
  const Report compared = explore_all([] {
    std::atomic<TestType> place{value<TestType>(0)};
    int won = 0;
    const auto attempt = [&](int i) {
      TestType expected = value<TestType>(0);
      if (place.compare_exchange_strong(expected, value<TestType>(i))) {
        ++won;
        require(expected == value<TestType>(0));
      } else {
        require(expected == value<TestType>(3 - i));
      }
    };
    parallel([&] { attempt(1); }, [&] { attempt(2); });
    require(won == 1);
  });
  CHECK_HOLDS(compared, 2u);
}

TEST_CASE("a compare-exchange loop loses nothing: 6 executions") {
  // R C and again C after a failure.   R1 C1 R2 C2   R2 C2 R1 C1   and, both having read: two orders of the reads, two of the
  // first C; the loser's C fails and its next one succeeds.
  const Report report = explore_all([] {
    std::atomic<int> n = 0;
    const auto increment = [&] {
      int seen = n.load();
      while (!n.compare_exchange_weak(seen, seen + 1)) {
      }
    };
    parallel(increment, increment);
    require(n.load() == 2);
  });
  CHECK_HOLDS(report, 6u);
  CHECK(report.steps == 2 * 4 + 4 * 5 + 6);  // and the load at the end
}

TEST_CASE("a failed compare-exchange is shown as failed") {
  const Report report = explore_all([] {
    std::atomic<int> n = 1;
    int expected = 0;
    n.compare_exchange_strong(expected, 2);
    require(false);
  });
  REQUIRE(report.failure);
  REQUIRE(report.failure->trace.size() == 1);
  CHECK_THAT(report.failure->trace[0].operation, Catch::Contains("compare-exchange") && Catch::Contains("failed"));
}

TEST_CASE("an atomic flag is set by one thread") {
  const Report report = explore_all([] {
    std::atomic_flag flag = ATOMIC_FLAG_INIT;
    int first = 0;
    const auto set = [&](int i) {
      if (!flag.test_and_set()) first = i;
    };
    parallel([&] { set(1); }, [&] { set(2); });
    require(flag.test());
    flag.clear();
    require(!flag.test());
    outcome(std::to_string(first));
  });
  CHECK_HOLDS(report, 2u);
  CHECK_OUTCOMES(report, {{"1", 1}, {"2", 1}});
}

TEST_CASE("atomic_ref makes an ordinary object atomic") {
  const Report report = explore_all([] {
    int n = 0;
    const auto twice = [&] { std::atomic_ref<int>(n)++, std::atomic_ref<int>(n)++; };
    parallel(twice, twice);
    require(n == 4);
  });
  CHECK_HOLDS(report, 6u);
}

TEST_CASE("floating-point atomics add by compare-exchange and lose nothing") {
  const Report report = explore_all([] {
    std::atomic<double> sum = 0;
    const auto add = [&] { sum.fetch_add(0.5); };
    parallel(add, add);
    require(sum.load() == 1.0);
  });
  CHECK_HOLDS(report, 6u);  // as the loop above
}

TEST_CASE("a fence is no step") {
  const Report report = explore_all([] {
    std::atomic<int> x = 0, y = 0;
    int a = 0, b = 0;
    parallel([&] {
      x.store(1, std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      a = y.load(std::memory_order_relaxed);
    }, [&] {
      y.store(1, std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      std::atomic_signal_fence(std::memory_order_seq_cst);
      b = x.load(std::memory_order_relaxed);
    });
    outcome(std::to_string(a) + std::to_string(b));
  });
  CHECK_HOLDS(report, 6u);
  CHECK_OUTCOMES(report, {{"01", 1}, {"10", 1}, {"11", 4}});
}

TEST_CASE("a shared_ptr counts atomically: copies in two threads lose nothing") {
  // Each: count up, count down. 4! / (2! 2!) = 6, if counting is atomic at all: the C library must not believe that there is
  // one thread only.
  const Report report = explore_all([] {
    const auto pointer = std::make_shared<int>(4);
    const auto copy = [&] { const auto another = pointer; };
    parallel(copy, copy);
    require(pointer.use_count() == 1);
  });
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.executions >= 6);
}

TEST_CASE("atomics outside an exploration are untouched by it") {
  std::atomic<int> n = 5;
  CHECK_HOLDS(explore_all([&] {
    parallel([&] { n = 6; }, [&] { n += 2; });
    require(n == 6 || n == 8);
  }), 2u);
  CHECK(n == 5);
}
