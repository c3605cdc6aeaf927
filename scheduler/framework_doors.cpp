#include <interleave/scheduler/framework_doors.hpp>

#include <dlfcn.h>
#include <sys/mman.h>

#include <cstring>
#include <string>
#include <utility>

#include <interleave/scheduler/program_symbols.hpp>

namespace interleave::doors {
namespace {

constinit FrameworkDoors* first = nullptr;

std::size_t runs = 0;  // that are open

}  // namespace

FrameworkDoors::FrameworkDoors(std::initializer_list<std::string_view> symbols, void (*open)(const FrameworkDoors&), void (*close)())
    : open_(open), close_(close), next_(std::exchange(first, this)) {
  for (const std::string_view name : symbols) symbols_[count_++] = {.name = name, .address = nullptr};
}

void FrameworkDoors::open_all() {
  if (runs++ != 0) return;
  static bool looked_up = false;
  if (!std::exchange(looked_up, true)) {
    const auto each = [](auto f) {
      for (FrameworkDoors* doors = first; doors != nullptr; doors = doors->next_)
        for (std::size_t i = 0; i < doors->count_; ++i) f(doors->symbols_[i]);
    };
    each_program_symbol([&](const char* name, const auto&, std::uintptr_t address) {
      if (std::strncmp(name, "_ZN", 3) != 0) return;
      const std::string_view found = name;
      each([&](Symbol& symbol) {
        if (symbol.name == found) symbol.address = reinterpret_cast<void*>(address);
      });
    });
    each([](Symbol& symbol) {  // of a shared library
      if (symbol.address == nullptr) symbol.address = dlsym(RTLD_DEFAULT, std::string(symbol.name).c_str());
    });
  }
  for (FrameworkDoors* doors = first; doors != nullptr; doors = doors->next_) doors->open_(*doors);
}

void FrameworkDoors::close_all() {
  if (--runs != 0) return;
  for (FrameworkDoors* doors = first; doors != nullptr; doors = doors->next_) doors->close_();
}

void Replacement::put(void* function, void* instead) {
  if (function == nullptr || place_ != nullptr) return;
  place_ = static_cast<unsigned char*>(function);
  std::memcpy(before_.data(), place_, size);
  std::array<unsigned char, size> jump{0xff, 0x25, 0, 0, 0, 0};
  std::memcpy(jump.data() + 6, &instead, sizeof instead);
  write(jump);
}

void Replacement::take_out() {
  if (place_ == nullptr) return;
  write(before_);
  place_ = nullptr;
}

void Replacement::write(const std::array<unsigned char, size>& bytes) {
  constexpr std::uintptr_t page = 0x1000;
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(place_) & ~(page - 1);
  const std::uintptr_t end = (reinterpret_cast<std::uintptr_t>(place_) + size + page - 1) & ~(page - 1);
  void* const pages = reinterpret_cast<void*>(begin);
  if (::mprotect(pages, end - begin, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) return;
  std::memcpy(place_, bytes.data(), size);
  ::mprotect(pages, end - begin, PROT_READ | PROT_EXEC);
}

}  // namespace interleave::doors
