// A report, or a part of one, as bytes: for a pipe between two processes of one program, which agree on the layout. Numbers take eight
// bytes; a text or a list has its length before it; a struct is its fields (fields.hpp), one after the other.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "scheduler/report/fields.hpp"

namespace interleave::codec {

template <class T>
concept Number = std::is_arithmetic_v<T> || std::is_enum_v<T>;
template <class T>
concept Pair = requires(T& value) { value.first; value.second; };
template <class T>
concept Optional = requires(T& value) { value.has_value(); };
template <class T>
concept Map = requires { typename T::mapped_type; };
template <class T>
concept List = requires(T& value) { value.begin(); value.size(); };

class Writer {
 public:
  template <class T>
  void put(const T& value) {
    if constexpr (std::is_floating_point_v<T>) {
      put(std::bit_cast<std::uint64_t>(static_cast<double>(value)));
    } else if constexpr (Number<T>) {
      const auto number = static_cast<std::uint64_t>(value);
      bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
    } else if constexpr (std::is_same_v<T, std::string>) {
      put(value.size());
      bytes_ += value;
    } else if constexpr (Pair<const T>) {
      put(value.first);
      put(value.second);
    } else if constexpr (Optional<const T>) {
      put(value.has_value());
      if (value) put(*value);
    } else if constexpr (List<const T>) {
      put(value.size());
      for (const auto& each : value) put(each);
    } else {
      fields(value, [this](std::string_view, const auto& member) { this->put(member); });
    }
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  void get(T& value) {
    if constexpr (std::is_floating_point_v<T>) {
      value = std::bit_cast<double>(number());
    } else if constexpr (Number<T>) {
      value = static_cast<T>(number());
    } else if constexpr (std::is_same_v<T, std::string>) {
      const std::size_t size = length();
      value = rest_.substr(0, size);
      rest_.remove_prefix(size);
    } else if constexpr (Pair<T>) {
      get(value.first);
      get(value.second);
    } else if constexpr (Optional<T>) {
      value.reset();
      if (number() != 0) get(value.emplace());
    } else if constexpr (Map<T>) {
      value.clear();
      for (std::size_t n = length(); n > 0 && sound_; --n) {
        std::pair<typename T::key_type, typename T::mapped_type> each;
        get(each);
        value.insert(std::move(each));
      }
    } else if constexpr (List<T>) {
      value.clear();
      for (std::size_t n = length(); n > 0 && sound_; --n) get(value.emplace_back());
    } else {
      fields(value, [this](std::string_view, auto& member) { this->get(member); });
    }
  }
  // Everything could be read, and nothing is left.
  bool whole() const { return sound_ && rest_.empty(); }

 private:
  std::uint64_t number() {
    std::uint64_t n = 0;
    if (rest_.size() < sizeof n) {
      sound_ = false;
      rest_ = {};
      return 0;
    }
    std::memcpy(&n, rest_.data(), sizeof n);
    rest_.remove_prefix(sizeof n);
    return n;
  }
  // Nothing has more parts than there are bytes.
  std::size_t length() {
    const std::uint64_t n = number();
    if (n <= rest_.size()) return static_cast<std::size_t>(n);
    sound_ = false;
    return 0;
  }

  std::string_view rest_;
  bool sound_ = true;
};

template <class T>
std::string bytes_of(const T& value) {
  Writer writer;
  writer.put(value);
  return writer.take();
}

// False: these are not the bytes of a T, and `value` is of no use.
template <class T>
bool read(std::string_view bytes, T& value) {
  Reader reader(bytes);
  reader.get(value);
  return reader.whole();
}

}  // namespace interleave::codec
