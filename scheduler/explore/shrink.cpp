#include "scheduler/explore/shrink.hpp"

#include <time.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "scheduler/report/report.hpp"
#include "scheduler/support/hash.hpp"
#include "scheduler/support/random.hpp"

namespace interleave::engine {
namespace {

using Move = Shrink::Move;
using Plan = Shrink::Plan;

constexpr std::uint64_t as_long_as_it_can = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t nowhere = Strategy::prune;

// The order matters.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return hashes::mixed(hashes::mixed(a + hashes::golden) ^ b); }

bool has_candidate(const ChoicePoint& at, std::uint32_t thread) {
  return std::any_of(at.enabled.begin(), at.enabled.end(), [=](const Candidate& each) { return each.thread == thread; });
}

// Notes the steps of an execution as they are chosen.
class Noting : public Leaf {
 public:
  const std::vector<Move>& moves() const { return moves_; }
  std::uint64_t preemptions() const { return preemptions_; }
  std::string spec() const override { return "shrink"; }

 protected:
  void forget() {
    moves_.clear();
    preemptions_ = 0;
  }
  std::size_t note(const ChoicePoint& at, std::size_t index) {
    const Candidate& chosen = at.enabled[index];
    const bool preempts = chosen.thread != at.last && has_candidate(at, at.last);
    moves_.push_back({chosen.thread, chosen.variant, preempts});
    preemptions_ += preempts;
    return index;
  }

 private:
  std::vector<Move> moves_;
  std::uint64_t preemptions_ = 0;
};

// The execution that was found, by its choices.
class AsFound final : public Noting {
 public:
  explicit AsFound(const std::vector<std::uint32_t>& choices) : choices_(choices) {}
  bool begin_execution() override {
    next_ = 0;
    forget();
    return true;
  }
  std::size_t choose(const ChoicePoint& at) override {
    if (at.enabled.size() == 1) return note(at, 0);
    if (next_ == choices_.size() || choices_[next_] >= at.enabled.size()) throw Divergence("the program does something else under the same choices");
    return note(at, choices_[next_++]);
  }

 private:
  const std::vector<std::uint32_t>& choices_;
  std::size_t next_ = 0;
};

// Steps that were made, one after the other.
class Exactly final : public Noting {
 public:
  explicit Exactly(const std::vector<Move>& moves) : wanted_(moves) {}
  bool begin_execution() override {
    next_ = 0;
    forget();
    return true;
  }
  std::size_t choose(const ChoicePoint& at) override {
    if (next_ == wanted_.size()) return prune;
    const Move& move = wanted_[next_++];
    for (std::size_t i = 0; i < at.enabled.size(); ++i)
      if (at.enabled[i].thread == move.thread && at.enabled[i].variant == move.variant) return note(at, i);
    throw Divergence("the program does something else under the same choices");
  }

 private:
  const std::vector<Move>& wanted_;
  std::size_t next_ = 0;
};

// Follows a plan as far as the program permits: a block whose thread cannot step is passed over. Behind the plan, whoever steps goes on as long as
// it can. `variants`: of steps that the plan was made from; the n-th step of a thread takes the variant that its n-th step had there, if there is
// such a candidate.
class Guided final : public Noting {
 public:
  Guided(const Plan& plan, const std::vector<Move>& like, bool highest) : plan_(plan), highest_(highest) {
    for (const Move& move : like) of(variants_, move.thread).push_back(move.variant);
  }
  bool begin_execution() override {
    next_ = 0;
    made_.clear();
    forget();
    return true;
  }
  std::size_t choose(const ChoicePoint& at) override {
    std::size_t index = at.enabled.size() == 1 ? 0 : nowhere;
    for (; index == nowhere && next_ < plan_.size(); ++next_) {
      const Shrink::Block& block = plan_[next_];
      if (of(made_, block.thread) < block.until) index = candidate_of(at, block.thread);
      if (index != nowhere) break;
    }
    if (index == nowhere) index = candidate_of(at, at.last);
    if (index == nowhere) index = candidate_of(at, highest_ ? at.enabled.back().thread : at.enabled.front().thread);
    ++of(made_, at.enabled[index].thread);
    return note(at, index);
  }

