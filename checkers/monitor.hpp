// What the monitors are made of. Users include mutual_exclusion.hpp, conservation.hpp or order.hpp instead.
//
// A monitor may watch a program only if watching changes nothing: no visible step in the model, and on real threads no
// synchronisation, which could hide a race from ThreadSanitizer. The headers are compiled with the program, where every atomic
// is a step and every lock an order; so they hold nothing but a name, and everything that happens to a monitor is told to the
// library by the monitor's address. monitor.cpp is compiled twice: into the model, where it is not instrumented, and into the
// real-thread library, where ThreadSanitizer is told to look away.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <interleave/interleave.hpp>
#include <interleave/scheduler/services.hpp>

namespace interleave::detail {

// What a monitor can tell apart.
template <class T>
inline constexpr bool is_nameable =
    std::is_convertible_v<const T&, std::string_view> || std::is_integral_v<T> || std::is_enum_v<T> || std::is_pointer_v<T>;

// A value by which a monitor knows a thing, and shows it. Valid as long as the value that it was made from.
class Text {
 public:
  template <class T>
  explicit Text(const T& value) {
    static_assert(is_nameable<T>, "a monitor tells numbers, enumerators, pointers and text apart: give anything larger an id");
    if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      text_ = value;
    } else if constexpr (std::is_same_v<T, char>) {
      digits_[0] = value;
      text_ = {digits_, 1};
    } else if constexpr (std::is_pointer_v<T>) {
      digits_[0] = '0';
      digits_[1] = 'x';
      print(digits_ + 2, reinterpret_cast<std::uintptr_t>(value), 16);
    } else if constexpr (std::is_enum_v<T>) {
      print(digits_, static_cast<long long>(value), 10);
    } else if constexpr (std::is_same_v<T, bool>) {
      text_ = value ? "true" : "false";
    } else {
      print(digits_, value, 10);
    }
  }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  std::string_view view() const { return text_; }

 private:
  template <class Number>
  void print(char* at, Number number, int base) {
    const auto end = std::to_chars(at, digits_ + sizeof digits_, number, base).ptr;
    text_ = {digits_, static_cast<std::size_t>(end - digits_)};
  }

  char digits_[24] = {};
  std::string_view text_;
};

#pragma GCC visibility push(default)

void section_enter(const void* section, std::string_view name, std::size_t most, SourceLocation where);
void section_leave(const void* section, std::string_view name, SourceLocation where);

void ledger_put(const void* ledger, std::string_view name, std::string_view thing, SourceLocation where);
void ledger_take(const void* ledger, std::string_view name, std::string_view thing, SourceLocation where);
void ledger_settle(const void* ledger, std::string_view name, SourceLocation where);

void order_produced(const void* order, std::string_view name, std::string_view source, std::string_view value,
                    SourceLocation where);
void order_consumed(const void* order, std::string_view name, std::string_view consumer, std::string_view source,
                    std::string_view value, SourceLocation where);

// A monitor is destroyed: another one may live at its address.
void forget_monitor(const void* monitor) noexcept;

// An execution begins: the monitors of the last one may have been abandoned with it.
void forget_monitors();

#pragma GCC visibility pop

}  // namespace interleave::detail
