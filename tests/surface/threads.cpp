// <thread>, and of <pthread.h>, <sched.h> and <unistd.h> what is about threads themselves.
#include "surface.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>
#include <thread>

#include <pthread.h>
#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace interleave;
using namespace std::chrono_literals;

namespace {

void* end(void* p) { return p; }

}  // namespace

TEST_CASE("std::thread: every constructor, join, detach, joinable, swap, move") {
  holds({.executions = 5, .outcomes = {"3"}}, [] {
    std::atomic<int> n = 0;
    std::thread none, a([&](int by) { n += by; }, 1), b(std::thread([&](std::unique_ptr<int> by) { n += *by; }, std::make_unique<int>(2)));
    REQUIRE_FALSE(none.joinable());
    REQUIRE(a.joinable());
    none.swap(a);
    a = std::move(none);
    std::swap(a, b);
    REQUIRE(a.get_id() != b.get_id());
    REQUIRE(none.get_id() == std::thread::id{});
    REQUIRE_THROWS_AS(none.join(), std::system_error);
    REQUIRE_THROWS_AS(none.detach(), std::system_error);
    b.join();
    a.join();
    REQUIRE_FALSE(a.joinable());
    outcome(std::to_string(n));
  });
}

TEST_CASE("std::thread::detach: the thread goes on after the body") {
  static std::atomic<int> n;
  holds({.executions = 2, .outcomes = {"1", "2"}, .real = Real::no}, [] {
    n = 0;
    std::thread([] { outcome(std::to_string(++n)); }).detach();
    ++n;
  });
}

TEST_CASE("std::jthread: joins by itself, can be asked to stop, hands on its token or not") {
  holds({.outcomes = {"asked"}}, [] {
    std::jthread without([] {});
    std::jthread thread([](std::stop_token token, int n) { outcome(n == 1 && token.stop_possible() ? "asked" : "no"); }, 1);
    REQUIRE(thread.get_stop_source().stop_possible());
    REQUIRE(thread.get_stop_token() == thread.get_stop_source().get_token());
    thread = std::move(without);  // stops and joins what it was
    REQUIRE_FALSE(without.joinable());
    thread.detach();
  });
}

TEST_CASE("std::this_thread: get_id, yield, sleep_for, sleep_until") {
  holds({.executions = 20}, [] {
    const auto three = [] {
      std::this_thread::yield();
      std::this_thread::sleep_for(1ms);
      std::this_thread::sleep_until(std::chrono::steady_clock::now() + 1ms);
    };
    parallel(three, three);
  });
  holds({.executions = 1}, [] {
    const auto mine = std::this_thread::get_id();
    std::thread::id others;
    std::thread thread([&] { others = std::this_thread::get_id(); });
    const auto expected = thread.get_id();
    thread.join();
    REQUIRE(others == expected);
    REQUIRE(others != mine);
    REQUIRE((mine < others) != (others < mine));
    REQUIRE(std::hash<std::thread::id>()(mine) != std::hash<std::thread::id>()(others));
    std::ostringstream text;
    text << mine;
    REQUIRE_FALSE(text.str().empty());
  });
}

TEST_CASE("pthread_create, pthread_join, pthread_exit, pthread_equal, pthread_self") {
  holds({.executions = 1}, [] {
    pthread_t a, b;
    int one = 1;
    void* result = nullptr;
    REQUIRE(pthread_create(&a, nullptr, end, &one) == 0);
    REQUIRE(pthread_create(&b, nullptr, [](void* p) -> void* { pthread_exit(p); }, &one) == 0);
    REQUIRE_FALSE(pthread_equal(a, b));
    REQUIRE_FALSE(pthread_equal(a, pthread_self()));
    REQUIRE(pthread_join(a, &result) == 0);
    REQUIRE(result == &one);
    REQUIRE(pthread_join(b, &result) == 0);
    REQUIRE(result == &one);
    if (modelled()) REQUIRE(pthread_join(pthread_self(), nullptr) == EDEADLK);  // undefined on real threads
  });
}

TEST_CASE("pthread_tryjoin_np, pthread_timedjoin_np, pthread_clockjoin_np: joined or not yet") {
  // The thread's one operation before or after the try.
  const auto joins = [](int (*join)(pthread_t)) {
    return [join] {
      static std::atomic<int> n;
      pthread_t thread;
      pthread_create(&thread, nullptr, [](void*) -> void* { ++n; return nullptr; }, nullptr);
      const int result = join(thread);
      if (result != 0) pthread_join(thread, nullptr);
      outcome(result == 0 ? "joined" : result == EBUSY ? "busy" : result == ETIMEDOUT ? "timeout" : "?");
    };
  };
  holds({.executions = 2, .outcomes = {"busy", "joined"}}, joins([](pthread_t t) { return pthread_tryjoin_np(t, nullptr); }));
  holds({.executions = 2, .outcomes = {"joined", "timeout"}}, joins([](pthread_t t) {
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    ++now.tv_sec;
    return pthread_timedjoin_np(t, nullptr, &now);
  }));
  holds({.executions = 2, .outcomes = {"joined", "timeout"}, .real = Real::no}, joins([](pthread_t t) {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    ++now.tv_sec;
    return pthread_clockjoin_np(t, nullptr, CLOCK_MONOTONIC, &now);
  }));
}

