// SimpleQueue: a deque and a Semaphore that counts its items.
#include <string>

#include <interleave/primitives/simple_queue.hpp>
#include <interleave/scenarios/scenario.hpp>

namespace interleave::scenarios {
namespace {

const Scenario hand_over{{
    .name = "simple_queue/hand_over",
    .summary = "One item from thread to thread",
    .outcomes = {"7"},
    .body = [] {
      SimpleQueue<int> queue;
      int got = 0;
      parallel(
          [&] {
            name_thread("producer");
            queue.put(7);
          },
          [&] {
            name_thread("consumer");
            got = queue.get();
          });
      outcome(std::to_string(got));
    },
}};

}  // namespace
}  // namespace interleave::scenarios
