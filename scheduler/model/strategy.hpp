// A strategy decides: which enabled candidate is next, and whether there is another execution.
//
// All nondeterminism of a program is one index into one list: which thread steps, which waiter a signal wakes, whether a
// timed wait times out, the value of choose(n). A strategy sees that list and nothing else; it knows no fibers, no objects
// and no checkers. A new strategy is one new file in strategies/ with one `Registration`.
//
// The engine calls, from one thread at a time:
//
//     while (begin_execution()) { { choose(point) [performed(step)] }*  end_execution(ending) }
//
// `choose` is called for every step, also where there is only one candidate; it must not allocate once warmed up. Steps that the strategy
// declares to be those of the execution before (`repeated`) are made without asking it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/model/operation.hpp"
#include "scheduler/model/weight.hpp"

namespace interleave::engine {

// An entry of a choice point. `variant` tells the candidates of one thread apart: which waiter, timeout or not, which value.
struct Candidate {
  std::uint32_t    thread;
  std::uint32_t    variant;
  const Operation* operation;  // as announced
};

struct ChoicePoint {
  std::span<const Candidate> enabled;  // by thread, then by variant; never empty
  std::uint32_t threads;               // how many threads have a candidate
  std::uint32_t last;                  // the thread that made the step before (the body's thread at first)
  std::uint64_t step;                  // 1 for the first
  std::uint32_t fingerprint;           // of `enabled`, the same in every process
};

// A step after it was made.
struct Step {
  std::uint32_t    thread;
  std::uint32_t    variant;
  const Operation* operation;  // as performed: `failed` is known
};

// vain: a thread that has stopped spinning could go on (spin.hpp), as it does in another execution.
enum class Ending { finished, quiescent, deadlock, failed, cut, vain };

// The program did not offer what it offered before under the same choices, or a schedule does not fit the program. The
// sentence says at which step and why.
class Divergence : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Why a program does that under the same choices: how the sentence ends, from the verb on.
inline constexpr std::string_view depends_on_more =
    "depends on something outside the model (time, randomness, an address, state left by an earlier execution)";

// What a strategy may ask of the execution under way.
class Situation {
 public:
  // How much slack the announced operation of a thread has now: see OperationType.
  virtual std::int64_t slack_of(std::uint32_t thread) const = 0;
  // A name of an object that is the same in every process, for statics and what executions allocate; and back.
  virtual std::uint64_t name_of(const void* object) const = 0;
  virtual const void* named(std::uint64_t name) const = 0;
  // Where the next execution's heap begins. As long as that stays, what executions allocate under the same schedule lies at the
  // same addresses.
  virtual std::uintptr_t heap() const = 0;
  // The sum of the state that the execution is in (states.hpp); null: states are not kept.
  virtual const Weight* state() const = 0;
  // The same sum without the counters of loops that wait and count (liveness/counters.hpp). REQUIRES: states are kept.
  virtual const Weight& state_loosely() const = 0;
  // Whether there are such loops.
  virtual bool has_counters() const = 0;
  // How often a thread must go the way round of such a loop before it is given up.
  virtual std::size_t counted_rounds() const = 0;
  // Whether the thread that made the last step stands in such a loop. REQUIRES: states are kept.
  virtual bool counts() const = 0;

 protected:
  ~Situation() = default;
};

class Strategy {
 public:
  virtual ~Strategy() = default;

  // Prepares the next execution; false: there is none.
  virtual bool begin_execution() = 0;

  // The index of the candidate that steps next, or `none_of_them`: the execution has come back to where it was, and ends as one
  // that was begun in vain. May throw Divergence.
  virtual std::size_t choose(const ChoicePoint&) = 0;
  static constexpr std::size_t none_of_them = ~std::size_t{0};
  // Whether an execution that fails goes on behind its failure, in a search that does not stop at the first one. A strategy that reduces
  // needs that: steps after a failure are part of what makes executions equivalent.
  virtual bool runs_on() const { return reduces(); }
  // Whether it notices by the states of an execution, where they are kept, that it has come back to where it was.
  virtual bool recognizes_states() const { return false; }

  // How many of its first steps the execution begun last has in common with the one that ended last, made by the same choices. The engine
  // makes these by itself, at a fraction of the cost: until then it calls nothing but `end_execution`. REQUIRES, where it is not 0:
  // `may_repeat` was called, and an execution has ended since.
  virtual std::uint64_t repeated() const { return 0; }
  // Whether that may be more than 0 for the next execution.
  virtual bool repeats() const { return false; }
  // The engine can do that. Called after `consult`, which takes it back, and not for strategies that are wrapped.
  virtual void may_repeat() {}

