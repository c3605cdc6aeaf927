// What belongs to a thread really does: thread_local variables and their destructors, keys, errno, exceptions in flight, and the
// texts that the C library keeps for each thread.
#include "surface.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <thread>

#include <pthread.h>
#include <signal.h>

using namespace interleave;

namespace {

// Writes its letter into the thread's log when it is destroyed.
struct Letter {
  Letter(std::string* into, char which) : log(into), letter(which) {}
  ~Letter() { if (log != nullptr) *log += letter; }
  std::string* log;
  char letter;
};

thread_local int counter = 40;
thread_local int* address = &counter;  // a thread_local with a dynamic initialiser

// Made in the order a, b, c in every thread that calls it.
void make_three(std::string& log) {
  thread_local Letter a(&log, 'a');
  thread_local Letter b(&log, 'b');
  thread_local Letter c(&log, 'c');
  a.log = b.log = c.log = &log;
}

}  // namespace

TEST_CASE("thread_local: each thread has its own, freshly initialised, wherever the thread was started") {
  // Each of the three adds twice with a yield in between: 3 threads of one step under parallel would be 3!; the one that is
  // created mid-run, by the second body, adds its creation and its join.
  holds({.outcomes = {"42 42 42"}}, [] {
    const auto twice = [](int& result) {
      require(address == &counter);
      ++counter;
      std::this_thread::yield();
      ++counter;
      result = counter;
    };
    int a = 0, b = 0, c = 0;
    parallel([&] { twice(a); }, [&] {
      std::thread created([&] { twice(c); });
      twice(b);
      created.join();
    });
    outcome(std::to_string(a) + " " + std::to_string(b) + " " + std::to_string(c));
  });
}

TEST_CASE("thread_local objects are destroyed in reverse order when their thread ends: created, of parallel, and by pthread_exit") {
  holds({.outcomes = {"cba cba cba"}}, [] {
    std::string created, parallel_body, left;
    std::thread thread([&] { make_three(created); });
    parallel([&] { make_three(parallel_body); std::this_thread::yield(); }, [] { std::this_thread::yield(); });
    thread.join();
    std::thread([&] { make_three(left); pthread_exit(nullptr); }).join();
    outcome(created + " " + parallel_body + " " + left);
  });
}

TEST_CASE("a thread_local may be used, and made, by the destructor of another one") {
  holds({.executions = 1, .outcomes = {"2"}}, [] {
    static int destroyed;
    destroyed = 0;
    struct Late {
      int value = 1;
      ~Late() { ++destroyed; }
    };
    struct Early {
      ~Early() {
        thread_local Late late;
        destroyed += late.value;
      }
    };
    std::thread([] { thread_local Early early; static_cast<void>(&early); }).join();
    outcome(std::to_string(destroyed));
  });
}

TEST_CASE("the address of a thread_local may be handed to another thread") {
  holds({.outcomes = {"41"}, .by = By::classes}, [] {
    std::atomic<int*> published = nullptr;
    std::atomic<bool> read = false;
    std::thread owner([&] {
      ++counter;
      published = &counter;
      published.notify_one();
      read.wait(false);
    });
    std::thread reader([&] {
      published.wait(nullptr);
      outcome(std::to_string(*published.load()));
      read = true;
      read.notify_one();
    });
    owner.join();
    reader.join();
  });
}

TEST_CASE("pthread keys: a value for each thread, destructors as long as they set values, none after delete", "[shared_with_asan]") {
  holds({.executions = 1, .outcomes = {"2 destroyed"}}, [] {
    static pthread_key_t key, other;
    static int destroyed;
    destroyed = 0;
    REQUIRE(pthread_key_create(&other, nullptr) == 0);
    REQUIRE(pthread_key_create(&key, [](void* p) {
      ++destroyed;
      if (p == &key) pthread_setspecific(key, &other);  // comes round once more
    }) == 0);
    std::thread([] {
      REQUIRE(pthread_getspecific(key) == nullptr);
      REQUIRE(pthread_setspecific(key, &key) == 0);
      REQUIRE(pthread_setspecific(other, &key) == 0);
      REQUIRE(pthread_getspecific(key) == &key);
    }).join();
    outcome(std::to_string(destroyed) + " destroyed");
    REQUIRE(pthread_key_delete(key) == 0);
    REQUIRE(pthread_key_delete(other) == 0);
    REQUIRE(pthread_setspecific(key, &key) == EINVAL);
  });
}

