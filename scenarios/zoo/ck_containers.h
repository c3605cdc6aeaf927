// Concurrency Kit's containers behind functions that C++ can call: its headers are C. All hold pointers.
#pragma once

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// A ring of `size` slots, a power of two, one of which stays empty. Each pair of functions is for as many producers and
// consumers as its name says (s: one, m: many); a get that finds nothing returns null.
struct zoo_ring;
struct zoo_ring* zoo_ring_new(unsigned size);
void zoo_ring_delete(struct zoo_ring*);
bool zoo_ring_put_sp_sc(struct zoo_ring*, void*);
void* zoo_ring_get_sp_sc(struct zoo_ring*);
bool zoo_ring_put_sp_mc(struct zoo_ring*, void*);
void* zoo_ring_get_sp_mc(struct zoo_ring*);
bool zoo_ring_put_mp_sc(struct zoo_ring*, void*);
void* zoo_ring_get_mp_sc(struct zoo_ring*);

// A list for one producer and one consumer.
struct zoo_fifo;
struct zoo_fifo* zoo_fifo_new(void);
void zoo_fifo_delete(struct zoo_fifo*);
bool zoo_fifo_put(struct zoo_fifo*, void*);
void* zoo_fifo_get(struct zoo_fifo*);

// A list for many of both.
struct zoo_fifo_of_many;
struct zoo_fifo_of_many* zoo_fifo_of_many_new(void);
void zoo_fifo_of_many_delete(struct zoo_fifo_of_many*);
bool zoo_fifo_of_many_put(struct zoo_fifo_of_many*, void*);
void* zoo_fifo_of_many_get(struct zoo_fifo_of_many*);

// A stack of links to parcels. Pushing and popping by compare-exchange.
struct zoo_stack;
struct zoo_stack* zoo_stack_new(void);
void zoo_stack_delete(struct zoo_stack*);
bool zoo_stack_put(struct zoo_stack*, void*);
void* zoo_stack_get(struct zoo_stack*);

#ifdef __cplusplus
}
#endif
