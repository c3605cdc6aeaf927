// Lock-free containers in their shortest form: Treiber's stack, and Michael and Scott's queue. Nodes that were taken out are freed
// when all threads have ended: the simplest reclamation that is none. Every value is handed over by plain accesses, comes out once,
// and from the queue in the order of its source.
#include <array>
#include <atomic>
#include <memory>
#include <string>

#include <interleave/checkers/conservation.hpp>
#include <interleave/checkers/order.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

struct Node {
  int value = 0;
  std::atomic<Node*> next{nullptr};
};

// All nodes that a program may need, each thread's apart; they end together.
class Nodes {
 public:
  explicit Nodes(int threads) : nodes_(std::make_unique<Node[]>(static_cast<std::size_t>(threads * each))) {}
  Node* take(int thread, int number) { return &nodes_[static_cast<std::size_t>(thread * each + number)]; }

 private:
  static constexpr int each = 3;
  std::unique_ptr<Node[]> nodes_;
};

class TreiberStack {
 public:
  void push(Node* node) {
    Node* top = top_.load(std::memory_order_relaxed);
    do {
      node->next.store(top, std::memory_order_relaxed);
    } while (!top_.compare_exchange_weak(top, node, std::memory_order_release, std::memory_order_relaxed));
  }
  Node* pop() {
    Node* top = top_.load(std::memory_order_acquire);
    while (top != nullptr && !top_.compare_exchange_weak(top, top->next.load(std::memory_order_relaxed), std::memory_order_acquire,
                                                         std::memory_order_acquire)) {
    }
    return top;
  }

 private:
  std::atomic<Node*> top_{nullptr};
};

class MichaelScottQueue {
 public:
  void push(Node* node) {
    node->next.store(nullptr, std::memory_order_relaxed);
    while (true) {
      Node* tail = tail_.load(std::memory_order_acquire);
      Node* next = tail->next.load(std::memory_order_acquire);
      if (next != nullptr) {
        tail_.compare_exchange_strong(tail, next, std::memory_order_release, std::memory_order_relaxed);
      } else if (tail->next.compare_exchange_strong(next, node, std::memory_order_release, std::memory_order_relaxed)) {
        tail_.compare_exchange_strong(tail, node, std::memory_order_release, std::memory_order_relaxed);
        return;
      }
    }
  }
  // The node that now stands for the end of what was taken; its value is the caller's.
  Node* pop() {
    while (true) {
      Node* head = head_.load(std::memory_order_acquire);
      Node* tail = tail_.load(std::memory_order_acquire);
      Node* next = head->next.load(std::memory_order_acquire);
      if (next == nullptr) return nullptr;
      if (head == tail) {
        tail_.compare_exchange_strong(tail, next, std::memory_order_release, std::memory_order_relaxed);
      } else if (head_.compare_exchange_strong(head, next, std::memory_order_release, std::memory_order_relaxed)) {
        return next;
      }
    }
  }

 private:
  Node dummy_;
  std::atomic<Node*> head_{&dummy_}, tail_{&dummy_};
};

// What each thread does, one letter an operation: p pushes, t takes. "pt|pt" is two threads that push once and take once.
template <class Container>
Definition kernel(const std::string& name, const std::string& summary, const std::string& program, bool in_order,
                  std::uint64_t classes) {
  std::vector<std::string> threads(1);
  for (const char c : program) {
    if (c == '|') threads.emplace_back();
    else threads.back() += c;
  }
  const auto count = std::to_string(threads.size());
  return {.name = "kernels/" + name + "_" + count, .summary = summary + ", " + count + " threads: " + program,
          .effort = Effort::search_reduced, .classes = classes, .spins = true, .body = [=] {
            Nodes nodes(static_cast<int>(threads.size()));
            Container container;
            Ledger<int> ledger{"values"};
            Order order{"values"};
            const auto take = [&](int by) {
              Node* node = container.pop();
              if (node == nullptr) return false;
              ledger.take(node->value);
              if (in_order) order.consumed(by, node->value / 10, node->value);
              return true;
            };
            std::vector<std::function<void()>> bodies;
            for (int me = 0; me < static_cast<int>(threads.size()); ++me) {
              bodies.push_back([&, me] {
                int pushed = 0;
                for (const char operation : threads[static_cast<std::size_t>(me)]) {
                  if (operation == 't') {
                    take(me);
                    continue;
                  }
                  Node* node = nodes.take(me, pushed++);
                  node->value = (me + 1) * 10 + pushed;
                  ledger.put(node->value);
                  if (in_order) order.produced(me + 1, node->value);
                  container.push(node);
                }
              });
            }
            parallel(std::move(bodies));
            while (take(-1)) {
            }
            ledger.settle();
          }};
}

// 0 classes: rounds of a loop that change nothing may count or not.
const Scenario all[] = {
    Scenario(kernel<TreiberStack>("treiber", "Treiber's stack", "pt|pt", false, 40)),
    Scenario(kernel<TreiberStack>("treiber_twice", "Treiber's stack", "ppt|tpt", false, 248)),
    Scenario(kernel<TreiberStack>("treiber", "Treiber's stack", "pt|pt|pt", false, 25584)),
    Scenario(kernel<TreiberStack>("treiber_push_take", "Treiber's stack", "pp|tt|t", false, 125)),
    Scenario(kernel<MichaelScottQueue>("michael_scott", "Michael and Scott's queue", "pt|pt", true, 0)),
    Scenario(kernel<MichaelScottQueue>("michael_scott_twice", "Michael and Scott's queue", "ppt|tpt", true, 0)),
    Scenario(kernel<MichaelScottQueue>("michael_scott", "Michael and Scott's queue", "pt|p|t", true, 0)),
    Scenario(kernel<MichaelScottQueue>("michael_scott_push_take", "Michael and Scott's queue", "pp|tt|t", true, 1456)),
};

}  // namespace
}  // namespace interleave::scenarios