 private:
  template <class T>
  static T& of(std::vector<T>& list, std::uint32_t thread) {
    if (list.size() <= thread) list.resize(thread + 1);
    return list[thread];
  }
  std::size_t candidate_of(const ChoicePoint& at, std::uint32_t thread) {
    const std::uint64_t nth = of(made_, thread);
    const std::vector<std::uint32_t>& variants = of(variants_, thread);
    const std::uint32_t wanted = nth < variants.size() ? variants[nth] : 0;
    std::size_t first = nowhere;
    for (std::size_t i = 0; i < at.enabled.size(); ++i) {
      if (at.enabled[i].thread != thread) continue;
      if (at.enabled[i].variant == wanted) return i;
      if (first == nowhere) first = i;
    }
    return first;
  }

  const Plan& plan_;
  const bool highest_;
  std::vector<std::vector<std::uint32_t>> variants_;  // by thread
  std::vector<std::uint64_t> made_;                   // by thread: steps
  std::size_t next_ = 0;
};

// A hash of what has happened so far in an execution that is the same for all equivalent orders: each step's is made of those of the steps that it
// depends on.
class Past final : public StepListener {
 public:
  void begin() {
    threads_.clear();
    words_.clear();
  }
  // Whether it can tell which executions are equivalent. Monitors of sections see the order of independent steps, too.
  bool suits() const { return suits_; }

  std::uint64_t now() const {
    std::uint64_t sum = 0;
    for (std::size_t thread = 0; thread < threads_.size(); ++thread) sum += mix(threads_[thread], thread);
    return sum;
  }

  void performed(const Step& step) override {
    const Operation& operation = *step.operation;
    const Touch touches[] = {first_touch(operation), second_touch(operation)};
    std::uint64_t before = mix(of(step.thread), step.thread);
    for (const Touch& touch : touches) each_word(touch, [&](Word& word) { before = mix(before, word.seen_by(touch.access)); });
    const std::uint64_t hash = mix(mix(before, operation.type->hash), std::uint64_t{step.variant} << 1 | operation.failed);
    for (const Touch& touch : touches) each_word(touch, [&](Word& word) { word.add(touch.access, hash); });
    of(step.thread) = last_ = hash;
  }
  void disabled(std::uint32_t thread) override { of(thread) = mix(of(thread), last_ + 1); }
  void created(std::uint32_t parent, std::uint32_t child, bool) override { of(child) = mix(of(parent), child + 2); }
  void ordered(std::uint32_t before, std::uint32_t after) override { of(after) = mix(of(after), of(before)); }
  void entered(std::uint32_t, std::uint64_t, std::size_t) override { suits_ = false; }

 private:
  struct Word {
    std::uint64_t write = 0;                                                        // the last
    std::array<std::uint64_t, static_cast<std::size_t>(Access::write)> since = {};  // sums, by access: of the others since then
    // What an access depends on.
    std::uint64_t seen_by(Access access) const {
      std::uint64_t hash = write;
      for (std::size_t i = 0; i < since.size(); ++i)
        if (since[i] != 0 && !commute(static_cast<Access>(i), access)) hash = mix(hash, since[i]);
      return hash;
    }
    void add(Access access, std::uint64_t hash) {
      if (access == Access::write) {
        *this = {.write = hash};
      } else {
        since[static_cast<std::size_t>(access)] += hash;
      }
    }
  };

  std::uint64_t& of(std::uint32_t thread) {
    if (threads_.size() <= thread) threads_.resize(thread + 1);
    return threads_[thread];
  }
  template <class F>
  void each_word(const Touch& touch, F f) {
    constexpr std::size_t words_most = 64;
    if (touch.access == Access::none || touch.address == 0) return;
    const std::uintptr_t first = touch.address >> 3, last = (touch.address + touch.size - 1) >> 3;
    if (last - first > words_most) {
      suits_ = false;
      return;
    }
    for (std::uintptr_t word = first; word <= last; ++word) f(words_[word]);
  }

  std::vector<std::uint64_t> threads_;
  std::unordered_map<std::uintptr_t, Word> words_;
  std::uint64_t last_ = 0;
  bool suits_ = true;
};

// Every schedule with at most so many preemptions and so many steps, depth first; `path_` as in strategies/dfs.cpp. The thread that made the last
// step comes first.
class Within final : public Noting {
 public:
  Within(std::uint64_t preemptions, std::uint64_t steps_most, bool merges_equivalent)
      : preemptions_most_(preemptions), steps_most_(steps_most), merges_(merges_equivalent) {}

  void at_most(std::uint64_t steps) { steps_most_ = steps; }
  // Whether an execution was left out because it would have had more steps.
  bool left_out() const { return left_out_; }
  // It has left out executions that it must not: to be done again without.
  bool merged_wrongly() const { return merges_ && !past_.suits(); }

