// Two choices that Concurrency Kit leaves to whoever includes it: operations by the compiler's builtins instead of inline assembly,
// which no instrumentation sees; and every fence that the algorithm needs on a machine without order of its own (the package's
// default is x86's, where most are nothing, and C knows nothing of x86's order).
//
// Among its builtins there is none for the compare-exchange of two pointers that the fifo for many needs; with that, too, from the
// compiler, it is the library's as it is.
#define CK_USE_CC_BUILTINS 1
#define CK_MD_RMO 1

#include <interleave/scenarios/zoo/ck_containers.h>

#include <ck_pr.h>
#define CK_F_PR_CAS_PTR_2
#ifdef __clang__
#pragma clang diagnostic ignored "-Watomic-alignment"  // that it is a call of the library's is what is wanted
#endif
__extension__ typedef unsigned __int128 zoo_two_pointers;
static inline bool ck_pr_cas_ptr_2(void* target, void* compare, void* set) {
  zoo_two_pointers expected = *(zoo_two_pointers*)compare;
  return __atomic_compare_exchange_n((zoo_two_pointers*)target, &expected, *(zoo_two_pointers*)set, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST);
}

#include <ck_fifo.h>
#include <ck_ring.h>
#include <ck_stack.h>
#include <stdlib.h>

// ---- ring -----------------------------------------------------------------------------------------------------------------

struct zoo_ring {
  ck_ring_t ring;
  ck_ring_buffer_t slots[8];
};

struct zoo_ring* zoo_ring_new(unsigned size) {
  struct zoo_ring* r = malloc(sizeof *r);
  ck_ring_init(&r->ring, size);
  return r;
}
void zoo_ring_delete(struct zoo_ring* r) { free(r); }

#define ZOO_RING(ends, variant)                                                                                 \
  bool zoo_ring_put_##ends(struct zoo_ring* r, void* p) { return ck_ring_enqueue_##variant(&r->ring, r->slots, p); } \
  void* zoo_ring_get_##ends(struct zoo_ring* r) {                                                               \
    void* p = NULL;                                                                                             \
    return ck_ring_dequeue_##variant(&r->ring, r->slots, &p) ? p : NULL;                                        \
  }
ZOO_RING(sp_sc, spsc)
ZOO_RING(sp_mc, spmc)
ZOO_RING(mp_sc, mpsc)

// ---- fifo -----------------------------------------------------------------------------------------------------------------

struct zoo_fifo {
  ck_fifo_spsc_t fifo;
  ck_fifo_spsc_entry_t stub;
};

struct zoo_fifo* zoo_fifo_new(void) {
  struct zoo_fifo* f = malloc(sizeof *f);
  ck_fifo_spsc_init(&f->fifo, &f->stub);
  return f;
}

void zoo_fifo_delete(struct zoo_fifo* f) {
  ck_fifo_spsc_entry_t* entry;
  ck_fifo_spsc_deinit(&f->fifo, &entry);
  while (entry != NULL) {
    ck_fifo_spsc_entry_t* next = entry->next;
    if (entry != &f->stub) free(entry);
    entry = next;
  }
  free(f);
}

bool zoo_fifo_put(struct zoo_fifo* f, void* p) {
  ck_fifo_spsc_entry_t* entry = ck_fifo_spsc_recycle(&f->fifo);
  if (entry == NULL) entry = malloc(sizeof *entry);
  ck_fifo_spsc_enqueue(&f->fifo, entry, p);
  return true;
}

void* zoo_fifo_get(struct zoo_fifo* f) {
  void* p = NULL;
  return ck_fifo_spsc_dequeue(&f->fifo, &p) ? p : NULL;
}

// ---- fifo for many --------------------------------------------------------------------------------------------------------

struct zoo_fifo_of_many {
  ck_fifo_mpmc_t fifo;
  ck_fifo_mpmc_entry_t stub;
};

struct zoo_fifo_of_many* zoo_fifo_of_many_new(void) {
  struct zoo_fifo_of_many* f = aligned_alloc(64, (sizeof *f + 63) / 64 * 64);
  ck_fifo_mpmc_init(&f->fifo, &f->stub);
  return f;
}
void zoo_fifo_of_many_delete(struct zoo_fifo_of_many* f) { free(f); }

bool zoo_fifo_of_many_put(struct zoo_fifo_of_many* f, void* p) {
  ck_fifo_mpmc_enqueue(&f->fifo, aligned_alloc(16, sizeof(ck_fifo_mpmc_entry_t)), p);
  return true;
}

// The entry is leaked: another thread may still read it, and reclamation is none of the fifo's business.
void* zoo_fifo_of_many_get(struct zoo_fifo_of_many* f) {
  void* p = NULL;
  ck_fifo_mpmc_entry_t* garbage;
  return ck_fifo_mpmc_dequeue(&f->fifo, &p, &garbage) ? p : NULL;
}

// ---- stack ----------------------------------------------------------------------------------------------------------------

struct zoo_link {
  ck_stack_entry_t entry;
  void* parcel;
  struct zoo_link* next;  // of all links
};

struct zoo_stack {
  ck_stack_t stack;
};

struct zoo_stack* zoo_stack_new(void) {
  struct zoo_stack* s = malloc(sizeof *s);
  ck_stack_init(&s->stack);
  return s;
}
void zoo_stack_delete(struct zoo_stack* s) { free(s); }

bool zoo_stack_put(struct zoo_stack* s, void* p) {
  struct zoo_link* link = malloc(sizeof *link);
  link->parcel = p;
  ck_stack_push_upmc(&s->stack, &link->entry);
  return true;
}

// The link is leaked: another consumer may still read it, and reclamation is none of the stack's business.
void* zoo_stack_get(struct zoo_stack* s) {
  ck_stack_entry_t* entry = ck_stack_pop_upmc(&s->stack);
  return entry == NULL ? NULL : ((struct zoo_link*)entry)->parcel;
}
