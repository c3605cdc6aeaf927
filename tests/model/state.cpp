// Every execution starts from the same state: what one changes, the next does not see, and neither does the test.
#include "explored.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

using namespace interleave;

namespace {

std::vector<int> static_vector{1};
int static_int = 1;

// Two times three operations: 20 interleavings, by themselves.
void two_by_three() {
  std::atomic<int> n = 0;
  const auto three = [&] { ++n, ++n, ++n; };
  parallel(three, three);
}

// `change` is part of each of the 20 executions, and must not be felt by any other.
void check_is_undone(const std::function<void()>& change) {
  CHECK_HOLDS(explore_all([&] {
    change();
    two_by_three();
  }), 20u);
  // The same in executions that are abandoned: a third of them fails half-way.
  const Report abandoned = explore_all([&] {
    change();
    two_by_three();
    require(choose(3) != 0);
  });
  CHECK_FAILS(abandoned, 60u, 20u, "require");
}

}  // namespace

TEST_CASE("a captured int is rolled back") {
  int captured = 0;
  check_is_undone([&] { require(++captured == 1); });
  CHECK(captured == 0);
}

TEST_CASE("static storage is rolled back") {
  check_is_undone([] {
    static_vector.push_back(2);
    require(static_vector.size() == 2);
    require(++static_int == 2);
  });
  CHECK(static_vector == std::vector{1});
  CHECK(static_int == 1);
}

TEST_CASE("a function-local static is made anew") {
  check_is_undone([] {
    static std::vector<int> local{1, 2, 3};
    local.push_back(4);
    require(local.size() == 4);
  });
}

TEST_CASE("captured strings are rolled back, short and long, though the library writes them") {
  std::string empty, small = "small", large(100, 'x');
  check_is_undone([&] {
    empty += "y";
    small.append(3, 'y');
    large += "a longer text than fits into the string itself";
    require(empty == "y");
    require(small == "smallyyy");
    require(large.size() == 146);
  });
  CHECK(empty.empty());
  CHECK(small == "small");
  CHECK(large == std::string(100, 'x'));
  check_is_undone([&] {
    large = "short";
    small = std::string(200, 'z');
    std::swap(small, large);
    require(small == "short");
  });
  CHECK(small == "small");
  CHECK(large == std::string(100, 'x'));
}

TEST_CASE("a captured map is rolled back") {
  std::map<int, std::string> map{{1, "one"}, {2, "two"}, {3, "three"}};
  check_is_undone([&] {
    map.erase(2);
    map[4] = "four";
    map[1] += " or more";
    require(map.size() == 3);
    require(map.at(1) == "one or more");
  });
  CHECK(map == std::map<int, std::string>{{1, "one"}, {2, "two"}, {3, "three"}});
}

TEST_CASE("a captured list is rolled back, whose nodes the library links") {
  // Neither compared nor destroyed as a list unless it is one: with broken links it has no end.
  auto* list = new std::list<int>{1, 2, 3};
  int executions = 0;
  const Report report = explore_all([&] {
    require(++executions == 1);
    list->push_back(4);
    list->pop_front();
    require(list->front() == 2 && list->back() == 4);
    two_by_three();
  });
  CHECK_HOLDS(report, 20u);
  std::vector<int> first;
  for (auto it = list->begin(); it != list->end() && first.size() < 10; ++it) first.push_back(*it);
  CHECK(first == std::vector{1, 2, 3});
  if (first == std::vector{1, 2, 3}) delete list;
}

TEST_CASE("what a captured unique_ptr owned is there again") {
  auto owner = std::make_unique<std::string>("kept");
  check_is_undone([&] {
    require(*owner == "kept");
    owner.reset();
    owner = std::make_unique<std::string>("another");
    require(*owner == "another");
  });
  REQUIRE(owner);
  CHECK(*owner == "kept");
}

