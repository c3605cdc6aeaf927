// Finds locks that threads take in opposite orders, in executions in which no deadlock comes of it as well.
//
//     thread 1   takes A, takes B              order A -> B
//     thread 2            takes B, takes A     order B -> A      no lock that both hold around it: lock-order
//
// The method is Goodlock (Havelund 2000; cycles of any length and gate locks: Bensalem, Havelund 2005). An *order* is one thread's waiting
// for a lock while it holds another. A failure is a cycle of orders of different threads, no two of which hold a lock in common that keeps
// them apart. It is judged at the end of each execution that ends by itself, from the steps of that execution alone: the token of the
// failure shows it again.
//
// What is no order, or no cycle:
//   - taking by a try or with a timeout: such a thread does not wait for ever. What it took is held like any other lock;
//   - two threads that both read: where one holds a lock to read and the next wants it to read, nobody waits;
//   - a semaphore that more than one thread has a permit of, or that another thread posts than has taken it: it is no lock;
//   - locks that were at one address one after the other, as far as their initialisation or destruction is told.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/api/checker_registry.hpp"

namespace interleave::checkers {
namespace {

using LockId = std::uint32_t;  // by first use, and new where a lock's address is used again

struct Held {
  LockId lock = 0;
  Hold hold = Hold::exclusive;
  std::size_t step = 0;  // that took it
  unsigned depth = 1;    // how often it is to be given back
};

// One thread takes a lock while it holds others.
struct Order {
  std::uint32_t thread = 0;
  Held from;                 // one of those that it holds
  Held to;                   // that it takes
  std::vector<Held> around;  // the rest of those that it holds
};

bool exclude(const Held& a, const Held& b) { return a.lock == b.lock && !(a.hold == Hold::shared && b.hold == Hold::shared); }
bool same(const Held& a, const Held& b) { return a.lock == b.lock && a.hold == b.hold; }

class LockOrder final : public Observer {
 public:
  void begin_execution() override {
    numbers_.clear();
    locks_.clear();
    for (auto& held : held_) held.clear();
    orders_.clear();
    source_ = nullptr;
  }

  std::optional<Objection> on_step(const ObservedStep& step) override {
    source_ = step.source;
    if (step.succeeded) {
      happens(step, step.does, step.object);
      happens(step, step.does_to_second, step.second);
    }
    return std::nullopt;
  }

  void on_life(const void* object, std::size_t size) override { forget(object, std::max<std::size_t>(size, 1)); }

  std::optional<Objection> end_execution() override {
    const std::vector<const Order*> cycle = shortest_cycle();
    if (cycle.empty()) return std::nullopt;
    return Objection{"lock-order", source_ != nullptr && source_->explains() ? told(cycle) : "locks are taken in opposite orders"};
  }

 private:
  struct Lock {
    const void* object;
    bool is_lock = true;  // false: a semaphore that is used in another way
  };

  void happens(const ObservedStep& step, OperationClass does, const void* object) {
    if (object == nullptr) return;
    if (does == OperationClass::takes) takes(step, object);
    if (does == OperationClass::gives) gives(step, object);
    if (does == OperationClass::begins || does == OperationClass::ends) forget(object, std::max<std::size_t>(step.size, 1));
  }

  void takes(const ObservedStep& step, const void* object) {
    const Held taken{number_of(object), step.hold, step.step};
    std::vector<Held>& held = held_by(step.thread);
    if (const auto again = find(held, taken.lock); again != held.end()) {  // recursive, or a reader once more
      ++again->depth;
      return;
    }
    if (step.hold == Hold::permit && holder_of(taken.lock) != nullptr) locks_[taken.lock].is_lock = false;
    if (!step.tries)
      for (const Held& from : held) note(step.thread, from, taken, held);
    held.push_back(taken);
  }

  void gives(const ObservedStep& step, const void* object) {
    const LockId lock = number_of(object);
    std::vector<Held>* held = &held_by(step.thread);
    auto mine = find(*held, lock);
    if (mine == held->end()) {
      if (step.hold != Hold::permit || step.does != OperationClass::gives) return;
      locks_[lock].is_lock = false;
      held = holder_of(lock);
      if (held == nullptr) return;
      mine = find(*held, lock);
    }
    if (--mine->depth == 0) held->erase(mine);
  }

  // What is in these bytes from now on is another object.
  void forget(const void* object, std::size_t size) {
    const auto begin = numbers_.lower_bound(static_cast<const char*>(object));
    const auto end = numbers_.lower_bound(static_cast<const char*>(object) + size);
    for (auto each = begin; each != end; ++each)
      for (auto& held : held_) std::erase_if(held, [&](const Held& h) { return h.lock == each->second; });
    numbers_.erase(begin, end);
  }

