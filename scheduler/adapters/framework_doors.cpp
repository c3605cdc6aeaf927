#include "scheduler/adapters/framework_doors.hpp"

#include <dlfcn.h>
#include <sys/mman.h>

#include <cstring>
#include <string>
#include <utility>

#include "scheduler/adapters/program_symbols.hpp"

namespace interleave::doors {

// Named, because a linker leaves out what nobody names of an archive, and the library for real threads is one.
extern FrameworkDoors doctest, boost_test;

namespace {

[[maybe_unused, gnu::used]] FrameworkDoors* const all[] = {&doctest, &boost_test};

constinit FrameworkDoors* first = nullptr;

std::size_t runs = 0;  // that are open

// ThreadSanitizer has no shadow for code: neither its hooks nor its memcpy may see this. Volatile, so that it is not made a memcpy.
__attribute__((no_sanitize("thread"))) void copy_code(volatile unsigned char* to, const volatile unsigned char* from, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
}

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
  copy_code(before_.data(), place_, size);
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
  copy_code(place_, bytes.data(), size);
  ::mprotect(pages, end - begin, PROT_READ | PROT_EXEC);
}

}  // namespace interleave::doors
