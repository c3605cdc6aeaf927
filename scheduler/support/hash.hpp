// The hash functions. Tokens, fingerprints and counts of executions depend on their values: they do not change.
#pragma once

#include <cstddef>
#include <cstdint>

namespace interleave::hashes {

// FNV-1a with 32 bits, of a text that ends with a zero. Usable at compile time.
constexpr std::uint32_t fnv1a_32(const char* text) {
  std::uint32_t h = 2166136261u;
  for (; *text != '\0'; ++text) h = (h ^ static_cast<unsigned char>(*text)) * 16777619u;
  return h;
}

// FNV-1a with 64 bits.
inline std::uint64_t fnv1a_64(const void* bytes, std::size_t size) {
  std::uint64_t h = 14695981039346656037ULL;
  for (std::size_t i = 0; i < size; ++i) h = (h ^ static_cast<const unsigned char*>(bytes)[i]) * 1099511628211ULL;
  return h;
}

// 2^64 divided by the golden ratio, odd: what splitmix64 adds to its state each time.
inline constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;

// The output function of splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA'14): one-to-one, and each
// bit of the result depends on all bits of z.
constexpr std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace interleave::hashes
