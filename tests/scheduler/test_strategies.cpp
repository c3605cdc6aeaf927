// Every registered strategy, driven by hand through a program of writes: the protocol of begin, choose and end, indices, seeds, strings. The
// list of strategies is the registry; a new one is tested without being named here.
#include <array>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <interleave/interleave.hpp>
#include "scheduler/model/strategy_registry.hpp"

using namespace interleave;
using namespace interleave::engine;

namespace {

constexpr OperationType write{.name = "write", .access = Access::write};

// Thread 0 makes one step, which creates the others. Each of these makes `steps` writes to one object.
class Program final : public ExecutionView {
 public:
  Program(std::uint32_t threads, std::uint32_t steps) : threads_(threads), steps_(steps) {}

  // Makes one execution, by the choices of `strategy`. Its begin_execution has returned true. Returns who stepped, one letter for each step.
  std::string execute(Strategy& strategy, StepListener* listener) {
    made_.assign(threads_ + 1, 0);
    pending_.assign(threads_ + 1, Operation{.type = &write, .object = &object_, .size = 4});
    std::string order;
    std::uint32_t last = 0;
    std::vector<Candidate> enabled{{0, 0, &pending_[0]}};
    if (listener != nullptr) listener->announced(0, pending_[0]);
    for (std::uint64_t step = 1; !enabled.empty(); ++step) {
      std::uint32_t fingerprint = 0;
      for (const Candidate& each : enabled) fingerprint ^= each.thread * 0x9e3779b9u + 1;
      const std::size_t index = strategy.choose({enabled, static_cast<std::uint32_t>(enabled.size()), last, step, fingerprint});
      if (index == Strategy::prune) break;
      REQUIRE(index < enabled.size());
      const std::uint32_t thread = last = enabled[index].thread;
      order += static_cast<char>('0' + thread);
      ++made_[thread];
      if (listener != nullptr) listener->performed({thread, 0, &pending_[thread]});
      if (thread == 0) {
        for (std::uint32_t child = 1; child <= threads_; ++child) {
          if (listener == nullptr) continue;
          listener->created(0, child, false);
          listener->announced(child, pending_[child]);
        }
      } else if (made_[thread] < steps_ && listener != nullptr) {
        listener->announced(thread, pending_[thread]);
      }
      if (listener != nullptr && (thread == 0 || made_[thread] == steps_)) listener->finished(thread);
      enabled.clear();
      for (std::uint32_t id = 1; id <= threads_; ++id)
        if (made_[id] < steps_) enabled.push_back({id, 0, &pending_[id]});
    }
    if (listener != nullptr) listener->closing();
    return order;
  }

  std::int64_t slack_of(std::uint32_t) const override { return unblockable; }
  std::uint64_t name_of(const void*) const override { return 1; }
  const void* named(std::uint64_t) const override { return &object_; }
  std::uintptr_t heap() const override { return 4096; }
  const Weight* state() const override { return nullptr; }
  const Weight& state_loosely() const override { return nothing_; }
  bool has_counters() const override { return false; }
  std::size_t counted_rounds() const override { return 0; }
  bool counts() const override { return false; }

 private:
  const std::uint32_t threads_, steps_;
  alignas(8) int object_ = 0;
  Weight nothing_;
  std::vector<std::uint32_t> made_;
  std::vector<Operation> pending_;
};

// The orders of at most `most` executions.
std::vector<std::string> orders_of(const std::string& spec, std::uint64_t seed, Program& program, std::size_t most) {
  const auto strategy = make_strategy(spec, seed);
  strategy->attach(program);
  std::vector<std::string> orders;
  while (orders.size() < most && strategy->begin_execution()) {
    orders.push_back(program.execute(*strategy, strategy->listener()));
    strategy->end_execution(Ending::finished);
  }
  return orders;
}

// Each one that is registered, wrappers round dfs, and `repeat` round all that are not repetitions.
std::vector<std::string> every_strategy() {
  std::vector<std::string> all;
  for (const Registration* each : registered_strategies()) {
    if (each->name == "probe") continue;  // of these tests
    all.push_back(std::string(each->name) + (each->wraps ? "/dfs" : ""));
  }
  const std::size_t plain = all.size();
  for (std::size_t i = 0; i < plain; ++i)
    if (!all[i].starts_with("repeat/")) all.push_back("repeat/" + all[i]);
  return all;
}

}  // namespace

