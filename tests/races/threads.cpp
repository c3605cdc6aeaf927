// Handover by the beginning and end of threads, and by initialisation that happens once.
#include "programs.hpp"

#include <memory>
#include <mutex>
#include <thread>
#include <pthread.h>

namespace races {
namespace {

// The order is that of the load without the lock.
std::function<void()> double_checked(std::memory_order order) {
  return [=] {
    std::atomic<int*> instance{nullptr};
    std::mutex m;
    const auto use = [&] {
      int* p = instance.load(order);
      if (p == nullptr) {
        const std::lock_guard guard(m);
        p = instance.load(relaxed);
        if (p == nullptr) { p = new int; put(*p); instance.store(p, release); }
      }
      get(*p);
    };
    parallel(use, use);
  };
}

const Group threads("threads and initialisation", {
    {"creation", ordered, [] {
       int x = 0;
       put(x);
       std::thread t([&] { get(x); });
       t.join();
     }},
    {"written after creation", racy, [] {
       int x = 0;
       std::thread t([&] { get(x); });
       put(x);
       t.join();
     }},
    {"join", ordered, [] {
       int x = 0;
       std::thread t([&] { put(x); });
       t.join();
       get(x);
     }},
    {"read before join", racy, [] {
       int x = 0;
       std::thread t([&] { put(x); });
       get(x);
       t.join();
     }},
    {"jthread", ordered, [] {
       int x = 0;
       { const std::jthread t([&] { put(x); }); }
       get(x);
     }},
    {"a tryjoin that succeeds", ordered, [] {
       int x = 0;
       pthread_t t;
       pthread_create(&t, nullptr, [](void* p) -> void* { put(*static_cast<int*>(p)); return nullptr; }, &x);
       if (pthread_tryjoin_np(t, nullptr) == 0) get(x); else pthread_join(t, nullptr);
     }},
    {"siblings", racy, [] {
       int x = 0;
       std::thread a([&] { put(x); }), b([&] { put(x); });
       a.join();
       b.join();
     }},
    {"siblings, one after the other", ordered, [] {
       int x = 0;
       std::thread([&] { put(x); }).join();
       std::thread([&] { put(x); }).join();
     }},
    {"a grandchild, joined by the child", ordered, [] {
       int x = 0;
       std::thread t([&] { std::thread([&] { put(x); }).join(); });
       t.join();
       get(x);
     }},
    {"a grandchild that nobody joins", racy, [] {
       auto x = std::make_shared<int>(0);
       std::thread t([&] { std::thread([x] { put(*x); }).detach(); });
       t.join();
       get(*x);
     }},
    {"parallel", ordered, [] {
       int x = 0;
       parallel([&] { put(x); }, [] {});
       get(x);
       parallel([&] { put(x); }, [] {});
     }},
    {"call_once", ordered, [] {
       int x = 0;
       std::once_flag once;
       const auto use = [&] { std::call_once(once, [&] { put(x); }); get(x); };
       parallel(use, use);
     }},
    {"read before call_once", racy, [] {
       int x = 0;
       std::once_flag once;
       const auto use = [&] { get(x); std::call_once(once, [&] { put(x); }); };
       parallel(use, use);
     }},
    {"a function-local static", ordered, [] {
       const auto use = [] {
         static const int made = [] { return static_cast<int>(choose(1)) + 1; }();
         get(made);
       };
       parallel(use, use);
     }},
    {"double-checked locking with a plain pointer", racy, [] {
       int* instance = nullptr;
       std::mutex m;
       const auto use = [&] {
         if (get(instance) != nullptr) return;
         const std::lock_guard guard(m);
         if (instance == nullptr) put(instance, new int(1));
       };
       parallel(use, use);
     }},
    {"double-checked locking, relaxed", racy, double_checked(relaxed)},
    {"double-checked locking, acquire and release", ordered, double_checked(acquire)},
    {"thread_local", ordered, both([](int&) {
       static thread_local int own = 0;
       put(own, get(own) + 1);
     })},
    {"Dekker's entry with seq_cst", ordered, [] {
       int x = 0;
       std::atomic<int> wants[2] = {0, 0};
       const auto enter = [&](int i) { wants[i] = 1; if (wants[1 - i] == 0) put(x); };
       parallel([&] { enter(0); }, [&] { enter(1); });
     }},
});

}  // namespace
}  // namespace races