  void note(std::uint32_t thread, const Held& from, const Held& to, const std::vector<Held>& held) {
    const auto known = [&](const Order& order) {
      return order.thread == thread && same(order.from, from) && same(order.to, to) && order.around.size() + 1 == held.size() &&
             std::all_of(order.around.begin(), order.around.end(),
                         [&](const Held& a) { return std::any_of(held.begin(), held.end(), [&](const Held& h) { return same(a, h); }); });
    };
    if (std::any_of(orders_.begin(), orders_.end(), known)) return;
    Order order{thread, from, to, held};
    std::erase_if(order.around, [&](const Held& h) { return h.lock == from.lock; });
    orders_.push_back(std::move(order));
  }

  // ---- cycles ----

  // Of the shortest, the one whose orders were made first.
  std::vector<const Order*> shortest_cycle() const {
    std::vector<std::uint32_t> threads;
    std::vector<const Order*> orders;
    for (const Order& order : orders_) {
      if (!is_lock(order.from) || !is_lock(order.to)) continue;
      orders.push_back(&order);
      if (std::find(threads.begin(), threads.end(), order.thread) == threads.end()) threads.push_back(order.thread);
    }
    std::vector<const Order*> path;
    unsigned budget = 100'000;  // orders looked at: many threads with many locks must not take for ever
    for (std::size_t length = 2; length <= threads.size(); ++length)
      for (const Order* first : orders) {
        path.assign(1, first);
        if (close(orders, path, length, budget)) return path;
      }
    return {};
  }

  bool close(const std::vector<const Order*>& orders, std::vector<const Order*>& path, std::size_t length, unsigned& budget) const {
    if (path.size() == length) return exclude(path.back()->to, path.front()->from);
    for (const Order* next : orders) {
      if (budget == 0) return false;
      --budget;
      // The first order of a cycle is that of the thread with the least number: each cycle is looked at once.
      if (next->thread <= path.front()->thread || !exclude(path.back()->to, next->from)) continue;
      if (!std::all_of(path.begin(), path.end(),
                       [&](const Order* each) { return each->thread != next->thread && !kept_apart(*each, *next); }))
        continue;
      path.push_back(next);
      if (close(orders, path, length, budget)) return true;
      path.pop_back();
    }
    return false;
  }

  // Both hold a lock that only one of them can hold.
  bool kept_apart(const Order& a, const Order& b) const {
    const auto common = [&](const Held& x) {
      return is_lock(x) &&
             (exclude(x, b.from) || std::any_of(b.around.begin(), b.around.end(), [&](const Held& y) { return exclude(x, y); }));
    };
    return common(a.from) || std::any_of(a.around.begin(), a.around.end(), common);
  }

  std::string told(const std::vector<const Order*>& cycle) const {
    std::string text;
    for (const Order* order : cycle)
      text +=
          (text.empty() ? "" : "; ") + source_->thread_name(order->thread) + " takes " + name(order->from) + " and then " + name(order->to);
    return text + (cycle.size() == 2 ? ": opposite orders" : ": orders that go round") +
           ", and no lock is held around all of them, so another schedule may end in a deadlock";
  }

  std::string name(const Held& taken) const {
    const std::string place = source_->place(taken.step);
    return source_->object_name(locks_[taken.lock].object) + (place.empty() ? "" : " (" + place + ")");
  }

  // ---- locks and who holds them ----

  LockId number_of(const void* object) {
    const auto [known, is_new] = numbers_.try_emplace(static_cast<const char*>(object), static_cast<LockId>(locks_.size()));
    if (is_new) locks_.push_back({object});
    return known->second;
  }
  bool is_lock(const Held& held) const { return locks_[held.lock].is_lock; }
  std::vector<Held>& held_by(std::uint32_t thread) {
    if (held_.size() <= thread) held_.resize(thread + 1);
    return held_[thread];
  }
  static std::vector<Held>::iterator find(std::vector<Held>& held, LockId lock) {
    return std::find_if(held.begin(), held.end(), [&](const Held& each) { return each.lock == lock; });
  }
  // Null: nobody.
  std::vector<Held>* holder_of(LockId lock) {
    const auto holds = [&](std::vector<Held>& held) { return find(held, lock) != held.end(); };
    const auto found = std::find_if(held_.begin(), held_.end(), holds);
    return found == held_.end() ? nullptr : &*found;
  }

  std::map<const char*, LockId> numbers_;
  std::vector<Lock> locks_;              // by number
  std::vector<std::vector<Held>> held_;  // by thread, in the order of taking
  std::vector<Order> orders_;
  const StepSource* source_ = nullptr;
};

const hooks::Checker lock_order{{.name = "lock-order",
                                 .help = "finds locks that threads take in opposite orders, where no deadlock comes of it as well",
                                 .watches = "steps that take and give locks",
                                 .observer = []() -> std::unique_ptr<Observer> { return std::make_unique<LockOrder>(); }}};

}  // namespace
}  // namespace interleave::checkers
