// Concurrency Kit: ring (bounded, one producer and one consumer, or many of either), fifos (a list, one and one, or many and many) and
// stack.
//
// What it means to be atomic are volatile accesses and fences: compiled so that volatile accesses are steps (see
// scheduler/runtime/volatiles.cpp).
#include <interleave/scenarios/scenario.hpp>
#include <interleave/scenarios/zoo/ck_containers.h>
#include <interleave/scenarios/zoo/client.hpp>

namespace interleave::scenarios {
namespace {

using zoo::Load;
using zoo::Parcel;

template <class Container>
void client(Container* container, bool (*put)(Container*, void*), void* (*get)(Container*), const Load& load) {
  zoo::hand_over(
      load, [&] { return [=](Parcel* parcel) { return put(container, parcel); }; },
      [&] { return [=] { return static_cast<Parcel*>(get(container)); }; });
}

Definition ring(std::string name, std::string summary, unsigned size, bool (*put)(zoo_ring*, void*), void* (*get)(zoo_ring*),
                Load load) {
  return {.name = "zoo/ck_ring_" + name, .summary = std::move(summary), .effort = Effort::search_reduced, .body = [=] {
            zoo_ring* container = zoo_ring_new(size);
            client(container, put, get, load);
            zoo_ring_delete(container);
          }};
}

Definition in_turns(Definition definition) {
  definition.options.races = "explore";
  return definition;
}

Definition raced(Definition definition, std::string summary) {
  definition.name += "_race";
  definition.summary = std::move(summary);
  definition.expect = Verdict::fail;
  definition.failure_kind = "data-race";
  return definition;
}

Definition promised(Definition definition, std::vector<std::string> outcomes, std::uint64_t classes, std::uint64_t failing = 0) {
  definition.outcomes = std::move(outcomes);
  definition.classes = classes;
  definition.failing_classes = failing;
  return definition;
}

// A producer waits, spinning, for those that have begun before it.
Definition spinning(Definition definition) {
  definition.spins = true;
  return definition;
}

// A consumer among several copies a slot before it knows whether the slot is still its to take.
const Definition one_two_ring = ring("1_2", "ck_ring of one place, one producer of four, two consumers", 2, zoo_ring_put_sp_mc,
                                     zoo_ring_get_sp_mc, {.producers = {4}, .consumers = {2, 1}});

const std::vector<std::string> up_to_two_and_one{"0 + 0", "0 + 1", "1 + 0", "1 + 1", "2 + 0", "2 + 1"};

const Scenario rings[] = {
    Scenario(promised(ring("1_1", "ck_ring of one place, one producer of three, one consumer", 2, zoo_ring_put_sp_sc,
                           zoo_ring_get_sp_sc, {.producers = {3}, .consumers = {3}}),
                      {"0", "1", "2", "3"}, 20)),
    Scenario(promised(ring("wide_1_1", "ck_ring of three places, one producer of five, one consumer", 4, zoo_ring_put_sp_sc,
                           zoo_ring_get_sp_sc, {.producers = {5}, .consumers = {5}}),
                      {"0", "1", "2", "3", "4", "5"}, 2112)),
    Scenario(promised(spinning(ring("2_1", "ck_ring of three places, two producers, one consumer", 4, zoo_ring_put_mp_sc,
                                    zoo_ring_get_mp_sc, {.producers = {1, 1}, .consumers = {2}})),
                      {"0", "1", "2"}, 66)),
    Scenario(promised(in_turns(one_two_ring), up_to_two_and_one, 321)),
    Scenario(promised(raced(one_two_ring, "ck_ring copies a slot that the producer may be writing to"), up_to_two_and_one, 307,
                      114)),
};

Definition fifo(Load load) {
  return {.name = "zoo/ck_fifo", .summary = "ck_fifo_spsc, three parcels, with recycled entries", .effort = Effort::search_reduced,
          .body = [=] {
            zoo_fifo* container = zoo_fifo_new();
            client(container, zoo_fifo_put, zoo_fifo_get, load);
            zoo_fifo_delete(container);
          }};
}

Definition fifo_of_many(std::string name, std::string summary, Load load) {
  return {.name = "zoo/ck_fifo_mpmc_" + name, .summary = std::move(summary), .effort = Effort::search_reduced, .body = [=] {
            zoo_fifo_of_many* container = zoo_fifo_of_many_new();
            client(container, zoo_fifo_of_many_put, zoo_fifo_of_many_get, load);
            zoo_fifo_of_many_delete(container);
          }};
}

Definition stack(std::string name, std::string summary, Load load) {
  load.in_order = false;
  return {.name = "zoo/ck_stack_" + name, .summary = std::move(summary), .effort = Effort::search_reduced, .body = [=] {
            zoo_stack* container = zoo_stack_new();
            client(container, zoo_stack_put, zoo_stack_get, load);
            zoo_stack_delete(container);
          }};
}

const Load three{.producers = {3}, .consumers = {3}}, two_one{.producers = {1, 1}, .consumers = {1}},
    one_two{.producers = {2}, .consumers = {1, 1}};

const Definition many_1_1 = fifo_of_many("1_1", "ck_fifo_mpmc, one producer of two, one consumer", {.producers = {2}, .consumers = {2}});

// ck_pr_load_ptr and ck_pr_store_ptr, of the builtins, are no volatile accesses but accesses of a pointer to volatile void
// (gcc/ck_pr.h: `*(volatile void **)target`); and the fifo for two reads an entry without a fence after the pointer to it.
const Scenario lists[] = {
    Scenario(promised(in_turns(fifo(three)), {"0", "1", "2", "3"}, 57)),
    Scenario(promised(raced(fifo(three), "ck_fifo_spsc publishes an entry by a plain store"), {}, 1, 1)),
    Scenario(promised(in_turns(many_1_1), {"0", "1", "2"}, 41)),
    Scenario(promised(in_turns(fifo_of_many("2_1", "ck_fifo_mpmc, two producers, one consumer", two_one)), {"0", "1"}, 438)),
    Scenario(promised(in_turns(fifo_of_many("1_2", "ck_fifo_mpmc, one producer of two, two consumers", one_two)),
                      {"0 + 0", "0 + 1", "1 + 0", "1 + 1"}, 739)),
    Scenario(promised(raced(many_1_1, "ck_fifo_mpmc reads its ends by plain loads"), {}, 1, 1)),
    Scenario(promised(in_turns(stack("2_1", "ck_stack, two threads push, one pops", two_one)), {"0", "1"}, 34)),
    Scenario(promised(in_turns(stack("1_2", "ck_stack, one thread pushes two, two pop", one_two)),
                      {"0 + 0", "0 + 1", "1 + 0", "1 + 1"}, 51)),
    Scenario(promised(raced(stack("1_2", "", one_two), "ck_stack reads its head by a plain load"), {}, 1, 1)),
};

}  // namespace
}  // namespace interleave::scenarios
