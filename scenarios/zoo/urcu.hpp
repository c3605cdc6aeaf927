// The client of liburcu's wait-free queue (cds_wfcq). Included once with the library's portable operations as they are
// (urcu_race.cpp), and once with stronger ones (urcu.cpp).
//
// The library's operations for x86 are inline assembly, which no instrumentation sees. Those for the machine that it calls "tile"
// are the compiler's builtins and nothing else: they are chosen here, by the macro by which the library's own headers choose.
#pragma once

#include <pthread.h>

#define _LGPL_SOURCE  // the queue's code is compiled into the client
#define _URCU_ARCH_H
#define URCU_ARCH_TILE 1
#include <urcu/arch/tile.h>
#include <urcu/uatomic.h>

// What the library's source says of its operations, in the words of the C++ memory model: a read-modify-write is a full barrier on
// both sides; what depends on a value that CMM_LOAD_SHARED read comes after it (a consume load, which compilers make acquire); and
// who read what CMM_STORE_SHARED stored may write there plainly.
#ifdef ZOO_URCU_FULL_BARRIERS
#undef CMM_LOAD_SHARED
#define CMM_LOAD_SHARED(place) __atomic_load_n(&(place), __ATOMIC_CONSUME)
#undef CMM_STORE_SHARED
#define CMM_STORE_SHARED(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELEASE)
#undef uatomic_cmpxchg
#define uatomic_cmpxchg(address, before, after)                                                                  \
  __extension__({                                                                                                \
    __typeof__(*(address)) seen_ = (before);                                                                     \
    __atomic_thread_fence(__ATOMIC_SEQ_CST);                                                                     \
    __atomic_compare_exchange_n((address), &seen_, (after), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);          \
    __atomic_thread_fence(__ATOMIC_SEQ_CST);                                                                     \
    seen_;                                                                                                       \
  })
#undef uatomic_xchg
#define uatomic_xchg(address, after)                                                                             \
  __extension__({                                                                                                \
    __atomic_thread_fence(__ATOMIC_SEQ_CST);                                                                     \
    __typeof__(*(address)) seen_ = __atomic_exchange_n((address), (after), __ATOMIC_SEQ_CST);                    \
    __atomic_thread_fence(__ATOMIC_SEQ_CST);                                                                     \
    seen_;                                                                                                       \
  })
#endif

#include <urcu/wfcqueue.h>

#include <interleave/scenarios/scenario.hpp>
#include <interleave/scenarios/zoo/client.hpp>

namespace interleave::scenarios {
namespace {

// A node of the queue that carries a parcel.
struct Node {
  cds_wfcq_node link{};  // first: the queue knows nodes by it
  zoo::Parcel* parcel = nullptr;
};

// Enqueueing waits for nobody. A dequeue that would have to wait for an enqueuer that has not finished finds nothing instead.
void urcu_client(const zoo::Load& load) {
  __cds_wfcq_head head{};
  cds_wfcq_tail tail{};
  __cds_wfcq_init(&head, &tail);
  zoo::hand_over(
      load,
      [&] {
        return [&](zoo::Parcel* parcel) {
          Node* node = new Node;
          cds_wfcq_node_init(&node->link);
          node->parcel = parcel;
          cds_wfcq_enqueue(__cds_wfcq_head_cast(&head), &tail, &node->link);
          return true;
        };
      },
      [&] {
        return [&]() -> zoo::Parcel* {
          cds_wfcq_node* link = __cds_wfcq_dequeue_nonblocking(__cds_wfcq_head_cast(&head), &tail);
          if (link == nullptr || link == CDS_WFCQ_WOULDBLOCK) return nullptr;
          Node* node = reinterpret_cast<Node*>(link);
          zoo::Parcel* parcel = node->parcel;
          delete node;  // may be freed at once, says the library
          return parcel;
        };
      });
}

}  // namespace
}  // namespace interleave::scenarios