  bool begin_execution() override {
    depth_ = 0;
    forget();
    past_.begin();
    if (!std::exchange(started_, true)) return true;
    while (!path_.empty() && path_.back().taken + 1 == path_.back().allowed) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
  }
  StepListener* listener() override { return merges_ ? &past_ : nullptr; }

  std::size_t choose(const ChoicePoint& at) override {
    if (at.step > steps_most_) {
      left_out_ = true;
      return prune;
    }
    if (at.enabled.size() == 1) return note(at, 0);
    const bool goes_on = has_candidate(at, at.last), all = !goes_on || preemptions() < preemptions_most_;
    const auto own = static_cast<std::uint32_t>(std::count_if(at.enabled.begin(), at.enabled.end(), [&](const Candidate& each) { return each.thread == at.last; }));
    const auto allowed = all ? static_cast<std::uint32_t>(at.enabled.size()) : own;
    if (depth_ == path_.size()) {
      if (merges_ && was_here(at, goes_on)) return prune;
      path_.push_back({.taken = 0, .allowed = allowed, .fingerprint = at.fingerprint});
    } else if (path_[depth_].allowed != allowed || path_[depth_].fingerprint != at.fingerprint) {
      throw Divergence("the program does something else under the same choices");
    }
    const std::uint32_t taken = path_[depth_++].taken;
    // First those of the last thread, then the others.
    std::uint32_t left = taken < own ? taken : taken - own;
    for (std::size_t i = 0; i < at.enabled.size(); ++i)
      if ((at.enabled[i].thread == at.last) == (taken < own) && left-- == 0) return note(at, i);
    return prune;  // never
  }

 private:
  // Whether what can come from here was executed, for an equivalent beginning with no more preemptions.
  bool was_here(const ChoicePoint& at, bool goes_on) {
    constexpr std::size_t most = std::size_t{1} << 21;
    const std::uint64_t key = mix(mix(past_.now(), at.fingerprint), goes_on ? at.last : ~std::uint64_t{0});
    const auto known = seen_.find(key);
    if (known == seen_.end()) {
      if (seen_.size() < most) seen_.emplace(key, preemptions());
      return false;
    }
    if (known->second <= preemptions()) return true;
    known->second = preemptions();
    return false;
  }

  struct Choice {
    std::uint32_t taken, allowed, fingerprint;
  };
  std::uint64_t preemptions_most_, steps_most_;
  bool merges_;
  std::vector<Choice> path_;
  std::size_t depth_ = 0;
  bool started_ = false, left_out_ = false;
  Past past_;
  std::unordered_map<std::uint64_t, std::uint64_t> seen_;  // the fewest preemptions
};

// Draws schedules with a few preemptions: threads have random priorities, and at as many random steps the thread that would go on is preempted. ("A
// Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", Burckhardt et al., ASPLOS'10, with preemptions in place of changes.)
class Drawn final : public Noting {
 public:
  Drawn(std::uint64_t preemptions, std::uint64_t steps) : preemptions_most_(preemptions), steps_(steps) {}
  bool begin_execution() override {
    forget();
    priorities_.clear();
    points_.clear();
    for (std::uint64_t i = 0; i < preemptions_most_; ++i) points_.push_back(1 + random_.below(steps_));
    std::sort(points_.rbegin(), points_.rend());
    return true;
  }
  std::size_t choose(const ChoicePoint& at) override {
    const bool due = !points_.empty() && points_.back() <= at.step;
    if (at.enabled.size() == 1) return note(at, 0);
    const bool goes_on = has_candidate(at, at.last), preempts = due && goes_on && at.threads > 1;
    if (preempts) points_.pop_back();
    std::size_t best = nowhere;
    for (std::size_t i = 0; i < at.enabled.size(); ++i) {
      const std::uint32_t thread = at.enabled[i].thread;
      if (goes_on && (thread == at.last) == preempts) continue;
      const bool same = best != nowhere && at.enabled[best].thread == thread;
      if (best == nowhere || (same ? random_.below(2) == 0 : priority(thread) > priority(at.enabled[best].thread))) best = i;
    }
    return note(at, best);
  }

 private:
  std::uint64_t priority(std::uint32_t thread) {
    while (priorities_.size() <= thread) priorities_.push_back(random_.next());
    return priorities_[thread];
  }

