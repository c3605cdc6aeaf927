// Repeated accesses, compared with sets of bytes on random accesses.
#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>

#include "random_numbers.hpp"
#include "scheduler/races/repeated_accesses.hpp"

namespace interleave::engine {
namespace {

TEST_CASE("an access is repeated exactly if all its bytes were remembered at this moment, and lie in one line") {
  // Fewer lines, and fewer addresses, than there are slots for.
  constexpr std::uintptr_t base = 0x7fff'0000'0000;
  auto accesses = std::make_unique<RepeatedAccesses>();
  RandomNumbers random;
  std::set<std::uintptr_t> accessed, written, seen;  // bytes, bytes, addresses
  int repeated = 0;
  const auto remember = [&](std::uintptr_t at, std::size_t size, bool writes) {
    if (at % 64 + size > 64) return;
    for (std::uintptr_t byte = at; byte < at + size; ++byte) {
      accessed.insert(byte);
      if (writes) written.insert(byte);
    }
  };
  for (int i = 0; i < 100'000; ++i) {
    const std::size_t size = std::size_t{1} << random.below(5);
    const std::uintptr_t at = base + random.below(60) * 4;
    const bool writes = random.one_in(2);
    const std::uint32_t kind = random.below(100);
    if (kind == 0) {
      accesses->forget();
      accessed.clear();
      written.clear();
      seen.clear();
    } else if (kind < 20) {
      accesses->remember(at, size, writes);
      remember(at, size, writes);
    } else if (kind < 40) {
      accesses->remember_second(at, size, writes);
      if (!seen.insert(at).second) remember(at, size, writes);
    } else {
      const auto& bytes = writes ? written : accessed;
      bool expected = at % 64 + size <= 64;
      for (std::uintptr_t byte = at; byte < at + size; ++byte) expected = expected && bytes.contains(byte);
      REQUIRE(accesses->contains(at, size, writes) == expected);
      repeated += expected;
    }
  }
  CHECK(repeated > 1'000);
}

TEST_CASE("lines that take the place of others are not taken for them") {
  auto accesses = std::make_unique<RepeatedAccesses>();
  constexpr std::uintptr_t far = 64 * 128;
  accesses->remember(far, 8, true);
  CHECK(accesses->contains(far, 8, true));
  CHECK_FALSE(accesses->contains(2 * far, 8, true));
  accesses->remember(2 * far, 8, false);
  CHECK_FALSE(accesses->contains(far, 8, false));
  CHECK(accesses->contains(2 * far, 8, false));
  CHECK_FALSE(accesses->contains(2 * far, 8, true));
}

}  // namespace
}  // namespace interleave::engine
