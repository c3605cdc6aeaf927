#include "scheduler/api/checker_registry.hpp"
#include "scheduler/stress/stress.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

#include "scheduler/adapters/framework_doors.hpp"
#include "scheduler/api/environment.hpp"
#include "scheduler/api/uncaught.hpp"
#include "scheduler/stress/start_barrier.hpp"
#include "scheduler/stress/stress_watchdog.hpp"
#include "scheduler/support/exception_text.hpp"
#include "scheduler/support/hash.hpp"
#include "scheduler/support/paths.hpp"
#include "scheduler/support/tsan_ignored_mutex.hpp"

namespace interleave {
namespace real {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) { return hashes::mixed(state += hashes::golden); }

std::uint64_t mix(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t state = seed ^ (index * 0xd1342543de82ef95);
  return splitmix64(state);
}

// What a thread knows of itself. No destructor: a thread may call us from the destructors of its other thread-locals.
struct Self {
  std::uint64_t run = 0;     // the run that `random` belongs to
  std::uint64_t random = 0;  // state of the generator behind choose()
  std::uint64_t number = 0;  // in order of appearance, 1 for the first
  char          name[32] = "";
  bool          unwinds = false;
};

thread_local constinit Self self;

// ---- the run under way ----------------------------------------------------------------------------------------------

std::atomic<std::uint64_t> current_run{0};  // 0: none; never the same number twice
std::atomic<std::uint64_t> run_seed{0};
std::atomic<std::uint64_t> threads_seen{0};  // since the process started

constinit TsanIgnoredMutex record_mutex;

// Guarded by record_mutex.
struct Record {
  std::optional<Failure>     failure;
  std::optional<std::string> outcome;
  std::vector<const Self*>   alive;  // the threads of parallel() that have not ended
  std::size_t                alive_most = 0;
};

// Never destroyed: a detached thread may outlive main.
Record& record() {
  static Record* const instance = new Record;
  return *instance;
}

// Relaxed, as everything here: the numbers must not order threads. A thread of the run has been started after they were set.
std::uint64_t run_now() noexcept { return current_run.load(std::memory_order_relaxed); }

Self& this_thread() noexcept {
  if (self.number == 0) self.number = threads_seen.fetch_add(1, std::memory_order_relaxed) + 1;
  return self;
}

std::string label(const Self& thread) {
  return *thread.name != '\0' ? std::string(thread.name) : "thread " + std::to_string(thread.number);
}

std::string place(SourceLocation where) { return std::string(where.file) + ":" + std::to_string(where.line); }

void set_failure(std::string_view kind, std::string_view message, SourceLocation where) {
  const Self& thread = this_thread();
  const std::lock_guard unseen(record_mutex);
  if (record().failure) return;
  Failure failure;
  failure.kind = kind;
  failure.message = message;
  failure.seed = run_seed.load(std::memory_order_relaxed);
  failure.strategy = "real threads";
  ThreadState state;
  state.name = label(thread);
  state.state = "ready";
  if (*where.file != '\0') state.location = place(where);
  failure.threads.push_back(std::move(state));
  record().failure = std::move(failure);
}

// ---- parallel ---------------------------------------------------------------------------------------------------------

// The calling thread as one of parallel()'s, for as long as it lives.
class Alive {
 public:
  Alive() {
    const Self* me = &this_thread();
    const std::lock_guard unseen(record_mutex);
    auto& alive = record().alive;
    alive.push_back(me);
    record().alive_most = std::max(record().alive_most, alive.size());
  }
  ~Alive() {
    const std::lock_guard unseen(record_mutex);
    std::erase(record().alive, &self);
  }
  Alive(const Alive&) = delete;
  Alive& operator=(const Alive&) = delete;
};

// ---- one run ----------------------------------------------------------------------------------------------------------

std::uint64_t fresh_seed() {
  std::random_device device;
  const std::uint64_t high = device();
  return std::max<std::uint64_t>(1, (high << 32) | device());
}

// One run of the body by the calling thread. What it recorded is in record() afterwards.
void run_once(const std::function<void()>& body, std::uint64_t seed) {
  static std::uint64_t runs = 0;
  {
    const std::lock_guard unseen(record_mutex);
    record().failure.reset();
    record().outcome.reset();
  }
  run_seed.store(seed, std::memory_order_relaxed);
  current_run.store(++runs, std::memory_order_relaxed);
  Self& me = this_thread();
  me.run = runs;
  me.random = seed;
  me.unwinds = true;
  try {
    body();
  } catch (...) {
    set_failure("exception", current_exception_text() + " escaped the body", {});
  }
  me.unwinds = false;
  *me.name = '\0';
  current_run.store(0, std::memory_order_relaxed);
}

// For the watchdog, whose thread calls it.
Watchdog::Standing who_has_not_ended() {
  Watchdog::Standing standing{.seed = run_seed.load(std::memory_order_relaxed), .threads = {}};
  const std::lock_guard unseen(record_mutex);
  for (const Self* thread : record().alive) standing.threads.push_back(label(*thread));
  return standing;
}

// What was asked of this very process, or of nobody but the model, and what real threads cannot give. (A strategy that the program names
// for the model's sake is no reason to speak.)
void say_what_is_not_heeded(const Options& options) {
  const auto say = [&](const std::string& what) { std::fprintf(stderr, "interleave: %s  on real threads %s\n", options.name.c_str(), what.c_str()); };
  for (const char* variable : {"INTERLEAVE_STRATEGY", "INTERLEAVE_SCHEDULE"}) {
    const char* text = std::getenv(variable);
    if (text != nullptr && *text != '\0') say(std::string("there is no meaning to ") + variable + "=" + text + "; going on without");
  }
  if (const char* file = std::getenv("INTERLEAVE_SUPPRESSIONS"); file != nullptr && *file != '\0')
    say(std::string("it is ThreadSanitizer that finds races and reads suppressions: TSAN_OPTIONS=suppressions=") + file + " instead of INTERLEAVE_SUPPRESSIONS");
  if (!options.observers.empty())
    say("there are no steps to watch: observers (" + std::to_string(options.observers.size()) + ") are not called, and object to nothing");
  if (hooks::Checker::watching_steps(options.checks) > 0)
    say("there are no steps to watch: checks=" + options.checks + " is without effect");
}

}  // namespace

