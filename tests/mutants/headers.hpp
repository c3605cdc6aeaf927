// What every variant is compiled after, precompiled: the headers that none changes, and what the catalogue's texts use.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <semaphore.h>

#include <interleave/checkers/mutual_exclusion.hpp>
#include <interleave/interleave.hpp>
#include <interleave/scenarios/scenario.hpp>
#include <interleave/scenarios/transcript.hpp>

namespace visible {

// A deque each of whose operations is one visible, atomic step, as a list's are under Python's interpreter lock.
template <class T>
class Deque {
 public:
  void push_back(T item) {
    ++changes_;
    items_.push_back(item);
  }
  T take_first() {  // or null
    ++changes_;
    if (items_.empty()) return nullptr;
    T first = items_.front();
    items_.pop_front();
    return first;
  }
  bool take_out(const T& item) {
    ++changes_;
    return std::erase(items_, item) > 0;
  }
  auto erase(typename std::deque<T>::iterator at) {
    ++changes_;
    return items_.erase(at);
  }
  std::size_t size() const { return look().size(); }
  auto begin() {
    look();
    return items_.begin();
  }
  auto end() { return items_.end(); }

 private:
  const std::deque<T>& look() const {
    changes_.load();
    return items_;
  }

  std::deque<T> items_;
  std::atomic<unsigned> changes_{0};
};

}  // namespace visible
