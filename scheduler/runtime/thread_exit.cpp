// What is made ready when its thread ends: promise::set_value_at_thread_exit and its kin. libstdc++ does that from inside, by an
// atomic store that no hook sees and a futex wake that one does. The door notes what is going to be stored to; the end of the
// thread then makes of each store a step that releases, as the real one does, before libstdc++ carries it out. (Of several such
// states of one thread, all are announced before the first becomes ready.)
#include "scheduler/execution/at_thread_exit.hpp"
#include "scheduler/runtime/door.hpp"

namespace interleave::engine {
namespace {

// As libstdc++ lays out a _Make_ready: an element of its list, then a weak_ptr to the shared state.
struct MakeReady {
  void* next;
  void (*call)(void*);
  const char* state;
  const struct Counts {
    void* table;
    int shared, weak;
  }* counts;
};
constexpr std::ptrdiff_t status = 16;  // of a shared state, behind its table and its result

const OperationType ready_type{.name = "ready at thread exit", .access = Access::write, .noun = "atomic", .does = OperationClass::writes};

// Makes ready the futures that were set by set_value_at_thread_exit.
void announce_delayed_results(Execution& run, Thread& me) {
  if (me.id == 0) return;
  while (!me.extras().delayed.empty()) {
    const auto& delayed = *static_cast<const MakeReady*>(me.extras().delayed.back());
    me.extras().delayed.pop_back();
    if (delayed.counts == nullptr || delayed.counts->shared == 0) continue;  // nobody is left to look
    const void* place = delayed.state + status;
    run.step({.type = &ready_type, .object = place, .size = sizeof(unsigned)});
    if (shadow != nullptr) shadow->atomic(me.id, reinterpret_cast<std::uintptr_t>(place), sizeof(unsigned), __ATOMIC_RELEASE, false, true);
  }
}

const AtThreadExit at_exit(AtThreadExit::Phase::results, &announce_delayed_results);

}  // namespace
}  // namespace interleave::engine

using namespace interleave::engine;

extern "C" {

void interleave_make_ready(void* delayed) __asm__("_ZNSt13__future_base13_State_baseV211_Make_ready6_M_setEv")
    __attribute__((visibility("default")));

void interleave_make_ready(void* delayed) {
  static auto* const real = reinterpret_cast<void (*)(void*)>(next_definition("_ZNSt13__future_base13_State_baseV211_Make_ready6_M_setEv"));
  {
    Model model;
    if (model) model->self().extras().delayed.push_back(delayed);
  }
  real(delayed);
}

}  // extern "C"
