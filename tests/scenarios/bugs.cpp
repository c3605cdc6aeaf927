// The classic defects: each is found by default settings, each repaired twin is proved, and the page about them says so.
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <interleave/interleave.hpp>
#include <interleave/scenarios/scenario.hpp>

#include "../strategies.hpp"
#include "explored.hpp"

using namespace interleave;
using scenarios::Definition;
using scenarios::Effort;

namespace {

constexpr std::string_view group = "bugs/", repaired = "_repaired";

std::vector<const Definition*> all_of_group() {
  std::vector<const Definition*> chosen;
  for (const auto* scenario : scenarios::all())
    if (scenario->definition().name.starts_with(group)) chosen.push_back(&scenario->definition());
  return chosen;
}

std::vector<const Definition*> bugs() {
  auto chosen = all_of_group();
  std::erase_if(chosen, [](const Definition* each) { return each->expect != Verdict::fail; });
  return chosen;
}

const Definition& twin_of(const Definition& bug) {
  const auto* twin = scenarios::find(bug.name + std::string(repaired));
  REQUIRE(twin != nullptr);
  return twin->definition();
}

// Up to the first failure.
Report first(const Definition& bug, const std::string& strategy, std::uint64_t seed = 1, std::uint64_t executions_max = 0) {
  Options options = bug.options;
  options.strategy = strategy;
  options.seed = seed;
  options.executions_max = executions_max;
  return explore(bug.body, options);
}

// By default.
Report searched(const Definition& program) { return explore(program.body, program.options); }

void check_found(const Definition& bug, const Report& report) {
  INFO(bug.name);
  REQUIRE(report.failure);
  CHECK(report.failure->kind == bug.failure_kind);
}

// What the page says of a search that finds nothing.
std::string proof(const Definition& program) {
  if (program.effort == Effort::sample) return "not searched";
  const Report report = searched(program);
  if (!report.complete) return "not complete";
  return program.spins ? "all" : "all " + std::to_string(report.executions);  // how often it goes round is up to the compiler
}

using Cells = std::vector<std::string>;

// How the row of a scenario begins on the page.
std::string row_begin(const std::string& name) {
  const Definition& program = scenarios::find(name)->definition();
  return "| `" + name.substr(group.size()) + "` | " + program.summary + " | " + (program.expect == Verdict::fail ? program.failure_kind : "...") + " |";
}

// The cells of a line of a table.
Cells cells_of(const std::string& line) {
  Cells cells;
  std::istringstream text(line.substr(2));
  for (std::string cell; std::getline(text, cell, '|');) cells.push_back(cell.substr(0, cell.find_last_not_of(' ') + 1));
  for (std::size_t i = 1; i < cells.size(); ++i) cells[i].erase(0, 1);
  return cells;
}

// The headings of the page's first table.
Cells headings_of_page() {
  std::ifstream page(INTERLEAVE_DOCS "/known-bugs.md");
  REQUIRE(page);
  for (std::string line; std::getline(page, line);)
    if (line.starts_with("| bug |")) return cells_of(line);
  return {};
}

// The rows of the page's tables, by the name in their first column.
std::vector<Cells> rows_of_page() {
  std::ifstream page(INTERLEAVE_DOCS "/known-bugs.md");
  REQUIRE(page);
  std::vector<Cells> rows;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    Cells cells = cells_of(line);
    cells.front() = std::string(group) + cells.front().substr(1, cells.front().size() - 2);
    rows.push_back(cells);
  }
  return rows;
}

}  // namespace

TEST_CASE("Bugs: each has a repaired twin", "[scenarios][bugs]") {
  CHECK(bugs().size() >= 45);
  for (const Definition* bug : bugs()) {
    INFO(bug->name);
    CHECK(twin_of(*bug).expect == Verdict::pass);
  }
}

TEST_CASE("Bugs: the default search finds each, as what it is", "[scenarios][bugs]") {
  for (const Definition* bug : bugs()) check_found(*bug, first(*bug, ""));
}

TEST_CASE("Bugs: so does each strategy by itself, every sampler within 10,000 executions", "[scenarios][bugs]") {
  for (const Definition* bug : bugs()) {
    for (const std::string& search : strategies_that(true)) {
      INFO(search);
      check_found(*bug, first(*bug, search));
    }
    for (std::uint64_t seed = 1; seed <= 3; ++seed) check_found(*bug, first(*bug, "auto", seed, 10'000));
    for (const std::string& sampler : strategies_that(false)) {
      INFO(sampler);
      check_found(*bug, first(*bug, sampler, 1, 10'000));
    }
  }
}

TEST_CASE("Bugs: each repaired twin is proved, and so are further repairs", "[scenarios][bugs]") {
  std::size_t proved = 0;
  for (const Definition* program : all_of_group()) {
    if (program->expect != Verdict::pass || program->effort == Effort::sample) continue;
    INFO(program->name);
    const Report report = searched(*program);
    CHECK(report.verdict == Verdict::pass);
    CHECK(report.complete);
    ++proved;
  }
  CHECK(proved >= 47);
}

TEST_CASE("Bugs: docs/known-bugs.md says of each what it is, and the executions of the searches", "[scenarios][bugs]") {
  const Cells headings = headings_of_page();
  const std::vector<std::string> searches = strategies_that(true);
  std::size_t columns = 0;
  for (const std::string& heading : headings) columns += std::find(searches.begin(), searches.end(), heading) != searches.end();
  REQUIRE(columns >= 2);  // or the test would say nothing of searches
  const auto rows = rows_of_page();
  std::set<std::string> twins;
  for (const Definition* bug : bugs()) twins.insert(twin_of(*bug).name);
  // A row for each pair, and for each further repair.
  std::set<std::string> on_page, expected;
  for (const Cells& row : rows) CHECK(on_page.insert(row.front()).second);
  for (const Definition* program : all_of_group())
    if (program->expect == Verdict::fail || !twins.contains(program->name)) expected.insert(program->name);
  for (const std::string& name : expected) {
    INFO("docs/known-bugs.md is to have a row for " << name << ", which begins: " << row_begin(name));
    CHECK(on_page.contains(name));
  }
  for (const std::string& name : on_page) {
    INFO("docs/known-bugs.md has a row for " << name << ", which is no scenario of that page");
    CHECK(expected.contains(name));
  }
  std::size_t described = 0;
  for (const Cells& row : rows) {
    INFO(row.front());
    const auto* scenario = scenarios::find(row.front());
    REQUIRE(scenario != nullptr);
    const Definition& program = scenario->definition();
    CHECK(row[1] == program.summary);
    if (program.expect == Verdict::pass) {
      CHECK(row[2] == proof(program));
      continue;
    }
    ++described;
    REQUIRE(row.size() == headings.size());
    CHECK(row[2] == program.failure_kind);
    for (std::size_t i = 3; i < row.size(); ++i)
      if (std::find(searches.begin(), searches.end(), headings[i]) != searches.end())
        CHECK(row[i] == std::to_string(first(program, headings[i]).executions));
    CHECK(row[row.size() - 2] == twin_of(program).summary);
    CHECK(row.back() == proof(twin_of(program)));
  }
  CHECK(described == bugs().size());
}
