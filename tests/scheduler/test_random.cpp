// The random numbers of strategies: the same on every machine, and spread evenly.
#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scheduler/support/random.hpp"

namespace interleave::engine {
namespace {

TEST_CASE("random numbers are those of splitmix64") {
  Random random(1234567);
  const std::uint64_t expected[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u, 4593380528125082431u,
                                    16408922859458223821u};
  for (const std::uint64_t each : expected) CHECK(random.next() == each);
}

TEST_CASE("a bounded random number is the upper half of a product, drawn again where that would be biased") {
  __extension__ using Wide = unsigned __int128;
  for (const std::uint64_t n : {std::uint64_t{3}, std::uint64_t{10}, (std::uint64_t{1} << 63) + 1, std::uint64_t{3} << 62, ~std::uint64_t{0}}) {
    Random random(n), numbers(n);
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t drawn_again = (~std::uint64_t{0} % n + 1) % n;  // 2^64 mod n
      Wide product;
      do product = Wide{numbers.next()} * n;
      while (static_cast<std::uint64_t>(product) < drawn_again);
      REQUIRE(random.below(n) == static_cast<std::uint64_t>(product >> 64));
    }
  }
  Random random(1), numbers(1);
  for (const std::size_t n : {1u, 2u, 64u}) CHECK(random.below(n) == numbers.next() % n);
}

TEST_CASE("bounded random numbers are spread evenly") {
  Random random(1);
  std::vector<int> seen(7);
  for (int i = 0; i < 70'000; ++i) ++seen[random.below(7)];
  for (const int times : seen) CHECK(times == Approx(10'000).margin(400));
}

}  // namespace
}  // namespace interleave::engine
