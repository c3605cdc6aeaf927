// A program without a test framework that uses Interleave in a wrong way, or comes to a bad end: its argument names the case. Instrumented
// and linked like any user's.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include <interleave/interleave.hpp>

using interleave::check;
using interleave::explore;

namespace {

void lost_update() {
  std::atomic<int> n{0};
  std::thread a([&] { n = n + 1; }), b([&] { n = n + 1; });
  a.join();
  b.join();
  interleave::require(n == 2);
}

void right() {
  std::atomic<int> n{0};
  std::thread a([&] { ++n; });
  ++n;
  a.join();
  interleave::require(n == 2);
}

struct Case {
  std::string_view name;
  void (*run)();
};

constexpr Case cases[] = {
    {"right", [] { check(right, {.name = "right"}); }},
    {"lost_update", [] { check(lost_update); }},
    {"lost_update_caught",
     [] {
       try {
         check(lost_update);
       } catch (const interleave::Failed&) {
         std::puts("caught");
       }
     }},
    {"throws", [] { check([] { throw std::runtime_error("from the body"); }); }},
    {"misspelt_strategy", [] { check(right, {.strategy = "dppor"}); }},
    {"virtual_clock_and_dpor", [] { explore(right, {.strategy = "dpor", .clock = "virtual"}); }},
    {"empty_body", [] { check({}); }},
    {"nested", [] { check([] { check(right); }); }},
    {"own_exception",
     [] {
       check(right);
       throw std::runtime_error("of the program's own");
     }},
    {"require_outside", [] { interleave::require(false, "outside"); }},
    {"many_steps",
     [] {
       check([] {
         std::atomic<int> n{0};
         for (int i = 0; i < 1500; ++i) ++n;
         std::thread t([&] { ++n; });
         t.join();
       }, {.steps_max = 1000});
     }},
    {"huge_block",
     [] {
       check([] {
         char* volatile p = static_cast<char*>(std::malloc(std::size_t{60} << 30));
         std::memset(p, 1, std::size_t{60} << 30);
         std::free(p);
       });
     }},
    {"no_machine_has_so_much",
     [] {
       check([] {
         volatile std::size_t size = ~std::size_t{0} / 4;
         void* volatile p = std::malloc(size);
         interleave::require(p == nullptr);
       });
     }},
    {"many_blocks",
     [] {
       check([] {
         std::vector<char*> blocks;
         for (int i = 0; i < 4096; ++i) blocks.push_back(static_cast<char*>(std::malloc(1 << 20)));
       });
     }},
    {"much_memory",
     [] {
       check([] {
         std::atomic<int> n{0};
         std::thread other([&] { ++n; });  // before there are two, nothing can race
         std::vector<char> v(std::size_t{40} << 20);
         volatile char* const bytes = v.data();
         for (std::size_t i = 0; i < v.size(); i += 4096) bytes[i] = 1;
         other.join();
       });
     }},
    {"many_threads",
     [] {
       check([] {
         std::vector<std::thread> threads;
         for (int i = 0; i < 5000; ++i) threads.emplace_back([] {});
         for (auto& t : threads) t.join();
       });
     }},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view asked = argc > 1 ? argv[1] : "";
  for (const Case& each : cases)
    if (each.name == asked) {
      each.run();
      std::puts("the end");
      return 0;
    }
  return 99;
}
