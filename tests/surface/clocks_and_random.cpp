// Clocks, sleeps and random numbers: virtual, the same in every run.
#include "surface.hpp"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <random>
#include <thread>

#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

using namespace interleave;
using namespace std::chrono_literals;

namespace {

constexpr Real no = Real::no;  // a test of what only the model promises

}  // namespace

TEST_CASE("clock_gettime, gettimeofday, time, clock, timespec_get and std::chrono's clocks move by what is slept, and by nothing else") {
  holds({.executions = 1, .real = no}, [] {
    const auto all = [] {
      std::vector<double> seconds;
      timespec t;
      for (const clockid_t clock : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_REALTIME_COARSE,
                                    CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID}) {
        REQUIRE(clock_gettime(clock, &t) == 0);
        seconds.push_back(static_cast<double>(t.tv_sec));
      }
      REQUIRE(timespec_get(&t, TIME_UTC) == TIME_UTC);
      seconds.push_back(static_cast<double>(t.tv_sec));
      timeval day;
      REQUIRE(gettimeofday(&day, nullptr) == 0);
      seconds.push_back(static_cast<double>(day.tv_sec));
      seconds.push_back(static_cast<double>(time(nullptr)));
      seconds.push_back(static_cast<double>(clock() / CLOCKS_PER_SEC));
      seconds.push_back(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
      seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count());
      seconds.push_back(std::chrono::duration<double>(std::chrono::high_resolution_clock::now().time_since_epoch()).count());
      return seconds;
    };
    const auto before = all();
    REQUIRE(all() == before);
    std::this_thread::sleep_for(10s);
    const auto after = all();
    for (std::size_t i = 0; i < before.size(); ++i) REQUIRE(after[i] - before[i] == 10);
    timespec resolution;
    REQUIRE(clock_getres(CLOCK_MONOTONIC, &resolution) == 0);
    REQUIRE(timespec_getres(&resolution, TIME_UTC) == TIME_UTC);
    clockid_t clock = 0;
    REQUIRE(clock_getcpuclockid(0, &clock) == 0);
    REQUIRE(clock_gettime(clock, &resolution) == 0);
  });
}