TEST_CASE("errno is each thread's own across a switch") {
  holds({.executions = 2}, [] {
    const auto thread = [](int mine) {
      errno = mine;
      std::this_thread::yield();
      require(errno == mine);
    };
    parallel([&] { thread(100); }, [&] { thread(200); });
    require(errno != 100 && errno != 200);
  });
}

TEST_CASE("exceptions in flight: a switch inside a handler, a rethrow, a nested one, and uncaught_exceptions") {
  holds({.outcomes = {"done"}}, [] {
    const auto thread = [](const std::string& mine) {
      try {
        try {
          throw std::runtime_error(mine);
        } catch (const std::exception& e) {
          std::this_thread::yield();
          require(e.what() == mine);
          try {
            throw std::logic_error(mine + mine);
          } catch (const std::logic_error& nested) {
            std::this_thread::yield();
            require(nested.what() == mine + mine);
          }
          require(std::uncaught_exceptions() == 0);
          throw;
        }
      } catch (const std::runtime_error& e) {
        require(e.what() == mine);
        require(std::current_exception() != nullptr);
      }
      require(std::current_exception() == nullptr);
    };
    parallel([&] { thread("one"); }, [&] { thread("two"); });
    outcome("done");
  });
}

TEST_CASE("std::uncaught_exceptions while a thread unwinds, with others in between") {
  holds({.executions = 2}, [] {
    struct Looks {
      ~Looks() {
        std::this_thread::yield();
        require(std::uncaught_exceptions() == 1);
      }
    };
    parallel([] { try { const Looks looks; throw 1; } catch (int) {} },
             [] { std::this_thread::yield(); require(std::uncaught_exceptions() == 0); });
  });
}

TEST_CASE("std::current_exception is handed to another thread, which rethrows it") {
  holds({.executions = 1, .outcomes = {"thrown there"}}, [] {
    std::exception_ptr exception;
    std::thread([&] { try { throw std::runtime_error("thrown there"); } catch (...) { exception = std::current_exception(); } }).join();
    try {
      std::rethrow_exception(exception);
    } catch (const std::runtime_error& e) {
      outcome(e.what());
    }
  });
}

TEST_CASE("strerror and strsignal: each thread has its own text") {
  holds({.executions = 2, .real = Real::no}, [] {
    const auto thread = [](int number) {
      const char* error = strerror(number);
      const char* signal = strsignal(number);
      const std::string before = error, signal_before = signal;
      std::this_thread::yield();
      require(before.find(std::to_string(number)) != std::string::npos || before == signal_before || error == before);
      require(before == error || signal_before == signal);
    };
    parallel([&] { thread(9001); }, [&] { thread(9002); });
    char text[64];
    require(std::string(strerror_r(ENOENT, text, sizeof text)) == "No such file or directory");
    require(std::string(strerror(ENOENT)) == "No such file or directory");
    require(std::string(strsignal(SIGINT)) == "Interrupt");
  });
}

TEST_CASE("strtok and strtok_r cut a text into words; the caller of strtok_r keeps the place") {
  holds({.executions = 2, .outcomes = {"a.b;c.d;e"}, .real = Real::no}, [] {
    const auto cut = [](std::string text, std::string& result) {
      char* rest = nullptr;
      for (char* word = strtok_r(text.data(), " ,", &rest); word != nullptr; word = strtok_r(nullptr, " ,", &rest)) result += word + std::string(".");
      result.pop_back();
    };
    std::string first, second, third;
    parallel([&] { cut(",a, b", first); std::this_thread::yield(); }, [&] { cut("c d ,", second); std::this_thread::yield(); });
    std::string text = "e ";
    third = strtok(text.data(), " ");
    require(strtok(nullptr, " ") == nullptr);
    outcome(first + ";" + second + ";" + third);
  });
}

TEST_CASE("strtok keeps its place for the whole process: two threads that use it unordered race") {
  fails(2, 2, "data-race", "", [] {
    const auto cut = [](std::string text) {
      std::this_thread::yield();
      strtok(text.data(), " ");
    };
    parallel([&] { cut("a b"); }, [&] { cut("c d"); });
  });
}
