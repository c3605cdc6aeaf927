// Leaks: a block is one if nothing refers to it when its execution has ended, in those executions and in no other.
#include "../model/explored.hpp"

#include <atomic>
#include <cstdint>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace interleave;

namespace {

Report searched(const std::function<void()>& body, bool leaks = true) {
  Options options;
  options.leaks = leaks;
  return explore_all(body, options);
}

template <class T>
T* hidden(T* p) {
  asm volatile("" : "+r"(p));
  return p;
}

int* kept_static = nullptr;
thread_local int* kept_per_thread = nullptr;
char *volatile middle = nullptr, *volatile behind = nullptr;
volatile std::uintptr_t tagged = 0;

struct Node {
  Node* next;
};

}  // namespace

TEST_CASE("leaks: with where the block was allocated, by whom, and a token") {
  const auto body = [] { std::thread([] { *hidden(new int) = 1; }).join(); };
  const Report report = searched(body);
  CHECK_FAILS(report, 1u, 1u, "leak");
  CHECK_THAT(report.failure->message, Catch::Contains("a block of 4 bytes, allocated by T1 at") && Catch::Contains("leaks.cpp:") &&
                                          Catch::Contains("is referred to by nothing when the execution has ended"));
  Options replay;
  replay.leaks = true;
  replay.schedule = report.failure->schedule;
  CHECK(explore_all(body, replay).failure->message == report.failure->message);
  CHECK_HOLDS(searched(body, false), 1u);
}

TEST_CASE("leaks: only in the executions that have them") {
  // Whoever comes second forgets the block of the first.
  const Report report = searched([] {
    std::mutex m;
    int* block = nullptr;
    const auto put = [&](bool frees) {
      int* own = hidden(new int(1));
      const std::lock_guard guard(m);
      if (frees) delete block;
      block = own;
    };
    parallel([&] { put(true); }, [&] { put(false); });
    delete block;
  });
  CHECK_FAILS(report, 2u, 1u, "leak");
}

TEST_CASE("leaks: a list that is lost is counted whole, a cycle as well") {
  const Report list = searched([] {
    Node* last = hidden(new Node{nullptr});
    hidden(new Node{hidden(new Node{last})});
  });
  CHECK_FAILS(list, 1u, 1u, "leak");
  CHECK_THAT(list.failure->message, Catch::Contains("nor are 2 others, 24 bytes in all"));
  CHECK_FAILS(searched([] {
    Node* a = hidden(new Node{nullptr});
    a->next = hidden(new Node{a});
  }), 1u, 1u, "leak");
}

TEST_CASE("leaks: what something refers to is none") {
  // Statics, function-local ones included, which are rolled back without a destructor.
  CHECK_HOLDS(searched([] {
    kept_static = new int(1);
    static const std::vector<std::string> words{std::string(100, 'x'), std::string(200, 'y')};
    require(words.size() == 2 && choose(3) < 3);
  }), 3u);
  // Thread-local variables.
  CHECK_HOLDS(searched([] {
    const auto keep = [](int value) {
      kept_per_thread = new int(value);
      asm volatile("" : : "m"(kept_per_thread));  // a variable that nobody reads need not be written to
    };
    keep(1);
    std::thread(keep, 2).join();
  }), 1u);
  // Captured objects, on the stack and on the heap.
  std::vector<std::unique_ptr<std::string>> outer;
  const auto shared = std::make_shared<std::map<int, std::list<int*>>>();
  CHECK_HOLDS(searched([&] {
    outer.push_back(std::make_unique<std::string>(1000, 'x'));
    (*shared)[1].push_back(new int(1));
    require(choose(2) < 2);
  }), 2u);
  // A pointer into a block, one behind its end, and one with a tag in the bits above.
  CHECK_HOLDS(searched([] {
    middle = hidden(new char[100]) + 50;
    behind = hidden(new char[100]) + 100;
    tagged = reinterpret_cast<std::uintptr_t>(hidden(new char[100])) | std::uintptr_t{0x7f03} << 48;
  }), 1u);
}

TEST_CASE("leaks: what libraries keep is none") {
  CHECK_HOLDS(searched([] {
    std::ostringstream text;
    text << std::string(100, 'x') << 1.5 << std::hex << 255;
    require(text.str().size() == 105);
    std::locale::global(std::locale::classic());
    try {
      throw std::runtime_error(std::string(100, 'e'));
    } catch (const std::exception&) {
    }
    std::exception_ptr kept = std::make_exception_ptr(1);
    std::thread([&] { name_thread("a name"); const auto copy = kept; }).join();
    setenv("INTERLEAVE_TEST_OF_LEAKS", std::string(100, 'v').c_str(), 1);
    require(choose(2) < 2);
  }), 2u);
}

TEST_CASE("leaks: a thread that still runs may free what it has") {
  // A daemon asleep for ever.
  const Report report = searched([] {
    std::thread([] {
      const auto own = std::make_unique<int>(1);
      std::mutex m;
      m.lock();
      m.lock();
    }).detach();
  });
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::pass);
}
