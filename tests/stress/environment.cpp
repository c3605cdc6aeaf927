#include <cstdlib>
#include <string>
#include <utility>

#include <interleave/catch2.hpp>
#include "scheduler/api/environment.hpp"
#include "scheduler/api/model_options.hpp"

using namespace interleave;

namespace {

// A variable of the environment, for the length of a scope.
class Variable {
 public:
  Variable(std::string name, const char* value) : name_(std::move(name)) { setenv(name_.c_str(), value, 1); }
  ~Variable() { unsetenv(name_.c_str()); }

 private:
  std::string name_;
};

}  // namespace

TEST_CASE("without variables the options are the program's") {
  const Options options = with_environment({.strategy = "random", .seed = 5, .executions_max = 7});
  CHECK(options.strategy == "random");
  CHECK(options.seed == 5);
  CHECK(options.executions_max == 7);
}

TEST_CASE("a variable wins over the program") {
  const Variable seed("INTERLEAVE_SEED", "0x10"), strategy("INTERLEAVE_STRATEGY", "dfs"), schedule("INTERLEAVE_SCHEDULE", "il1:x"),
      executions("INTERLEAVE_EXECUTIONS", "12"), steps("INTERLEAVE_STEPS", "34"), time("INTERLEAVE_TIME", "1.5m"),
      races("INTERLEAVE_RACES", "explore"), clock("INTERLEAVE_CLOCK", "virtual"), wakeups("INTERLEAVE_SPURIOUS_WAKEUPS", "1"),
      interrupts("INTERLEAVE_INTERRUPTS", "yes");
  const Options options = with_environment({.seed = 5});
  CHECK(options.seed == 16);
  CHECK(options.strategy == "dfs");
  CHECK(options.schedule == "il1:x");
  CHECK(options.executions_max == 12);
  CHECK(options.steps_max == 34);
  CHECK(options.time_max.count() == 90);
  CHECK(options.races == "explore");
  CHECK(options.clock == "virtual");
  CHECK(options.spurious_wakeups);
  CHECK(options.interrupts);
}

TEST_CASE("every model option has a variable, which sets it to each of its values and nothing else") {
  for (const ModelOption& option : model_options) {
    CAPTURE(option.name);
    for (std::size_t number = 0; number < number_of_values(option); ++number) {
      const std::string value = option.word != nullptr ? std::string(word_of(option, number)) : std::to_string(number);
      const Variable variable(option.variable, value.c_str());
      const Options options = with_environment({});
      for (const ModelOption& other : model_options) CHECK(value_of(other, options) == (&other == &option ? value : value_of(other, Options{})));
    }
  }
}

TEST_CASE("a variable that is set to nothing counts as not set") {
  const Variable seed("INTERLEAVE_SEED", "");
  CHECK(with_environment({.seed = 5}).seed == 5);
}

TEST_CASE("a time is a number with an optional unit") {
  CHECK(parse_duration("10", "x").count() == 10);
  CHECK(parse_duration("10s", "x").count() == 10);
  CHECK(parse_duration("500ms", "x").count() == 0.5);
  CHECK(parse_duration("2m", "x").count() == 120);
  CHECK(parse_duration("0.5h", "x").count() == 1800);
  for (const char* bad : {"", "s", "-1", "10 s", "10parsecs", "1e3", "inf", "nan"}) CHECK_THROWS_AS(parse_duration(bad, "x"), UsageError);
}

TEST_CASE("a number is decimal or hexadecimal, and fits") {
  CHECK(parse_number("0", "x") == 0);
  CHECK(parse_number("18446744073709551615", "x") == ~std::uint64_t{0});
  CHECK(parse_number("0xff", "x") == 255);
  for (const char* bad : {"", "0x", "-1", "1 ", "18446744073709551616", "ten"}) CHECK_THROWS_AS(parse_number(bad, "x"), UsageError);
}

TEST_CASE("a value that makes no sense is refused by name, with what would do") {
  const auto refusal = [](const char* name, const char* value) {
    const Variable variable(name, value);
    try {
      with_environment({});
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refusal("INTERLEAVE_TIME", "soon") == "INTERLEAVE_TIME=soon makes no sense; use a time such as 10, 10s, 500ms or 2m");
  CHECK(refusal("INTERLEAVE_RACES", "maybe") == "INTERLEAVE_RACES=maybe makes no sense; use fail or explore or ignore");
  CHECK(refusal("INTERLEAVE_CLOCK", "wall") == "INTERLEAVE_CLOCK=wall makes no sense; use any or virtual");
  CHECK(refusal("INTERLEAVE_INTERRUPTS", "2") == "INTERLEAVE_INTERRUPTS=2 makes no sense; use 0 or 1");
  CHECK_THROWS_AS(with_environment({.races = "sometimes"}), UsageError);
}