TEST_CASE("pthread_detach, and the attribute that creates a thread detached: nobody may join it") {
  holds({.executions = 1}, [] {
    pthread_t thread;
    pthread_create(&thread, nullptr, end, nullptr);
    REQUIRE(pthread_detach(thread) == 0);
    if (!modelled()) return;  // what follows is undefined
    REQUIRE(pthread_detach(thread) == EINVAL);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    pthread_attr_setguardsize(&attributes, 4096);
    REQUIRE(pthread_create(&thread, &attributes, end, nullptr) == 0);
    REQUIRE(pthread_join(thread, nullptr) == EINVAL);
    pthread_attr_destroy(&attributes);
  });
}

TEST_CASE("pthread_attr_t: what is set can be got, and decides nothing but detachment") {
  holds({.executions = 1}, [] {
    pthread_attr_t attributes;
    REQUIRE(pthread_attr_init(&attributes) == 0);
    const auto kept = [&](auto set, auto get, int value) {
      int seen = 99;
      return set(&attributes, value) == 0 && get(&attributes, &seen) == 0 && seen == value;
    };
    REQUIRE(kept(pthread_attr_setdetachstate, pthread_attr_getdetachstate, PTHREAD_CREATE_JOINABLE));
    REQUIRE(kept(pthread_attr_setinheritsched, pthread_attr_getinheritsched, PTHREAD_INHERIT_SCHED));
    REQUIRE(kept(pthread_attr_setschedpolicy, pthread_attr_getschedpolicy, SCHED_RR));
    REQUIRE(kept(pthread_attr_setscope, pthread_attr_getscope, PTHREAD_SCOPE_SYSTEM));
    std::size_t size = 0;
    REQUIRE(pthread_attr_setstacksize(&attributes, 1 << 20) == 0);
    REQUIRE((pthread_attr_getstacksize(&attributes, &size) == 0 && size == 1 << 20));
    REQUIRE(pthread_attr_setguardsize(&attributes, 0) == 0);
    REQUIRE((pthread_attr_getguardsize(&attributes, &size) == 0 && size == 0));
    sched_param parameter{};
    REQUIRE(pthread_attr_getschedparam(&attributes, &parameter) == 0);
    parameter.sched_priority = 5;
    REQUIRE(pthread_attr_setschedparam(&attributes, &parameter) == 0);
    pthread_t thread;
    REQUIRE(pthread_create(&thread, &attributes, end, nullptr) == 0);
    REQUIRE(pthread_join(thread, nullptr) == 0);
    REQUIRE(pthread_attr_destroy(&attributes) == 0);
    REQUIRE(pthread_getattr_default_np(&attributes) == 0);
    REQUIRE(pthread_attr_destroy(&attributes) == 0);
    REQUIRE(pthread_getconcurrency() == 0);
  });
}

TEST_CASE("pthread_setname_np and pthread_getname_np: a name for each thread") {
  holds({.executions = 1}, [] {
    char name[16];
    std::thread thread([] {
      char mine[16];
      REQUIRE(pthread_setname_np(pthread_self(), "worker") == 0);
      std::this_thread::yield();
      REQUIRE(pthread_getname_np(pthread_self(), mine, sizeof mine) == 0);
      REQUIRE(std::string(mine) == "worker");
    });
    thread.join();
    REQUIRE(pthread_setname_np(pthread_self(), "a name of sixteen") == ERANGE);
    REQUIRE(pthread_getname_np(pthread_self(), name, 1) == ERANGE);
    REQUIRE(pthread_getname_np(pthread_self(), name, sizeof name) == 0);
    REQUIRE(std::string(name) != "worker");
  });
}

TEST_CASE("the modelled machine has two processors, whatever the real one has") {
  holds({.executions = 1, .real = Real::no}, [] {
    REQUIRE(std::thread::hardware_concurrency() == 2);
    REQUIRE(get_nprocs() == 2);
    REQUIRE(get_nprocs_conf() == 2);
    REQUIRE(sysconf(_SC_NPROCESSORS_ONLN) == 2);
    REQUIRE(sysconf(_SC_NPROCESSORS_CONF) == 2);
    REQUIRE(sysconf(_SC_PAGESIZE) == 4096);
    cpu_set_t processors;
    REQUIRE(sched_getaffinity(0, sizeof processors, &processors) == 0);
    REQUIRE(CPU_COUNT(&processors) == 2);
    REQUIRE(sched_getcpu() == 0);
    unsigned processor = 9, node = 9;
    REQUIRE(getcpu(&processor, &node) == 0);
    REQUIRE(processor + node == 0);
  });
}

