// races=explore: the end of a block or of an object is a step that depends on every use, so that each strategy finds a use after it, and none
// finds one where there is none.
#include "explored.hpp"

#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

using namespace interleave;

namespace {

struct Body {
  const char* name;
  const char* kind;  // of what is found; empty: nothing
  std::function<void()> run;
};

void touch(const void* p) { static_cast<void>(*static_cast<const volatile char*>(p)); }

template <class A, class B>
void two(A a, B b) {
  std::thread first(a), second(b);
  first.join();
  second.join();
}

struct Node {
  std::atomic<Node*> next{nullptr};
  int value = 0;
};

struct Counted {
  std::atomic<int> count{2};
  int value = 0;
  void drop() {
    if (count.fetch_sub(1) == 1) delete this;
  }
};

const std::vector<Body>& bodies() {
  static const std::vector<Body> all = {
      {"read of a block that is deleted", "use-after-free", [] {
         std::atomic<int*> slot{new int(1)};
         two([&] { if (int* p = slot.load()) touch(p); }, [&] { delete slot.exchange(nullptr); });
       }},
      {"each takes the block before it uses it", "", [] {
         std::atomic<int*> slot{new int(1)};
         two([&] { if (int* p = slot.exchange(nullptr)) { touch(p); delete p; } }, [&] { delete slot.exchange(nullptr); });
       }},
      {"both delete", "double-free", [] {
         std::atomic<int*> slot{new int(1)};
         two([&] { delete slot.load(); }, [&] { delete slot.load(); });
       }},
      {"atomic in a block that is deleted", "use-after-free", [] {
         auto* flag = new std::atomic<int>(0);
         two([=] { flag->store(1); }, [=] { delete flag; });
       }},
      {"a large block", "use-after-free", [] {
         std::atomic<char*> slot{new char[100'000]};
         two([&] { if (char* p = slot.load()) touch(p + 77'777); }, [&] { delete[] slot.exchange(nullptr); });
       }},
      {"growth of a vector", "use-after-free", [] {
         std::vector<int> v;
         v.reserve(1);
         v.push_back(1);
         int* first = v.data();
         two([=] { touch(first); }, [&] { v.push_back(2); });
       }},
      {"realloc", "use-after-free", [] {
         void* p = std::malloc(8);
         two([=] { touch(p); }, [=] { std::free(std::realloc(p, 64)); });
       }},
      {"a mutex in a block that is deleted", "use-after-free", [] {
         auto* m = new std::mutex;
         two([=] { m->lock(); m->unlock(); }, [=] { delete m; });
       }},
      {"a semaphore that its waiter deletes, posted and then touched", "use-after-free", [] {
         auto* s = new sem_t;
         sem_init(s, 0, 0);
         std::thread poster([=] { sem_post(s); touch(s); });
         sem_wait(s);
         delete s;
         poster.join();
       }},
      {"a semaphore that its waiter deletes, posted", "", [] {
         auto* s = new sem_t;
         sem_init(s, 0, 0);
         std::thread poster([=] { sem_post(s); });
         sem_wait(s);
         sem_destroy(s);
         delete s;
         poster.join();
       }},
      {"a mutex that is destroyed by its last user", "", [] {
         struct Shared { std::mutex m; int users = 2; };
         auto* s = new Shared;
         const auto use = [=] {
           s->m.lock();
           const bool last = --s->users == 0;
           s->m.unlock();
           if (last) delete s;
         };
         two(use, use);
       }},
      {"a reference count", "", [] {
         auto* c = new Counted;
         two([=] { touch(&c->value); c->drop(); }, [=] { touch(&c->value); c->drop(); });
       }},
      {"a reference count that is dropped too early", "use-after-free", [] {
         auto* c = new Counted;
         two([=] { c->drop(); touch(&c->value); }, [=] { c->drop(); });
       }},
      {"shared_ptr, one each", "", [] {
         auto p = std::make_shared<int>(1);
         auto q = p;
         two([&] { touch(p.get()); p.reset(); }, [&] { touch(q.get()); q.reset(); });
       }},
      {"a stack whose pop deletes", "use-after-free", [] {
         std::atomic<Node*> head{nullptr};
         head = new Node;
         const auto pop = [&] {
           Node* top = head.load();
           while (top != nullptr && !head.compare_exchange_weak(top, top->next.load())) {}
           delete top;
         };
         two(pop, pop);
       }},
      {"munmap", "crash", [] {
         std::atomic<char*> slot{static_cast<char*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))};
         two([&] { if (char* p = slot.load()) touch(p + 5000); }, [&] { munmap(slot.exchange(nullptr), 8192); });
       }},
      {"sem_destroy and sem_post", "use-after-free", [] {
         static sem_t s;
         sem_init(&s, 0, 1);
         two([] { sem_post(&s); }, [] { sem_destroy(&s); });
       }},
      {"sem_destroy and a sem_trywait that fails", "use-after-free", [] {
         static sem_t s;
         sem_init(&s, 0, 0);
         two([] { sem_trywait(&s); }, [] { sem_destroy(&s); });
       }},
      {"pthread_mutex_destroy and lock", "use-after-free", [] {
         static pthread_mutex_t m;
         pthread_mutex_init(&m, nullptr);
         two([] { pthread_mutex_lock(&m); pthread_mutex_unlock(&m); }, [] { pthread_mutex_destroy(&m); });
       }},
      {"pthread_cond_destroy and signal", "use-after-free", [] {
         static pthread_cond_t c;
         pthread_cond_init(&c, nullptr);
         two([] { pthread_cond_signal(&c); }, [] { pthread_cond_destroy(&c); });
       }},
      {"pthread_rwlock_destroy and rdlock", "use-after-free", [] {
         static pthread_rwlock_t l;
         pthread_rwlock_init(&l, nullptr);
         two([] { if (pthread_rwlock_tryrdlock(&l) == 0) pthread_rwlock_unlock(&l); }, [] { pthread_rwlock_destroy(&l); });
       }},
      {"pthread_spin_destroy and lock", "use-after-free, or misuse", [] {
         static pthread_spinlock_t l;
         pthread_spin_init(&l, 0);
         two([] { pthread_spin_lock(&l); pthread_spin_unlock(&l); }, [] { pthread_spin_destroy(&l); });
       }},
      {"pthread_barrier_destroy and wait", "use-after-free", [] {
         static pthread_barrier_t b;
         pthread_barrier_init(&b, nullptr, 1);
         two([] { pthread_barrier_wait(&b); }, [] { pthread_barrier_destroy(&b); });
       }},
      {"std::condition_variable that ends while another signals", "use-after-free", [] {
         auto* c = new std::condition_variable;
         two([=] { c->notify_one(); }, [=] { delete c; });
       }},
      {"destroyed after use, by order", "", [] {
         static sem_t s;
         sem_init(&s, 0, 0);
         std::atomic<bool> done{false};
         two([&] { sem_post(&s); done = true; }, [&] { if (done) sem_destroy(&s); });
       }},
      {"destroyed and initialised anew", "", [] {
         static pthread_mutex_t m;
         for (int round = 0; round < 2; ++round) {
           pthread_mutex_init(&m, nullptr);
           pthread_mutex_lock(&m);
           pthread_mutex_unlock(&m);
           pthread_mutex_destroy(&m);
         }
         m = PTHREAD_MUTEX_INITIALIZER;
         const auto use = [] { pthread_mutex_lock(&m); pthread_mutex_unlock(&m); };
         two(use, use);
       }},
      {"used once more by the thread that destroyed it", "use-after-free", [] {
         static sem_t s;
         sem_init(&s, 0, 0);
         sem_destroy(&s);
         sem_post(&s);
       }},
      {"destroyed twice", "use-after-free", [] {
         static pthread_rwlock_t l = PTHREAD_RWLOCK_INITIALIZER;
         const auto end = [] { pthread_rwlock_destroy(&l); };
         two(end, end);
       }},
  };
  return all;
}

Report search(const Body& body, const std::string& strategy, const char* races) {
  Options options{.name = "lives", .strategy = strategy, .seed = 1, .races = races};
  options.stop_at_first_failure = false;
  // Code that is not optimised makes so many steps that dfs does not come to an end.
  options.executions_max = strategy == "dpor" ? 0 : strategy == "dfs" ? 2'000 : 500;
  return explore(body.run, options);
}

}  // namespace

TEST_CASE("races=explore: a use after the end is found by every strategy, and by none where there is no such use") {
  for (const Body& body : bodies()) {
    for (const std::string strategy : {"dpor", "dfs", "random", "surw"}) {
      const Report report = search(body, strategy, "explore");
      INFO(body.name << ", " << strategy << "\n" << text_of(report));
      if (report.failure) {
        CHECK(std::string(body.kind).find(report.failure->kind) != std::string::npos);
      } else if (strategy == "dpor" || report.complete) {
        CHECK(std::string(body.kind).empty());
      }
      if (strategy != "dpor") continue;
      CHECK(report.redundant == 0);
      CHECK(report.complete);
    }
  }
}

TEST_CASE("a use of a destroyed object by the thread that destroyed it is found where races fail, too") {
  for (const Body& body : bodies()) {
    const std::string name = body.name;
    if (name != "used once more by the thread that destroyed it" && name != "destroyed and initialised anew" && name != "destroyed twice") continue;
    const Report report = search(body, "dpor", "fail");
    INFO(name << "\n" << text_of(report));
    CHECK((report.failure ? report.failure->kind : "") == std::string(body.kind));
  }
}

TEST_CASE("races=explore: the end of a block that nobody else uses meanwhile makes no executions") {
  const Report report = search({"", "", [] {
                                  const auto alone = [] { auto p = std::make_unique<int>(1); touch(p.get()); };
                                  two(alone, alone);
                                }}, "dpor", "explore");
  INFO(text_of(report));
  CHECK(report.complete);
  CHECK(report.executions == 1);
}
