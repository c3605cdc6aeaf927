// The token of a schedule: it carries everything, it is short, and it cannot be mistaken.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <interleave/interleave.hpp>
#include "random_numbers.hpp"
#include "scheduler/model/option_code.hpp"
#include "scheduler/model/schedule.hpp"

namespace interleave {
namespace {

using Catch::Matchers::Contains;

constexpr std::string_view base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

Schedule with_choices(std::vector<std::uint32_t> choices) {
  Schedule schedule;
  schedule.name = "event/producer_consumer";
  schedule.build = 12345;
  schedule.choices = std::move(choices);
  return schedule;
}

Schedule there_and_back(const Schedule& schedule) { return decode(encode(schedule), schedule.name); }

// The token with this text between version and checksum.
std::string sealed(std::string_view body) {
  std::string token = "il1:" + std::string(body);
  const std::uint64_t sum = XXH3_64bits(token.data(), token.size());
  for (int bit = 24; bit >= 0; bit -= 6) token += base64url[sum >> bit & 63];
  return token;
}

TEST_CASE("a token gives back the schedule that it was made from") {
  const std::vector<std::vector<std::uint32_t>> examples = {
      {}, {0}, {1}, {0, 0, 0}, {2, 2, 1, 0, 7}, {0, 4294967295u, 0}, std::vector<std::uint32_t>(100'000, 0),
  };
  for (const auto& choices : examples) CHECK(there_and_back(with_choices(choices)) == with_choices(choices));

  RandomNumbers random;
  for (int i = 0; i < 2'000; ++i) {
    std::vector<std::uint32_t> choices(random.below(40));
    const auto most = 1 + random.below(9);
    for (auto& choice : choices) choice = random.below(most);
    REQUIRE(there_and_back(with_choices(choices)) == with_choices(choices));
  }
}

TEST_CASE("a token carries every value of every option that changes the candidates, in all combinations") {
  std::set<std::string> tokens;
  auto schedule = with_choices({1, 0, 1});
  const auto numbers = schedule.options.numbers();
  const auto try_all = [&](const auto& self, std::size_t row) -> void {
    if (row == numbers.size()) {
      CHECK(there_and_back(schedule) == schedule);
      tokens.insert(encode(schedule));
      return;
    }
    const std::size_t values = model_options[row].is_recorded() ? number_of_values(model_options[row]) : 1;
    for (std::size_t number = 0; number < values; ++number) {
      numbers[row] = static_cast<std::uint8_t>(number);
      self(self, row + 1);
    }
    numbers[row] = 0;
  };
  try_all(try_all, 0);
  std::size_t combinations = 1;
  for (const ModelOption& option : model_options)
    if (option.is_recorded()) combinations *= number_of_values(option);
  CHECK(combinations >= 48);
  CHECK(tokens.size() == combinations);
}

TEST_CASE("the table of model options is sound") {
  CHECK(ModelValues(Options{}) == ModelValues());  // the first value of an option is its default, and a switch is off
  std::set<std::pair<TokenPart, int>> places;
  for (const ModelOption& option : model_options) {
    CAPTURE(option.name);
    CHECK((option.word != nullptr) != (option.on != nullptr));
    CHECK(number_of_values(option) < 256);
    switch (option.token.part) {
      case TokenPart::none: continue;
      case TokenPart::flags: CHECK((option.token.at < 3 && number_of_values(option) == 2)); break;
      case TokenPart::further: CHECK((option.token.at == 1 && number_of_values(option) == 2)); break;  // the others are the schedule's own
      case TokenPart::races: CHECK((option.token.at == 0 && number_of_values(option) == 3)); break;
      case TokenPart::extension: CHECK(option.token.at >= 1); break;
    }
    CHECK(places.emplace(option.token.part, option.token.at).second);  // no two in one place
  }
}

TEST_CASE("the values of options are texts for people and numbers for everything else") {
  const ModelValues values({.races = "ignore", .spurious_wakeups = true, .leaks = true});
  CHECK(values.has(model_value(&Options::races, "ignore")));
  CHECK_FALSE(values.has(model_value(&Options::races, "fail")));
  CHECK(values.has(model_value(&Options::clock, "any")));
  CHECK(values.has(model_value(&Options::spurious_wakeups)));
  CHECK_FALSE(values.has(model_value(&Options::interrupts)));
  CHECK(values.has(model_value(&Options::leaks)));
  CHECK_FALSE(values.recorded().has(model_value(&Options::leaks)));  // no token has it

  Options options{.races = "explore", .clock = "virtual", .interrupts = true, .leaks = true};
  values.recorded().apply_recorded(options);
  CHECK(options.races == "ignore");
  CHECK(options.clock == "any");
  CHECK(options.spurious_wakeups);
  CHECK_FALSE(options.interrupts);
  CHECK(options.leaks);  // left alone
  CHECK_THROWS_WITH(ModelValues({.races = "maybe"}), "races=maybe makes no sense; use fail or explore or ignore");
}

// Options that nobody has: what a token says of them is tested before anybody has.
std::vector<ModelOption> with_later_options() {
  std::vector<ModelOption> table(std::begin(model_options), std::end(model_options));
  table.push_back({"sticky", "--sticky", "INTERLEAVE_STICKY", "", "for tests", {TokenPart::extension, 1}, nullptr, &Options::require_complete});
  table.push_back({"mood", "--mood", "INTERLEAVE_MOOD", "a|b|c|d", "for tests", {TokenPart::extension, 7}, &Options::checks});
  return table;
}

std::string options_text(std::span<const ModelOption> table, std::span<const std::uint8_t> numbers, std::uint64_t of_schedule) {
  std::string text;
  engine::BitWriter out(text);
  engine::write_options(out, table, numbers, of_schedule);
  out.pad();
  return text;
}

TEST_CASE("an option that comes later gets bits of its own, and changes no token that has it at its default") {
  const auto later = with_later_options();
  constexpr std::uint64_t own_bits = 1 | 4 | 8;
  std::set<std::string> texts;
  std::size_t combinations = 0;
  for (const std::uint64_t of_schedule : {0, 1, 13}) {
    for (std::uint8_t races = 0; races < 3; ++races) {
      for (std::uint8_t heap = 0; heap < 2; ++heap) {
        for (std::uint8_t sticky = 0; sticky < 2; ++sticky) {
          for (std::uint8_t mood = 0; mood < 4; ++mood) {
            const std::vector<std::uint8_t> numbers = {races, 0, heap, 0, 1, 0, sticky, mood};
            const std::string text = options_text(later, numbers, of_schedule);
            texts.insert(text);
            ++combinations;
            CAPTURE(text, of_schedule);
            std::vector<std::uint8_t> read(later.size());
            std::uint64_t own = 0;
            engine::BitReader in(text);
            CHECK(engine::read_options(in, later, read, own_bits, own) == engine::OptionsRead::good);
            CHECK(in.at_padding());
            CHECK(read == numbers);
            CHECK(own == of_schedule);
            // As the version without these options has it, or as it says that the token is of another one.
            const bool is_new = sticky != 0 || mood != 0;
            const std::span<const std::uint8_t> old(numbers.data(), std::size(model_options));
            CHECK((text == options_text(model_options, old, of_schedule)) == !is_new);
            std::vector<std::uint8_t> read_before(std::size(model_options));
            engine::BitReader in_before(text);
            CHECK(engine::read_options(in_before, model_options, read_before, own_bits, own) ==
                  (is_new ? engine::OptionsRead::unknown : engine::OptionsRead::good));
            // A text that ends too early is damaged.
            engine::BitReader half(std::string_view(text).substr(0, text.size() - 1));
            CHECK(engine::read_options(half, later, read_before = std::vector<std::uint8_t>(later.size()), own_bits, own) == engine::OptionsRead::damaged);
          }
        }
      }
    }
  }
  CHECK(texts.size() == combinations);
}

TEST_CASE("a token with an option of a later version is refused, and says so") {
  const auto old = encode(with_choices({1, 0, 1}));
  const auto head = old.substr(4, 10);  // name, build
  const std::vector<std::uint8_t> numbers = {0, 0, 0, 0, 0, 0, 1, 0};
  // 0 no checks, 000 flags, 11 another part, 0000 further, 11 another part, one option: 1, its number: 1, its value: 1, 00 races; no choices: 1
  CHECK(options_text(with_later_options(), numbers, 0) == "GHw");
  CHECK_THROWS_WITH(decode(sealed(head + "DD5"), "event/producer_consumer"),
                    Contains("unknown option; replay it with the version of Interleave that printed it"));
}

TEST_CASE("a token carries the lines of stacks that decide what is a step") {
  const std::vector<std::vector<StackLine>> examples = {{}, {{0, 0}}, {{0, 5}, {0, 6}, {0, 1000}, {3, 0}, {3, 2}, {1000, 262143}}};
  for (const auto& lines : examples) {
    auto schedule = with_choices({1, 0, 1});
    schedule.options = ModelValues({.races = "explore"});
    schedule.keeps_private = true;
    schedule.shared_lines = lines;
    CHECK(there_and_back(schedule) == schedule);
    schedule.options = ModelValues({.races = "explore", .heap = "reuse"});
    schedule.stops_round = schedule.comes_back = true;
    CHECK(there_and_back(schedule) == schedule);
  }
}

TEST_CASE("a token carries a check for each chunk of choices, of what was to choose from") {
  for (const std::size_t size : {1, 5, 64, 65, 1'000}) {
    const std::vector<std::uint32_t> offers(size, 3);
    auto schedule = with_choices(std::vector<std::uint32_t>(size, 1));
    schedule.checks = schedule_checks(offers);
    CAPTURE(size);
    CHECK(schedule.checks.size() <= 64);
    CHECK(there_and_back(schedule) == schedule);
    CHECK(encode(schedule).size() <= 80);
  }
}

TEST_CASE("a check notices most changes of what was to choose from, also in a chunk of one choice") {
  std::vector<int> seen(16);
  for (std::uint32_t fingerprint = 0; fingerprint < 256; ++fingerprint) ++seen[schedule_check(std::vector{fingerprint})];
  for (const int times : seen) CHECK(times == Approx(16).margin(4));
}

TEST_CASE("a token is short, and long runs of zeros are nearly free") {
  CHECK(encode(with_choices({})).size() == 21);
  CHECK(encode(with_choices({1, 0, 1})).size() <= 24);
  CHECK(encode(with_choices(std::vector<std::uint32_t>(1'000'000, 0))).size() <= 34);

  std::vector<std::uint32_t> coins(100);
  RandomNumbers random;
  for (auto& coin : coins) coin = random.below(2);
  CHECK(encode(with_choices(coins)).size() <= 60);
}

TEST_CASE("a token can be pasted into a shell, an address and a file name") {
  const auto token = encode(with_choices({3, 1, 4, 1, 5, 9, 2, 6}));
  CHECK(token.substr(0, 4) == "il1:");
  CHECK(token.find_first_not_of(base64url, 4) == token.npos);
}

TEST_CASE("every change of one character is refused") {
  const auto schedule = with_choices({0, 0, 1, 0, 2, 0, 0, 0, 1, 3});
  const auto token = encode(schedule);
  REQUIRE_NOTHROW(decode(token, schedule.name));
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      auto changed = token;
      changed[i] = static_cast<char>(c);
      if (changed == token) continue;
      CAPTURE(i, c);
      REQUIRE_THROWS_AS(decode(changed, schedule.name), UsageError);
    }
  }
}

TEST_CASE("every truncation, extension and swap of neighbours is refused") {
  const auto schedule = with_choices({0, 0, 1, 0, 2, 0, 0, 0, 1, 3});
  const auto token = encode(schedule);
  for (std::size_t size = 0; size < token.size(); ++size) {
    REQUIRE_THROWS_AS(decode(token.substr(0, size), schedule.name), UsageError);
  }
  for (const char c : base64url) REQUIRE_THROWS_AS(decode(token + c, schedule.name), UsageError);
  for (std::size_t i = 0; i + 1 < token.size(); ++i) {
    auto swapped = token;
    std::swap(swapped[i], swapped[i + 1]);
    if (swapped != token) REQUIRE_THROWS_AS(decode(swapped, schedule.name), UsageError);
  }
}

TEST_CASE("garbage is refused") {
  RandomNumbers random;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = random.below(2) == 0 ? "il1:" : "";
    const auto size = random.below(60);
    for (std::uint32_t k = 0; k < size; ++k) {
      text += random.below(4) == 0 ? static_cast<char>(random.below(256)) : base64url[random.below(64)];
    }
    REQUIRE_THROWS_AS(decode(text, "any"), UsageError);
  }
}

TEST_CASE("a token that is accepted is the one that its schedule has: none with a forged checksum is another") {
  const auto schedule = with_choices({0, 0, 1, 0, 2, 0, 0, 0, 1, 3});
  const auto token = encode(schedule);
  const auto body = token.substr(4, token.size() - 9);
  REQUIRE(sealed(body) == token);
  RandomNumbers random;
  int accepted = 0;
  for (int i = 0; i < 30'000; ++i) {
    auto forged = body.substr(0, 10 + random.below(static_cast<std::uint32_t>(body.size()) - 9));
    for (std::uint32_t count = random.below(12); count > 0; --count) forged += random.one_in(3) ? base64url[random.below(64)] : 'A';
    // Behind the name and the build.
    for (std::uint32_t count = random.below(3); count > 0 && forged.size() > 10; --count)
      forged[10 + random.below(static_cast<std::uint32_t>(forged.size()) - 10)] = base64url[random.below(64)];
    forged = sealed(forged);
    CAPTURE(forged);
    try {
      const auto read = decode(forged, schedule.name);
      REQUIRE(std::is_sorted(read.shared_lines.begin(), read.shared_lines.end()));
      REQUIRE(encode(read) == forged);
      ++accepted;
    } catch (const UsageError&) {
    }
  }
  CHECK(accepted > 100);
}

TEST_CASE("a token whose choices are written in another way is refused") {
  const auto same = with_choices({0, 0, 0, 0});
  const auto head = encode(same).substr(4, 10) + "A";  // name, build, no options
  CHECK(encode(same) == sealed(head + "LI"));          // 00101 four choices: 1 zero, 00100 four times
  CHECK_THROWS_AS(decode(sealed(head + "LVA"), same.name), UsageError);  // 00101 four choices: 1 zero, 010 twice; 1 zero, 010 twice
}

TEST_CASE("the refusal says which of four things is wrong") {
  const auto schedule = with_choices({1, 2, 3});
  const auto token = encode(schedule);
  const auto damaged = token.substr(0, token.size() - 3) + "AAA";
  CHECK_THROWS_WITH(decode("", schedule.name), Contains("not a schedule token"));
  CHECK_THROWS_WITH(decode("il:" + token.substr(4), schedule.name), Contains("not a schedule token"));
  CHECK_THROWS_WITH(decode("17", schedule.name), Contains("not a schedule token"));
  CHECK_THROWS_WITH(decode("il2:" + token.substr(4), schedule.name), Contains("unknown version"));
  CHECK_THROWS_WITH(decode(damaged, schedule.name), Contains("damaged"));
  CHECK_THROWS_WITH(decode(token, "lock/ab_ba"), Contains("not recorded for lock/ab_ba"));
}

TEST_CASE("a check can ask whether a token is meant for it") {
  const auto token = encode(with_choices({1}));
  CHECK(is_schedule_for(token, "event/producer_consumer"));
  CHECK_FALSE(is_schedule_for(token, "event/producer_consumer_2"));
  CHECK_THROWS_AS(is_schedule_for("il1:nonsense", "event/producer_consumer"), UsageError);
}

TEST_CASE("a schedule from another build is read all the same") {
  auto schedule = with_choices({1, 0, 2});
  schedule.build = build_id() ^ 1;
  const auto read = decode(encode(schedule), schedule.name);
  CHECK(read.build != build_id());
  CHECK(read.choices == schedule.choices);
}

TEST_CASE("the identity of the build fits into a token and does not change while the program runs") {
  auto schedule = with_choices({});
  schedule.build = build_id();
  CHECK(schedule.build != 0);
  CHECK(there_and_back(schedule).build == build_id());
}

TEST_CASE("what a token cannot carry is refused at once") {
  CHECK_THROWS_AS(encode(with_choices(std::vector<std::uint32_t>(schedule_choices_max + 1))), UsageError);
}

}  // namespace
}  // namespace interleave
