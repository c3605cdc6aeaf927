// Every error that the primitives' contract lists, one scenario each: the call is refused, with this error and, where the
// contract gives one, this message, and has changed nothing.
#include <functional>
#include <string>

#include <interleave/primitives/barrier.hpp>
#include <interleave/primitives/condition.hpp>
#include <interleave/primitives/event.hpp>
#include <interleave/primitives/lock.hpp>
#include <interleave/primitives/python26.hpp>
#include <interleave/primitives/queue.hpp>
#include <interleave/primitives/rlock.hpp>
#include <interleave/primitives/semaphore.hpp>
#include <interleave/primitives/simple_queue.hpp>
#include <interleave/primitives/thread.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

constexpr Seconds one_second{1}, two_seconds_ago{-2};

// What a call throws, by name and message.
std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const BrokenBarrierError&) {
    return "BrokenBarrierError";
  } catch (const ThreadError& error) {
    return std::string("ThreadError: ") + error.what();
  } catch (const RuntimeError& error) {
    return std::string("RuntimeError: ") + error.what();
  } catch (const ValueError& error) {
    return std::string("ValueError: ") + error.what();
  } catch (const std::overflow_error&) {
    return "overflow_error";
  } catch (const Empty&) {
    return "Empty";
  } catch (const Full&) {
    return "Full";
  } catch (const ShutDown&) {
    return "ShutDown";
  }
  return "no error";
}

// `unchanged` is what the object must still do after the refused call.
template <class Object>
Definition refused(std::string name, std::string error, std::function<void(Object&)> call,
                   std::function<bool(Object&)> unchanged = [](Object&) { return true; }) {
  return {.name = "misuse/" + name,
          .summary = "Refused, and nothing has changed",
          .outcomes = {std::move(error)},
          .body = [call, unchanged] {
            parallel([&] {
              Object object;
              outcome(error_of([&] { call(object); }));
              require(unchanged(object), "a refused call changes nothing");
            });
          }};
}

// ---- Lock, RLock ---------------------------------------------------------------------------------------------------

bool is_free(Lock& lock) { return lock.acquire(false) && !lock.acquire(false); }

const Scenario lock_release{refused<Lock>(
    "lock_release", "ThreadError: release unlocked lock", [](Lock& lock) { lock.release(); }, is_free)};
const Scenario lock_timeout_without_blocking{refused<Lock>(
    "lock_timeout_without_blocking", "ValueError: can't specify a timeout for a non-blocking call",
    [](Lock& lock) { lock.acquire(false, one_second); }, is_free)};
const Scenario lock_negative_timeout{refused<Lock>(
    "lock_negative_timeout", "ValueError: timeout value must be a non-negative number",
    [](Lock& lock) { lock.acquire(true, two_seconds_ago); }, is_free)};
const Scenario lock_timeout_too_large{refused<Lock>(
    "lock_timeout_too_large", "overflow_error", [](Lock& lock) { lock.acquire(true, 2 * timeout_max); }, is_free)};

const Scenario rlock_release{refused<RLock>("rlock_release", "RuntimeError: cannot release un-acquired lock",
                                            [](RLock& lock) { lock.release(); })};
const Scenario rlock_timeout_without_blocking{refused<RLock>(
    "rlock_timeout_without_blocking", "ValueError: can't specify a timeout for a non-blocking call",
    [](RLock& lock) { lock.acquire(false, one_second); })};
const Scenario rlock_release_save{refused<RLock>("rlock_release_save", "RuntimeError: cannot release un-acquired lock",
                                                 [](RLock& lock) { lock.release_save(); })};

const Scenario rlock_release_by_another{{
    .name = "misuse/rlock_release_by_another",
    .summary = "Only the holder may release an RLock",
    .outcomes = {"RuntimeError: cannot release un-acquired lock"},
    .body = [] {
      RLock lock;
      lock.acquire();
      std::string error;
      parallel([&] { error = error_of([&] { lock.release(); }); });
      lock.release();  // the holder still may
      outcome(error);
    },
}};

