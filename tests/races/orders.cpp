// Handover by atomics: the declared orders, fences, release sequences.
#include "programs.hpp"

#include <memory>

namespace races {
namespace {

// One thread writes x and raises a flag; the other reads x if it sees the flag.
std::function<void()> passing(std::memory_order store, std::memory_order load) {
  return [=] {
    int x = 0;
    std::atomic<int> flag{0};
    parallel([&] { put(x); flag.store(1, store); }, [&] {
      if (flag.load(load) == 1) get(x);
    });
  };
}

// The same with fences before the store and after the load.
std::function<void()> fenced(std::memory_order before, std::memory_order store, std::memory_order load, std::memory_order after) {
  return [=] {
    int x = 0;
    std::atomic<int> flag{0};
    parallel(
        [&] {
          put(x);
          std::atomic_thread_fence(before);
          flag.store(1, store);
        },
        [&] {
          const int seen = flag.load(load);
          std::atomic_thread_fence(after);
          if (seen == 1) get(x);
        });
  };
}

// The first thread writes x and stores 1 with release; the second does `between`; the third reads x if it loads 2 with acquire.
std::function<void()> sequence(const std::function<void(std::atomic<int>&)>& between) {
  return [=] {
    int x = 0;
    std::atomic<int> a{0};
    parallel([&] { put(x); a.store(1, release); }, [&] { between(a); }, [&] {
      if (a.load(acquire) == 2) get(x);
    });
  };
}

// Two threads write their own and count down; the last one reads both.
std::function<void()> counted(std::memory_order down, bool fence) {
  return [=] {
    int x[2] = {0, 0};
    std::atomic<int> left{2};
    const auto part = [&](int i) {
      put(x[i]);
      if (left.fetch_sub(1, down) == 1) {
        if (fence) std::atomic_thread_fence(acquire);
        get(x[1 - i]);
      }
    };
    parallel([&] { part(0); }, [&] { part(1); });
  };
}

const Group orders("the order of a store and of a load", {
    {"relaxed, relaxed", racy, passing(relaxed, relaxed)},
    {"relaxed, acquire", racy, passing(relaxed, acquire)},
    {"relaxed, seq_cst", racy, passing(relaxed, seq_cst)},
    {"release, relaxed", racy, passing(release, relaxed)},
    {"seq_cst, relaxed", racy, passing(seq_cst, relaxed)},
    {"release, consume", ordered, passing(release, consume)},
    {"release, acquire", ordered, passing(release, acquire)},
    {"release, seq_cst", ordered, passing(release, seq_cst)},
    {"seq_cst, acquire", ordered, passing(seq_cst, acquire)},
    {"seq_cst, seq_cst", ordered, passing(seq_cst, seq_cst)},
    {"the flag is not looked at", racy, [] {
       int x = 0;
       std::atomic<int> flag{0};
       parallel([&] { put(x); flag = 1; }, [&] { (void)flag.load(); get(x); });
     }},
    {"the write comes after the store", racy, [] {
       int x = 0;
       std::atomic<int> flag{0};
       parallel([&] { flag = 1; put(x); }, [&] {
         if (flag == 1) get(x);
       });
     }},
    {"volatile is no synchronisation", racy, [] {
       int x = 0;
       volatile int flag = 0;
       parallel([&] { put(x); flag = 1; }, [&] {
         if (flag == 1) get(x);
       });
     }},
    {"a store back and forth", ordered, [] {
       int x = 0;
       std::atomic<int> turn{0};
       parallel([&] { put(x); turn.store(1, release); if (turn.load(acquire) == 2) put(x); }, [&] {
         if (turn.load(acquire) == 1) { put(x, 2); turn.store(2, release); }
       });
     }},
});

const Group fences("fences", {
    {"release fence, acquire fence", ordered, fenced(release, relaxed, relaxed, acquire)},
    {"release fence, acquire load", ordered, fenced(release, relaxed, acquire, relaxed)},
    {"release store, acquire fence", ordered, fenced(relaxed, release, relaxed, acquire)},
    {"acq_rel fences", ordered, fenced(acq_rel, relaxed, relaxed, acq_rel)},
    {"seq_cst fences", ordered, fenced(seq_cst, relaxed, relaxed, seq_cst)},
    {"no release fence", racy, fenced(relaxed, relaxed, relaxed, acquire)},
    {"no acquire fence", racy, fenced(release, relaxed, relaxed, relaxed)},
    {"acquire fence for a release fence", racy, fenced(acquire, relaxed, relaxed, acquire)},
    {"release fence for an acquire fence", racy, fenced(release, relaxed, relaxed, release)},
    {"the release fence comes before the write", racy, [] {
       int x = 0;
       std::atomic<int> flag{0};
       parallel([&] { std::atomic_thread_fence(release); put(x); flag.store(1, relaxed); }, [&] {
         if (flag.load(acquire) == 1) get(x);
       });
     }},
    {"the acquire fence comes before the load", racy, [] {
       int x = 0;
       std::atomic<int> flag{0};
       parallel([&] { put(x); flag.store(1, release); }, [&] {
         std::atomic_thread_fence(acquire);
         if (flag.load(relaxed) == 1) get(x);
       });
     }},
    {"seq_cst fences without an atomic between them", racy, [] {
       int x = 0;
       parallel([&] { put(x); std::atomic_thread_fence(seq_cst); }, [&] { std::atomic_thread_fence(seq_cst); get(x); });
     }},
});

const Group sequences("release sequences and read-modify-writes", [] {
  const auto plus_one = [](std::memory_order order) {
    return [order](std::atomic<int>& a) {
    if (a.load(relaxed) == 1) a.fetch_add(1, order);
    };
  };
  return std::vector<Program>{
    {"a relaxed fetch_add goes on with the sequence", ordered, sequence(plus_one(relaxed))},
    {"an acquiring fetch_add goes on with it", ordered, sequence(plus_one(acquire))},
    {"a releasing fetch_add adds to it", ordered, sequence(plus_one(release))},
    {"a relaxed exchange goes on with it", ordered, sequence([](std::atomic<int>& a) {
       // Its result is used: clang makes a store of an exchange whose result is not.
       if (a.load(relaxed) == 1 && a.exchange(2, relaxed) != 1) a.store(3);
     })},
    {"a relaxed compare_exchange goes on with it", ordered, sequence([](std::atomic<int>& a) {
       int one = 1;
       a.compare_exchange_strong(one, 2, relaxed);
     })},
    {"a relaxed store ends it", racy, sequence([](std::atomic<int>& a) {
       if (a.load(relaxed) == 1) a.store(2, relaxed);
     })},
    {"another thread's release does not stand for it", racy, sequence([](std::atomic<int>& a) {
       if (a.load(relaxed) == 1) a.store(2, release);
     })},
    {"acquired and released", ordered, sequence([](std::atomic<int>& a) {
       if (a.load(acquire) == 1) a.store(2, release);
     })},
    {"the same thread's relaxed store ends it", racy, [] {
       int x = 0;
       std::atomic<int> a{0};
       parallel([&] { put(x); a.store(1, release); a.store(2, relaxed); }, [&] {
         if (a.load(acquire) == 2) get(x);
       });
     }},
    {"a compare_exchange that fails acquires by its second order", ordered, [] {
       int x = 0;
       std::atomic<int> a{0};
       parallel([&] { put(x); a.store(1, release); }, [&] {
         int two = 2;
         if (!a.compare_exchange_strong(two, 3, relaxed, acquire) && two == 1) get(x);
       });
     }},
    {"a compare_exchange that fails relaxed acquires nothing", racy, [] {
       int x = 0;
       std::atomic<int> a{0};
       parallel([&] { put(x); a.store(1, release); }, [&] {
         int two = 2;
         if (!a.compare_exchange_strong(two, 3, acq_rel, relaxed) && two == 1) get(x);
       });
     }},
    {"a compare_exchange that fails does not end a sequence", ordered, sequence([](std::atomic<int>& a) {
       int seven = 7;
       a.compare_exchange_strong(seven, 8, relaxed);
       a.load(relaxed) == 1 ? (void)a.fetch_add(1, relaxed) : (void)0;
     })},
    {"counting down with acq_rel", ordered, counted(acq_rel, false)},
    {"counting down with release, then a fence", ordered, counted(release, true)},
    {"counting down with release, no fence", racy, counted(release, false)},
    {"counting down relaxed", racy, counted(relaxed, false)},
    {"counting down relaxed, then a fence", racy, counted(relaxed, true)},
    {"counting down with acquire", racy, counted(acquire, false)},
    {"a flag taken and cleared", ordered, both([flag = std::make_shared<std::atomic_flag>()](int& x) {
       if (flag->test_and_set(acquire)) return;
       put(x);
       flag->clear(release);
     })},
    {"a flag cleared relaxed", racy, both([flag = std::make_shared<std::atomic_flag>()](int& x) {
       if (flag->test_and_set(acquire)) return;
       put(x);
       flag->clear(relaxed);
     })},
    {"16 bytes", ordered, [] {
       struct alignas(16) Pair { long a, b; };
       int x = 0;
       std::atomic<Pair> pair{Pair{0, 0}};
       parallel([&] { put(x); pair.store({1, 1}, release); }, [&] {
         if (pair.load(acquire).b == 1) get(x);
       });
     }},
    {"16 bytes, relaxed", racy, [] {
       struct alignas(16) Pair { long a, b; };
       int x = 0;
       std::atomic<Pair> pair{Pair{0, 0}};
       parallel([&] { put(x); pair.store({1, 1}, relaxed); }, [&] {
         if (pair.load(acquire).b == 1) get(x);
       });
     }},
    {"neighbours in a word are different objects", racy, [] {
       int x = 0;
       struct { std::atomic<int> a{0}, b{0}; } two;
       parallel([&] { put(x); two.a.store(1, release); two.b.store(1, relaxed); }, [&] {
         if (two.b.load(acquire) == 1) get(x);
       });
     }},
  };
}());

}  // namespace
}  // namespace races
