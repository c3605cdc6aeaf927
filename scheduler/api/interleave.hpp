// Interleave: explore the interleavings of unmodified multithreaded C++.
//
// A *body* is an ordinary function that starts threads and uses the standard library or POSIX. `explore` runs it again and
// again, each time under another schedule, and reports what it found; `check` does the same inside a test and makes a
// failure the test's failure. Linked with Interleave the threads are fibers and every schedule is reproducible; linked with
// ThreadSanitizer the same object files run on real threads.
//
// Everything here but `explore` and `check` may be called from any thread of a body. Those two are called outside of bodies, by one
// thread at a time: an exploration inside an exploration, or beside one on another thread, is refused (UsageError).
// A Failed that nobody catches ends the process with status 1, a UsageError with 2, unless the program has its own terminate handler.
//
// Needs C++17 and the standard library libstdc++.
#pragma once

#if !defined(__cplusplus) || __cplusplus < 201703L
#error "Interleave's headers need C++17: compile this file with -std=c++17 or later"
#endif

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <type_traits>
#include <vector>

#ifdef _LIBCPP_VERSION
#error "Interleave is built with libstdc++, whose std::string and std::function are not those of libc++: compile and link this program without -stdlib=libc++"
#elif defined(_GLIBCXX_DEBUG) || (defined(__GLIBCXX__) && !_GLIBCXX_USE_CXX11_ABI)
#error "Interleave is built with other containers or strings than this file: compile it without -D_GLIBCXX_DEBUG and with -D_GLIBCXX_USE_CXX11_ABI=1 (_GLIBCXX_ASSERTIONS works)"
#endif

// The library hides everything but this interface.
#pragma GCC visibility push(default)

namespace interleave {

class Observer;  // <interleave/scheduler/observer.hpp>
enum class OperationClass : std::uint8_t;
enum class Hold : std::uint8_t;

// A place in the program's source; as a defaulted argument it is the place of the call.
struct SourceLocation {
  const char* file = "";
  unsigned    line = 0;

