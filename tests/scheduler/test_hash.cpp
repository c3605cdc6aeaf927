// The hash functions: published values, which tokens rest on, and that mixing loses nothing and spreads each bit.
#include <catch2/catch.hpp>

#include <cstdint>
#include <cstring>

#include "random_numbers.hpp"
#include "scheduler/support/hash.hpp"

namespace interleave::hashes {
namespace {

TEST_CASE("FNV-1a has the published values, of texts and of bytes") {
  // draft-eastlake-fnv, appendix C
  CHECK(fnv1a_32("") == 0x811c9dc5u);
  CHECK(fnv1a_32("a") == 0xe40c292cu);
  CHECK(fnv1a_32("foobar") == 0xbf9cf968u);
  static_assert(fnv1a_32("foobar") == 0xbf9cf968u);
  CHECK(fnv1a_64("", 0) == 0xcbf29ce484222325u);
  CHECK(fnv1a_64("a", 1) == 0xaf63dc4c8601ec8cu);
  CHECK(fnv1a_64("foobar", 6) == 0x85944171f73967e8u);
  CHECK(fnv1a_64("foobar", 1) == fnv1a_64("fool", 1));
  CHECK(fnv1a_64("a", 2) != fnv1a_64("a", 1));  // a zero at the end counts
}

// mixed, backwards: each of its three steps undone.
std::uint64_t unmixed(std::uint64_t z) {
  z = z ^ z >> 31 ^ z >> 62;
  z *= 0x319642b2d24d8ec3u;
  z = z ^ z >> 27 ^ z >> 54;
  z *= 0x96de1b173f119089u;
  return z ^ z >> 30 ^ z >> 60;
}

TEST_CASE("mixing is one-to-one, and gives the numbers of splitmix64") {
  CHECK(mixed(1234567 + golden) == 6457827717110365317u);
  CHECK(mixed(1234567 + 2 * golden) == 3203168211198807973u);
  CHECK(mixed(0) == 0);
  RandomNumbers random;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t z = random.bits();
    REQUIRE(unmixed(mixed(z)) == z);
  }
}

TEST_CASE("each bit of a mixed number depends on all bits") {
  RandomNumbers random;
  int flips[64][64] = {};
  constexpr int numbers = 1'000;
  for (int i = 0; i < numbers; ++i) {
    const std::uint64_t z = random.bits();
    for (int in = 0; in < 64; ++in) {
      const std::uint64_t changed = mixed(z) ^ mixed(z ^ std::uint64_t{1} << in);
      for (int out = 0; out < 64; ++out) flips[in][out] += static_cast<int>(changed >> out & 1);
    }
  }
  int uneven = 0;
  for (const auto& row : flips)
    for (const int count : row) uneven += count < numbers * 4 / 10 || count > numbers * 6 / 10;
  CHECK(uneven == 0);
}

}  // namespace
}  // namespace interleave::hashes