TEST_CASE("sleep, usleep, nanosleep, clock_nanosleep: a step each, and nonsense is refused as POSIX says") {
  holds({.executions = 70, .real = no}, [] {
    const auto four = [] {
      const timespec short_time{0, 1000};
      REQUIRE(sleep(1) == 0);
      REQUIRE(usleep(10) == 0);
      REQUIRE(nanosleep(&short_time, nullptr) == 0);
      REQUIRE(clock_nanosleep(CLOCK_MONOTONIC, 0, &short_time, nullptr) == 0);
    };
    parallel(four, four);
    const timespec nonsense{0, 1'000'000'000};
    REQUIRE(nanosleep(&nonsense, nullptr) == -1);
    REQUIRE(clock_nanosleep(CLOCK_MONOTONIC, 0, &nonsense, nullptr) == EINVAL);
  });
}

TEST_CASE("rand, random, srand, srandom, arc4random, getrandom, getentropy: seeded, drawn per thread") {
  holds({.executions = 2, .outcomes = {"the same"}, .real = no}, [] {
    const auto draw = [] {
      std::uint64_t bytes = 0;
      std::vector<std::uint64_t> numbers{static_cast<std::uint64_t>(rand()), static_cast<std::uint64_t>(random()), arc4random()};
      REQUIRE(arc4random_uniform(10) < 10);
      arc4random_buf(&bytes, sizeof bytes);
      numbers.push_back(bytes);
      REQUIRE(getrandom(&bytes, sizeof bytes, 0) == sizeof bytes);
      numbers.push_back(bytes);
      REQUIRE(getentropy(&bytes, sizeof bytes) == 0);
      numbers.push_back(bytes);
      for (const std::uint64_t each : numbers) require(each != 0);
      return numbers;
    };
    static std::vector<std::uint64_t> first;
    const auto drawn = draw();
    require(drawn != draw());
    srand(7);
    const auto seeded = draw();
    srandom(7);
    require(seeded == draw());
    std::vector<std::uint64_t> other;
    parallel([&] { other = draw(), std::this_thread::yield(); }, [&] { draw(), std::this_thread::yield(); });
    require(other != drawn);  // a thread without a seed draws its own
    outcome("the same");
  });
}

TEST_CASE("random numbers are the same in every execution and every process") {
  holds({.executions = 2, .outcomes = {"3793791033 926699317 0"}, .real = no}, [] {
    parallel([] { std::this_thread::yield(); }, [] { std::this_thread::yield(); });
    std::random_device device;
    std::string numbers = std::to_string(device());
    numbers += " " + std::to_string(rand());
    outcome(numbers + " " + std::to_string(lrand48()));
  });
}

TEST_CASE("std::random_device: every source, opens nothing, and refuses what it does not know") {
  holds({.executions = 1}, [] {
    for (const char* source : {"default", "rdrand", "rdseed", "getentropy", "/dev/urandom", "/dev/random"}) {
      if (!modelled() && source[0] == 'r') continue;  // not every processor has them
      std::random_device device(source);
      std::random_device::result_type a = device(), b = device();
      require(a != b || !modelled());
      static_cast<void>(device.entropy());
    }
    REQUIRE_THROWS_AS(std::random_device("/dev/no such source"), std::runtime_error);
    std::mt19937 engine(std::random_device{}());
    static_cast<void>(engine());
  });
}

TEST_CASE("drand48 and its kin: the numbers that POSIX prescribes for a seed, per thread") {
  // By hand from x' = (0x5deece66d x + 0xb) mod 2^48, x = 42 * 2^16 + 0x330e.
  holds({.executions = 1, .real = no}, [] {
    const auto following = [](std::uint64_t x) { return (0x5deece66dull * x + 0xb) & 0xffffffffffffull; };
    const std::uint64_t x1 = following(42ull << 16 | 0x330e), x2 = following(x1), x3 = following(x2);
    srand48(42);
    REQUIRE(drand48() == static_cast<double>(x1) / static_cast<double>(1ull << 48));
    std::thread([] { lrand48(); }).join();
    REQUIRE(lrand48() == static_cast<long>(x2 >> 17));
    REQUIRE(mrand48() == static_cast<std::int32_t>(x3 >> 16));
    unsigned short state[3] = {0x330e, 42, 0}, other[3] = {0x330e, 42, 0}, third[3] = {0x330e, 42, 0};
    REQUIRE(erand48(state) == static_cast<double>(x1) / static_cast<double>(1ull << 48));
    REQUIRE(nrand48(other) == static_cast<long>(x1 >> 17));
    REQUIRE(jrand48(third) == static_cast<std::int32_t>(x1 >> 16));
    unsigned short seed[3] = {1, 2, 3};
    REQUIRE(*seed48(seed) == static_cast<unsigned short>(x3));
    REQUIRE(lrand48() == static_cast<long>(following(0x000300020001) >> 17));
    unsigned short simple[7] = {5, 0, 0, 1, 0, 0, 1};  // x' = x + 1
    lcong48(simple);
    REQUIRE(mrand48() == 0);
    REQUIRE(drand48() == 7.0 / static_cast<double>(1ull << 48));
  });
}

TEST_CASE("generators with a state of the program's: rand_r, random_r, drand48_r; what they write is rolled back, and can race") {
  unsigned seed = 5;
  drand48_data data{};
  holds({.executions = 2, .real = no}, [&] {
    REQUIRE(seed == 5);
    rand_r(&seed);
    REQUIRE(seed != 5);
    double number = 0;
    long integer = 0;
    unsigned short x[3] = {1, 2, 3};
    REQUIRE(srand48_r(42, &data) == 0);
    REQUIRE((drand48_r(&data, &number) == 0 && number > 0));
    REQUIRE((lrand48_r(&data, &integer) == 0 && integer > 0));
    REQUIRE(mrand48_r(&data, &integer) == 0);
    REQUIRE(erand48_r(x, &data, &number) == 0);
    REQUIRE(nrand48_r(x, &data, &integer) == 0);
    REQUIRE(jrand48_r(x, &data, &integer) == 0);
    REQUIRE(seed48_r(x, &data) == 0);
    unsigned short simple[7] = {5, 0, 0, 1, 0, 0, 1};
    REQUIRE(lcong48_r(simple, &data) == 0);
    random_data generator{};
    char table[64] = {}, second_table[64] = {};
    std::int32_t result = 0;
    REQUIRE(initstate_r(1, table, sizeof table, &generator) == 0);
    REQUIRE(random_r(&generator, &result) == 0);
    REQUIRE(srandom_r(2, &generator) == 0);
    random_data second{};
    REQUIRE(initstate_r(1, second_table, sizeof second_table, &second) == 0);
    REQUIRE(setstate_r(second_table, &generator) == 0);
    parallel([] { std::this_thread::yield(); }, [] { std::this_thread::yield(); });
  });
  CHECK(seed == 5);
  fails(1, 1, "data-race", "", [] {
    unsigned shared = 1;
    parallel([&] { rand_r(&shared); }, [&] { rand_r(&shared); });
  });
  fails(1, 1, "data-race", "", [] {
    unsigned short shared[3] = {};
    parallel([&] { erand48(shared); }, [&] { erand48(shared); });
  });
}
