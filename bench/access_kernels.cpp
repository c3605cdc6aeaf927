#include "access_kernels.hpp"

#include <array>

namespace ACCESS_KERNELS {
namespace {

constexpr std::size_t few = 1024, rounds = 64;  // few: they fit into the first cache, as a small program's data do

void read_one_after_the_other(std::uint32_t* memory) {
  std::uint32_t sum = 0;
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < few; ++i) {
      sum += memory[i];
      asm volatile("" : "+r"(sum));  // one by one, in both builds
    }
}

void write_one_after_the_other(std::uint32_t* memory) {
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < few; ++i) {
      memory[i] = static_cast<std::uint32_t>(i);
      asm volatile("" : : : "memory");
    }
}

void read_and_write(std::uint32_t* memory) {
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < few; ++i) {
      memory[i] += 1;
      asm volatile("" : : : "memory");
    }
}

void write_bytes(std::uint32_t* memory) {
  auto* bytes = reinterpret_cast<unsigned char*>(memory);
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < few; ++i) {
      bytes[i] = static_cast<unsigned char>(i);
      asm volatile("" : : : "memory");
    }
}

void follow(std::uint32_t* memory) {
  std::uint32_t at = 0;
  for (std::size_t i = 0; i < few * rounds; ++i) at = memory[at];
  asm volatile("" : : "r"(at));
}

// Of an array that nobody else can see.
void change_local_array(std::uint32_t* memory) {
  std::array<std::uint32_t, few / 4> local{};
  std::uint32_t sum = 0;
  for (std::size_t round = 0; round < rounds * 4; ++round) {
    for (std::size_t i = 0; i < local.size(); ++i) local[i * 7 % local.size()] += static_cast<std::uint32_t>(i ^ round);
    sum += local[round % local.size()];
    asm volatile("" : "+r"(sum));
  }
  *memory = sum % access_words;
}

}  // namespace

extern const AccessKernel access_kernels[access_kernels_count] = {
    {"follow a chain through 256 KiB", few * rounds, &follow},
    {"read 4 bytes, one after the other", few * rounds, &read_one_after_the_other},
    {"write 4 bytes", few * rounds, &write_one_after_the_other},
    {"read and write 4 bytes", few * rounds * 2, &read_and_write},
    {"write single bytes", few * rounds, &write_bytes},
    {"read and write a local array", few * rounds * 2, &change_local_array},
};

}  // namespace ACCESS_KERNELS