TEST_CASE("affinity is remembered for each thread, and decides nothing but what sched_getcpu says") {
  holds({.executions = 1, .real = Real::no}, [] {
    cpu_set_t first, second, far, seen;
    for (cpu_set_t* each : {&first, &second, &far}) CPU_ZERO(each);
    CPU_SET(0, &first);
    CPU_SET(1, &second);
    CPU_SET(7, &far);
    REQUIRE(pthread_setaffinity_np(pthread_self(), sizeof far, &far) == EINVAL);
    REQUIRE(pthread_setaffinity_np(pthread_self(), sizeof second, &second) == 0);
    REQUIRE(sched_getcpu() == 1);
    std::thread([&] {
      REQUIRE(sched_getcpu() == 1);  // inherited
      REQUIRE(sched_setaffinity(0, sizeof first, &first) == 0);
      REQUIRE(sched_getcpu() == 0);
    }).join();
    REQUIRE(sched_getcpu() == 1);
    REQUIRE(pthread_getaffinity_np(pthread_self(), sizeof seen, &seen) == 0);
    REQUIRE(CPU_EQUAL(&seen, &second));
  });
}

TEST_CASE("scheduling policies and priorities are remembered for each thread, and decide nothing") {
  holds({.executions = 1, .real = Real::no}, [] {
    int policy = 9;
    sched_param parameter{};
    REQUIRE(pthread_getschedparam(pthread_self(), &policy, &parameter) == 0);
    REQUIRE(policy == SCHED_OTHER);
    REQUIRE(parameter.sched_priority == 0);
    parameter.sched_priority = 5;
    REQUIRE(pthread_setschedparam(pthread_self(), SCHED_OTHER, &parameter) == EINVAL);
    REQUIRE(pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameter) == 0);
    REQUIRE(pthread_setschedprio(pthread_self(), 7) == 0);
    std::thread([] { REQUIRE(sched_getscheduler(0) == SCHED_FIFO); }).join();  // inherited
    REQUIRE(pthread_getschedparam(pthread_self(), &policy, &parameter) == 0);
    REQUIRE(policy == SCHED_FIFO);
    REQUIRE(parameter.sched_priority == 7);
    REQUIRE(sched_getscheduler(0) == SCHED_FIFO);
    REQUIRE(sched_getparam(0, &parameter) == 0);
    REQUIRE(parameter.sched_priority == 7);
    parameter.sched_priority = 0;
    REQUIRE(sched_setscheduler(0, SCHED_BATCH, &parameter) == 0);
    REQUIRE(sched_setparam(0, &parameter) == 0);
    REQUIRE(sched_get_priority_max(SCHED_FIFO) == 99);
    REQUIRE(sched_get_priority_min(SCHED_FIFO) == 1);
  });
}

TEST_CASE("pthread_atfork is forgotten with its execution: nobody forks in it") {
  static int prepared;
  prepared = 0;
  holds({.executions = 1, .real = Real::no}, [] { REQUIRE(pthread_atfork([] { ++prepared; }, nullptr, nullptr) == 0); });
  if (!linked_with_the_model()) return;
  const pid_t child = fork();
  if (child == 0) _exit(0);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(prepared == 0);
}

TEST_CASE("gettid is each thread's own, and what syscall(SYS_gettid) says") {
  holds({.executions = 1}, [] {
    const pid_t mine = gettid();
    pid_t others = 0;
    std::thread([&] { others = gettid(); }).join();
    REQUIRE(mine != others);
    REQUIRE(mine == gettid());
  });
}

TEST_CASE("cancelling: the state and type are each thread's own; nobody is ever cancelled") {
  holds({.executions = 2}, [] {
    const auto thread = [] {
      int before = 9;
      REQUIRE(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before) == 0);
      REQUIRE(before == PTHREAD_CANCEL_ENABLE);
      std::this_thread::yield();
      REQUIRE(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before) == 0);
      REQUIRE(before == PTHREAD_CANCEL_DISABLE);
      REQUIRE(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before) == 0);
      REQUIRE(before == PTHREAD_CANCEL_DEFERRED);
      REQUIRE(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, nullptr) == 0);
      REQUIRE(pthread_setcancelstate(7, nullptr) == EINVAL);
      pthread_testcancel();
    };
    parallel(thread, thread);
  });
}

TEST_CASE("signal masks are each thread's own, and inherited") {
  holds({.executions = 2}, [] {
    const auto blocks = [](int signal) {
      sigset_t mask;
      pthread_sigmask(SIG_SETMASK, nullptr, &mask);
      return sigismember(&mask, signal) == 1;
    };
    sigset_t user;
    sigemptyset(&user);
    sigaddset(&user, SIGUSR1);
    REQUIRE(pthread_sigmask(SIG_BLOCK, &user, nullptr) == 0);
    parallel([&] {
      REQUIRE(blocks(SIGUSR1));
      REQUIRE(sigprocmask(SIG_UNBLOCK, &user, nullptr) == 0);
      std::this_thread::yield();
      REQUIRE_FALSE(blocks(SIGUSR1));
    }, [&] {
      std::this_thread::yield();
      REQUIRE(blocks(SIGUSR1));
    });
    REQUIRE(pthread_sigmask(SIG_UNBLOCK, &user, nullptr) == 0);
    REQUIRE(pthread_sigmask(77, &user, nullptr) == EINVAL);
  });
}
