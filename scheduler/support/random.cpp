#include "scheduler/support/random.hpp"

namespace interleave::engine {

std::size_t Random::below_without_bias(std::size_t n, Wide product) {
  const std::uint64_t excess = (~std::uint64_t{0} - n + 1) % n;
  while (static_cast<std::uint64_t>(product) < excess) product = Wide{next()} * n;
  return static_cast<std::size_t>(product >> 64);
}

}  // namespace interleave::engine
