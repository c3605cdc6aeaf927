// ReaderWriterQueue: one producer, one consumer, a ring of blocks. It grows by a block if it is full (enqueue) or refuses
// (try_enqueue); BlockingReaderWriterQueue puts a semaphore of its own beside it.
//
// For ThreadSanitizer, which does not know fences, the library would draw an edge from every release fence to every later acquire
// fence, and so hide races. The detector knows fences: the library is told that no sanitizer is there.
#include <atomic>
#include <cassert>
#include <chrono>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wbuiltin-macro-redefined"
#pragma push_macro("__has_feature")
#undef __has_feature
#endif
#include <readerwriterqueue/readerwriterqueue.h>
#include <readerwriterqueue/readerwritercircularbuffer.h>
#ifdef __clang__
#pragma pop_macro("__has_feature")
#pragma clang diagnostic pop
#endif

#include <interleave/scenarios/scenario.hpp>
#include <interleave/scenarios/zoo/moodycamel.hpp>

namespace interleave::scenarios {
namespace {

using zoo::Parcel;

const Scenario full{{
    .name = "zoo/readerwriterqueue_full",
    .summary = "moodycamel::ReaderWriterQueue of one place, four parcels, the producer does not wait",
    .outcomes = {"0", "1", "2", "3", "4"},
    .effort = Effort::search_reduced,
    .classes = 70,
    .body = [] {
      moodycamel::ReaderWriterQueue<Parcel*> queue{1};
      zoo::hand_over({.producers = {4}, .consumers = {4}},
                     [&] { return [&](Parcel* parcel) { return queue.try_enqueue(parcel); }; }, zoo::looks(queue));
    },
}};

const Scenario grows{{
    .name = "zoo/readerwriterqueue_grows",
    .summary = "moodycamel::ReaderWriterQueue of blocks of one parcel, three parcels: it grows while it is read",
    .outcomes = {"0", "1", "2", "3"},
    .effort = Effort::search_reduced,
    .classes = 48,
    .body = [] {
      moodycamel::ReaderWriterQueue<Parcel*, 2> queue{1};
      zoo::hand_over({.producers = {3}, .consumers = {3}},
                     [&] { return [&](Parcel* parcel) { return queue.enqueue(parcel); }; }, zoo::looks(queue));
    },
}};

const Scenario blocking{{
    .name = "zoo/readerwriterqueue_blocking",
    .summary = "moodycamel::BlockingReaderWriterQueue, the consumer waits for the parcel",
    .outcomes = {"1"},
    .effort = Effort::search_reduced,
    .classes = 1027,
    .body = [] {
      moodycamel::BlockingReaderWriterQueue<Parcel*> queue{4};
      zoo::hand_over({.producers = {1}, .consumers = {1}},
                     [&] { return [&](Parcel* parcel) { return queue.enqueue(parcel); }; },
                     zoo::waits(queue));
    },
}};

const Scenario circular_buffer{{
    .name = "zoo/readerwritercircularbuffer",
    .summary = "moodycamel::BlockingReaderWriterCircularBuffer of two, three parcels, neither end waits",
    .outcomes = {"0", "1", "2", "3"},
    .effort = Effort::search_reduced,
    .classes = 101,
    .body = [] {
      moodycamel::BlockingReaderWriterCircularBuffer<Parcel*> queue{2};
      zoo::hand_over({.producers = {3}, .consumers = {3}},
                     [&] { return [&](Parcel* parcel) { return queue.try_enqueue(parcel); }; }, zoo::looks(queue));
    },
}};

}  // namespace
}  // namespace interleave::scenarios