  static constexpr SourceLocation current(const char* file = __builtin_FILE(),
                                          unsigned line = __builtin_LINE()) noexcept {
    return {file, line};
  }
};

// How to explore. Most members have a variable of the environment (INTERLEAVE_STRATEGY, INTERLEAVE_SEED, INTERLEAVE_SCHEDULE,
// INTERLEAVE_EXECUTIONS, INTERLEAVE_STEPS, INTERLEAVE_TIME, ...) that wins over the value given here.
struct Options {
  std::string   name = {};                    // default: file:line of the call. A schedule for another name is ignored by this call
  std::string   strategy = "";                // "" = by itself: the search dpor, and where it takes too long the sampler
                                              // auto, saying so; else as on the command line. Not looked at on real threads
  std::uint64_t seed = 0;                     // 0 = a fresh one, printed
  std::string   schedule = {};                // a token: run just that
  std::uint64_t executions_max = 0;           // 0 = no limit
  std::uint64_t steps_max = 100'000;          // per execution; 0 = no limit
  std::chrono::duration<double> time_max{0};  // 0 = no limit
  std::string   races = "fail";               // fail | explore | ignore
  std::string   clock = "any";                // any: a timeout or a sleep may end at any moment | virtual: earliest first
  bool          spurious_wakeups = false;     // condition variables may wake unasked, at most once per call
  bool          interrupts = false;           // blocking sem_* calls may fail with EINTR, at most once per call
  bool          stop_at_first_failure = true;
  std::vector<std::shared_ptr<Observer>> observers = {};  // further checkers; on real threads there are no steps for them,
                                                          // and a line on stderr says that they are not called
  std::string   heap = "fresh";               // fresh: an execution never gets a block twice | reuse: whether it does is a choice
  bool          leaks = false;                // a block that nothing refers to when an execution has ended is a failure
  bool          require_complete = false;     // a pass that is not `complete` is a failure of kind "incomplete"; without
                                              // effect on real threads, where no pass is complete
  std::string   checks = {};                  // checkers to switch on or off, separated by commas: "lock-order", "no-deadlock". What there
                                              // is: `interleave checkers`. An unknown name is a UsageError. On real threads without effect
  bool          shrink = true;                // a failing schedule is shrunk before it is reported (Shrunk). The executions that this takes are
                                              // not counted in the report: at most 2 s of processor time, and no more than time_max leaves. On real threads without effect
};

enum class Verdict { pass, fail, incomplete };

// What one thread was doing when an execution failed.
struct ThreadState {
  std::string name = {};
  std::string state = {};      // "finished", "ready", "waits", "spins", "goes round", "failed"
  std::string operation = {};  // the operation it is about to do, or waits in
  std::string object = {};     // on which object
  std::string location = {};   // file:line of the program's own code
  std::string holder = {};     // the thread that holds what it waits for, if known
  bool        daemon = false;  // detached
  std::string call = {};       // of which call of Interleave's primitives it is a part, as "Event::wait", or of the standard library, as
                               // "future.get"; else empty
  std::size_t round = 0;       // if it goes round: in so many steps, its last
  OperationClass does{};       // of which class the operation is (observer.hpp), and how it holds what it takes
  Hold           hold{};
  std::size_t stack = 0;       // where it stands, as TraceEvent::stack
};

// A call on a stack, as the debug information has it.
struct CodePlace {
  std::string function = {};  // demangled; empty if it is not known
  std::string file = {};      // the path that the compiler recorded; empty if it is not known
  unsigned    line = 0;       // 0 if it is not known
};

// One step, as it is shown to a reader.
struct TraceEvent {
  std::size_t step = 0;
  std::string thread = {}, operation = {}, object = {}, location = {};
  std::string call = {};  // as in ThreadState; or of the standard library, as "future.get"
  OperationClass does{};  // of which class the operation is (observer.hpp), and how it holds what it takes or gives
  Hold           hold{};
  bool           succeeded = true;
  std::string second = {};  // a second object: the mutex that a condition wait gives back
  std::size_t stack = 0;    // which of Failure::stacks: stacks[stack - 1]; 0: it is not known
  // Which objects: events with the same number here or there use the same bytes, or some of them. 0: none. Unlike names, numbers tell objects apart.
  std::size_t object_id = 0, second_id = 0;
  bool timed_out_early = false;  // a timeout, or the end of a sleep, while another thread could still go on: clock=virtual excludes it
  // For people, instead of `operation`: as C++ calls it, with what it read and wrote: "fetch_add(1) 2 -> 3", "load(acquire) -> 0",
  // "notify_one woke T2"; "close(3)". Empty: as `operation`.
  std::string shown = {};
  std::string order = {};          // of an atomic operation, as declared: "relaxed", ..., "seq_cst"; else empty
  std::string before = {}, after = {};  // the value of an atomic object before and after the step, if it is one word; else empty
  std::string woke = {};           // the threads that it woke, separated by commas
};

// What shrinking has made of a failing schedule: one with fewer preemptions, or with as many and fewer steps, that fails in the same way. A
// *preemption* is a switch away from a thread that could have gone on.
struct Shrunk {
  std::string   schedule = {};         // the token of the schedule that was found; that of the one that is left is Failure::schedule
  std::uint64_t steps = 0;             // of the schedule that was found; of the one that is left: Failure::step
  std::uint64_t preemptions = 0;       // of the schedule that was found
  std::uint64_t preemptions_left = 0;  // of the one that is left
  std::uint64_t executions = 0;        // that were made for it. Report::executions does not count them
  bool fewest_preemptions = false;     // proved: no schedule with fewer preemptions fails in the same way
  bool fewest_steps = false;           // proved: none with no more preemptions and fewer steps does
  std::string   ended_by = {};         // "the limit of 20,000 executions was met"; empty: it came to its end
};

struct Failure {
  std::string kind = {};      // require, deadlock, data-race, mutual-exclusion, conservation, order, exception, crash, ...
  std::string message = {};
  std::string schedule = {};  // the token that reproduces it
  std::uint64_t seed = 0;  // of the execution that was found, if a sampler found it
  std::string strategy = {};  // fully resolved, to go with the seed
  std::size_t step = 0;
  std::vector<ThreadState> threads = {};
  std::vector<TraceEvent> trace = {};
  // What is known of the objects that the trace has only a number for: "atomic 1", "ready on the stack of main".
  std::vector<std::pair<std::string, std::string>> objects = {};
  std::optional<Shrunk> shrunk = {};  // nothing: the schedule is as it was found (a replay, Options::shrink, or a kind that is not shrunk)
  // The stacks that steps and threads refer to, each once: the calls in the program's own code, innermost first, at most 12.
  std::vector<std::vector<CodePlace>> stacks = {};
};

// A line KIND:PATTERN of the file that INTERLEAVE_SUPPRESSIONS names, or of __tsan_default_suppressions, and what it has set aside.
struct Suppression {
  std::string   pattern = {};  // the line, as "race:Cache::*"
  std::uint64_t count = 0;     // of different findings, each once however many executions had it; 0: nothing matched
};

struct Report {
  Verdict verdict = Verdict::pass;
  bool complete = false;          // `whole`, and nothing of it unseen or suppressed (never after stopping at the first failure)
  std::uint64_t executions = 0;   // that ended by themselves, failing and deadlocked ones included
  std::uint64_t redundant = 0;    // equivalent to an earlier execution, or ended in a state in which it had been before
  std::uint64_t rounds = 0;       // those of `redundant` that ended in a state in which they had been before
  std::uint64_t cut = 0;          // stopped by a limit
  std::uint64_t failing = 0;
  std::uint64_t steps = 0;
  std::uint64_t steps_longest = 0;
  std::size_t   threads_most = 0;
  double        seconds = 0;
  std::string   strategy;         // as resolved
  std::uint64_t seed = 0;         // as used
  std::string   covered;          // by a bounded search: "every schedule with at most 2 preemptions"; else empty
  std::string   incomplete_reason;  // why the verdict is incomplete, or why a search that went on after a failure is not `complete`; else empty
  std::map<std::string, std::uint64_t> outcomes;  // executions per value given to outcome()
  std::optional<Failure> failure;  // the shortest found

