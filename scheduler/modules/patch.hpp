// A byte of code that is changed while the program is under way.
#pragma once

#include <cstdint>

namespace interleave::engine {

// An instruction of one byte that faults.
constexpr std::uint8_t halt = 0xf4;

// Writes to code; its page may be read and executed afterwards. False: the system does not let us, and nothing was written.
bool put_code(std::uint8_t* place, std::uint8_t byte);

// Puts the byte back in place of `halt`; does nothing if another byte is there. REQUIRES: the address is readable.
void restore_code(std::uint8_t* place, std::uint8_t byte);

}  // namespace interleave::engine
