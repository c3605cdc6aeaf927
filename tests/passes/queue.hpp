// A header of a user's: orders weaker than seq_cst, in members that are inlined or not.
#pragma once

#include <atomic>
#include <memory>

template <class T>
struct Ring {
  T slots[4] = {};
  std::atomic<unsigned> head{0}, tail{0};
  std::atomic<unsigned> pushed{0};  // used by the producer alone

  void push(T value) {
    pushed.fetch_add(1, std::memory_order_relaxed);
    const unsigned at = tail.load();
    slots[at % 4] = value;
    tail.store(at + 1, std::memory_order_release);  // push
  }
  bool pop(T& value) {
    const unsigned at = head.load(std::memory_order_relaxed);  // pop, alone
    if (at == tail.load(std::memory_order_acquire)) return false;
    value = slots[at % 4];
    head.store(at + 1, std::memory_order_relaxed);
    return true;
  }
};
