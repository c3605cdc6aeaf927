// Objects that are gone, not yet there, or of two minds about who owns them.
#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <interleave/scenarios/bugs.hpp>

namespace interleave::scenarios {
namespace {

const Bug callback_outlives{"callback_outlives", "A callback that was handed to another thread uses its object after the end of it", "use-after-free",
                            "It shares the ownership", [](bool repaired) {
  struct Session {
    std::atomic<int> received{0};
    void on_data() { received.fetch_add(1); }
  };
  auto session = std::make_shared<Session>();
  std::function<void()> callback;
  if (repaired) {
    callback = [session] { session->on_data(); };
  } else {
    callback = [raw = session.get()] { raw->on_data(); };
  }
  std::thread network(callback);
  callback = nullptr;
  session.reset();
  network.join();
}};

const Bug shared_ptr_object{"shared_ptr_object", "One shared_ptr object, copied by one thread while another assigns to it", "data-race",
                            "std::atomic<std::shared_ptr>'s job, done by a mutex", [](bool repaired) {
  std::mutex m;
  auto settings = std::make_shared<const int>(1);
  parallel(
      [&] {
        std::unique_lock lock(m, std::defer_lock);
        if (repaired) lock.lock();
        const auto mine = settings;
        require(*mine > 0);
      },
      [&] {
        std::unique_lock lock(m, std::defer_lock);
        if (repaired) lock.lock();
        settings = std::make_shared<const int>(2);
      });
}};

const Bug buffer_freed{"buffer_freed", "A read that was given up may still write to its buffer, which is gone", "use-after-free",
                       "The buffer stays until the read has ended", [](bool repaired) {
  auto buffer = std::make_unique<std::array<int, 4>>();
  std::atomic<bool> done{false};
  std::thread read([&, to = buffer.get()] {
    (*to)[0] = 1;
    done = true;
  });
  if (repaired) read.join();
  if (done) require((*buffer)[0] == 1);
  buffer.reset();
  if (!repaired) read.join();
}};

const Bug unjoined{"unjoined", "An exception leaves a scope with a thread that was not joined", "crash", "std::jthread joins by itself", [](bool repaired) {
  std::atomic<bool> refused{false};
  const auto connect = [&] {
    if (refused) throw std::runtime_error("refused");
  };
  try {
    if (repaired) {
      const std::jthread peer([&] { refused = true; });
      connect();
    } else {
      std::thread peer([&] { refused = true; });
      connect();
      peer.join();
    }
  } catch (const std::runtime_error&) {
  }
}};

const Bug refcount_from_zero{"refcount_from_zero", "A reference is taken from an object whose last one is being dropped", "use-after-free",
                             "Never from zero", [](bool repaired) {
  struct Object {
    std::atomic<int> references{1};
    int value = 1;
  };
  std::mutex registry;
  auto* listed = new Object;
  Object* found = nullptr;
  const auto drop = [&](Object* object) {
    std::unique_lock lock(registry, std::defer_lock);
    if (repaired) lock.lock();
    if (object->references.fetch_sub(1) != 1) return;
    if (!repaired) lock.lock();
    listed = nullptr;
    lock.unlock();
    delete object;
  };
  parallel([&, object = listed] { drop(object); },
           [&] {
             std::unique_lock lock(registry);
             if (listed == nullptr) return;
             found = listed;
             found->references.fetch_add(1);
             lock.unlock();
             require(found->value == 1);
           });
  if (found != nullptr) drop(found);
}};

const Bug refcount_relaxed{"refcount_relaxed", "References are dropped by relaxed decrements: nothing orders the other's uses and the end",
                           "use-after-free", "Each drop releases, the last one acquires", [](bool repaired) {
  struct Object {
    std::atomic<int> references{2};
    int value = 1;
  };
  auto* object = new Object;
  const auto use = [&] {
    require(object->value == 1);
    if (object->references.fetch_sub(1, repaired ? std::memory_order_acq_rel : std::memory_order_relaxed) == 1) delete object;
  };
  parallel(use, use);
}};

const Bug double_checked{"double_checked", "Double-checked locking with a plain pointer", "data-race", "The pointer is atomic, released and acquired",
                         [](bool repaired) {
  struct Instance {
    int value = 42;
  };
  std::mutex m;
  Instance* plain = nullptr;
  std::atomic<Instance*> published{nullptr};
  const auto get = [&]() -> Instance* {
    if (repaired) {
      Instance* p = published.load(std::memory_order_acquire);
      if (p == nullptr) {
        const std::lock_guard guard(m);
        p = published.load(std::memory_order_relaxed);
        if (p == nullptr) published.store(p = new Instance, std::memory_order_release);
      }
      return p;
    }
    if (plain == nullptr) {
      const std::lock_guard guard(m);
      if (plain == nullptr) plain = new Instance;
    }
    return plain;
  };
  parallel([&] { require(get()->value == 42); }, [&] { require(get()->value == 42); });
  delete plain;
  delete published.load();
}};

const Bug once_failed{"once_failed", "The first initialisation throws, and the flag says that it is done", "require", "It says so once it is",
                      [](bool repaired) {
  std::mutex m;
  bool done = false;
  std::optional<int> value;
  int attempts = 0;
  const auto init = [&] {
    if (++attempts == 1) throw 1;
    value = 1;
  };
  const auto use = [&] {
    try {
      const std::lock_guard guard(m);
      if (!done) {
        if (!repaired) done = true;
        init();
        done = true;
      }
    } catch (int) {
      return;  // this user gives up; the next one need not
    }
    require(value.has_value(), "initialised");
  };
  parallel(use, use);
}};

const Bug published_relaxed{"published_relaxed", "What a relaxed store publishes need not be there", "data-race", "A release store, an acquire load",
                            [](bool repaired) {
  int payload = 0;
  std::atomic<bool> ready{false};
  parallel(
      [&] {
        payload = 1;
        ready.store(true, repaired ? std::memory_order_release : std::memory_order_relaxed);
      },
      [&] {
        if (ready.load(repaired ? std::memory_order_acquire : std::memory_order_relaxed)) require(payload == 1);
      });
}};

const Bug id_generator{"id_generator", "Numbers from a static counter", "data-race", "The counter is atomic", [](bool repaired) {
  static int next = 0;
  static std::atomic<int> atomic_next{0};
  int ids[2];
  const auto draw = [&](int& id) { id = repaired ? atomic_next++ : next++; };
  parallel([&] { draw(ids[0]); }, [&] { draw(ids[1]); });
  require(ids[0] != ids[1], "no number twice");
}};

}  // namespace
}  // namespace interleave::scenarios
