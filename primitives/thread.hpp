// Thread: Python's threading.Thread on POSIX threads.
//
// Started by pthread_create and joined by pthread_join, so that a debugger, ThreadSanitizer and the model see a thread and
// not a protocol. (Python 2.6 builds both from an Event and a Condition, which is instructive and costs every program that
// starts a thread some twenty operations.)
//
// POSIX lets a thread be joined once; Python lets anybody join, any number of times. So joiners take joining_ first, and
// only the first of them calls pthread_join. A daemon is detached, for which there is no pthread_join: it releases `done`
// when it ends, and joiners wait for that.
#pragma once

#include <errno.h>
#include <pthread.h>

#include <atomic>
#include <cstdio>
#include <cxxabi.h>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <interleave/primitives/guard.hpp>
#include <interleave/primitives/lock.hpp>

namespace interleave {

// `start`, the setters and the destructor are for one thread at a time; the rest may be called by any thread that knows the
// object, including the new one.
class Thread {
 public:
  // A thread that will run `body`. Without a name it is called "Thread": numbering them would take a counter that all
  // threads of the process share.
  explicit Thread(std::function<void()> body) : Thread("Thread", std::move(body)) {}
  Thread(std::string name, std::function<void()> body)
      : name_(std::move(name)), run_(std::make_shared<Run>(std::move(body))) {}
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  // Joins the thread if it runs and is no daemon, as Python does at its exit. A daemon lives on, with what its body refers to.
  ~Thread() {
    if (ident() && !daemon_) join();
  }

  // Runs the body in a new thread. Throws RuntimeError if called before, ThreadError if the system has no thread to give;
  // start may be tried again then. An exception that leaves the body ends that thread only and is reported on stderr.
  void start() {
    if (std::exchange(started_, true)) throw RuntimeError("threads can only be started once");
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, daemon_ ? PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE);
    // Only a daemon can outlive this object, so only a daemon needs a share of the run.
    auto child = std::make_unique<Child>(Child{run_.get(), daemon_ ? run_ : nullptr, name_});
    pthread_t handle{};
    const int error = pthread_create(&handle, &attributes, &Thread::enter, child.get());
    pthread_attr_destroy(&attributes);
    if (error != 0) {
      started_ = false;
      throw ThreadError("can't start new thread");
    }
    child.release();
    run_->ident.store(static_cast<Ident>(handle), std::memory_order_release);
  }

  // Waits until the thread has ended, or for `timeout` (zero or less: not at all); ask is_alive which it was. What the thread
  // did is visible after it has ended. Any number of threads may join, any number of times.
  // Throws RuntimeError if the thread has not been started or is the caller.
  void join(Timeout timeout = std::nullopt) {
    const std::optional<Ident> other = ident();
    if (!other) throw RuntimeError("cannot join thread before it is started");
    // An equal identity may also be a leftover of the ended thread's, given to the caller anew.
    if (*other == get_ident() && is_alive()) throw RuntimeError("cannot join current thread");
    detail::check_range(timeout);
    timeout = not_negative(timeout);
    const Deadline deadline{timeout};
    if (!joining_.acquire(true, timeout)) return;
    const Joining joining{joining_};
    if (joined_) return;
    joined_ = daemon_ ? join_daemon(deadline) : join_native(static_cast<pthread_t>(*other), deadline);
  }

  // True from start until the body has ended.
  bool is_alive() const { return ident() && !run_->finished.load(std::memory_order_acquire); }

  // None until start.
  std::optional<Ident> ident() const {
    const Ident ident = run_->ident.load(std::memory_order_acquire);
    return ident == nobody ? std::nullopt : std::optional(ident);
  }

  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  // A program may end while daemons still run. Setting it throws RuntimeError once the thread has been started.
  bool daemon() const { return daemon_; }
  void daemon(bool wish) { set_daemon(wish); }
  void set_daemon(bool daemon) {
    if (started_) throw RuntimeError("cannot set daemon status of active thread");
    daemon_ = daemon;
  }

 private:
  // What the new thread works with.
  struct Run {
    explicit Run(std::function<void()> b) : body(std::move(b)) {}

    const std::function<void()> body;
    std::atomic<Ident> ident{nobody};  // stored by both threads, so that either finds it whoever is first
    std::atomic<bool> finished{false};
    Lock done{Lock::Held{}};  // released by a daemon when it ends
  };

  struct Child {
    Run* run;
    std::shared_ptr<Run> share;
    std::string name;
  };

  struct Joining {
    Lock& lock;
    ~Joining() { lock.release(); }
  };

  struct Ending {
    Child& child;
    ~Ending() {
      child.run->finished.store(true, std::memory_order_release);
      if (child.share) child.run->done.release();
    }
  };

  static void* enter(void* argument) {
    const std::unique_ptr<Child> child{static_cast<Child*>(argument)};
    Run& run = *child->run;
    run.ident.store(get_ident(), std::memory_order_release);
    const Ending ending{*child};
    try {
      run.body();
    } catch (const abi::__forced_unwind&) {  // pthread_exit: must not be stopped
      throw;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "Exception in thread %s: %s\n", child->name.c_str(), error.what());
    } catch (...) {
      std::fprintf(stderr, "Exception in thread %s: of a type that is no std::exception\n", child->name.c_str());
    }
    return nullptr;
  }

  static Timeout not_negative(Timeout timeout) {
    return timeout && *timeout < Seconds::zero() ? Timeout(Seconds::zero()) : timeout;
  }

  bool join_daemon(const Deadline& deadline) { return run_->done.acquire(true, not_negative(deadline.remaining())); }

  static bool join_native(pthread_t handle, const Deadline& deadline) {
    const Timeout timeout = not_negative(deadline.remaining());
    int error = 0;
    if (timeout) {
      const timespec end = detail::realtime_after(*timeout);
      error = pthread_timedjoin_np(handle, nullptr, &end);
    } else {
      error = pthread_join(handle, nullptr);
    }
    if (error != 0 && error != ETIMEDOUT) throw ThreadError("cannot join thread: the system refuses");
    return error == 0;
  }

  std::string name_;
  bool daemon_ = false;
  bool started_ = false;
  bool joined_ = false;  // protected by joining_
  Lock joining_;
  const std::shared_ptr<Run> run_;
};

}  // namespace interleave