// ---- Condition -----------------------------------------------------------------------------------------------------

const Scenario condition_wait{refused<Condition>("condition_wait", "RuntimeError: cannot wait on un-acquired lock",
                                                 [](Condition& condition) { condition.wait(); })};
const Scenario condition_notify{refused<Condition>("condition_notify", "RuntimeError: cannot notify on un-acquired lock",
                                                   [](Condition& condition) { condition.notify(); })};
const Scenario condition_notify_all{refused<Condition>(
    "condition_notify_all", "RuntimeError: cannot notify on un-acquired lock",
    [](Condition& condition) { condition.notify_all(); })};
const Scenario condition_release{refused<Condition>("condition_release", "RuntimeError: cannot release un-acquired lock",
                                                    [](Condition& condition) { condition.release(); })};
const Scenario condition_notify_negative{refused<Condition>("condition_notify_negative", "no error", [](Condition& condition) {
  condition.acquire();
  condition.notify(-1);
  condition.release();
})};

// ---- Semaphore, BoundedSemaphore -----------------------------------------------------------------------------------

bool has_one(Semaphore& semaphore) { return semaphore.value() == 1; }

const Scenario semaphore_negative{refused<Semaphore>(
    "semaphore_negative", "ValueError: semaphore initial value must be >= 0", [](Semaphore&) { Semaphore{-1}; })};
const Scenario semaphore_release_none{refused<Semaphore>(
    "semaphore_release_none", "ValueError: n must be one or more",
    [](Semaphore& semaphore) { semaphore.release(0); }, has_one)};
const Scenario semaphore_timeout_without_blocking{refused<Semaphore>(
    "semaphore_timeout_without_blocking", "ValueError: can't specify timeout for non-blocking acquire",
    [](Semaphore& semaphore) { semaphore.acquire(false, one_second); }, has_one)};
const Scenario bounded_semaphore_release{refused<BoundedSemaphore>(
    "bounded_semaphore_release", "ValueError: Semaphore released too many times",
    [](BoundedSemaphore& semaphore) { semaphore.release(); },
    [](BoundedSemaphore& semaphore) { return semaphore.value() == 1 && semaphore.acquire() && !semaphore.acquire(false); })};
const Scenario bounded_semaphore_release_python26{refused<python26::BoundedSemaphore>(
    "bounded_semaphore_release_python26", "ValueError: Semaphore released too many times",
    [](python26::BoundedSemaphore& semaphore) { semaphore.release(); },
    [](python26::BoundedSemaphore& semaphore) { return semaphore.value() == 1; })};

// ---- queues --------------------------------------------------------------------------------------------------------

struct OnePlace : Queue<int> {
  OnePlace() : Queue<int>(1) {}
};
struct OnePlace26 : python26::Queue<int> {
  OnePlace26() : python26::Queue<int>(1) {}
};

const Scenario queue_get_empty{refused<Queue<int>>("queue_get_empty", "Empty", [](Queue<int>& queue) { queue.get_nowait(); })};
const Scenario queue_put_full{refused<OnePlace>(
    "queue_put_full", "Full",
    [](OnePlace& queue) {
      queue.put(1);
      queue.put_nowait(2);
    },
    [](OnePlace& queue) { return queue.qsize() == 1 && queue.unfinished_tasks() == 1 && queue.get() == 1; })};
const Scenario queue_get_negative_timeout{refused<Queue<int>>(
    "queue_get_negative_timeout", "ValueError: 'timeout' must be a non-negative number",
    [](Queue<int>& queue) {
      queue.put(1);
      queue.get(true, two_seconds_ago);
    },
    [](Queue<int>& queue) { return queue.qsize() == 1; })};
