// heap=reuse: whether a block that was freed is given out again is a choice, so what comes of it (ABA) is found as an outcome.
#include "../model/explored.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>

using namespace interleave;

namespace {

Options with_heap(const char* heap, const char* strategy = "dpor") {
  Options options;
  options.heap = heap;
  options.strategy = strategy;
  return options;
}

// One thread sees an object and takes it if it is still that; another replaces it by a new one meanwhile. Nobody looks into an
// object that was freed: `replaced` is set before the new one can be seen.
void compare_by_address() {
  std::atomic<int*> place = new int(1);
  std::atomic<bool> replaced = false;
  parallel(
      [&] {
        int* seen = place.load();
        const bool before = replaced;
        if (seen == nullptr) return outcome("none");
        if (!place.compare_exchange_strong(seen, nullptr)) return outcome("replaced");
        outcome(before == replaced ? "the same" : "another at its address");
        delete seen;
      },
      [&] {
        int* old = place.exchange(nullptr);
        if (old == nullptr) return;
        delete old;
        int* fresh = new int(2);
        replaced = true;
        place = fresh;
      });
  delete place.load();
}

// Treiber's stack with its mistake: pop trusts that a head at the same address is the same head. `next` is atomic, so that
// reading it in a node that was freed is a use after free and no race.
struct Node {
  std::atomic<Node*> next{nullptr};
  int value = 0;
};

class Stack {
 public:
  ~Stack() {
    while (Node* node = pop()) delete node;
  }
  void push(Node* node) {
    Node* head = head_.load();
    do node->next.store(head);
    while (!head_.compare_exchange_strong(head, node));
  }
  Node* pop() {
    Node* head = head_.load();
    while (head != nullptr && !head_.compare_exchange_strong(head, head->next.load())) {
    }
    return head;
  }

 private:
  std::atomic<Node*> head_{nullptr};
};

}  // namespace

TEST_CASE("reuse: an object at the address of one that was freed is taken for it only where blocks are used again") {
  for (const char* strategy : {"dfs", "dpor"}) {
    INFO(strategy);
    const Report fresh = explore_all(&compare_by_address, with_heap("fresh", strategy));
    CHECK(fresh.verdict == Verdict::pass);
    CHECK_OUTCOME_SET(fresh, {"none", "replaced", "the same"});
    const Report reused = explore_all(&compare_by_address, with_heap("reuse", strategy));
    CHECK(reused.verdict == Verdict::pass);
    CHECK(reused.complete);
    CHECK_OUTCOME_SET(reused, {"another at its address", "none", "replaced", "the same"});
  }
}

TEST_CASE("reuse: ABA in a Treiber stack over new and delete") {
  const auto body = [] {
    auto stack = std::make_unique<Stack>();
    for (int i : {1, 2}) {
      Node* node = new Node;
      node->value = i;
      stack->push(node);
    }
    std::atomic<int> popped{0};
    const auto take = [&](Node* node) {
      if (node == nullptr) return;
      popped += node->value;
      delete node;
    };
    parallel([&] { take(stack->pop()); },
             [&] {
               Node* first = stack->pop();
               Node* second = stack->pop();
               take(first);
               take(second);
               Node* again = new Node;
               again->value = 4;
               stack->push(again);
             });
    while (Node* node = stack->pop()) take(node);
    require(popped == 7, "a node was lost, or popped twice");
  };
  const Report fresh = explore(body, with_heap("fresh"));
  REQUIRE(fresh.failure);
  CHECK(fresh.failure->kind == "use-after-free");
  Options all = with_heap("reuse");
  const Report reused = explore_all(body, all);
  REQUIRE(reused.failure);
  CHECK(reused.failing > 0);
  // Its token carries the choice of the heap.
  Options replay;
  replay.name = "explore_all";
  replay.schedule = reused.failure->schedule;
  const Report again = explore_all(body, replay);
  REQUIRE(again.failure);
  CHECK(again.failure->kind == reused.failure->kind);
  CHECK(again.failure->message == reused.failure->message);
}

TEST_CASE("reuse: counted by hand") {
  // One thread frees its block, the other allocates one of the same size. If the free comes first: used again or not; else
  // there is nothing to use again. As classes and as interleavings that is 3: both are steps on one object.
  const auto body = [](std::size_t size) {
    return [=] {
      int* first = new int(1);
      int* second = nullptr;
      bool again = false;
      parallel([&] { delete first; },
               [&] {
                 second = static_cast<int*>(::operator new(size));
                 again = second == first;
               });
      outcome(again ? "again" : "fresh");
      ::operator delete(second);
    };
  };
  for (const char* strategy : {"dfs", "dpor"}) {
    INFO(strategy);
    const Report report = explore_all(body(sizeof(int)), with_heap("reuse", strategy));
    CHECK_HOLDS(report, 3u);
    CHECK_OUTCOMES(report, {{"again", 1}, {"fresh", 2}});
    CHECK_HOLDS(explore_all(body(sizeof(int)), with_heap("fresh", strategy)), 1u);
  }
  // Of another size it is another block: two independent steps.
  CHECK_HOLDS(explore_all(body(64), with_heap("reuse", "dfs")), 2u);
  CHECK_HOLDS(explore_all(body(64), with_heap("reuse", "dpor")), 1u);
}

TEST_CASE("reuse: freeing a block and getting it orders the threads, and misuse of the block is still found") {
  // The new owner writes what the old one has written, under no lock of its own.
  CHECK(explore_all([] {
    int* first = new int(1);
    int* second = nullptr;
    parallel([&] { *first = 2; delete first; }, [&] { second = new int(3); *second = 4; });
    delete second;
  }, with_heap("reuse")).verdict == Verdict::pass);
  const Report twice = explore_all([] {
    int* x = new int(1);
    parallel([=] { delete x; }, [] {});
    delete x;
  }, with_heap("reuse"));
  REQUIRE(twice.failure);
  CHECK(twice.failure->kind == "double-free");
}

TEST_CASE("reuse: a heap that does not exist is refused") {
  CHECK_THROWS_WITH(explore([] {}, with_heap("old")), Catch::Contains("heap=old makes no sense; use fresh or reuse"));
}
