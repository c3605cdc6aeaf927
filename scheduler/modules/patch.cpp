#include "scheduler/modules/patch.hpp"

#include <sys/mman.h>

#include "scheduler/modules/real.hpp"

namespace interleave::engine {
namespace {

// By the C library's mprotect: ours would take it for the program's.
bool protect_page(const std::uint8_t* p, int protection) {
  constexpr std::uintptr_t page = 4096;
  return REAL(mprotect)(reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(p) & ~(page - 1)), page, protection) == 0;
}

}  // namespace

bool put_code(std::uint8_t* place, std::uint8_t byte) {
  if (!protect_page(place, PROT_READ | PROT_WRITE | PROT_EXEC)) return false;
  *const_cast<volatile std::uint8_t*>(place) = byte;
  protect_page(place, PROT_READ | PROT_EXEC);
  return true;
}

void restore_code(std::uint8_t* place, std::uint8_t byte) {
  if (*const_cast<volatile std::uint8_t*>(place) == halt) put_code(place, byte);
}

}  // namespace interleave::engine