const Scenario queue_put_negative_timeout{refused<OnePlace>(
    "queue_put_negative_timeout", "ValueError: 'timeout' must be a non-negative number",
    [](OnePlace& queue) { queue.put(1, true, two_seconds_ago); }, [](OnePlace& queue) { return queue.empty(); })};
const Scenario queue_task_done{refused<Queue<int>>(
    "queue_task_done", "ValueError: task_done() called too many times", [](Queue<int>& queue) { queue.task_done(); },
    [](Queue<int>& queue) {
      queue.join();  // returns at once
      return queue.unfinished_tasks() == 0;
    })};
const Scenario queue_put_shut_down{refused<Queue<int>>(
    "queue_put_shut_down", "ShutDown",
    [](Queue<int>& queue) {
      queue.put(1);
      queue.shutdown();
      queue.put(2);
    },
    [](Queue<int>& queue) { return queue.qsize() == 1 && queue.get() == 1; })};
const Scenario queue_get_shut_down{refused<Queue<int>>("queue_get_shut_down", "ShutDown", [](Queue<int>& queue) {
  queue.shutdown();
  queue.get();
})};
const Scenario simple_queue_get_empty{refused<SimpleQueue<int>>("simple_queue_get_empty", "Empty",
                                                                [](SimpleQueue<int>& queue) { queue.get_nowait(); })};
const Scenario simple_queue_negative_timeout{refused<SimpleQueue<int>>(
    "simple_queue_negative_timeout", "ValueError: 'timeout' must be a non-negative number",
    [](SimpleQueue<int>& queue) { queue.get(true, two_seconds_ago); })};

// A bound lowered below the size: 2.6 compares for equality and forgets that it is full (bpo-10110).
const Scenario queue_shrunk{refused<OnePlace>("queue_shrunk", "Full", [](OnePlace& queue) {
  queue.set_maxsize(2);
  queue.put(1);
  queue.put(2);
  queue.set_maxsize(1);
  queue.put_nowait(3);
})};
const Scenario queue_shrunk_python26{refused<OnePlace26>("queue_shrunk_python26", "no error", [](OnePlace26& queue) {
  queue.set_maxsize(2);
  queue.put(1);
  queue.put(2);
  queue.set_maxsize(1);
  queue.put(3, false);
})};

// ---- Thread, Barrier -----------------------------------------------------------------------------------------------

struct Idle : Thread {
  Idle() : Thread([] {}) {}
};

const Scenario thread_start_twice{refused<Idle>("thread_start_twice", "RuntimeError: threads can only be started once",
                                                [](Idle& thread) {
                                                  thread.start();
                                                  thread.start();
                                                })};
const Scenario thread_join_unstarted{refused<Idle>(
    "thread_join_unstarted", "RuntimeError: cannot join thread before it is started", [](Idle& thread) { thread.join(); })};
const Scenario thread_daemon_after_start{refused<Idle>("thread_daemon_after_start",
                                                       "RuntimeError: cannot set daemon status of active thread",
                                                       [](Idle& thread) {
                                                         thread.start();
                                                         thread.set_daemon(true);
                                                       })};

const Scenario thread_join_self{{
    .name = "misuse/thread_join_self",
    .summary = "A thread cannot wait for itself",
    .outcomes = {"RuntimeError: cannot join current thread"},
    .body = [] {
      std::string error;
      Thread* self = nullptr;
      Thread thread{"Thread-1", [&] { error = error_of([&] { self->join(); }); }};
      self = &thread;
      thread.start();
      thread.join();
      outcome(error);
    },
}};

const Scenario barrier_no_parties{refused<Event>("barrier_no_parties", "ValueError: parties must be >= 1",
                                                 [](Event&) { Barrier{0}; })};

struct PairBarrier : Barrier {
  PairBarrier() : Barrier(2) {}
};
const Scenario barrier_broken{refused<PairBarrier>("barrier_broken", "BrokenBarrierError", [](PairBarrier& barrier) {
  barrier.abort();
  barrier.wait();
})};

}  // namespace
}  // namespace interleave::scenarios
