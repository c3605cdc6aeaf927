// What a random program of plain and atomic accesses, fences and a mutex may do: all its interleavings, one after the other, and
// happens-before by the definitions of C++20, as edges between events. Shares nothing with the detector.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace races {

enum class What : std::uint8_t { read, write, load, store, add, fence, lock, unlock };

struct Op {
  What what;
  std::uint8_t place;       // the first byte of 8, or which atomic
  std::uint8_t size;        // bytes
  std::uint8_t value;       // written
  int order;                // __ATOMIC_*
};

using Code = std::vector<Op>;       // of one thread
using RandomProgram = std::vector<Code>;

RandomProgram random_program(std::uint64_t seed);
std::string text_of(const RandomProgram& program);

// What a program may come to: what each thread read, in order, and what memory holds in the end.
struct State {
  std::array<std::uint8_t, 8> bytes{};
  std::array<std::uint8_t, 2> atomics{};
  std::vector<std::vector<unsigned>> seen;
};
std::string outcome_of(const State& state);

struct Truths {
  bool racy = false;                // in any interleaving
  std::size_t interleavings = 0;
  std::set<std::string> outcomes;
};
Truths judge_by_definition(const RandomProgram& program);

}  // namespace races