  std::uint64_t preemptions_most_, steps_;
  Random random_{1};
  std::vector<std::uint64_t> priorities_, points_;  // points: the first one last
};

std::chrono::nanoseconds processor_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

Plan plan_of(const std::vector<Move>& moves) {
  Plan plan;
  std::vector<std::uint64_t> made;
  for (const Move& move : moves) {
    if (made.size() <= move.thread) made.resize(move.thread + 1);
    if (plan.empty() || plan.back().thread != move.thread) {
      if (!plan.empty() && move.preempts) plan.back().until = made[plan.back().thread];
      plan.push_back({move.thread, as_long_as_it_can});
    }
    ++made[move.thread];
  }
  return plan;
}

}  // namespace

Shrink::Shrink(Execute execute, const Limits& limits) : execute_(std::move(execute)), limits_(limits), began_(processor_time()) {}

bool Shrink::may_go_on() {
  if (!ended_by_.empty()) return false;
  if (executions_ >= limits_.executions) {
    ended_by_ = fmt::format("the limit of {} executions was met", grouped(limits_.executions));
  } else if (steps_ >= limits_.steps) {
    ended_by_ = fmt::format("the limit of {} steps was met", grouped(limits_.steps));
  } else if (std::chrono::steady_clock::now() >= limits_.time || processor_time() - began_ >= limits_.processor_time) {
    ended_by_ = "the time was over";
  }
  return ended_by_.empty() && executions_ < part_ends_;
}

// False: it ends the shrinking, and the execution does not count.
bool Shrink::execute(Strategy& strategy, std::uint64_t steps_max, Executed& executed) {
  executed = execute_(strategy, steps_max);
  ++executions_;
  steps_ += executed.steps;
  if (executed.goes_on) return true;
  ended_by_ = "a schedule crashed, or did what the model cannot control";
  return false;
}

// How long an execution may become that has fewer preemptions.
std::uint64_t Shrink::length_most() const {
  const std::uint64_t longer = std::max<std::uint64_t>(4 * found_.steps, found_.steps + 1'000);
  return limits_.steps_max == 0 ? longer : std::min(longer, limits_.steps_max);
}

void Shrink::keep(const std::vector<Move>& moves, Size size) { best_ = {size, moves, plan_of(moves)}; }

// Whether the plan leads to a smaller schedule that fails in the same way. It is kept then.
bool Shrink::attempt(const Plan& plan, Otherwise otherwise) {
  std::uint64_t hash = otherwise == Otherwise::highest;
  for (const Block& block : plan) hash = mix(mix(hash, block.thread), block.until);
  if (!may_go_on() || !attempted_.insert(hash).second) return false;
  Guided guided(plan, best_.moves, otherwise == Otherwise::highest);
  guided.begin_execution();
  Executed executed;
  if (!execute(guided, length_most(), executed) || !executed.alike) return false;
  const Size size{guided.preemptions(), executed.steps};
  if (size >= best_.size) return false;
  keep(guided.moves(), size);
  return true;
}

// Blocks are left out, first many at once. The steps of a block are made in a later one of its thread then, or behind the plan.
bool Shrink::leave_out() {
  bool any = false;
  for (std::size_t many = std::max<std::size_t>(best_.plan.size() / 2, 1); many > 0; many /= 2) {
    for (std::size_t at = 0; at < best_.plan.size();) {
      Plan plan = best_.plan;
      const auto begin = plan.begin() + static_cast<std::ptrdiff_t>(at);
      plan.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(many, plan.size() - at)));
      if (attempt(plan)) {
        any = true;
      } else {
        at += many;
      }
    }
  }
  return any;
}

// A thread that is preempted goes on as long as it can.
bool Shrink::prolong() {
  bool any = false;
  for (std::size_t i = 0; i < best_.plan.size(); ++i) {
    if (best_.plan[i].until == as_long_as_it_can) continue;
    Plan plan = best_.plan;
    plan[i].until = as_long_as_it_can;
    any |= attempt(plan);
  }
  return any;
}

// A thread makes the steps of its next block at once, in this one, or those of this one in its next block.
bool Shrink::merge() {
  bool any = false;
  for (std::size_t i = 0; i < best_.plan.size(); ++i) {
    const auto next_of = [&](const Plan& plan) {
      return std::find_if(plan.begin() + static_cast<std::ptrdiff_t>(i) + 1, plan.end(), [&](const Block& each) { return each.thread == plan[i].thread; });
    };
    Plan plan = best_.plan;
    const auto next = next_of(plan);
    if (next == plan.end()) continue;
    plan[i].until = next->until;
    plan.erase(next);
    any |= attempt(plan);
  }
  return any;
}

