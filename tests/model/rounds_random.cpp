// Random programs full of loops that may go round, against an enumeration of all their states that knows nothing of the engine: the
// same programs are interpreted here as state machines. Outcomes, deadlocks and livelocks must be the same.
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "explored.hpp"

using interleave::outcome;
using interleave::parallel;

namespace {

enum class Op { load, store, add, lock, try_lock, unlock, yield, keep, jump, jump_if_zero, jump_unless_zero };

// `object`: a variable or a mutex; `value`: to store, or where to jump.
struct Instruction {
  Op op;
  int object, value;
};

using Code = std::vector<Instruction>;

constexpr int variables = 5, mutexes = 2;  // the last three variables say what each thread wants

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}
  int below(int n) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int>((state_ >> 33) % static_cast<std::uint64_t>(n));
  }

  std::vector<Code> program() {
    std::vector<Code> threads(static_cast<std::size_t>(2 + (below(4) == 0)));
    for (std::size_t t = 0; t < threads.size(); ++t)
      for (int i = below(threads.size() == 2 ? 2 : 1); i >= 0; --i) add_part(threads[t], static_cast<int>(t), static_cast<int>(threads.size()));
    return threads;
  }

 private:
  void add_part(Code& code, int me, int threads) {
    const auto here = [&] { return static_cast<int>(code.size()); };
    const auto put = [&](Op op, int object = 0, int value = 0) {
      code.push_back({op, object, value});
      return code.size() - 1;
    };
    const auto pause = [&] {
      if (below(2) == 0) put(Op::yield);
    };
    const int x = below(2), y = below(2), m = below(2), start = here();
    const int mine = 2 + me, others = 2 + (me + 1 + below(threads - 1)) % threads;
    switch (below(9)) {
      case 0: put(Op::store, x, 1 + below(2)); break;
      case 1: put(Op::load, x); put(Op::keep); break;
      case 2: put(Op::load, x); put(Op::jump_if_zero, 0, start); break;
      case 3: {  // polls under a mutex
        put(Op::lock, m); put(Op::load, x); put(Op::unlock, m);
        const std::size_t out = put(Op::jump_unless_zero);
        pause();
        put(Op::jump, 0, start);
        code[out].value = here();
        break;
      }
      case 4: {  // takes both mutexes, or gives the first one back
        put(Op::lock, m); put(Op::try_lock, 1 - m);
        const std::size_t in = put(Op::jump_unless_zero);
        put(Op::unlock, m);
        pause();
        put(Op::jump, 0, start);
        code[in].value = here();
        put(Op::add, x, 1); put(Op::unlock, 1 - m); put(Op::unlock, m);
        break;
      }
      case 5: {  // tries once
        put(Op::try_lock, m); put(Op::keep);
        const std::size_t out = put(Op::jump_if_zero);
        put(Op::store, y, 1); put(Op::unlock, m);
        code[out].value = here();
        break;
      }
      case 6: {  // gives way
        put(Op::store, mine, 1); put(Op::load, others);
        const std::size_t in = put(Op::jump_if_zero);
        put(Op::store, mine, 0);
        pause();
        put(Op::jump, 0, start);
        code[in].value = here();
        put(Op::load, x); put(Op::keep); put(Op::store, mine, 0);
        break;
      }
      case 7:  // shows something as long as it waits
        put(Op::store, mine, 1); put(Op::store, mine, 0); put(Op::load, x); put(Op::jump_if_zero, 0, start);
        break;
      default:  // looks at what others show, under a mutex
        put(Op::lock, m); put(Op::load, others); put(Op::keep); put(Op::store, x, 1); put(Op::unlock, m);
        break;
    }
  }

  std::uint64_t state_;
};

// ---- the program as such --------------------------------------------------------------------------------------------