bool in_run() noexcept { return run_now() != 0; }

bool may_unwind() noexcept { return self.unwinds; }

std::uint64_t thread_key() noexcept { return this_thread().number; }

std::string thread_label() { return label(this_thread()); }

// Without the folder: a schedule fits the same test in another checkout.
std::string default_name(SourceLocation where) {
  const std::string full = place(where);
  return std::string(base_name(full));
}

void fail(std::string_view kind, std::string_view message, SourceLocation where) {
  if (in_run()) return set_failure(kind, message, where);
  Report report;
  report.verdict = Verdict::fail;
  report.failing = 1;
  report.strategy = "real threads";
  report.failure = Failure{.kind = std::string(kind), .message = std::string(message), .schedule = {}, .seed = 0,
                           .strategy = report.strategy, .step = 0, .threads = {}, .trace = {}};
  const std::string text =
      std::string(kind) + " failed outside a run at " + place(where) + (message.empty() ? "" : ": ") + std::string(message);
  watch_uncaught();
  was_printed(text);
  std::fprintf(stderr, "%s\n", text.c_str());
  throw Failed(text, std::move(report));
}

void require(bool holds, std::string_view message, SourceLocation where) {
  if (!holds) fail("require", message, where);
}

std::size_t choose(std::size_t n) {
  assert(n > 0);
  Self& me = this_thread();
  if (const std::uint64_t run = run_now(); me.run != run) {  // a thread that the body started by itself
    me.run = run;
    me.random = mix(run_seed.load(std::memory_order_relaxed), me.number);
  }
  // 2^64 is not a multiple of n; the bias of n/2^64 does not matter here.
  return static_cast<std::size_t>(splitmix64(me.random) % n);
}

void outcome(std::string_view value) {
  const std::lock_guard unseen(record_mutex);
  record().outcome = std::string(value);
}

void name_thread(std::string_view name) {
  Self& me = this_thread();
  {
    const std::lock_guard unseen(record_mutex);
    const std::size_t length = std::min(name.size(), sizeof me.name - 1);
    std::memcpy(me.name, name.data(), length);
    me.name[length] = '\0';
  }
  // For debuggers and ThreadSanitizer's reports. The main thread's name is the process's and stays.
  if (::getpid() != ::gettid()) pthread_setname_np(pthread_self(), std::string(name.substr(0, 15)).c_str());
}

