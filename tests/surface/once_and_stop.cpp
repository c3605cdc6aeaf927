// call_once, pthread_once, function-local statics; <stop_token>; std::osyncstream.
#include "surface.hpp"

#include <mutex>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <syncstream>
#include <thread>

#include <pthread.h>

using namespace interleave;

TEST_CASE("std::call_once: once, with arguments, passed on when the callable throws, nested over two flags") {
  holds({.executions = 2, .outcomes = {"1", "2"}}, [] {
    std::once_flag flag;
    int value = 0;
    const auto set = [&](int n) { value = n; };
    parallel([&] { std::call_once(flag, set, 1); }, [&] { std::call_once(flag, set, 2); });
    outcome(std::to_string(value));
  });
  // ThreadSanitizer's pthread_once never comes back from a callable that throws.
  holds({.executions = 2, .outcomes = {"1 thrown, 2 tried"}, .real = Real::no}, [] {
    std::once_flag flag;
    int tried = 0;
    std::atomic<int> thrown = 0;
    const auto use = [&] {
      try {
        std::call_once(flag, [&] { if (++tried == 1) throw std::runtime_error("not now"); });
      } catch (const std::runtime_error&) {
        thrown.fetch_add(1, std::memory_order_relaxed);
      }
    };
    std::thread a(use);
    a.join();
    parallel(use, use);
    outcome(std::to_string(thrown) + " thrown, " + std::to_string(tried) + " tried");
  });
  holds({.executions = 1, .outcomes = {"outer inner"}}, [] {
    std::once_flag outer, inner;
    std::string order;
    std::call_once(outer, [&] { order += "outer"; std::call_once(inner, [&] { order += " inner"; }); });
    outcome(order);
  });
}

TEST_CASE("std::call_once within itself over one flag waits for itself") {
  fails(1, 1, "deadlock", "", [] {
    std::once_flag flag;
    std::call_once(flag, [&] { std::call_once(flag, [] {}); });
  });
}

TEST_CASE("pthread_once: once, whoever comes first") {
  holds({.executions = 2, .outcomes = {"1"}}, [] {
    static pthread_once_t once;
    static int runs;
    once = PTHREAD_ONCE_INIT;
    runs = 0;
    const auto use = [] { pthread_once(&once, [] { ++runs; }); };
    parallel(use, use);
    outcome(std::to_string(runs));
  });
}

namespace {

struct Counted {
  explicit Counted(int n) : value(n) { ++made; }
  int value;
  static inline int made = 0;
};

int factorial(int n) {
  static const Counted one(1);  // the first call in is the one that makes it
  return n <= 1 ? one.value : n * factorial(n - 1);
}

Counted& inner() {
  static Counted object(2);
  return object;
}
Counted& outer() {
  static Counted object(inner().value + 1);
  return object;
}

int itself(int n) {
  static const int value = n > 0 ? itself(n - 1) : 0;  // undefined: enters its own initialisation
  return value;
}

}  // namespace

TEST_CASE("function-local statics: made once, nested, used by recursion, and again after an initialiser that throws") {
  holds({.outcomes = {"1 made"}, .real = Real::no}, [] {
    parallel([] { require(factorial(3) == 6); }, [] { require(factorial(2) == 2); });
    outcome(std::to_string(Counted::made) + " made");
  });
  holds({.outcomes = {"2 made"}, .real = Real::no}, [] {
    parallel([] { require(outer().value == 3); }, [] { require(inner().value == 2); });
    outcome(std::to_string(Counted::made) + " made");
  });
  holds({.outcomes = {"1 thrown"}, .real = Real::no}, [] {
    static int tried;
    tried = 0;
    std::atomic<int> thrown = 0;
    const auto use = [&] {
      try {
        static const Counted object(++tried == 1 ? throw std::runtime_error("not now") : 7);
        require(object.value == 7);
      } catch (const std::runtime_error&) {
        thrown.fetch_add(1, std::memory_order_relaxed);
      }
    };
    parallel(use, use);
    outcome(std::to_string(thrown) + " thrown");
  });
}

TEST_CASE("a function-local static that enters its own initialisation waits for itself") {
  fails(1, 1, "deadlock", "", [] { static_cast<void>(itself(1)); });
}

TEST_CASE("std::stop_source and std::stop_token: asked once, seen by all") {
  // The stop state locks itself by spinning.
  holds({.outcomes = {"asked", "not yet"}, .by = By::classes}, [] {
    std::stop_source source;
    const std::stop_token token = source.get_token();
    require(token.stop_possible() && !token.stop_requested());
    parallel([&] { require(source.request_stop()); }, [&] { outcome(token.stop_requested() ? "asked" : "not yet"); });
    require(token.stop_requested() && !source.request_stop());
    std::stop_source none(std::nostopstate);
    require(!none.stop_possible() && !none.request_stop());
    require(!std::stop_token().stop_possible());
  });
  holds({.outcomes = {"1"}, .by = By::classes}, [] {
    std::stop_source source;
    std::atomic<int> first = 0;
    const auto request = [&] { if (source.request_stop()) ++first; };
    parallel(request, request);
    outcome(std::to_string(first));
  });
}

TEST_CASE("std::stop_callback: called once, by the requester or by who registers late; its destructor waits for the call") {
  holds({.outcomes = {"late", "never", "requester"}, .by = By::classes}, [] {
    std::stop_source source;
    std::string called = "never";
    std::atomic<bool> alive = true;
    parallel([&] { source.request_stop(); }, [&] {
      const auto me = std::this_thread::get_id();
      {
        std::stop_callback callback(source.get_token(), [&] {
          require(alive);
          called = std::this_thread::get_id() == me ? "late" : "requester";
        });
      }
      alive = false;
    });
    outcome(called);
  });
}

TEST_CASE("std::jthread with a stop_callback in its body") {
  holds({.outcomes = {"stopped"}, .by = By::classes}, [] {
    std::atomic<bool> stopped = false;
    {
      std::jthread thread([&](std::stop_token token) {
        std::stop_callback callback(token, [&] { stopped = true, stopped.notify_all(); });
        stopped.wait(false);
      });
    }
    outcome(stopped ? "stopped" : "?");
  });
}

TEST_CASE("std::osyncstream: what each thread writes stays together") {
  holds({.executions = 8, .outcomes = {"one one;two two;", "two two;one one;"}, .real = Real::no}, [] {
    std::ostringstream text;
    const auto write = [&](const char* word) {
      std::osyncstream out(text);
      out << word;
      std::this_thread::yield();
      out << ' ' << word << ';';
    };
    parallel([&] { write("one"); }, [&] { write("two"); });
    outcome(text.str());
  });
}