void run(const Code& code, std::array<std::atomic<int>, variables>& x, std::array<std::mutex, mutexes>& m, int& result) {
  int loaded = 0, kept = 0;
  for (std::size_t at = 0; at < code.size();) {
    const Instruction& i = code[at++];
    const auto object = static_cast<std::size_t>(i.object);
    switch (i.op) {
      case Op::load: loaded = x[object].load(); break;
      case Op::store: x[object].store(i.value); break;
      case Op::add: x[object].fetch_add(i.value); break;
      case Op::lock: m[object].lock(); break;
      case Op::try_lock: loaded = m[object].try_lock(); break;
      case Op::unlock: m[object].unlock(); break;
      case Op::yield: sched_yield(); break;
      case Op::keep: kept = kept * 8 + loaded + 1; break;
      case Op::jump: at = static_cast<std::size_t>(i.value); break;
      case Op::jump_if_zero: at = loaded == 0 ? static_cast<std::size_t>(i.value) : at; break;
      case Op::jump_unless_zero: at = loaded != 0 ? static_cast<std::size_t>(i.value) : at; break;
    }
  }
  result = kept;
}

std::string outcome_of(const std::vector<int>& x, const std::vector<int>& kept) {
  std::string text;
  for (const int each : x) text += std::to_string(each);
  for (const int each : kept) text += "/" + std::to_string(each);
  return text;
}

std::function<void()> body_of(const std::vector<Code>& threads) {
  return [&threads] {
    std::array<std::atomic<int>, variables> x{};
    std::array<std::mutex, mutexes> m;
    std::vector<int> kept(threads.size());
    std::vector<std::function<void()>> bodies;
    for (std::size_t t = 0; t < threads.size(); ++t) bodies.push_back([&, t] { run(threads[t], x, m, kept[t]); });
    parallel(std::move(bodies));
    outcome(outcome_of({x[0], x[1], x[2], x[3], x[4]}, kept));
  };
}

// ---- the program as a state machine ---------------------------------------------------------------------------------

struct State {
  std::vector<int> at, loaded, kept;           // by thread
  std::vector<int> x = std::vector<int>(variables), owner = std::vector<int>(mutexes, -1);

  auto operator<=>(const State&) const = default;
};

class Machine {
 public:
  explicit Machine(const std::vector<Code>& threads) : threads_(threads) {
    State first;
    first.at = first.loaded = first.kept = std::vector<int>(threads.size());
    for (std::size_t t = 0; t < threads.size(); ++t) run_on(first, t);
    number(first);
    for (std::size_t i = 0; i < states_.size(); ++i) expand(i);
    judge();
  }

  std::set<std::string> outcomes;
  bool deadlocks = false, livelocks = false;

 private:
  const Instruction* next(const State& s, std::size_t t) const {
    const auto at = static_cast<std::size_t>(s.at[t]);
    return at < threads_[t].size() ? &threads_[t][at] : nullptr;
  }

  // What concerns the thread alone.
  void run_on(State& s, std::size_t t) const {
    while (const Instruction* i = next(s, t)) {
      switch (i->op) {
        case Op::yield: ++s.at[t]; break;
        case Op::keep: s.kept[t] = s.kept[t] * 8 + s.loaded[t] + 1; ++s.at[t]; break;
        case Op::jump: s.at[t] = i->value; break;
        case Op::jump_if_zero: s.at[t] = s.loaded[t] == 0 ? i->value : s.at[t] + 1; break;
        case Op::jump_unless_zero: s.at[t] = s.loaded[t] != 0 ? i->value : s.at[t] + 1; break;
        default: return;
      }
    }
  }

  std::size_t number(const State& s) {
    const auto [known, fresh] = numbers_.try_emplace(s, states_.size());
    if (fresh) {
      states_.push_back(s);
      from_.emplace_back();
      ends_.push_back(false);
    }
    return known->second;
  }