void parallel(const std::vector<std::function<void()>>& bodies) {
  const std::uint64_t run = run_now();
  const std::uint64_t seed = splitmix64(this_thread().random);
  std::vector<std::exception_ptr> thrown(bodies.size());
  std::vector<std::thread> threads;
  threads.reserve(bodies.size());
  StartBarrier start_barrier;
  try {
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      threads.emplace_back([&, i] {
        const Alive alive;
        self.run = run;
        self.random = mix(seed, i);
        self.unwinds = true;
        if (!start_barrier.pass()) return;
        stagger(mix(~seed, i));
        try {
          bodies[i]();
        } catch (const abi::__forced_unwind&) {  // pthread_exit
          throw;
        } catch (...) {
          if (run != 0) {
            set_failure("exception", current_exception_text() + " escaped a body of parallel", {});
          } else {
            thrown[i] = std::current_exception();
          }
        }
      });
    }
  } catch (...) {  // no more threads to be had
    start_barrier.release(StartBarrier::cancelled, static_cast<std::uint32_t>(threads.size()));
    for (auto& thread : threads) thread.join();
    throw;
  }
  start_barrier.release(StartBarrier::open, static_cast<std::uint32_t>(threads.size()));
  for (auto& thread : threads) thread.join();
  for (const auto& exception : thrown) {
    if (exception) std::rethrow_exception(exception);
  }
}

std::string describe(const Report& report, std::string_view name) {
  const Failure& failure = report.failure.value();
  const std::string seed = std::to_string(failure.seed);
  std::string text = "FAILED  " + std::string(name) + "   " + failure.kind + " in run " + std::to_string(report.executions) +
                     "   [real threads, seed " + seed + "]\n";
  for (const ThreadState& thread : failure.threads) {
    text += "  " + thread.name + "  " + thread.location + (thread.location.empty() ? "" : "  ") + failure.message + "\n";
  }
  text += "  replay   INTERLEAVE_SEED=" + seed + " INTERLEAVE_EXECUTIONS=1 repeats the values of choose, not the schedule; an\n"
          "           exploration of the same body does: link it with interleave::model\n";
  return text;
}

}  // namespace real

Report stress(std::function<void()> body, Options options, SourceLocation where) {
  if (real::in_run()) throw UsageError("stress inside a run on real threads: run one after the other");
  if (!body) throw UsageError("there is nothing to run: the body is an empty std::function; give it a function to call");
  options = with_environment(std::move(options));
  if (options.name.empty()) options.name = real::default_name(where);
  if (options.executions_max == 0 && options.time_max.count() == 0) options.executions_max = 1000;

  Report report;
  report.strategy = "real threads";
  report.seed = options.seed;
  if (report.seed == 0) {
    report.seed = real::fresh_seed();
    std::fprintf(stderr, "interleave: %s  real threads  seed %llu\n", options.name.c_str(), static_cast<unsigned long long>(report.seed));
  }
  real::say_what_is_not_heeded(options);
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start); };
  const auto over = [&] {
    return (options.executions_max != 0 && report.executions >= options.executions_max) ||
           (options.time_max.count() != 0 && report.executions > 0 && elapsed() >= options.time_max) ||
           (options.stop_at_first_failure && report.failing != 0);
  };

  {
    const std::lock_guard unseen(real::record_mutex);
    real::record().alive_most = real::record().alive.size();  // those that an earlier body has left behind are still there
  }
  const doors::RunOfFrameworks frameworks;
  real::Watchdog watchdog(options.name, options.executions_max, real::who_has_not_ended);
  for (std::uint64_t run = 0; !over(); ++run) {
    watchdog.begin_run(run);
    hooks::BeforeExecution::call_all();
    real::run_once(body, run == 0 ? report.seed : real::mix(report.seed, run));
    ++report.executions;
    const std::lock_guard unseen(real::record_mutex);
    real::Record& record = real::record();
    if (record.outcome) ++report.outcomes[*record.outcome];
    if (record.failure) {
      ++report.failing;
      if (!report.failure) report.failure = record.failure;
    }
    report.threads_most = record.alive_most + 1;
  }
  report.verdict = report.failing == 0 ? Verdict::pass : Verdict::fail;
  report.seconds = elapsed().count();
  return report;
}

}  // namespace interleave
