// A strategy decides: which enabled candidate is next, and whether there is another execution.
//
// All nondeterminism of a program is one index into one list: which thread steps, which waiter a signal wakes, whether a
// timed wait times out, the value of choose(n). A strategy sees that list and nothing else; it knows no fibers, no objects
// and no checkers. A new strategy is one new file in strategies/ with one `Registration` (strategy_registry.hpp).
//
// The engine calls, from one thread:
//
//     traits()  attach(view)
//     while (begin_execution()) { listener()  { choose(point) }*  end_execution(ending) }
//
// and asks the other questions between executions. There are two kinds of strategies, with a base class each:
//
//     Leaf       holds no other strategy. Its author writes begin_execution, choose and spec, and overrides the functions whose default does not fit.
//     Wrapper    (wrapper.hpp) holds another one and forwards everything. Its author overrides what the wrapper changes.
//
// `Strategy` itself has no function with a default: the compiler refuses a Wrapper that forgets one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "scheduler/model/execution_view.hpp"
#include "scheduler/model/operation.hpp"
#include "scheduler/model/step_listener.hpp"

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

// How an execution ended. redundant: the strategy pruned it, because it had come back to where it was (Strategy::prune).
enum class Ending { finished, quiescent, deadlock, failed, cut, redundant };

// The program did not offer what it offered before under the same choices, or a schedule does not fit the program. The
// sentence says at which step and why.
class Divergence : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Why a program does that under the same choices: how the sentence ends, from the verb on.
inline constexpr std::string_view depends_on_more =
    "depends on something outside the model (time, randomness, an address, state left by an earlier execution)";

// What a strategy is like, from its construction to its end.
struct Traits {
  // Once it has run out of executions, it has visited every interleaving, up to equivalence. A strategy that knows this only afterwards
  // leaves it false here and says it by Coverage::complete.
  bool exhaustive = false;
  // It runs out of executions by itself. One that does not gets a limit.
  bool ends = false;
  // It leaves out executions that are equivalent to others. It must see every choice point as it is: a filter around it is unsound.
  bool reduces = false;
  // In a search that does not stop at the first failure, an execution goes on behind its failure: the other threads run on. A strategy that
  // reduces needs that, because steps after a failure are part of what makes executions equivalent.
  bool runs_on = false;
  // It notices by the states of an execution, where they are kept, that the execution has come back to where it was, and prunes it.
  bool recognizes_states = false;
};

// What an exploration has covered so far.
struct Coverage {
  bool complete = false;  // every interleaving, up to equivalence. Of meaning only once there is no further execution
  std::string statement;  // "every schedule with at most 2 preemptions", where it is neither everything nor a sample; else empty
};

// How the execution that was begun last is made again: a fresh strategy of `spec` and `seed` begins with it, if there is a seed.
struct Recipe {
  std::string spec;
  std::optional<std::uint64_t> seed;  // nothing, for strategies that do not draw
};

// A search that goes through a tree of executions begins most of them as it began the one before. The engine can make these first steps by
// itself, at a fraction of the cost: it makes the same choices and calls neither `choose` nor the listener.
class PrefixReplay {
 public:
  // The engine can do this for the executions to come. Called once, after `attach`. An `attach` takes it back.
  virtual void available() = 0;
  // Whether length() may be more than 0 for the execution after this one. Called after begin_execution. True makes the engine record steps.
  virtual bool wanted() const = 0;
  // How many steps the execution begun last has in common with the one that ended last. Called after begin_execution. Must be 0 where
  // `available` was not called, or no execution has ended since.
  virtual std::uint64_t length() const = 0;

 protected:
  ~PrefixReplay() = default;
};

class Strategy {
 public:
  virtual ~Strategy() = default;

  // What does not change while an exploration is under way. The engine asks once, before the first execution. Cost: none to speak of.
  virtual Traits traits() const = 0;

  // Names the executions to come, before the first of them is begun. `view` outlives them.
  virtual void attach(const ExecutionView& view) = 0;

  // Prepares the next execution. True: the engine makes it and calls end_execution. False: there is no further one, and the strategy is not
  // called again but for its coverage.
  virtual bool begin_execution() = 0;

  // Who hears of the steps of the execution begun last; null: nobody. Asked once for each execution, after begin_execution.
  virtual StepListener* listener() = 0;

  // The index in `at.enabled` of the candidate that steps next, or `prune`: the execution has come back to where it was, and ends here as
  // Ending::redundant. Called for every step, also where there is one candidate, in the order of the steps, except for steps that the
  // engine makes by PrefixReplay. `at` is valid during the call. Must not allocate once warmed up. Throws Divergence.
  virtual std::size_t choose(const ChoicePoint& at) = 0;
  static constexpr std::size_t prune = ~std::size_t{0};

  // The execution begun last has ended in this way. Throws Divergence.
  virtual void end_execution(Ending) = 0;

  // Whether the execution that ended last was equivalent to an earlier one, or the same. Such executions are counted apart.
  virtual bool redundant() const = 0;

  // Whether the execution begun last is the one before it in an equivalent order that shows a failure which that one hid. It is not counted
  // again.
  virtual bool shows_failure() const = 0;

  // How the execution begun last is made again. Asked after it has ended.
  virtual Recipe recipe() const = 0;

  // What was covered by the executions that have ended.
  virtual Coverage coverage() const = 0;

  // Which further executions the one that ended last has shown to be needed: for each, how many steps it has in common with that one. All of
  // them are made later, the last one first, and what each of them shows to be needed before the next. Empty where a strategy is no such
  // search. Asked at most once for each execution, after it has ended. Cost: in proportion to how many they are.
  virtual std::span<const std::uint32_t> opened() = 0;

  // How many bytes it keeps in order to go on, as far as that grows with what it meets. Asked before each execution.
  virtual std::size_t memory() const = 0;

  // The string that make_strategy makes this strategy from, with the parameters resolved.
  virtual std::string spec() const = 0;

  // For strategies whose executions begin alike; null: no such thing. Asked once, after `attach`.
  virtual PrefixReplay* prefix_replay() = 0;
};

// A strategy that holds no other one: what most of them answer.
class Leaf : public Strategy {
 public:
  Traits traits() const override { return {}; }
  void attach(const ExecutionView& view) override { view_ = &view; }
  StepListener* listener() override { return nullptr; }
  void end_execution(Ending) override {}
  bool redundant() const override { return false; }
  bool shows_failure() const override { return false; }
  Recipe recipe() const override { return {spec(), std::nullopt}; }
  Coverage coverage() const override { return {.complete = traits().exhaustive, .statement = {}}; }
  std::span<const std::uint32_t> opened() override { return {}; }
  std::size_t memory() const override { return 0; }
  PrefixReplay* prefix_replay() override { return nullptr; }

 protected:
  const ExecutionView* view_ = nullptr;  // null before `attach`
};

}  // namespace interleave::engine
