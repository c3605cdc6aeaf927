// The life of a thread within an execution: created, started, woken, ended; and parallel().
#include "scheduler/execution/execution.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "scheduler/execution/at_thread_exit.hpp"
#include "scheduler/fibers/tls_block.hpp"
#include "scheduler/memory/memory.hpp"
#include "scheduler/races/shadow.hpp"
#include "scheduler/support/exception_text.hpp"

namespace interleave::engine {

Thread& Execution::new_thread() {
  if (thread_count_ == threads_.size()) {
    threads_.push_back(std::make_unique<Thread>(static_cast<std::uint32_t>(thread_count_)));
    Thread& added = *threads_.back();
    memory->give_stack(added, thread_count_);
    added.fiber.prepare(memory->stack(thread_count_), memory->stack_size(), &thread_main, &added);
  }
  Thread& thread = *threads_[thread_count_++];
  thread.begin();
  if (running_ != nullptr) {
    thread.handle = running_->next_handle();
    ++running_->started;
  }
  if (running_ != nullptr && running_->has_extras()) thread.extras().attributes = running_->extras().attributes.inherited();
  candidates_.add(thread);
  return thread;
}

Thread* Execution::known_by(std::uint64_t handle) {
  // Handles of the first thread's children are numbers, so in most programs the thread is found without a search.
  if (handle - 1 < thread_count_ && threads_[handle - 1]->handle == handle) return threads_[handle - 1].get();
  for (std::size_t id = 0; id < thread_count_; ++id)
    if (threads_[id]->handle == handle) return threads_[id].get();
  return nullptr;
}

// `kernel_id` 0 means the calling thread.
Thread* Execution::of_kernel_id(std::int32_t kernel_id) {
  if (kernel_id == 0) return running_;
  for (std::size_t id = 0; id < thread_count_; ++id)
    if (threads_[id]->kernel_id() == kernel_id) return threads_[id].get();
  return nullptr;
}

void Execution::prepare(Thread& thread) {
  if (options_.stack_cleared != 0) [[unlikely]] clear_stack(thread);
  thread.fiber.make_ready(blocks_ ? tls_blocks::fresh(thread.id) : 0);
}

// Runs the destructors of thread_local variables, the last one first, as modelled code. A destructor may register more.
void Execution::destroy_thread_locals(Thread& thread) {
  while (!thread.extras().destructors.empty()) {
    const ThreadExtras::Destructor last = thread.extras().destructors.back();
    {
      const EngineScope engine;
      thread.extras().destructors.pop_back();
    }
    last.function(last.object);
  }
  {
    const EngineScope engine;
    AtThreadExit::call_all(AtThreadExit::Phase::results, *current, thread);
  }
  AtThreadExit::call_all(AtThreadExit::Phase::values, *current, thread);
}

Fiber& Execution::thread_main(void* argument) {
  Thread& thread = *static_cast<Thread*>(argument);
  Execution& run = *current;
  thread.stack_high = static_cast<const std::uintptr_t*>(__builtin_frame_address(0));
  void* result = nullptr;
  // An execution that was abandoned inside a handler leaves its exception behind in the thread's block.
  if (run.blocks_) std::memset(static_cast<void*>(abi::__cxa_get_globals()), 0, sizeof(OsThread::ExceptionGlobals));
  try {
    mode = Mode::modelled;
    if (thread.body != nullptr) {
      (*thread.body)();
    } else {
      result = thread.start(thread.argument);
    }
    if (thread.has_extras()) destroy_thread_locals(thread);
    mode = Mode::outside;
    if (thread.has_extras() && thread.id != 0) AtThreadExit::call_all(AtThreadExit::Phase::locks, run, thread);
  } catch (const abi::__forced_unwind&) {  // pthread_exit
    if (thread.has_extras()) destroy_thread_locals(thread);
    mode = Mode::outside;
    if (thread.has_extras()) AtThreadExit::call_all(AtThreadExit::Phase::locks, run, thread);
    thread.fiber.leave_to(run.finish_thread(thread.result).fiber);  // never out of the handler
  } catch (...) {
    mode = Mode::outside;
    run.fail("exception", fmt::format("uncaught {}", current_exception_text()));
  }
  return run.finish_thread(result).fiber;
}

// Lets a new thread run to its first announcement.
__attribute__((always_inline)) inline void Execution::launch(Thread& thread) {
  if (states_ != nullptr) states_->beyond();
  prepare(thread);
  thread.resumer = running_;
  Thread& from = *running_;
  runs(thread);
  from.fiber.start(thread.fiber);
}

std::string Execution::too_many_threads() const {
  return fmt::format("more than {} threads in one execution: there is room for no more stacks of {} KiB (INTERLEAVE_STACK_KB makes them smaller, "
                     "4,096 threads are the most)", memory->stacks_max(), memory->stack_size() / 1024);
}

Thread* Execution::spawn(void* (*start)(void*), void* argument, const std::function<void()>* body) {
  if (thread_count_ == memory->stacks_max()) return nullptr;
  Thread& thread = new_thread();
  thread.start = start;
  thread.argument = argument;
  thread.body = body;
  thread.now = running_->now;
  if (listeners_.strategy() != nullptr) listeners_.strategy()->created(running_->id, thread.id, false);
  if (shadow != nullptr) shadow->created(running_->id, thread.id);
  launch(thread);
  return &thread;
}

void Execution::advance(Thread& thread) {
  assert(thread.resumer == nullptr && &thread != running_);
  thread.resumer = running_;
  switch_to(thread);
}

void Execution::wake(Thread& thread) {
  thread.woken = true;
  candidates_.changed();
  if (states_ != nullptr) states_->beyond();
  time_.settle(*running_);
  VirtualTime::pass_on(*running_, thread);
  StepListener* const listener = listeners_.strategy();
  if (listener == nullptr) return;
  // Whether it could have gone on without us: asked before the state changes.
  if (thread.pending.type->candidates(*this, thread) > 0) listener->disabled(thread.id);
  listener->ordered(running_->id, thread.id);
}

void Execution::wake(Thread& thread, const Operation& operation) {
  wake(thread);
  thread.timed = false;
  thread.pending = operation;
  if (listeners_.strategy() != nullptr) listeners_.strategy()->announced(thread.id, thread.pending);
}

void Execution::parallel(const std::vector<std::function<void()>>& bodies) {
  Thread& me = *running_;
  time_.settle(me);
  me.polling = false;
  if (listeners_.watching()) report_step();  // it may be the one that created this thread, and comes before what it creates
  if (states_ != nullptr) hash_step(nullptr, false);
  me.group_left = static_cast<std::uint32_t>(bodies.size()) + 1;  // one for ourselves: no early wake-up while starting
  const std::size_t first = thread_count_;
  static constexpr OperationType wait{.name = "parallel", .waits = true, .candidates = [](const Execution&, const Thread&) {
                                        return std::uint32_t{0};
                                      }, .does = OperationClass::joins_all};
  if (!listeners_.none()) [[unlikely]] {  // it stands here, also while its bodies run to their first steps
    me.pending = {.type = &wait};
    listeners_.each([&](ExecutionListener& listener) { listener.announced(*this, me); });
  }
  for (const auto& body : bodies) {
    if (thread_count_ == memory->stacks_max())
      fail("unsupported", too_many_threads());
    Thread& thread = new_thread();
    thread.body = &body;
    thread.group = &me;
    thread.now = me.now;
    if (listeners_.strategy() != nullptr) listeners_.strategy()->created(me.id, thread.id, true);
    if (shadow != nullptr) shadow->created(me.id, thread.id);
    launch(thread);
  }
  if (--me.group_left > 0) {
    me.pending = {.type = &wait};
    candidates_.dismiss(me);
    Thread* back = std::exchange(me.resumer, nullptr);
    switch_to(back != nullptr ? *back : choose_next());
    candidates_.admit(me);
  }
  if (shadow == nullptr) return;
  for (std::size_t id = first; id < thread_count_; ++id)
    if (threads_[id]->group == &me) shadow->joined(me.id, static_cast<std::uint32_t>(id));
}

// The running thread has ended with `result`. Returns the thread that runs next.
Thread& Execution::finish_thread(void* result) {
  Thread& me = *running_;
  mode = Mode::outside;
  if (listeners_.watching()) [[unlikely]] report_step();
  time_.settle(me);
  if (me.group != nullptr) VirtualTime::pass_on(me, *me.group);
  me.result = result;
  if (states_ != nullptr) hash_step(nullptr, true);
  me.finished = true;
  if (listeners_.strategy() != nullptr) listeners_.strategy()->finished(me.id);
  return go_on_without(me);
}

// The running thread `me` stops for good. Returns the thread that runs next.
Thread& Execution::go_on_without(Thread& me) {
  if (me.group != nullptr) ordered(me, *me.group);  // also if it has failed: its starter goes on all the same
  candidates_.dismiss(me);
  Thread* back = std::exchange(me.resumer, nullptr);
  Thread* next = back;
  if (me.group != nullptr && --me.group->group_left == 0) {  // the last of a parallel(): its starter goes on at once
    next = me.group;
    next->resumer = back;
  }
  if (next == nullptr) next = &choose_next();
  runs(*next);
  return *next;
}

}  // namespace interleave::engine
