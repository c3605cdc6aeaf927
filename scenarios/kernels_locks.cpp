// Locks made of atomics, whose threads wait by looking again and again: spinlocks, ticket lock, MCS lock, Peterson's and its
// generalisation, seqlock. Each protects plain data (so that an order too weak is a data race) and a section that a monitor
// watches.
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include <interleave/checkers/mutual_exclusion.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

// ---- the locks: lock(me), unlock(me), me = 0, 1, ... ----

class TestAndSet {
 public:
  explicit TestAndSet(int) {}
  void lock(int) {
    while (taken_.exchange(true, std::memory_order_acquire)) {
    }
  }
  void unlock(int) { taken_.store(false, std::memory_order_release); }

 protected:
  std::atomic<bool> taken_{false};
};

// Looks before it tries, and gives way while it looks.
class TestAndTestAndSet : public TestAndSet {
 public:
  using TestAndSet::TestAndSet;
  void lock(int) {
    while (taken_.exchange(true, std::memory_order_acquire)) {
      while (taken_.load(std::memory_order_relaxed)) std::this_thread::yield();
    }
  }
};

class CompareExchange {
 public:
  explicit CompareExchange(int) {}
  void lock(int me) {
    int nobody = 0;
    while (!owner_.compare_exchange_weak(nobody, me + 1, std::memory_order_acquire, std::memory_order_relaxed)) nobody = 0;
  }
  void unlock(int) { owner_.store(0, std::memory_order_release); }

 private:
  std::atomic<int> owner_{0};
};

