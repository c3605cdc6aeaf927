#include "worlds.hpp"

#include <memory>
#include <stdexcept>
#include <string>

#include <interleave/primitives/thread.hpp>

using namespace interleave;
using namespace std::chrono_literals;

TEST_CASE("Thread: runs its body once started; what it did is visible after join", "[primitives][thread]") {
  in_both_worlds([] {
    int result = 0;
    Thread thread{[&] { result = 42; }};
    require(!thread.is_alive() && !thread.ident());
    thread.start();
    require(thread.ident().has_value());
    thread.join();
    require(!thread.is_alive());
    require(result == 42);
  });
}

TEST_CASE("Thread: can be started only once, and joined only after that", "[primitives][thread]") {
  in_both_worlds([] {
    Thread thread{[] {}};
    require(message_of<RuntimeError>([&] { thread.join(); }) == "cannot join thread before it is started");
    thread.start();
    require(message_of<RuntimeError>([&] { thread.start(); }) == "threads can only be started once");
    thread.join();
    require(throws<RuntimeError>([&] { thread.start(); }));
  });
}

TEST_CASE("Thread: may be joined by several threads, several times", "[primitives][thread]") {
  in_both_worlds([] {
    int result = 0;
    Thread thread{[&] { result = 42; }};
    thread.start();
    const auto join = [&] {
      thread.join();
      require(result == 42);
    };
    parallel(join, join);
    join();
  });
}

TEST_CASE("Thread: a timed join of a thread that still runs returns, and leaves it alive", "[primitives][thread]") {
  in_both_worlds([] {
    Lock gate{Lock::Held{}};
    Thread thread{[&] { gate.acquire(); }};
    thread.start();
    thread.join(1ms);
    thread.join(0s);
    thread.join(-1s);
    require(thread.is_alive());
    gate.release();
    thread.join();
    require(!thread.is_alive());
  });
}

TEST_CASE("Thread: cannot join itself", "[primitives][thread]") {
  in_both_worlds([] {
    std::string message;
    std::unique_ptr<Thread> thread;
    thread = std::make_unique<Thread>([&] { message = message_of<RuntimeError>([&] { thread->join(); }); });
    thread->start();
    thread->join();
    require(message == "cannot join current thread");
  });
}

TEST_CASE("Thread: sees its own identity, alive", "[primitives][thread]") {
  in_both_worlds([] {
    std::unique_ptr<Thread> thread;
    thread = std::make_unique<Thread>([&] {
      require(thread->ident() == get_ident());
      require(thread->is_alive());
    });
    thread->start();
    thread->join();
    require(thread->ident() != get_ident());
  });
}

TEST_CASE("Thread: an exception ends that thread only, and join does not throw it again", "[primitives][thread]") {
  in_both_worlds([] {
    Thread thread{"unlucky", [] { throw std::runtime_error("reported here on purpose"); }};
    thread.start();
    thread.join();
    require(!thread.is_alive());
  });
}

TEST_CASE("Thread: has a name, which may be changed", "[primitives][thread]") {
  in_both_worlds([] {
    Thread thread{"worker", [] {}};
    require(thread.name() == "worker");
    thread.set_name("idler");
    require(thread.name() == "idler");
    require(!Thread{[] {}}.name().empty());
  });
}

TEST_CASE("Thread: whatever is thrown, and pthread_exit, end that thread only", "[primitives][thread]") {
  in_both_worlds([] {
    bool unwound = false;
    Thread thrower{"thrower", [] { throw 42; }}, leaver{"leaver", [&] {
                     struct Unwound {
                       bool& flag;
                       ~Unwound() { flag = true; }
                     } const mark{unwound};
                     pthread_exit(nullptr);
                   }};
    thrower.start();
    leaver.start();
    thrower.join();
    leaver.join();
    require(!thrower.is_alive());
    require(!leaver.is_alive());
    require(unwound);
  });
}

TEST_CASE("Thread: is a daemon only if made one before its start", "[primitives][thread]") {
  in_both_worlds([] {
    Thread thread{[] {}};
    require(!thread.daemon());
    thread.start();
    require(throws<RuntimeError>([&] { thread.set_daemon(true); }));
    require(!thread.daemon());
  });
}

TEST_CASE("Thread: a daemon can be joined like any other thread", "[primitives][thread]") {
  in_both_worlds([] {
    int result = 0;
    Thread thread{[&] { result = 42; }};
    thread.daemon(true);
    require(thread.daemon());
    thread.start();
    thread.join();
    require(!thread.is_alive());
    thread.join();
    require(result == 42);
  });
}

TEST_CASE("Thread: a daemon may outlive its Thread", "[primitives][thread]") {
  in_both_worlds([] {
    Lock go{Lock::Held{}}, gone{Lock::Held{}};
    {
      Thread thread{[&] {
        go.acquire();
        gone.release();
      }};
      thread.set_daemon(true);
      thread.start();
    }
    go.release();
    gone.acquire();
  });
}

TEST_CASE("Thread: one that is no daemon is joined when its Thread goes", "[primitives][thread]") {
  in_both_worlds([] {
    int result = 0;
    {
      Thread thread{[&] { result = 42; }};
      thread.start();
    }
    require(result == 42);
  });
}
