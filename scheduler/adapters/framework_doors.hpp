// Test frameworks whose assertions are caught where they report, whoever compiled the program.
//
// A framework whose implementation is part of the program (a header-only one, or a library) is not asked to know of Interleave. While
// a run is under way, the functions by which its assertions report are replaced, in the program's own code: an assertion that fails
// becomes the failure of the execution, and one that holds leaves no trace. When the run is over everything is as it was, and the
// framework counts again.
//
// A framework is one file with one FrameworkDoors at namespace scope, and a row in framework_doors.cpp. What it replaces it finds by
// symbol; a program without these symbols (another framework, or stripped) is left alone.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace interleave::doors {

// A function or object of the program or of a library that is loaded with it.
struct Symbol {
  std::string_view name;     // mangled
  void*            address;  // null: there is none
};

class FrameworkDoors {
 public:
  // `open` is called when a run begins, with the symbols found, and `close` when it is over.
  FrameworkDoors(std::initializer_list<std::string_view> symbols, void (*open)(const FrameworkDoors&), void (*close)());
  void* operator[](std::size_t index) const { return symbols_[index].address; }  // of the names given

  static void open_all();
  static void close_all();

 private:
  static constexpr std::size_t symbols_most = 16;

  std::array<Symbol, symbols_most> symbols_{};
  std::size_t count_ = 0;
  void (*open_)(const FrameworkDoors&);
  void (*close_)();
  FrameworkDoors* next_;
};

// While it lives, the doors are open. Runs may nest.
class RunOfFrameworks {
 public:
  RunOfFrameworks() { FrameworkDoors::open_all(); }
  ~RunOfFrameworks() { FrameworkDoors::close_all(); }
  RunOfFrameworks(const RunOfFrameworks&) = delete;
  RunOfFrameworks& operator=(const RunOfFrameworks&) = delete;
};

// A function whose first instructions are a jump to another one, as long as it is put in. Does nothing for a null `function`, and where
// the system does not let code be written.
class Replacement {
 public:
  template <class F>
  void put_in(void* function, F* instead) {
    put(function, reinterpret_cast<void*>(instead));
  }
  void take_out();

 private:
  static constexpr std::size_t size = 14;  // jmp *0(%rip), and the address

  void put(void* function, void* instead);
  void write(const std::array<unsigned char, size>& bytes);

  unsigned char* place_ = nullptr;
  std::array<unsigned char, size> before_{};
};

}  // namespace interleave::doors