class Ticket {
 public:
  explicit Ticket(int) {}
  void lock(int) {
    const unsigned mine = next_.fetch_add(1, std::memory_order_relaxed);
    while (served_.load(std::memory_order_acquire) != mine) {
    }
  }
  void unlock(int) { served_.store(served_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

 private:
  std::atomic<unsigned> next_{0}, served_{0};
};

// Mellor-Crummey and Scott: a queue of waiting threads, each of which looks at a word of its own.
class Mcs {
 public:
  explicit Mcs(int threads) : nodes_(std::make_unique<Node[]>(static_cast<std::size_t>(threads))) {}
  void lock(int me) {
    Node& mine = nodes_[static_cast<std::size_t>(me)];
    mine.next.store(nullptr, std::memory_order_relaxed);
    mine.waits.store(true, std::memory_order_relaxed);
    Node* const before = last_.exchange(&mine, std::memory_order_acq_rel);
    if (before == nullptr) return;
    before->next.store(&mine, std::memory_order_release);
    while (mine.waits.load(std::memory_order_acquire)) {
    }
  }
  void unlock(int me) {
    Node& mine = nodes_[static_cast<std::size_t>(me)];
    if (mine.next.load(std::memory_order_acquire) == nullptr) {
      Node* last = &mine;
      if (last_.compare_exchange_strong(last, nullptr, std::memory_order_release, std::memory_order_relaxed)) return;
      while (mine.next.load(std::memory_order_acquire) == nullptr) {  // somebody is about to stand behind
      }
    }
    mine.next.load(std::memory_order_acquire)->waits.store(false, std::memory_order_release);
  }

 private:
  struct Node {
    std::atomic<Node*> next{nullptr};
    std::atomic<bool> waits{false};
  };
  std::unique_ptr<Node[]> nodes_;
  std::atomic<Node*> last_{nullptr};
};

// Peterson's for two threads, and as a filter of n - 1 levels for n. Needs sequential consistency, and says so.
class Peterson {
 public:
  explicit Peterson(int threads) : threads_(threads) {}
  void lock(int me) {
    for (int level = 1; level < threads_; ++level) {
      at(level_, me).store(level);
      at(last_, level).store(me);
      while (at(last_, level).load() == me && somebody_else_at(level, me)) {
      }
    }
  }
  void unlock(int me) { at(level_, me).store(0); }

 private:
  using Words = std::array<std::atomic<int>, 4>;
  static std::atomic<int>& at(Words& words, int i) { return words[static_cast<std::size_t>(i)]; }
  bool somebody_else_at(int level, int me) {
    for (int other = 0; other < threads_; ++other)
      if (other != me && at(level_, other).load() >= level) return true;
    return false;
  }

  int threads_;
  Words level_{}, last_{};
};

template <class Lock>
Definition exclusion(const std::string& name, const std::string& summary, int threads, std::uint64_t classes) {
  const std::string count = std::to_string(threads);
  return {.name = "kernels/" + name + "_" + count, .summary = summary + ", " + count + " threads",
          .effort = Effort::search_reduced, .classes = classes, .spins = true, .body = [threads] {
            Lock lock(threads);
            Section inside{"protected"};
            int counter = 0;
            std::vector<std::function<void()>> bodies;
            for (int me = 0; me < threads; ++me) {
              bodies.push_back([&, me] {
                lock.lock(me);
                {
                  const Section::Visit visit{inside};
                  ++counter;
                }
                lock.unlock(me);
              });
            }
            parallel(std::move(bodies));
            require(counter == threads);
          }};
}

const Scenario locks[] = {
    Scenario(exclusion<TestAndSet>("spinlock", "A lock taken by exchange", 2, 4)),
    Scenario(exclusion<TestAndSet>("spinlock", "A lock taken by exchange", 3, 42)),
    Scenario(exclusion<TestAndTestAndSet>("spinlock_yield", "A lock taken by exchange after looking and yielding", 2, 6)),
    Scenario(exclusion<TestAndTestAndSet>("spinlock_yield", "A lock taken by exchange after looking and yielding", 3, 258)),
    Scenario(exclusion<CompareExchange>("spinlock_cas", "A lock taken by compare-exchange", 2, 4)),
    Scenario(exclusion<CompareExchange>("spinlock_cas", "A lock taken by compare-exchange", 3, 36)),
    Scenario(exclusion<Ticket>("ticket", "A ticket lock", 2, 4)),
    Scenario(exclusion<Ticket>("ticket", "A ticket lock", 3, 36)),
    Scenario(exclusion<Mcs>("mcs", "An MCS lock", 2, 10)),
    Scenario(exclusion<Mcs>("mcs", "An MCS lock", 3, 198)),
    Scenario(exclusion<Peterson>("peterson", "Peterson's algorithm", 2, 12)),
    Scenario(exclusion<Peterson>("peterson", "Peterson's algorithm as a filter", 3, 12083)),
};

// ---- seqlock: readers take no lock, and read again if a writer was there ----

class Seqlock {
 public:
  void write(int value) {
    unsigned even = 0;
    do {
      even = sequence_.load(std::memory_order_relaxed) & ~1u;
    } while (!sequence_.compare_exchange_weak(even, even + 1, std::memory_order_acquire, std::memory_order_relaxed));
    std::atomic_thread_fence(std::memory_order_release);
    first_.store(value, std::memory_order_relaxed);
    second_.store(value, std::memory_order_relaxed);
    sequence_.store(even + 2, std::memory_order_release);
  }

  std::pair<int, int> read() const {
    while (true) {
      const unsigned before = sequence_.load(std::memory_order_acquire);
      if (before % 2 == 1) continue;
      const std::pair values{first_.load(std::memory_order_relaxed), second_.load(std::memory_order_relaxed)};
      std::atomic_thread_fence(std::memory_order_acquire);
      if (sequence_.load(std::memory_order_relaxed) == before) return values;
    }
  }

 private:
  std::atomic<unsigned> sequence_{0};
  std::atomic<int> first_{0}, second_{0};
};

Definition seqlock(int writers, int readers, std::vector<std::string> outcomes, std::uint64_t classes) {
  const auto said = [](int n, const char* what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); };
  return {.name = "kernels/seqlock_" + std::to_string(writers) + "_" + std::to_string(readers),
          .summary = "A seqlock, " + said(writers, "writer") + ", " + said(readers, "reader") + ": no torn value is read",
          .outcomes = std::move(outcomes), .effort = Effort::search_reduced, .classes = classes, .spins = true, .body = [=] {
            Seqlock lock;
            std::vector<int> seen(static_cast<std::size_t>(readers));
            std::vector<std::function<void()>> bodies;
            for (int w = 1; w <= writers; ++w) bodies.push_back([&, w] { lock.write(w); });
            for (int& place : seen) {
              bodies.push_back([&] {
                const auto [first, second] = lock.read();
                require(first == second, "a torn value");
                place = first;
              });
            }
            parallel(std::move(bodies));
            std::string text;
            for (const int value : seen) text += (text.empty() ? "" : " ") + std::to_string(value);
            outcome(text);
          }};
}

const Scenario seqlocks[] = {
    Scenario(seqlock(1, 1, {"0", "1"}, 19)),
    Scenario(seqlock(1, 2, {"0 0", "0 1", "1 0", "1 1"}, 361)),
    Scenario(seqlock(2, 1, {"0", "1", "2"}, 0)),  // the compiler decides when a reader is back where it was
};

}  // namespace
}  // namespace interleave::scenarios
