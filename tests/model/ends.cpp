// A mutex, a condition variable, a semaphore, ... that comes to its end, by its destroy function or by being freed, while nothing
// orders a use of it: found whichever comes second. And what orders a use and the end is believed.
#include "explored.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include <pthread.h>
#include <semaphore.h>

using namespace interleave;

namespace {

Report searched(const std::function<void()>& body) {
  Options options;
  options.name = "ends";
  options.stop_at_first_failure = false;
  return explore(body, options);
}

// Every execution of a body where nothing orders use and end is a failure: in each class, one of the two comes second.
void check_unordered(const std::function<void()>& body, std::string_view use, std::string_view end) {
  const Report report = searched(body);
  INFO(text_of(report));
  REQUIRE(report.failure);
  CHECK(report.failure->kind == "use-after-free");
  CHECK(report.failing == report.executions);
  CHECK_THAT(report.failure->message, Catch::Contains(std::string(use)) && Catch::Contains(std::string(end)));
}

void check_ordered(const std::function<void()>& body) {
  const Report report = searched(body);
  INFO(text_of(report));
  CHECK(report.verdict == Verdict::pass);
  CHECK(report.complete);
}

// An object, used by one thread while another makes an end of it.
template <class T>
struct Family {
  const char* name;
  void (*begin)(T*);
  void (*use)(T*);
  void (*end)(T*);
};

template <class T>
void check_family(const Family<T>& family) {
  INFO(family.name);
  check_unordered(
      [=] {
        T object;
        family.begin(&object);
        parallel([&] { family.use(&object); }, [&] { family.end(&object); });
      },
      "used by T1", "destroyed by T2");
  check_unordered(
      [=] {
        auto object = std::make_unique<T>();
        family.begin(object.get());
        parallel([&, raw = object.get()] { family.use(raw); }, [&] { object.reset(); });
      },
      "used by T1", "freed by T2");
  check_ordered([=] {
    T object;
    family.begin(&object);
    std::thread user([&] { family.use(&object); });
    user.join();
    family.end(&object);
  });
}

}  // namespace

TEST_CASE("ends: what nothing orders with a use is found, of every family") {
  check_family<pthread_mutex_t>({"mutex", [](auto* m) { pthread_mutex_init(m, nullptr); },
                                 [](auto* m) {
                                   if (pthread_mutex_trylock(m) == 0) pthread_mutex_unlock(m);
                                 },
                                 [](auto* m) { pthread_mutex_destroy(m); }});
  check_family<pthread_cond_t>({"condition", [](auto* c) { pthread_cond_init(c, nullptr); }, [](auto* c) { pthread_cond_signal(c); },
                                [](auto* c) { pthread_cond_destroy(c); }});
  check_family<pthread_cond_t>({"condition, all", [](auto* c) { pthread_cond_init(c, nullptr); },
                                [](auto* c) { pthread_cond_broadcast(c); }, [](auto* c) { pthread_cond_destroy(c); }});
  check_family<sem_t>({"semaphore", [](auto* s) { sem_init(s, 0, 0); }, [](auto* s) { sem_post(s); }, [](auto* s) { sem_destroy(s); }});
  check_family<pthread_spinlock_t>({"spinlock", [](auto* l) { pthread_spin_init(l, 0); },
                                    [](auto* l) {
                                      if (pthread_spin_trylock(l) == 0) pthread_spin_unlock(l);
                                    },
                                    [](auto* l) { pthread_spin_destroy(l); }});
  check_family<pthread_barrier_t>({"barrier", [](auto* b) { pthread_barrier_init(b, nullptr, 1); },
                                   [](auto* b) { pthread_barrier_wait(b); }, [](auto* b) { pthread_barrier_destroy(b); }});
}

TEST_CASE("ends: of a reader-writer lock, by whoever finds it free") {
  check_unordered(
      [] {
        auto lock = std::make_unique<pthread_rwlock_t>();
        pthread_rwlock_init(lock.get(), nullptr);
        parallel(
            [raw = lock.get()] {
              pthread_rwlock_rdlock(raw);
              pthread_rwlock_unlock(raw);
            },
            [&] { lock.reset(); });
      },
      "used by T1", "freed by T2");
}

TEST_CASE("ends: a failed try is a use") {
  check_unordered(
      [] {
        auto m = std::make_unique<std::mutex>();
        m->lock();
        parallel([raw = m.get()] { (void)raw->try_lock(); }, [&] { m.reset(); });
      },
      "used by T1", "freed by T2");
}

TEST_CASE("ends: notifying after unlocking, a condition that its waiter destroys, on the stack and on the heap") {
  struct Ticket {
    std::mutex m;
    std::condition_variable c;
    bool done = false;
    void wait() {
      std::unique_lock lock(m);
      c.wait(lock, [&] { return done; });
    }
    void tell(bool late) {
      std::unique_lock lock(m);
      done = true;
      if (late) lock.unlock();
      c.notify_one();
    }
  };
  const auto body = [](bool late, bool heap) {
    return [=] {
      std::atomic<Ticket*> shared{nullptr};
      const auto teller = [&] {
        if (Ticket* ticket = shared) ticket->tell(late);
      };
      const auto wait = [&](Ticket& ticket) {
        shared = &ticket;
        std::thread other(teller);
        ticket.wait();
        return other;
      };
      std::thread other;
      if (heap) {
        const auto ticket = std::make_unique<Ticket>();
        other = wait(*ticket);
      } else {
        Ticket ticket;
        other = wait(ticket);
      }
      other.join();
    };
  };
  for (const bool heap : {false, true}) {
    CAPTURE(heap);
    check_unordered(body(true, heap), "used by T1", "destroyed by main");
    check_ordered(body(false, heap));
  }
}

TEST_CASE("ends: what is handed over by the object itself is ordered with its end") {
  SECTION("a semaphore, destroyed by who waited on it") {
    check_ordered([] {
      auto s = std::make_unique<sem_t>();
      sem_init(s.get(), 0, 0);
      std::thread other([raw = s.get()] { sem_post(raw); });
      sem_wait(s.get());
      sem_destroy(s.get());
      s.reset();
      other.join();
    });
  }
  SECTION("a mutex, freed by who locked it last") {
    check_ordered([] {
      struct Object {
        std::mutex m;
        int references = 2;
      };
      auto* object = new Object;
      const auto drop = [&] {
        bool last = false;
        {
          const std::lock_guard guard(object->m);
          last = --object->references == 0;
        }
        if (last) delete object;
      };
      parallel(drop, drop);
    });
  }
  SECTION("a barrier, destroyed by who came last, before the others have looked") {
    check_ordered([] {
      auto barrier = std::make_unique<pthread_barrier_t>();
      pthread_barrier_init(barrier.get(), nullptr, 2);
      const auto pass = [&, raw = barrier.get()] {
        if (pthread_barrier_wait(raw) != PTHREAD_BARRIER_SERIAL_THREAD) return;
        pthread_barrier_destroy(raw);
        barrier.reset();
      };
      parallel(pass, pass);
    });
  }
}