  // ---- what the threads do, for a strategy that wants to know (asked once, before the exploration begins) ----
  // All are called between the choice of a step and the next `choose` or `closing`. They must not allocate once warmed up.
  virtual bool wants_steps() const { return false; }
  // The step chosen last was made. Its later effects (threads that it woke run on to their next announcement) may follow.
  virtual void performed(const Step&) {}
  // Where states are kept: the last step of `thread` is known as a whole, for it is about to announce its next operation, or ends.
  virtual void weighed(std::uint32_t /*thread*/, const Weighed&) {}
  // `thread` has announced its next operation, which stays where it is until it has been performed or withdrawn.
  virtual void announced(std::uint32_t /*thread*/, const Operation&) {}
  // A thread's announced operation, which it could have performed, was taken back by the step of another: a timeout that
  // lost to a signal.
  virtual void withdrawn(std::uint32_t /*thread*/) {}
  // `in_parallel`: by parallel(), so the parent goes on, and may end, within the step in which the last of such children ends.
  virtual void created(std::uint32_t /*parent*/, std::uint32_t /*child*/, bool /*in_parallel*/) {}
  // What `before` has done so far (the step under way included) happens before what `after` does next.
  virtual void ordered(std::uint32_t /*before*/, std::uint32_t /*after*/) {}
  virtual void finished(std::uint32_t /*thread*/) {}
  // `thread` goes into a section that at most so many threads may be in, or comes out of it; no step of its own.
  virtual void entered(std::uint32_t /*thread*/, std::uint64_t /*section*/, std::size_t /*most*/) {}
  virtual void left(std::uint32_t /*thread*/, std::uint64_t /*section*/) {}
  // The execution is about to end; what the operations of its threads refer to is still there.
  virtual void closing() {}
  virtual void consult(const Situation& situation) { situation_ = &situation; }

  virtual void end_execution(Ending) {}

  // True if running out of executions means that every interleaving (up to equivalence) was visited.
  virtual bool exhaustive() const { return false; }

  // True if it runs out of executions by itself.
  virtual bool ends() const { return exhaustive(); }

  // How many bytes it keeps in order to go on, as far as that grows with what it meets.
  virtual std::size_t memory() const { return 0; }

  // What was covered so far, where that is neither everything nor a sample: "every schedule with at most 2 preemptions".
  virtual std::string covered() const { return {}; }

  // Whether it leaves out executions for being equivalent to others. Such a strategy sees every choice point as it is (a
  // filter in between is unsound), and after a failure lets the other threads run on, to learn what else they would do.
  virtual bool reduces() const { return false; }

  // The execution that has just ended was equivalent to an earlier one and counts as redundant.
  virtual bool redundant() const { return false; }

  // The execution begun last is the one before it, begun once more in an equivalent order that shows a failure which that one
  // hid; it is not counted again.
  virtual bool shows_failure() const { return false; }

  // For strategies that draw: the seed that makes a fresh strategy of the same string begin with this very execution.
  virtual std::optional<std::uint64_t> execution_seed() const { return std::nullopt; }

  // The strategy string with every parameter resolved.
  virtual std::string resolved() const = 0;

  // The string of the execution that has just ended: with execution_seed(), a fresh strategy of it begins with this execution.
  virtual std::string execution_strategy() const { return resolved(); }

 protected:
  const Situation* situation_ = nullptr;
};

// The part of a strategy string behind the name: key=value pairs, and the seed. Unknown keys are refused once the strategy
// has been made.
class Arguments {
 public:
  Arguments(std::string name, std::map<std::string, std::string> values, std::uint64_t seed)
      : name_(std::move(name)), values_(std::move(values)), seed_(seed) {}

  std::uint64_t seed() const { return seed_; }
  // The value of `key`, a whole number of at least `least`, or `otherwise`. Throws UsageError.
  std::uint64_t number(const std::string& key, std::uint64_t otherwise, std::uint64_t least = 0);
  // The same, or nothing.
  std::optional<std::uint64_t> optional_number(const std::string& key) {
    return values_.contains(key) ? std::optional(number(key, 0)) : (asked_.push_back(key), std::nullopt);
  }
  // The value of `key`, whole numbers with dots between them, or nothing. Throws UsageError.
  std::vector<std::uint64_t> numbers(const std::string& key);
  // Throws UsageError if a key was given that nobody asked for.
  void refuse_unknown() const;

 private:
  std::string name_;
  std::map<std::string, std::string> values_;
  std::vector<std::string> asked_;
  std::uint64_t seed_;
};

// What a strategy file registers. `make` of a wrapper gets the strategy that it holds, others null.
struct Registration {
  std::string_view name;
  std::string_view summary;
  bool wraps = false;
  std::function<std::unique_ptr<Strategy>(Arguments&, std::unique_ptr<Strategy> inner)> make;

  Registration(std::string_view name, std::string_view summary, bool wraps,
               std::function<std::unique_ptr<Strategy>(Arguments&, std::unique_ptr<Strategy>)> make);
};

const std::vector<const Registration*>& registered_strategies();

// Makes the strategy of a string such as "dfs", "random" or "repeat/dfs". Throws UsageError with the nearest names.
std::unique_ptr<Strategy> make_strategy(std::string_view text, std::uint64_t seed);

// A generator whose sequence is ours for ever: splitmix64 (Steele, Lea, Flood, OOPSLA'14).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) { advance(); }
  // The one after it is prepared: what is decided by a number need not wait until it has been made.
  std::uint64_t next() {
    const std::uint64_t ready = ready_;
    advance();
    return ready;
  }
  // Uniform in 0..n-1, without bias. REQUIRES: n > 0.
  std::size_t below(std::size_t n) {
    const std::uint64_t drawn = next();
    if ((n & (n - 1)) == 0) return drawn & (n - 1);
    // By a multiplication ("Fast random integer generation in an interval", Lemire, ACM TOMACS 29, 2019).
    const Wide product = Wide{drawn} * n;
    if (static_cast<std::uint64_t>(product) < n) [[unlikely]] return below_without_bias(n, product);
    return static_cast<std::size_t>(product >> 64);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  // Out of line, or else every call of `below` keeps registers for it.
  std::size_t below_without_bias(std::size_t n, Wide product);
  void advance() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    ready_ = z ^ (z >> 31);
  }

  std::uint64_t state_, ready_ = 0;
};

}  // namespace interleave::engine
