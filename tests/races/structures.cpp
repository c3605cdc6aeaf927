// Whole idioms: what passes data from thread to thread in programs that are in use.
#include "programs.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace races {
namespace {

// A writer makes x odd, writes, makes it even; a reader takes what it read only if nothing changed meanwhile.
template <class Data, class Read, class Write>
std::function<void()> seqlock(Read read, Write write) {
  return [=] {
    std::atomic<unsigned> version{0};
    Data data{};
    parallel(
        [&] {
          version.store(1, relaxed);
          std::atomic_thread_fence(release);
          write(data);
          version.store(2, release);
        },
        [&] {
          const unsigned before = version.load(acquire);
          if (before % 2 != 0) return;
          read(data);
          std::atomic_thread_fence(acquire);
          (void)version.load(relaxed);
        });
  };
}

struct Node {
  int value;
  Node* next;
};

// A stack that is pushed onto and taken whole.
std::function<void()> stack(std::memory_order push, std::memory_order take) {
  return [=] {
    std::atomic<Node*> head{nullptr};
    Node a{0, nullptr}, b{0, nullptr};
    const auto push_one = [&](Node& node) {
      put(node.value);
      node.next = head.load(relaxed);
      if (!head.compare_exchange_strong(node.next, &node, push, relaxed)) head.compare_exchange_strong(node.next, &node, push, relaxed);
    };
    parallel([&] { push_one(a); }, [&] { push_one(b); }, [&] {
      for (Node* node = head.exchange(nullptr, take); node != nullptr; node = node->next) get(node->value);
    });
  };
}

// One slot between one producer and one consumer.
std::function<void()> ring(std::memory_order publish, std::memory_order look, std::memory_order give_back) {
  return [=] {
    std::atomic<unsigned> filled{0}, emptied{0};
    int slot = 0;
    parallel(
        [&] {
          for (unsigned i = 0; i < 2; ++i) {
            if (i - emptied.load(acquire) == 1) return;
            put(slot, static_cast<int>(i));
            filled.store(i + 1, publish);
          }
        },
        [&] {
          if (filled.load(look) == 0) return;
          get(slot);
          emptied.store(1, give_back);
        });
  };
}

// Counts owners; the last one destroys.
std::function<void()> counted_references(std::memory_order down, bool fence) {
  return [=] {
    struct Counted {
      std::atomic<int> owners{2};
      int value = 0;
    };
    auto* shared = new Counted;
    const auto drop = [=](bool writes) {
      if (writes) put(shared->value);
      if (shared->owners.fetch_sub(1, down) != 1) return;
      if (fence) std::atomic_thread_fence(acquire);
      delete shared;
    };
    parallel([=] { drop(true); }, [=] { drop(false); });
  };
}

const Group structures("idioms", {
    {"seqlock over an atomic", ordered,
     seqlock<std::atomic<int>>([](auto& x) { (void)x.load(relaxed); }, [](auto& x) { x.store(1, relaxed); })},
    {"seqlock over a plain variable", racy, seqlock<int>([](int& x) { get(x); }, [](int& x) { put(x); })},
    {"stack, release and acquire", ordered, stack(release, acquire)},
    {"stack, pushed relaxed", racy, stack(relaxed, acquire)},
    {"stack, taken relaxed", racy, stack(release, relaxed)},
    {"ring", ordered, ring(release, acquire, release)},
    {"ring, published relaxed", racy, ring(relaxed, acquire, release)},
    {"ring, looked at relaxed", racy, ring(release, relaxed, release)},
    {"ring, given back relaxed", racy, ring(release, acquire, relaxed)},
    {"reference count, acq_rel", ordered, counted_references(acq_rel, false)},
    {"reference count, release and a fence", ordered, counted_references(release, true)},
    {"reference count, release alone", racy, counted_references(release, false)},
    {"reference count, relaxed", racy, counted_references(relaxed, false)},
    {"a flag with a bounded number of tries", ordered, [] {
       int x = 0;
       std::atomic_flag busy;
       const auto add = [&] {
         for (int i = 0; i < 2; ++i) {
           if (busy.test_and_set(acquire)) continue;
           put(x);
           busy.clear(release);
           return;
         }
       };
       parallel(add, add);
     }},
    {"a chain of three read-modify-writes", ordered, [] {
       int x = 0;
       std::atomic<int> a{0};
       const auto pass_on = [&](int from) { a.compare_exchange_strong(from, from + 1, relaxed); };
       parallel([&] { put(x); a.store(1, release); }, [&] { pass_on(1); }, [&] { pass_on(2); }, [&] { if (a.load(acquire) == 3) get(x); });
     }},
    {"a chain whose head is relaxed", racy, [] {
       int x = 0;
       std::atomic<int> a{0};
       const auto pass_on = [&](int from) { a.compare_exchange_strong(from, from + 1, relaxed); };
       parallel([&] { put(x); a.store(1, relaxed); }, [&] { pass_on(1); }, [&] { pass_on(2); }, [&] { if (a.load(acquire) == 3) get(x); });
     }},
    {"two hops, each acquired and released", ordered, [] {
       int x = 0;
       std::atomic<int> a{0}, b{0};
       parallel([&] { put(x); a.store(1, release); }, [&] { if (a.load(acquire) == 1) b.store(1, release); },
                [&] { if (b.load(acquire) == 1) get(x); });
     }},
    {"two hops, the first acquired relaxed", racy, [] {
       int x = 0;
       std::atomic<int> a{0}, b{0};
       parallel([&] { put(x); a.store(1, release); }, [&] { if (a.load(relaxed) == 1) b.store(1, release); },
                [&] { if (b.load(acquire) == 1) get(x); });
     }},
    {"a pointer to a new object", ordered, [] {
       std::atomic<std::string*> shared{nullptr};
       parallel([&] { shared.store(new std::string(40, 'x'), release); }, [&] {
         if (const std::string* text = shared.load(acquire)) get((*text)[20]);
       });
     }},
    {"a pointer to a new object, relaxed", racy, [] {
       std::atomic<std::string*> shared{nullptr};
       parallel([&] { shared.store(new std::string(40, 'x'), relaxed); }, [&] {
         if (const std::string* text = shared.load(relaxed)) get((*text)[20]);
       });
     }},
    {"a vector grown beside a reader", racy, [] {
       std::vector<int> numbers(1);
       parallel([&] { numbers.push_back(1); }, [&] { get(numbers[0]); });
     }},
    {"hazard of reading a size", racy, [] {
       std::vector<int> numbers;
       numbers.reserve(4);
       parallel([&] { numbers.push_back(1); }, [&] { if (!numbers.empty()) get(numbers[0]); });
     }},
    {"a moved-from unique_ptr", racy, [] {
       auto owner = std::make_unique<int>(1);
       parallel([&] { const auto mine = std::move(owner); }, [&] { if (owner != nullptr) get(*owner); });
     }},
});

}  // namespace
}  // namespace races
