// ConcurrentQueue: many producers, many consumers. Each producer has a queue of blocks of its own, which consumers visit in turn;
// so parcels of one producer stay in order, and those of two do not. BlockingConcurrentQueue puts a semaphore beside it.
//
// Blocks of two parcels instead of 32 and 3 spins of the semaphore instead of 10,000 (template arguments), so that a few parcels
// meet the change from block to block.
#include <concurrentqueue/blockingconcurrentqueue.h>
#include <concurrentqueue/concurrentqueue.h>

#include <interleave/scenarios/scenario.hpp>
#include <interleave/scenarios/zoo/moodycamel.hpp>

namespace interleave::scenarios {
namespace {

using zoo::Load;
using zoo::Parcel;

struct SmallBlocks : moodycamel::ConcurrentQueueDefaultTraits {
  static const size_t BLOCK_SIZE = 2;
  static const size_t EXPLICIT_INITIAL_INDEX_SIZE = 2;
  static const size_t IMPLICIT_INITIAL_INDEX_SIZE = 2;
  static const int MAX_SEMA_SPINS = 3;
};
using Queue = moodycamel::ConcurrentQueue<Parcel*, SmallBlocks>;

// Producers with a token each have a queue of their own each.
void with_tokens(Queue& queue, const Load& load) {
  zoo::hand_over(
      load,
      [&] {
        return [&queue, token = moodycamel::ProducerToken(queue)](Parcel* parcel) { return queue.enqueue(token, parcel); };
      },
      zoo::looks(queue));
}

// Producers without are known by their threads: by the address of a thread-local variable, hashed into a table. Where two of them
// fall on one place of it, which depends on where the process lies in memory, they meet in it and there are more executions.
void without_tokens(Queue& queue, const Load& load) {
  zoo::hand_over(
      load, [&] { return [&queue](Parcel* parcel) { return queue.enqueue(parcel); }; }, zoo::looks(queue));
}

const Scenario token_1_1{{
    .name = "zoo/concurrentqueue_token_1_1",
    .summary = "moodycamel::ConcurrentQueue, a producer with a token, one consumer",
    .outcomes = {"0", "1", "2", "3"},
    .effort = Effort::search_reduced,
    .classes = 387,
    .body = [] {
      Queue queue{4};
      with_tokens(queue, {.producers = {3}, .consumers = {3}});
    },
}};

const Scenario token_2_1{{
    .name = "zoo/concurrentqueue_token_2_1",
    .summary = "moodycamel::ConcurrentQueue, two producers with tokens, one consumer",
    .outcomes = {"0", "1", "2"},
    .effort = Effort::search_reduced,
    .classes = 2806,
    .body = [] {
      Queue queue{4};
      with_tokens(queue, {.producers = {2, 1}, .consumers = {2}});
    },
}};

const Scenario token_1_2{{
    .name = "zoo/concurrentqueue_token_1_2",
    .summary = "moodycamel::ConcurrentQueue, a producer with a token, two consumers",
    .outcomes = {"0 + 0", "0 + 1", "1 + 0", "1 + 1", "2 + 0", "2 + 1"},
    .effort = Effort::search_reduced,
    .classes = 16685,
    .body = [] {
      Queue queue{4};
      with_tokens(queue, {.producers = {3}, .consumers = {2, 1}});
    },
}};

const Scenario implicit_1_1{{
    .name = "zoo/concurrentqueue_1_1",
    .summary = "moodycamel::ConcurrentQueue, a producer known by its thread, one consumer",
    .outcomes = {"0", "1", "2", "3"},
    .effort = Effort::search_reduced,
    .classes = 370,
    .body = [] {
      Queue queue{4};
      without_tokens(queue, {.producers = {3}, .consumers = {3}});
    },
}};

const Scenario implicit_2_1{{
    .name = "zoo/concurrentqueue_2_1",
    .summary = "moodycamel::ConcurrentQueue, two producers known by their threads, one consumer",
    .outcomes = {"0", "1", "2"},
    .effort = Effort::search_reduced,
    .body = [] {
      Queue queue{4};
      without_tokens(queue, {.producers = {2, 1}, .consumers = {2}});
    },
}};

const Scenario blocking{{
    .name = "zoo/blockingconcurrentqueue_1_1",
    .summary = "moodycamel::BlockingConcurrentQueue, the consumer waits for the parcel",
    .outcomes = {"2"},
    .effort = Effort::search_reduced,
    .classes = 153,
    .body = [] {
      moodycamel::BlockingConcurrentQueue<Parcel*, SmallBlocks> queue{4};
      zoo::hand_over({.producers = {2}, .consumers = {2}},
                     [&] {
                       return [&queue, token = moodycamel::ProducerToken(queue)](Parcel* parcel) {
                         return queue.enqueue(token, parcel);
                       };
                     },
                     zoo::waits(queue));
    },
}};

}  // namespace
}  // namespace interleave::scenarios