  // What the verdict rests on: a sentence each, the most important first.
  std::vector<std::string> assumed;  // holds without having been checked; each completes "assumes ...": "sequentially consistent memory; ..."
  std::vector<std::string> unseen;   // code that ran, or may have run, and was not seen, and values from outside of the model; if any, `complete` is false
  std::vector<std::string> trusted;  // code that ran unseen, and that the user has confirmed as harmless (INTERLEAVE_TRUST); `complete` may be true
  std::vector<Suppression> suppressions;  // every line that was given; if one has set something aside, `complete` is false

  bool whole = false;  // a search came to its end: every schedule was executed, up to equivalence
  std::string estimate;  // of a search that a limit or a signal has ended: about how many executions it has in all, with a range, what makes it
                         // large, and what would make it smaller; else empty

  // For each outcome, the token of an execution that had it: the first that was found. Of the first 1,000 outcomes; none on real threads.
  std::map<std::string, std::string> witnesses;
  // What `auto` drew beside a search of the default policy that took long. None of it is in the counts above; a drawn execution that failed is
  // `failure`, with its own seed and strategy.
  std::uint64_t drawn_executions = 0;
  std::uint64_t drawn_seed = 0;     // from which they were drawn; 0: none were drawn
  // Past failures of this test that were executed before anything else (docs/corpus.md). They are not in the counts above.
  std::uint64_t past_executions = 0;
  bool past_failure = false;        // `failure` is one of them, and nothing else was executed
};

// Thrown by check() where no test framework is known. what() is the whole report, token included.
class Failed : public std::runtime_error {
 public:
  Failed(const std::string& text, Report report) : std::runtime_error(text), report_(std::move(report)) {}
  const Report& report() const noexcept { return report_; }

 private:
  Report report_;
};

// A request that cannot be carried out: an unknown strategy, a damaged token, a limit that makes no sense. The sentence says
// what to do next.
class UsageError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

// Runs `body` under the schedules that `options` asks for. In the model, a pass prints a line or two to stderr: how far it goes, and what it
// rests on; INTERLEAVE_QUIET=1 leaves them out if it is `complete`. Never throws for a failing program; throws UsageError for bad
// options, for an empty body, and if an exploration is under way.
Report explore(std::function<void()> body, Options options = {}, SourceLocation = SourceLocation::current());

// As explore, but a failure, or a search that could not be completed, is reported through the test framework, or thrown as
// Failed. Prints the report to stderr first; where a framework shows it, a line with the failing schedule.
void check(std::function<void()> body, Options options = {}, SourceLocation = SourceLocation::current());

// ---- inside a body --------------------------------------------------------------------------------------------------

// False ends this execution at once as a failure, from any thread. On real threads the failure is recorded and the thread
// goes on.
void require(bool holds, std::string_view message = {}, SourceLocation = SourceLocation::current());

// To be called where an assertion fails that is the program's own, or of a test framework that Interleave does not know. `text`: what it
// says. Inside an exploration it ends this execution at once as a failure of kind "require", from any thread; on real threads the
// failure is recorded and the thread goes on; outside of both it does nothing, and the assertion is counted where it always was.
//
//   #define EXPECT(x) do { if (!(x)) { interleave::assertion_failed(#x); ++failures; } } while (0)
void assertion_failed(std::string_view text, SourceLocation = SourceLocation::current());

// Nondeterministic 0..n-1, explored like any choice. REQUIRES: n > 0. On real threads: random, from the seed.
std::size_t choose(std::size_t n);

// The result of this execution; a Report counts executions per outcome. A later call replaces an earlier one: let the calls be
// ordered, best one after all threads were joined, for of equivalent orders a reducing search sees one.
void outcome(std::string value);

// A line in the trace; no step.
void note(std::string text);

// Names the calling thread in traces; no step.
void name_thread(std::string name);

// True inside an exploration by the model; false on real threads.
bool modelled() noexcept;

// Runs the bodies as threads that all start together; returns when all have ended. Starting and joining them are not choice
// points, and order happens-before.
void parallel(const std::vector<std::function<void()>>& bodies);

template <class... F, std::enable_if_t<(sizeof...(F) > 0 && (std::is_invocable_v<F&> && ...)), int> = 0>
void parallel(F&&... bodies) {
  std::vector<std::function<void()>> list;
  list.reserve(sizeof...(F));
  const auto add = [&list](auto&& body) {
    using Body = std::remove_cv_t<std::remove_reference_t<decltype(body)>>;
    if constexpr (std::is_copy_constructible_v<Body>) {
      list.emplace_back(std::forward<decltype(body)>(body));
    } else {
      list.emplace_back(std::ref(body));  // it outlives the call
    }
  };
  (add(std::forward<F>(bodies)), ...);
  parallel(list);
}

}  // namespace interleave

#pragma GCC visibility pop