  void expand(std::size_t index) {
    bool any = false, finished = true;
    for (std::size_t t = 0; t < threads_.size(); ++t) {
      State s = states_[index];
      const Instruction* i = next(s, t);
      if (i == nullptr) continue;
      finished = false;
      const auto object = static_cast<std::size_t>(i->object);
      const int me = static_cast<int>(t);
      if (i->op == Op::lock && s.owner[object] >= 0) continue;
      switch (i->op) {
        case Op::load: s.loaded[t] = s.x[object]; break;
        case Op::store: s.x[object] = i->value; break;
        case Op::add: s.x[object] += i->value; break;
        case Op::lock: s.owner[object] = me; break;
        case Op::try_lock:
          s.loaded[t] = s.owner[object] < 0;
          if (s.owner[object] < 0) s.owner[object] = me;
          break;
        default: s.owner[object] = -1; break;
      }
      any = true;
      ++s.at[t];
      run_on(s, t);
      const std::size_t to = number(s);
      from_[to].push_back(index);
    }
    if (any) return;
    ends_[index] = true;
    if (finished) {
      outcomes.insert(outcome_of(states_[index].x, states_[index].kept));
    } else {
      deadlocks = true;
    }
  }

  void judge() {
    std::vector<bool> leads = ends_;
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < leads.size(); ++i)
      if (leads[i]) open.push_back(i);
    while (!open.empty()) {
      const std::size_t i = open.back();
      open.pop_back();
      for (const std::size_t before : from_[i]) {
        if (leads[before]) continue;
        leads[before] = true;
        open.push_back(before);
      }
    }
    livelocks = std::find(leads.begin(), leads.end(), false) != leads.end();
  }

  const std::vector<Code>& threads_;
  std::map<State, std::size_t> numbers_;
  std::vector<State> states_;
  std::vector<std::vector<std::size_t>> from_;
  std::vector<bool> ends_;
};

std::set<std::string> nonempty_values(const interleave::Report& report) {
  std::set<std::string> result;
  for (const auto& [value, count] : report.outcomes)
    if (!value.empty()) result.insert(value);
  return result;
}

struct Tally {
  int compared = 0, round = 0, livelocks = 0, deadlocks = 0;
};

void compare(const std::string& strategy, int programs, std::uint64_t seed, std::uint64_t executions_max, Tally& tally) {
  Generator generator(seed);
  for (int program = 0; program < programs; ++program) {
    const std::vector<Code> threads = generator.program();
    const Machine machine(threads);
    const auto report = explore_all(body_of(threads), {.strategy = strategy, .executions_max = executions_max, .steps_max = 1'000});
    INFO(strategy << ", program " << program << ": " << text_of(report));
    INFO("outcomes " << machine.outcomes.size() << ", deadlocks " << machine.deadlocks << ", livelocks " << machine.livelocks);
    // Whatever was found is there, also where there was no time to find everything.
    const std::set<std::string> found = nonempty_values(report);
    REQUIRE(std::includes(machine.outcomes.begin(), machine.outcomes.end(), found.begin(), found.end()));
    if (report.failure) {
      REQUIRE((report.failure->kind == "livelock" || report.failure->kind == "deadlock"));
      REQUIRE((report.failure->kind == "livelock" ? machine.livelocks : machine.deadlocks));
    }
    if (!report.complete) continue;
    REQUIRE(found == machine.outcomes);
    REQUIRE((report.failing > 0) == (machine.deadlocks || machine.livelocks));
    ++tally.compared;
    tally.round += report.rounds > 0;
    tally.livelocks += machine.livelocks;
    tally.deadlocks += machine.deadlocks;
  }
}

}  // namespace

TEST_CASE("random programs that go round have the outcomes and livelocks of their state machines, by dpor") {
  Tally tally;
  compare("dpor", 250, 20261124, 2'000, tally);
  CHECK(tally.compared > 200);
  CHECK(tally.round > 20);
  CHECK(tally.livelocks > 20);
}

TEST_CASE("random programs that go round have the outcomes and livelocks of their state machines, by dfs") {
  Tally tally;
  compare("dfs", 150, 20261125, 800, tally);
  CHECK(tally.compared > 50);
  CHECK(tally.round > 5);
  CHECK(tally.livelocks > 5);
}
