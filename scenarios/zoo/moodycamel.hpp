// How parcels are got out of moodycamel's queues: the same way from all of them.
#pragma once

#include <interleave/scenarios/zoo/client.hpp>

namespace interleave::scenarios::zoo {

// A consumer's end that looks whether there is a parcel.
template <class Queue>
auto looks(Queue& queue) {
  return [&queue] {
    return [&queue]() -> Parcel* {
      Parcel* parcel = nullptr;
      return queue.try_dequeue(parcel) ? parcel : nullptr;
    };
  };
}

// The one consumer's end waits for a parcel; main's, at the end, looks whether anything is left.
template <class Queue>
auto waits(Queue& queue) {
  return [&queue, ends = 0]() mutable {
    const bool consumers = ends++ == 0;
    return [&queue, consumers] {
      Parcel* parcel = nullptr;
      if (consumers) queue.wait_dequeue(parcel);
      else queue.try_dequeue(parcel);
      return parcel;
    };
  };
}

}  // namespace interleave::scenarios::zoo
