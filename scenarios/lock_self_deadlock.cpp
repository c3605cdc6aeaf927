// One thread takes a Lock twice: the second acquire waits for the thread that makes it. Always.
#include <interleave/primitives/lock.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

const Scenario self_deadlock{{
    .name = "lock/self_deadlock",
    .summary = "A Lock taken twice by one thread always deadlocks",
    .expect = Verdict::fail,
    .failure_kind = "deadlock",
    .hangs = true,
    .body = [] {
      Lock lock;
      parallel([&] {
        name_thread("Thread-1");
        lock.acquire();
        lock.acquire();
        outcome("came through");
      });
    },
}};

}  // namespace
}  // namespace interleave::scenarios