TEST_CASE("a captured vector that grows, shrinks and is cleared is rolled back") {
  std::vector<std::string> words{"a", "b"};
  check_is_undone([&] {
    require(words.size() == 2);
    for (int i = 0; i < 100; ++i) words.emplace_back("more");
    words.clear();
    words.shrink_to_fit();
    words.emplace_back("c");
  });
  CHECK(words == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a body that does all of this and prints has the same counts as one that does not") {
  int captured = 0;
  std::string text;
  check_is_undone([&] {
    static const bool first = (std::printf("state: printf\n"), std::cout << "state: cout" << std::endl, true);
    require(first);
    require(++captured == 1);
    static_vector.push_back(2);
    static std::vector<int> local{1};
    local.push_back(2);
    text += "some text that is longer than a short string can be";
    require(static_vector.size() + local.size() == 4);
    require(text.size() == 51);
  });
}

TEST_CASE("printing as the first thing of a body, with everything streams can do, changes nothing") {
  check_is_undone([] {
    std::printf("%s %d\n", "state: printf", 1);
    std::cout << std::hex << 255 << " state: cout " << std::boolalpha << true << '\n';
    std::fflush(stdout);
  });
  CHECK((std::cout.flags() & std::ios::hex) == 0);  // the manipulator was an execution's
}

TEST_CASE("an exception is handled where it is thrown, with other threads in between") {
  // Each catches its own, with a step between throw and end of handling: (2 2 of each) 4! / (2! 2!) interleavings.
  const Report report = explore_all([] {
    std::atomic<int> n = 0;
    const auto thread = [&](const char* text) {
      try {
        ++n;
        throw std::runtime_error(text);
      } catch (const std::exception& e) {
        ++n;
        require(std::string(e.what()) == text);
        require(std::current_exception() != nullptr);
      }
      require(std::current_exception() == nullptr);
    };
    parallel([&] { thread("one"); }, [&] { thread("two"); });
  });
  CHECK_HOLDS(report, 6u);
}

TEST_CASE("uncaught_exceptions is each thread's own") {
  const Report report = explore_all([] {
    std::atomic<int> n = 0;
    struct Looks {
      std::atomic<int>& n;
      ~Looks() {
        ++n;  // others run here, while this thread unwinds
        require(std::uncaught_exceptions() == 1);
      }
    };
    parallel([&] {
      try {
        const Looks looks{n};
        throw 1;
      } catch (int) {
      }
    }, [&] {
      require(std::uncaught_exceptions() == 0);
      ++n;
      require(std::uncaught_exceptions() == 0);
      ++n;
      require(std::uncaught_exceptions() == 0);
    });
  });
  CHECK_HOLDS(report, 3u);
}

TEST_CASE("errno is each thread's own") {
  const Report report = explore_all([] {
    const auto thread = [](int mine) {
      errno = mine;
      std::this_thread::yield();
      require(errno == mine);
      errno = mine + 1;
      std::this_thread::yield();
      require(errno == mine + 1);
    };
    parallel([&] { thread(100); }, [&] { thread(200); });
  });
  CHECK_HOLDS(report, 6u);
}

TEST_CASE("errno of the test is not an execution's") {
  errno = 77;
  CHECK_HOLDS(explore_all([] { errno = 1; two_by_three(); }), 20u);
  errno = 0;
}

TEST_CASE("an allocation has the same address in every execution, also after one that was abandoned") {
  const auto addresses = [](bool leak) {
    return explore_all([leak] {
      if (leak) static_cast<void>(*new volatile int(1));
      const auto kept = std::make_unique<int>(2);
      char text[32];
      std::snprintf(text, sizeof text, "%p", static_cast<void*>(kept.get()));
      outcome(text);
      std::mutex a, b;
      parallel([&] { const std::scoped_lock one(a); const std::scoped_lock two(b); },
               [&] { const std::scoped_lock one(b); const std::scoped_lock two(a); });
    });
  };
  const Report tidy = addresses(false);
  CHECK_FAILS(tidy, 6u, 2u, "deadlock");
  CHECK(tidy.outcomes.size() == 1);
  // A block that is left over may be known to somebody outside, so the next execution's come behind it: addresses move on,
  // choices do not.
  const Report leaking = addresses(true);
  CHECK_FAILS(leaking, 6u, 2u, "deadlock");
  CHECK(leaking.outcomes.size() > 1);
}

TEST_CASE("the heap outside does not influence results") {
  const auto explore_order = [] {
    return explore_all([] {
      // Ordered by address, and by a hash of it.
      std::set<std::unique_ptr<int>> by_address;
      std::string text;
      for (int i = 0; i < 8; ++i) by_address.insert(std::make_unique<int>(i));
      for (const auto& p : by_address) text += std::to_string(*p);
      outcome(text);
      two_by_three();
    });
  };
  const Report before = explore_order();
  CHECK_HOLDS(before, 20u);
  std::vector<std::unique_ptr<char[]>> clutter;
  for (std::size_t i = 1; i < 2000; ++i) clutter.push_back(std::make_unique<char[]>(i * 7 % 4000 + 1));
  for (std::size_t i = 0; i < clutter.size(); i += 3) clutter[i].reset();
  const Report after = explore_order();
  CHECK_HOLDS(after, 20u);
  CHECK(before.outcomes == after.outcomes);
}

TEST_CASE("memory of an execution that is kept by the next would be seen: the vector is the old one, not a stale one") {
  std::vector<int> kept(3, 7);
  const int* const place = kept.data();
  check_is_undone([&] { kept = std::vector<int>(1000, 8); });
  CHECK(kept.data() == place);
  CHECK(kept == std::vector<int>(3, 7));
}

namespace {

char text_of_a_library[64];

}  // namespace

TEST_CASE("what precompiled code leaves behind misleads no execution, whichever is the first to do it") {
  for (std::size_t culprit = 0; culprit < 12; ++culprit) {
    CAPTURE(culprit);
    const Report report = explore_all([culprit] {
      const std::size_t turn = choose(12);
      outcome(text_of_a_library[8] == '\0' ? "as before" : "left behind");
      if (turn == culprit) std::snprintf(text_of_a_library, sizeof text_of_a_library, "%020zu", turn);
    });
    CHECK_HOLDS(report, 12u);
    CHECK_OUTCOMES(report, {{"as before", 12}});
    CHECK(text_of_a_library[8] == '\0');
  }
}
