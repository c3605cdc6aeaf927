// Which bytes an access touches, and of what.
#include "programs.hpp"

#include <cstring>
#include <memory>
#include <thread>

namespace races {
namespace {

const Group bytes("which bytes, and of what", {
    {"two bytes of a word", ordered, [] {
       char x[8] = {};
       parallel([&] { put(x[2]); }, [&] { put(x[3]); });
     }},
    {"four bytes and one of them", racy, [] {
       union { int whole = 0; char part[4]; } x;
       parallel([&] { put(x.whole); }, [&] { put(x.part[2]); });
     }},
    {"across two words", racy, [] {
       alignas(8) char x[16] = {};
       parallel([&] { std::memset(x + 4, 1, 8); }, [&] { put(x[9]); });
     }},
    {"bit-fields of a word", racy, [] {
       struct { unsigned a : 4, b : 4; } x{0, 0};
       parallel([&] { x.a = 1; }, [&] { x.b = 1; });
     }},
    {"memcpy reads", racy, [] {
       char from[32] = {}, to[32];
       parallel([&] { std::memcpy(to, from, sizeof to); }, [&] { put(from[20]); });
     }},
    {"memmove writes", racy, [] {
       char x[32] = {};
       parallel([&] { std::memmove(x + 1, x, 20); }, [&] { get(x[20]); });
     }},
    {"elements of a vector", ordered, [] {
       std::vector<int> x(2);
       parallel([&] { put(x[0]); }, [&] { put(x[1]); });
     }},
    {"elements of a vector of bool", racy, [] {
       std::vector<bool> x(2);
       parallel([&] { x[0] = true; }, [&] { x[1] = true; });
     }},
    {"readers", ordered, [] {
       int x = 1;
       const auto read = [&] { get(x); };
       parallel(read, read, read);
     }},
    {"a write after many readers of which one is not ordered", racy, [] {
       int x = 1;
       std::atomic<int> done{0};
       std::vector<std::function<void()>> bodies(5, [&] { get(x); done.fetch_add(1, acq_rel); });
       bodies.push_back([&] { get(x); });
       bodies.push_back([&] { if (done.load(acquire) == 5) put(x); });
       std::vector<std::thread> readers;
       for (auto& body : bodies) readers.emplace_back(body);
       for (auto& thread : readers) thread.join();
     }},
    {"atomic_ref on both sides", ordered, both([](int& x) { std::atomic_ref(x).fetch_add(1, relaxed); })},
    {"atomic_ref and a plain read", racy, [] {
       int x = 0;
       parallel([&] { std::atomic_ref(x).store(1); }, [&] { get(x); });
     }},
    {"atomic_ref loads and a plain read", ordered, [] {
       int x = 0;
       parallel([&] { (void)std::atomic_ref(x).load(); }, [&] { get(x); });
     }},
    {"copies of a shared_ptr", ordered, [] {
       auto x = std::make_shared<int>(0);
       parallel([y = x]() mutable { y.reset(); }, [z = x]() mutable { z.reset(); });
       x.reset();
     }},
    {"one shared_ptr", racy, [] {
       auto x = std::make_shared<int>(0);
       parallel([&] { x.reset(); }, [&] { const auto copy = x; });
     }},
    {"a static", racy, [] {
       static int x = 0;
       parallel([] { put(x); }, [] { put(x); });
     }},
    {"a block of the heap", racy, [] {
       const auto x = std::make_unique<int>(0);
       parallel([&] { put(*x); }, [&] { put(*x); });
     }},
});

}  // namespace
}  // namespace races