void Shrink::simplify() {
  begin_part(limits_.executions / 3);
  attempt({}, Otherwise::lowest);
  attempt({}, Otherwise::highest);
  while (may_go_on()) {
    const bool left_out = leave_out(), merged = merge(), prolonged = prolong();
    if (!left_out && !merged && !prolonged) break;
  }
}

// Executes every schedule with at most so many preemptions and steps, up to equivalence. What is smaller than all before is kept, and only smaller
// ones are looked for from there on.
Shrink::Searched Shrink::search(std::uint64_t preemptions, std::uint64_t steps_most) {
  Searched searched;
  for (bool merges = limits_.merges_equivalent;; merges = false) {
    Within within(preemptions, steps_most, merges);
    while (within.begin_execution()) {
      Executed executed;
      if (!may_go_on() || !execute(within, 0, executed)) return searched;
      if (within.merged_wrongly()) break;
      if (!executed.alike && executed.cut && !searched.found) searched.too_long = true;
      const Size size{within.preemptions(), executed.steps};
      if (!executed.alike || size >= best_.size) continue;
      searched.too_long |= !searched.found && within.left_out();
      searched.found = true;
      keep(within.moves(), size);
      if (size.preemptions == preemptions) within.at_most(size.steps - 1);
    }
    if (within.merged_wrongly()) continue;
    searched.too_long |= !searched.found && within.left_out();
    searched.whole = true;
    return searched;
  }
}

// Looks for fewer preemptions, exactly, where that can be done.
void Shrink::bound() {
  begin_part(limits_.executions / 3);
  while (bounds_ < best_.size.preemptions && !bounds_too_large_) {
    const Searched searched = search(bounds_, length_most());
    bounds_too_large_ = !searched.whole;
    if (bounds_too_large_) return;
    too_long_ |= searched.too_long;
    if (searched.found && best_.size.preemptions == bounds_) {
      shortened_ = true;
      return;
    }
    bounds_ += !searched.found;
  }
}

// Looks for fewer preemptions by chance.
bool Shrink::draw() {
  begin_part(limits_.executions / 5);
  if (best_.size.preemptions == 0) return false;
  Drawn drawn(best_.size.preemptions - 1, best_.size.steps);
  while (may_go_on()) {
    drawn.begin_execution();
    Executed executed;
    if (!execute(drawn, length_most(), executed)) return false;
    const Size size{drawn.preemptions(), executed.steps};
    if (!executed.alike || size >= best_.size) continue;
    keep(drawn.moves(), size);
    return true;
  }
  return false;
}

// Looks for fewer steps, exactly, where that can be done.
void Shrink::shorten() {
  begin_part(limits_.executions / 5);
  if (!shortened_ && may_go_on()) shortened_ = search(best_.size.preemptions, best_.size.steps - 1).whole;
}

bool Shrink::run(const std::vector<std::uint32_t>& choices) {
  AsFound as_found(choices);
  as_found.begin_execution();
  Executed executed;
  if (!execute(as_found, limits_.steps_max, executed) || !executed.alike) return false;
  found_ = {as_found.preemptions(), executed.steps};
  keep(as_found.moves(), found_);
  fewest_preemptions_ = fewest_steps_ = found_.steps == 0;
  begin_part(limits_.executions);
  if (found_.steps == 0 || !may_go_on()) return true;
  if (!again()) return false;
  do {
    simplify();
    bound();
  } while (bounds_ < best_.size.preemptions && draw());
  shorten();
  fewest_preemptions_ = bounds_ == best_.size.preemptions && !too_long_;
  fewest_steps_ = shortened_;
  if (!fewest_preemptions_ && ended_by_.empty())
    ended_by_ = bounds_too_large_ ? fmt::format("the schedules with {} preemption{} are too many to execute all of them", bounds_, bounds_ == 1 ? "" : "s")
                                  : "some schedules became too long";
  return best_.size == found_ || again();
}

// Whether the schedule that is left fails in the same way when it is executed once more.
bool Shrink::again() {
  Exactly exactly(best_.moves);
  exactly.begin_execution();
  const Executed executed = execute_(exactly, limits_.steps_max);
  ++executions_;
  return executed.alike && Size{exactly.preemptions(), executed.steps} == best_.size;
}

}  // namespace interleave::engine
