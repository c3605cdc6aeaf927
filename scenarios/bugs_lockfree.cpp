// Mistakes without locks. Retries are bounded, so that every interleaving is searched.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <interleave/scenarios/bugs.hpp>

namespace interleave::scenarios {
namespace {

const Bug lost_update{"lost_update", "Loaded, changed, stored: each step atomic, the whole not", "require", "fetch_add", [](bool repaired) {
  std::atomic<int> n{0};
  const auto increment = [&] {
    if (repaired) {
      n.fetch_add(1);
    } else {
      n = n + 1;
    }
  };
  parallel(increment, increment);
  require(n == 2, "no update is lost");
}};

const Bug volatile_flag{"volatile_flag", "A volatile flag says that the data are there", "data-race", "An atomic flag", [](bool repaired) {
  int data = 0;
  volatile bool flag = false;
  std::atomic<bool> atomic_flag{false};
  parallel(
      [&] {
        data = 1;
        if (repaired) {
          atomic_flag = true;
        } else {
          flag = true;
        }
      },
      [&] {
        if (repaired ? atomic_flag.load() : flag) require(data == 1);
      });
}};

const Bug vector_of_bool{"vector_of_bool", "Each thread has an element of its own, and eight elements share a byte", "data-race", "A vector of char",
                         [](bool repaired) {
  std::vector<bool> bits(2);
  std::vector<char> chars(2);
  const auto mark = [&](std::size_t i) {
    if (repaired) {
      chars[i] = 1;
    } else {
      bits[i] = true;
    }
  };
  parallel([&] { mark(0); }, [&] { mark(1); });
}};

const Bug dekker_plain{"dekker_plain", "Dekker's entry with plain flags", "data-race", "With sequentially consistent ones", [](bool repaired) {
  std::atomic<int> flag[2] = {0, 0};
  int plain[2] = {0, 0}, shared = 0;
  const auto enter = [&](int i) {
    if (repaired) {
      flag[i] = 1;
      if (flag[1 - i] == 0) ++shared;
    } else {
      plain[i] = 1;
      if (plain[1 - i] == 0) ++shared;
    }
  };
  parallel([&] { enter(0); }, [&] { enter(1); });
  require(shared <= 1, "at most one is in");
}};

const Bug seqlock_torn{"seqlock_torn", "A reader of a seqlock does not look whether the sequence has moved", "require", "It does, and gives up",
                       [](bool repaired) {
  std::atomic<unsigned> sequence{0};
  std::atomic<int> a{0}, b{0};
  parallel(
      [&] {
        sequence.fetch_add(1);
        a = 1;
        b = 1;
        sequence.fetch_add(1);
      },
      [&] {
        const unsigned before = sequence;
        const int x = a, y = b;
        if (repaired && (before % 2 != 0 || sequence != before)) return;
        require(x == y, "both halves are of one write");
      });
}};

// A stack of nodes of the heap.
struct Node {
  int value;
  Node* next;
};

const Bug treiber_free{"treiber_free", "A popped node is freed while another thread is about to read its next", "use-after-free",
                       "Freed when all have gone", [](bool repaired) {
  std::atomic<Node*> head{nullptr};
  for (int i = 0; i < 2; ++i) head = new Node{i, head};
  std::array<Node*, 2> popped{};
  const auto pop = [&](std::size_t i) {
    for (int attempt = 0; attempt < 2; ++attempt) {
      Node* top = head;
      if (top == nullptr) return;
      Node* next = top->next;
      if (!head.compare_exchange_strong(top, next)) continue;
      if (repaired) {
        popped[i] = top;
      } else {
        delete top;
      }
      return;
    }
  };
  parallel([&] { pop(0); }, [&] { pop(1); });
  for (Node* node : popped) delete node;
  for (Node* node = head; node != nullptr;) delete std::exchange(node, node->next);
}};

const Bug aba{"aba", "A free list compares indices: the same one may be back, with another next", "require", "A tag changes with every pop",
              [](bool repaired) {
  // Index + 1 in the low half, a tag in the high one; 0: empty.
  std::array<std::atomic<std::uint32_t>, 3> next{};
  next[0] = 2;
  next[1] = 3;
  next[2] = 0;
  std::atomic<std::uint64_t> head{1};
  std::array<std::atomic<int>, 3> owners{};
  const auto index = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
  const auto pop = [&]() -> std::optional<std::size_t> {
    std::uint64_t top = head;
    if (index(top) == 0) return std::nullopt;
    const std::size_t slot = index(top) - 1;
    const std::uint64_t tag = repaired ? ((top >> 32) + 1) << 32 : 0;
    if (!head.compare_exchange_strong(top, tag | next[slot])) return std::nullopt;
    require(owners[slot].fetch_add(1) == 0, "no slot has two owners");
    return slot;
  };
  const auto push = [&](std::size_t slot) {
    owners[slot].fetch_sub(1);
    std::uint64_t top = head;
    next[slot] = index(top);
    head.compare_exchange_strong(top, (top >> 32 << 32) | (slot + 1));
  };
  parallel(
      [&] {
        pop();
        pop();
      },
      [&] {
        const auto first = pop();
        (void)pop();
        if (first) push(*first);
      });
}};

const Bug hazard_late{"hazard_late", "A hazard pointer is set, and nobody looks whether the node is still there", "use-after-free", "It is looked at again",
                      [](bool repaired) {
  std::atomic<Node*> head{new Node{1, nullptr}};
  std::atomic<Node*> hazard{nullptr};
  Node* kept = nullptr;
  parallel(
      [&] {
        Node* node = head;
        if (node == nullptr) return;
        hazard = node;
        if (repaired && head != node) return;
        require(node->value == 1);
        hazard = nullptr;
      },
      [&] {
        Node* node = head.exchange(nullptr);
        if (hazard == node) {
          kept = node;  // for later
        } else {
          delete node;
        }
      });
  delete kept;
}};

const Bug deque_twice{"deque_twice", "Owner and thief of a deque both take its last item", "require", "One compare-exchange decides", [](bool repaired) {
  std::atomic<int> top{0}, bottom{1};
  std::atomic<int> taken{0};
  const auto claim = [&](int t) {
    if (repaired) return top.compare_exchange_strong(t, t + 1);
    top = t + 1;
    return true;
  };
  parallel(
      [&] {  // the owner pops at the bottom
        const int b = bottom - 1;
        bottom = b;
        const int t = top;
        if (t == b && claim(t)) ++taken;
      },
      [&] {  // a thief steals at the top
        const int t = top;
        if (t < bottom && claim(t)) ++taken;
      });
  require(taken <= 1, "the item is taken once");
}};

const Bug empty_then_pop{"empty_then_pop", "Not empty when asked, empty when popped", "require", "One operation does both", [](bool repaired) {
  std::atomic<int> size{1};
  const auto take = [&] {
    if (repaired) {
      int seen = size;
      if (seen > 0) size.compare_exchange_strong(seen, seen - 1);
    } else if (size > 0) {
      require(size.fetch_sub(1) > 0, "there was something");
    }
  };
  parallel(take, take);
}};

const Bug spsc_by_two{"spsc_by_two", "A ring for one producer is used by two", "data-race", "Each has a ring of its own", [](bool repaired) {
  struct Ring {
    std::array<int, 4> slots{};
    std::atomic<std::size_t> head{0}, tail{0};
    void push(int value) {
      const std::size_t at = tail.load(std::memory_order_relaxed);
      slots[at % 4] = value;
      tail.store(at + 1, std::memory_order_release);
    }
  };
  Ring one, two;
  parallel([&] { one.push(1); }, [&] { (repaired ? two : one).push(2); });
}};

}  // namespace
}  // namespace interleave::scenarios