TEST_CASE("every strategy makes executions of the program, and says how each is made again") {
  const std::vector<std::string> all = every_strategy();
  CHECK(all.size() >= 20);
  for (const std::string& spec : all) {
    CAPTURE(spec);
    Program program(3, 2);
    const auto strategy = make_strategy(spec, 7);
    strategy->attach(program);
    for (int execution = 0; execution < 40 && strategy->begin_execution(); ++execution) {
      const std::string order = program.execute(*strategy, strategy->listener());
      CHECK(order.size() == 7);
      strategy->end_execution(Ending::finished);
      const Recipe recipe = strategy->recipe();
      if (!recipe.seed) continue;
      CAPTURE(recipe.spec, *recipe.seed);
      CHECK(orders_of(recipe.spec, *recipe.seed, program, 1) == std::vector<std::string>{order});
    }
  }
}

TEST_CASE("every strategy does the same for the same seed") {
  for (const std::string& spec : every_strategy()) {
    CAPTURE(spec);
    Program program(3, 3);
    CHECK(orders_of(spec, 3, program, 200) == orders_of(spec, 3, program, 200));
  }
}

TEST_CASE("a string that a strategy prints makes the same strategy") {
  for (const std::string& spec : every_strategy()) {
    CAPTURE(spec);
    const std::string printed = make_strategy(spec, 5)->spec();
    CHECK(make_strategy(printed, 5)->spec() == printed);
    Program program(2, 3);
    CHECK(orders_of(spec, 5, program, 100) == orders_of(printed, 5, program, 100));
  }
}

TEST_CASE("strategies that are exhaustive visit the same orders, and end") {
  // Three threads of two writes each to one object: 6! / (2! 2! 2!), of which no two are equivalent.
  for (const std::string& spec : every_strategy()) {
    CAPTURE(spec);
    Program program(3, 2);
    if (!make_strategy(spec, 1)->traits().ends) {
      CHECK(orders_of(spec, 1, program, 1000).size() == 1000);
      continue;
    }
    const auto orders = orders_of(spec, 1, program, 10'000);
    CHECK(orders.size() < 10'000);
    CHECK(std::set<std::string>(orders.begin(), orders.end()).size() == 90);
  }
}

// What an argument may be is what its strategy can do with: the least and the most are used, and what lies outside is refused.
TEST_CASE("every argument of every strategy has bounds: what lies outside is refused in one sentence, what lies at them works") {
  std::size_t bounded = 0;
  for (const Registration* each : registered_strategies()) {
    for (const Argument& argument : each->arguments) {
      CAPTURE(each->name, argument.key);
      const auto with = [&](const std::string& value) {
        return std::string(each->name) + ":" + std::string(argument.key) + "=" + value + (each->wraps ? "/dfs" : "");
      };
      REQUIRE(argument.least <= argument.most);
      std::vector<std::string> outside = {"99999999999999999999", "18446744073709551616", "-1", "x", "1e3", "0x1"};
      if (argument.most != number_most) outside.push_back(std::to_string(argument.most + 1)), outside.push_back("18446744073709551615");
      if (argument.least != 0) outside.push_back(std::to_string(argument.least - 1));
      outside.push_back(argument.is_list ? "1..1" : "1.1");
      for (const std::string& value : outside) {
        CAPTURE(value);
        const std::string sentence = "strategy '" + std::string(each->name) + "': " + std::string(argument.key) + " must be " +
                                     (argument.is_list ? "whole numbers" : "a whole number") + " from " + std::to_string(argument.least) + " to " +
                                     std::to_string(argument.most) + (argument.is_list ? " with dots between them" : "") + ", not '" + value + "'";
        CHECK_THROWS_AS(make_strategy(with(value), 1), UsageError);
        CHECK_THROWS_WITH(make_strategy(with(value), 1), sentence);
      }
      bounded += argument.most != number_most;
      for (const std::uint64_t value : {argument.least, argument.most}) {
        Program program(3, 2);
        const std::string number = std::to_string(value);
        for (const std::string& text : {number, argument.is_list ? number + "." + number + "." + number + "." + number : number})
          for (const std::string& order : orders_of(with(text), 3, program, 5)) CHECK(order.size() == 7);
      }
    }
  }
  CHECK(bounded >= 7);
}

TEST_CASE("every argument that a strategy lists is taken, and no other") {
  for (const Registration* each : registered_strategies()) {
    CAPTURE(each->name);
    const std::string inner = each->wraps ? "/dfs" : "";
    CHECK_FALSE(each->summary.empty());
    for (const Argument& argument : each->arguments) {
      CAPTURE(argument.key);
      CHECK_FALSE(argument.help.empty());
      CHECK_NOTHROW(make_strategy(std::string(each->name) + ":" + std::string(argument.key) + "=1" + inner, 1));
      CHECK_THROWS_AS(make_strategy(std::string(each->name) + ":" + std::string(argument.key) + "=x" + inner, 1), UsageError);
    }
    CHECK_THROWS_AS(make_strategy(std::string(each->name) + ":no_such_argument=1" + inner, 1), UsageError);
  }
}
