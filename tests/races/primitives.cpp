// Handover by the project's own primitives, which are plain code over POSIX: nothing here is known to the detector by name.
#include "programs.hpp"

#include <interleave/primitives/barrier.hpp>
#include <interleave/primitives/condition.hpp>
#include <interleave/primitives/event.hpp>
#include <interleave/primitives/lock.hpp>
#include <interleave/primitives/queue.hpp>
#include <interleave/primitives/rlock.hpp>
#include <interleave/primitives/semaphore.hpp>
#include <interleave/primitives/simple_queue.hpp>
#include <interleave/primitives/thread.hpp>

namespace races {
namespace {

const Group primitives("the primitives", {
    {"Lock", ordered, [] {
       int x = 0;
       interleave::Lock lock;
       const auto add = [&] { lock.acquire(); put(x, get(x) + 1); lock.release(); };
       parallel(add, add);
     }},
    {"Lock that is only looked at", racy, [] {
       int x = 0;
       interleave::Lock lock;
       parallel([&] { lock.acquire(); put(x); lock.release(); }, [&] { if (!lock.locked()) get(x); });
     }},
    {"RLock", ordered, [] {
       int x = 0;
       interleave::RLock lock;
       const auto add = [&] { lock.acquire(); lock.acquire(); put(x, get(x) + 1); lock.release(); put(x); lock.release(); };
       parallel(add, add);
     }},
    {"RLock given back too early", racy, [] {
       int x = 0;
       interleave::RLock lock;
       const auto add = [&] { lock.acquire(); lock.release(); put(x); };
       parallel(add, add);
     }},
    {"Condition", ordered, [] {
       int x = 0;
       bool ready = false;
       interleave::Condition condition;
       parallel([&] { put(x); condition.acquire(); put(ready, true); condition.notify(); condition.release(); }, [&] {
         condition.acquire();
         while (!get(ready)) condition.wait();
         condition.release();
         get(x);
       });
     }},
    {"Condition, written after notifying", racy, [] {
       int x = 0;
       bool ready = false;
       interleave::Condition condition;
       parallel([&] { condition.acquire(); put(ready, true); condition.notify(); condition.release(); put(x); }, [&] {
         condition.acquire();
         while (!get(ready)) condition.wait();
         condition.release();
         get(x);
       });
     }},
    {"Event", ordered, [] {
       int x = 0;
       interleave::Event event;
       parallel([&] { put(x); event.set(); }, [&] { event.wait(); get(x); });
     }},
    {"Event, asked", ordered, [] {
       int x = 0;
       interleave::Event event;
       parallel([&] { put(x); event.set(); }, [&] { if (event.is_set()) get(x); });
     }},
    {"Event, set too early", racy, [] {
       int x = 0;
       interleave::Event event;
       parallel([&] { event.set(); put(x); }, [&] { event.wait(); get(x); });
     }},
    {"Semaphore", ordered, [] {
       int x = 0;
       interleave::Semaphore semaphore(0);
       parallel([&] { put(x); semaphore.release(); }, [&] { semaphore.acquire(); get(x); });
     }},
    {"Semaphore with two permits", racy, [] {
       int x = 0;
       interleave::Semaphore semaphore(2);
       const auto add = [&] { semaphore.acquire(); put(x); semaphore.release(); };
       parallel(add, add);
     }},
    {"Barrier", ordered, [] {
       int x = 0;
       interleave::Barrier barrier(2);
       parallel([&] { put(x); barrier.wait(); }, [&] { barrier.wait(); get(x); });
     }},
    {"Barrier, written behind it", racy, [] {
       int x = 0;
       interleave::Barrier barrier(2);
       parallel([&] { barrier.wait(); put(x); }, [&] { barrier.wait(); get(x); });
     }},
    {"Queue", ordered, [] {
       int x = 0;
       interleave::Queue<int*> queue;
       parallel([&] { put(x); queue.put(&x); }, [&] { get(*queue.get()); });
     }},
    {"Queue, written after it was put in", racy, [] {
       int x = 0;
       interleave::Queue<int*> queue;
       parallel([&] { queue.put(&x); put(x); }, [&] { get(*queue.get()); });
     }},
    {"SimpleQueue", ordered, [] {
       int x = 0;
       interleave::SimpleQueue<int*> queue;
       parallel([&] { put(x); queue.put(&x); }, [&] { get(*queue.get()); });
     }},
    {"Thread, joined", ordered, [] {
       int x = 0;
       interleave::Thread thread([&] { put(x); });
       thread.start();
       thread.join();
       get(x);
     }},
    {"Thread, asked whether it lives", racy, [] {
       int x = 0;
       interleave::Thread thread([&] { put(x); });
       thread.start();
       get(x);
       thread.join();
     }},
});

}  // namespace
}  // namespace races
