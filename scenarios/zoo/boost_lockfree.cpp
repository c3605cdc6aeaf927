// Boost.Lockfree: queue (many producers, many consumers), stack, and spsc_queue (one of each).
//
// queue and stack keep freed nodes in a free list of their own and protect it by tagged pointers: of 16 bits packed into the
// pointer where nodes are allocated, of 16 bits beside an index where the size is fixed. Whoever takes a node off such a list first
// reads the node's link, by a plain read, and then finds by compare-exchange whether the node was still its to take; in between
// another thread may have taken the node and be writing to it. That is a data race by the standard, and benign by design: what was
// read is thrown away. So each client whose threads can meet there comes twice:
//
//     NAME         with every plain access a step: proved whatever the plain reads see
//     NAME_race    as it is: the race is reported
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <boost/lockfree/stack.hpp>

#include <interleave/scenarios/scenario.hpp>
#include <interleave/scenarios/zoo/client.hpp>

namespace interleave::scenarios {
namespace {

using zoo::Load;
using zoo::Parcel;
using Queue = boost::lockfree::queue<Parcel*>;
using FixedQueue = boost::lockfree::queue<Parcel*, boost::lockfree::capacity<2>>;
using Stack = boost::lockfree::stack<Parcel*>;
using FixedStack = boost::lockfree::stack<Parcel*, boost::lockfree::capacity<2>>;
using SpscQueue = boost::lockfree::spsc_queue<Parcel*, boost::lockfree::capacity<2>>;

// The same two functions for all of them.
template <class Container>
void client(Container& container, const Load& load) {
  zoo::hand_over(
      load, [&] { return [&](Parcel* parcel) { return container.push(parcel); }; },
      [&] {
        return [&]() -> Parcel* {
          Parcel* parcel = nullptr;
          return container.pop(parcel) ? parcel : nullptr;
        };
      });
}

template <class Container>
std::function<void()> body(Load load) {
  return [load] {
    if constexpr (std::is_same_v<Container, Queue> || std::is_same_v<Container, Stack>) {
      Container container{4};  // nodes in the free list at first
      client(container, load);
    } else {
      Container container;
      client(container, load);
    }
  };
}

// One producer and one consumer never meet there: nothing to report.
template <class Container>
Definition silent(std::string name, std::string summary, Load load, std::vector<std::string> outcomes, std::uint64_t classes) {
  return {.name = "zoo/boost_" + name, .summary = std::move(summary), .outcomes = std::move(outcomes),
          .effort = Effort::search_reduced, .classes = classes, .body = body<Container>(load)};
}

template <class Container>
Definition proved(std::string name, std::string summary, Load load, std::vector<std::string> outcomes, std::uint64_t classes) {
  return {.name = "zoo/boost_" + name, .summary = std::move(summary), .outcomes = std::move(outcomes),
          .effort = Effort::search_reduced, .classes = classes, .options = {.races = "explore"}, .body = body<Container>(load)};
}

template <class Container>
Definition raced(std::string name, std::string summary, Load load, std::vector<std::string> outcomes, std::uint64_t classes,
                 std::uint64_t failing) {
  return {.name = "zoo/boost_" + name + "_race", .summary = std::move(summary), .expect = Verdict::fail,
          .failure_kind = "data-race", .outcomes = std::move(outcomes), .effort = Effort::search_reduced, .classes = classes,
          .failing_classes = failing, .body = body<Container>(load)};
}

const std::vector<std::string> up_to_one{"0", "1"}, up_to_two{"0", "1", "2"}, each_up_to_one{"0 + 0", "0 + 1", "1 + 0", "1 + 1"};

const Load one_one{.producers = {2}, .consumers = {2}}, two_one{.producers = {1, 1}, .consumers = {1}},
    one_two{.producers = {2}, .consumers = {1, 1}}, two_two{.producers = {1, 1}, .consumers = {1, 1}};

Load unordered(Load load) {
  load.in_order = false;
  return load;
}

const Scenario all[] = {
    Scenario(silent<Queue>("queue_1_1", "boost::lockfree::queue, one producer of two, one consumer", one_one, up_to_two, 69)),
    Scenario(proved<Queue>("queue_2_1", "boost::lockfree::queue, two producers, one consumer", two_one, up_to_one, 1344)),
    Scenario(raced<Queue>("queue_2_1", "boost::lockfree::queue reads a node that another producer has taken",
                          two_one, up_to_one, 800, 496)),
    Scenario(proved<Queue>("queue_1_2", "boost::lockfree::queue, one producer of two, two consumers",
                           one_two, each_up_to_one, 4441)),
    Scenario(raced<Queue>("queue_1_2", "boost::lockfree::queue reads a node that another consumer has freed",
                          one_two, each_up_to_one, 3181, 2300)),
    Scenario(proved<Queue>("queue_2_2", "boost::lockfree::queue, two producers, two consumers",
                           two_two, each_up_to_one, 372204)),
    Scenario(proved<FixedQueue>("queue_fixed_2_1", "boost::lockfree::queue of fixed size, two producers, one consumer",
                                two_one, up_to_one, 1344)),
    Scenario(proved<FixedQueue>("queue_fixed_1_2", "boost::lockfree::queue of fixed size, one producer of two, two consumers",
                                one_two, each_up_to_one, 4441)),
    Scenario(silent<Stack>("stack_1_1", "boost::lockfree::stack, one thread pushes two, one pops",
                           unordered(one_one), up_to_two, 20)),
    Scenario(proved<Stack>("stack_2_1", "boost::lockfree::stack, two threads push, one pops",
                           unordered(two_one), up_to_one, 134)),
    Scenario(raced<Stack>("stack_2_1", "boost::lockfree::stack reads a node that another thread has taken",
                          unordered(two_one), up_to_one, 92, 46)),
    Scenario(proved<Stack>("stack_1_2", "boost::lockfree::stack, one thread pushes two, two pop",
                           unordered(one_two), each_up_to_one, 229)),
    Scenario(raced<Stack>("stack_1_2", "boost::lockfree::stack reads a node that another thread has popped",
                          unordered(one_two), each_up_to_one, 155, 58)),
    Scenario(proved<Stack>("stack_2_2", "boost::lockfree::stack, two threads push, two pop",
                           unordered(two_two), each_up_to_one, 3974)),
    Scenario(proved<FixedStack>("stack_fixed_2_1", "boost::lockfree::stack of fixed size, two threads push, one pops",
                                unordered(two_one), up_to_one, 134)),
};

const Scenario spsc_queue{{
    .name = "zoo/boost_spsc_queue",
    .summary = "boost::lockfree::spsc_queue of two, four parcels: full, empty and round the end",
    .outcomes = {"0", "1", "2", "3", "4"},
    .effort = Effort::search_reduced,
    .classes = 225,
    .body = body<SpscQueue>({.producers = {4}, .consumers = {4}}),
}};

}  // namespace
}  // namespace interleave::scenarios
