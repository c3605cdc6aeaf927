// What every client of a queue in the zoo does, whatever the queue: producers put parcels, consumers try to get some, and what is
// left comes out at the end. Checked in every execution:
//
//     conservation   every parcel comes out once, and nothing else does
//     order          no consumer gets a producer's parcels in another order than they were put (unless the container is no queue)
//     ownership      a parcel is written before it is put and read after it is got, by plain accesses: a container that hands it
//                    over with too weak an order is a data race
//
// No consumer waits: it tries so many times, so that every loop left in the program is one of the library's own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <interleave/checkers/conservation.hpp>
#include <interleave/checkers/order.hpp>
#include <interleave/interleave.hpp>

namespace interleave::scenarios::zoo {

struct Parcel {
  int source = 0;
  int number = 0;  // 1, 2, ... per source
};

struct Load {
  std::vector<int> producers;  // how many parcels each puts
  std::vector<int> consumers;  // how often each tries
  bool in_order = true;
};

// `producer()` makes a producer's own end of the container, a function that puts a parcel and says whether there was room;
// `consumer()` makes one that gets a parcel or null. Both are called by the thread that uses the end. The outcome is how many
// parcels each consumer got.
template <class Producer, class Consumer>
void hand_over(const Load& load, Producer producer, Consumer consumer) {
  Ledger<const Parcel*> ledger{"parcels"};
  Order order{"parcels"};
  std::vector<std::vector<Parcel>> parcels;
  for (const int count : load.producers) parcels.emplace_back(static_cast<std::size_t>(count));
  std::vector<int> got(load.consumers.size());

  const auto receive = [&](const Parcel* parcel, int consumer_number) {
    ledger.take(parcel);
    if (load.in_order) order.consumed(consumer_number, parcel->source, parcel->number);
  };

  std::vector<std::function<void()>> bodies;
  for (std::size_t p = 0; p < parcels.size(); ++p) {
    bodies.push_back([&, p] {
      name_thread("producer " + std::to_string(p + 1));
      auto put = producer();
      const int source = static_cast<int>(p) + 1;
      int number = 0;
      for (Parcel& parcel : parcels[p]) {
        parcel = {.source = source, .number = ++number};
        ledger.put(&parcel);
        if (load.in_order) order.produced(source, number);
        // No room: the parcel goes back, which counts as taken.
        if (!put(&parcel)) receive(&parcel, -source);
      }
    });
  }
  for (std::size_t c = 0; c < got.size(); ++c) {
    bodies.push_back([&, c] {
      name_thread("consumer " + std::to_string(c + 1));
      auto get = consumer();
      for (int attempt = 0; attempt < load.consumers[c]; ++attempt) {
        if (const Parcel* parcel = get()) {
          receive(parcel, static_cast<int>(c) + 1);
          ++got[c];
        }
      }
    });
  }
  parallel(std::move(bodies));

  auto get = consumer();
  while (const Parcel* parcel = get()) receive(parcel, static_cast<int>(got.size()) + 1);
  ledger.settle();
  std::string text;
  for (const int n : got) text += (text.empty() ? "" : " + ") + std::to_string(n);
  outcome(text);
}

}  // namespace interleave::scenarios::zoo
